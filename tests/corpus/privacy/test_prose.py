"""Passages of prose, against the lines that they are made of."""

import time

import pytest

from raykd.corpus.privacy.prose import is_code, is_identifier, literals, passages


def prose(text: str, most: int = 1000) -> list[str]:
    return [text[start:stop] for start, stop in passages(text, most)]


def test_fences_and_lines_of_code_are_no_prose():
    text = "Ask Ann.\n```\nAnn = 1\n```\nShe said:\nx = Ann()\nfoo(Ann);\nif (Ann) {\nthat is all"
    assert [one.strip() for one in prose(text)] == ["Ask Ann.", "She said:", "that is all"]


def test_a_fence_that_never_closes_is_none():
    assert prose("a\n```\nAnn Lee") == ["a\n```\nAnn Lee"]


@pytest.mark.parametrize(
    "line",
    ["std::string ann", "ann => lee", "if a == b", "a && b", "run()", "from ann import lee", "return x[0];", "}("],
)
def test_code(line: str):
    assert is_code(line) == (line != "}(")


@pytest.mark.parametrize(
    "line",
    [
        "Ann Lee; Seamus O'Neil;",
        "Hi, I am Ann Lee (from London)",
        "- Ann Lee -> desk 4",
        "from: Ann Lee <[EMAIL]>",
        "Name = Ann Lee",
        "> Ann wrote:",
        "from London with love",
    ],
)
def test_prose(line: str):
    assert not is_code(line)


@pytest.mark.parametrize("name", ["GitHub", "snake_case", "java.util", "Log4j", "Foo(", "a|b", "iPhone"])
def test_names_of_code(name: str):
    assert is_identifier(name)


@pytest.mark.parametrize("name", ["Ann Lee", "McDonald", "LeBron", "O'Neil", "J.R.R. Tolkien", "JOHN", "SW1A 1AA"])
def test_names_of_people(name: str):
    assert not is_identifier(name)


def test_literals_and_addresses_of_the_web_are_found():
    text = "see `Ann` and https://example.com/Ann now"
    assert [text[start:stop] for start, stop in literals(text, 0, len(text))] == ["`Ann`", "https://example.com/Ann"]


@pytest.mark.parametrize(("text", "sign"), [("word " * 50, " "), ("文文文。" * 50, "。"), ("one two\n" * 50, "\n")])
def test_long_passages_are_cut_where_words_end(text: str, sign: str):
    found = prose(text, 30)
    assert "".join(found) == text and max(map(len, found)) <= 30
    assert all(one.endswith(sign) for one in found)


def test_a_passage_without_ends_is_cut_all_the_same():
    assert prose("x" * 100, 30) == ["x" * 30, "x" * 30, "x" * 30, "x" * 10]


@pytest.mark.parametrize("unit", ["```", "` ", "a; ", "a=b;", "{", "word "])
def test_time_is_linear(unit: str):
    text = unit * (1_000_000 // len(unit))
    started = time.process_time()
    list(passages(text))
    assert time.process_time() - started < 5
