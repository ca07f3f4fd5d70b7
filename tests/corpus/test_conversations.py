"""Plain text, and conversations whose turns are joined: the same documents wherever a file is cut."""

import json

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from raykd.config import TableSource
from raykd.corpus.readers import Row, Unit, conversations, read_unit, split_units
from raykd.errors import InputError

LINES = "\ufeffone 日\r\ntwo\n\n \n\nthree\nfour\n\nfive\n"


def table(path, **values) -> TableSource:
    return TableSource(reader="table", path=str(path), **{"language": "eng", **values})


def rows(source, unit_bytes: int = 1 << 20) -> list[Row]:
    return [row for unit in split_units([source], unit_bytes) for row in read_unit(unit)]


@pytest.mark.parametrize(
    ("documents", "texts"),
    [("lines", ["one 日", "two", "three", "four", "five"]), ("paragraphs", ["one 日\ntwo", "three\nfour", "five"])],
)
def test_plain_text_is_read_once_wherever_the_file_is_cut(tmp_path, documents, texts):
    (tmp_path / "a.txt").write_text(LINES, newline="")
    source, size = table(tmp_path / "a.txt", documents=documents), len(LINES.encode())
    whole = rows(source)
    assert [row.text for row in whole] == texts
    assert [row.native_id for row in whole][-1] == f"a.txt:{size - 5}"
    for cut in range(size + 1):
        units = [Unit(source, source.path, 0, cut), Unit(source, source.path, cut, size)]
        assert [row for unit in units for row in read_unit(unit)] == whole
    for unit_bytes in range(1, 12):
        assert rows(source, unit_bytes) == whole


def test_plain_text_has_no_other_columns(tmp_path):
    (tmp_path / "a.txt").write_text(LINES)
    with pytest.raises(InputError, match="no column 'who'; there are: text"):
        split_units([table(tmp_path / "a.txt", group="who")])


def turn(conversation, order, text, who="x", **more):
    return {"chat": conversation, "at": order, "text": text, "who": who, **more}


TURNS = [
    *[turn("a", n, f"a{n}") for n in (1, 2, 10, 9)],
    turn("b", 1, "b1 日本語"),
    turn("c", 1, "long " * 10),
    turn("c", 2, "c2"),
    turn("c", 3, "other", who="y"),
    turn("a", 11, "apart"),
    *[turn("d", n, f"d{n}") for n in range(12)],
]
JOINED = [
    ("x", "a1\na2\na9"),
    ("x", "a10"),
    ("x", "b1 日本語"),
    ("x", "long " * 10),
    ("x", "c2"),
    ("y", "other"),
    ("x", "apart"),
    *[("x", "\n".join(f"d{n}" for n in part)) for part in ((0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10))],
    ("x", "d11"),
]
SETTINGS = {"group": "who", "conversation": {"id": "chat", "turn": "at", "join": 8}}


def write_lines(path, turns, bad: bool = False) -> None:
    lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in turns]
    path.write_text("".join([*lines[:3], '{"bad\n', *lines[3:]] if bad else lines))


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_turns_are_joined_up_to_a_length(tmp_path, form):
    path = tmp_path / f"chat.{form}"
    if form == "jsonl":
        write_lines(path, TURNS)
    else:
        columns = pa.Table.from_pylist(TURNS)
        pq.write_table(columns, path, row_group_size=2) if form == "parquet" else pa.csv.write_csv(columns, path)
    found = rows(table(path, **SETTINGS), 1)
    assert [(row.group, row.text) for row in found] == JOINED
    singles = {row.text: row.native_id for row in rows(table(path, group="who"))}
    assert len(singles) == len(TURNS)
    assert [row.native_id for row in found] == [singles[row.text.split("\n")[0]] for row in found]


@pytest.mark.parametrize("bad", [False, True])
def test_joined_turns_are_the_same_wherever_the_file_is_cut(tmp_path, bad):
    write_lines(tmp_path / "chat.jsonl", TURNS, bad)
    source, size = table(tmp_path / "chat.jsonl", **SETTINGS), (tmp_path / "chat.jsonl").stat().st_size
    whole = rows(source)
    for cut in range(1, size + 1, 3):
        units = [Unit(source, source.path, 0, cut), Unit(source, source.path, cut, size)]
        assert [row for unit in units for row in read_unit(unit)] == whole
    for unit_bytes in (7, 30, 100, 150, 400):
        assert rows(source, unit_bytes) == whole
    assert sum(bool(row.problem) for row in whole) == bad


def test_where_comes_before_joining(tmp_path):
    write_lines(tmp_path / "chat.jsonl", [turn("a", n, f"a{n}", side="ab"[n % 2]) for n in range(4)])
    source = table(tmp_path / "chat.jsonl", where={"side": ("a",)}, **SETTINGS)
    assert [row.text for size in (1, 60, 1000) for row in rows(source, size)] == ["a0\na2"] * 3


def test_without_join_turns_are_single_messages(tmp_path):
    write_lines(tmp_path / "chat.jsonl", TURNS)
    source = table(tmp_path / "chat.jsonl", conversation={"id": "chat"})
    assert [row.text for row in rows(source)] == [one["text"] for one in TURNS]


def test_a_turn_without_its_conversation_comes_back_with_a_problem(tmp_path):
    write_lines(
        tmp_path / "chat.jsonl", [turn("a", 1, "a1"), turn("", 2, "?"), turn("a", None, "?"), turn("a", 3, "a3")]
    )
    found = rows(table(tmp_path / "chat.jsonl", **SETTINGS))
    assert [row.text for row in found if not row.problem] == ["a1", "a3"]
    assert [row.problem for row in found if row.problem] == ["nothing in column 'chat'", "nothing in column 'at'"]


def test_dates_and_large_numbers_keep_their_order(tmp_path):
    for orders in (["2024-01-09", "2024-01-10", "2024-02-01"], [10**18 + 1, 10**18 + 2, 10**18 + 3], [0.5, 1, "nan"]):
        turns = [turn("a", order, str(n)) for n, order in enumerate(orders)]
        write_lines(tmp_path / "chat.jsonl", turns[::-1])
        assert [row.text for row in rows(table(tmp_path / "chat.jsonl", **SETTINGS))] == ["0\n1\n2"]


def test_a_conversation_that_never_ends_is_cut(tmp_path, monkeypatch):
    monkeypatch.setattr(conversations, "MAXIMUM_TURNS", 5)
    write_lines(tmp_path / "chat.jsonl", [turn("a", n, str(n)) for n in range(12)])
    source = table(tmp_path / "chat.jsonl", conversation={"id": "chat", "join": 1000})
    parts = ["0\n1\n2\n3\n4", "5\n6\n7\n8\n9", "10\n11"]
    assert [[row.text for row in rows(source, size)] for size in (1, 90, 1000)] == [parts] * 3


def test_a_missing_column_of_conversations_is_named(tmp_path):
    (tmp_path / "chat.csv").write_text("text,chat\n")
    with pytest.raises(InputError, match="no column 'at'; there are: text, chat"):
        split_units([table(tmp_path / "chat.csv", conversation={"id": "chat", "turn": "at"})])


def test_joined_turns_with_labels_are_refused():
    with pytest.raises(ValidationError, match="joined turns have no labels"):
        table("chat.jsonl", labels="tags", **SETTINGS)


@pytest.mark.parametrize(
    ("alone", "texts"),
    [
        ({"a2"}, ["a0\na1", "a2", "a3\na4", "b1"]),
        ({"a0", "a4", "b1"}, ["a0", "a1\na2\na3", "a4", "b1"]),
    ],
)
def test_a_turn_that_must_be_alone_is_not_joined(tmp_path, alone, texts):
    write_lines(tmp_path / "chat.jsonl", [turn("a", n, f"a{n}") for n in range(5)] + [turn("b", 1, "b1")])
    source = table(tmp_path / "chat.jsonl", conversation={"id": "chat", "join": 1000})
    singles = {row.text: row.native_id for row in rows(table(tmp_path / "chat.jsonl"))}
    units = split_units([source], 1)
    found = [row for unit in units for row in read_unit(unit, alone=lambda row: row.text in alone)]
    assert [row.text for row in found] == texts
    assert [row.native_id for row in found] == [singles[text.split("\n")[0]] for text in texts]


def test_turns_of_two_languages_are_not_joined(tmp_path):
    turns = [turn("a", n, f"a{n}", lang=lang) for n, lang in enumerate(["en", "en", "ja", "de", "en"])]
    write_lines(tmp_path / "chat.jsonl", turns)
    language = {"column": "lang", "codes": {"en": "eng", "ja": "jpn"}}
    found = rows(table(tmp_path / "chat.jsonl", language=language, conversation={"id": "chat", "join": 1000}))
    assert [(row.language, row.text) for row in found] == [("eng", "a0\na1"), ("jpn", "a2"), ("eng", "a4")]
