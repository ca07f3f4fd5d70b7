"""What people wrote, and who they are, is in no message, log, lease or status."""

import json
import logging

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raykd.artifacts import Storage
from raykd.artifacts.lease import held
from raykd.config import Cleaning, TableSource, WikipediaSource
from raykd.corpus import clean_rows
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import split_units
from raykd.corpus.values import Tally, expected, shown_value
from raykd.errors import InputError, UnexpectedContent, shown_line
from raykd.jobs.command_line import _log_to_stderr
from raykd.jobs.exit_status import exit_status_of, outcome_of

SECRET = "Maria Silva of Lisbon wrote that her card is 4111 1111 1111 1111, call 0912345678 or maria@example.org"

ROWS = {
    "no JSON": (f'{{"text": "{SECRET}\n', {}),
    "no object": (f'["{SECRET}"]\n', {}),
    "a key twice": (f'{{"text": "a", "{SECRET}": 1, "{SECRET}": 2}}\n', {}),
    "no text": (f'{{"text": {{"{SECRET}": 1}}}}\n', {}),
    "half a pair": (f'{{"text": "a", "i": "{SECRET}\\ud800"}}\n', {"id": "i"}),
    "a split": (f'{{"text": "a", "s": "{SECRET}"}}\n', {"split": "s"}),
    "a column of a label": (f'{{"text": "a", "l": "{SECRET}", "m": 1}}\n', {"label_columns": ("l", "m")}),
    "single bytes": (f'{{"text": "{SECRET}\udcff"}}\n', {}),
    "markup": (json.dumps({"text": SECRET + "<div>" * 300}) + "\n", {"html": True}),
    "too many digits": (f'{{"text": "{SECRET}", "n": {"9" * 5000}}}\n', {}),
}


@pytest.mark.parametrize("line", ["[]", "1", '"a"', "null", "[{}]"])
def test_a_line_that_is_no_object_is_a_bad_row_whatever_its_source_asks_of_columns(tmp_path, line):
    (tmp_path / "a.jsonl").write_text(line + "\n")
    for options in ({}, {"language": {"column": "l", "codes": {"a": "eng"}}}, {"where": {"l": ("a",)}, "split": "l"}):
        source = TableSource(reader="table", path=str(tmp_path / "a.jsonl"), **{"language": "eng", **options})
        assert problems(source) == ["not a JSON object"]


def problems(source) -> list[str]:
    units = split_units([source])
    return [row["problem"] for unit in units for part in unit_documents(unit, 56) for row in part.to_pylist()]


def is_in(text: str) -> bool:
    return any(word in text for word in ("Maria", "Silva", "Lisbon", "card", "4111", "0912", "@", "Марія", "住所"))


@pytest.mark.parametrize("what", ROWS)
def test_problems_of_rows_say_nothing_of_what_they_hold(tmp_path, what):
    line, options = ROWS[what]
    (tmp_path / "a.jsonl").write_bytes(line.encode("utf-8", "surrogateescape"))
    found = problems(TableSource(reader="table", language="eng", path=str(tmp_path / "a.jsonl"), **options))
    assert all(found) and found
    assert not any(is_in(one) or len(one) > 200 for one in found), found


@pytest.mark.parametrize("line", [f'{{"id": "{SECRET}\\ud800", "text": ""}}', f'{{"id": "1", "text": "{SECRET}'])
def test_nor_do_those_of_extracted_documents(tmp_path, line):
    for content in (line.encode(), line.encode() + b"\xff", f"{SECRET}\n".encode()):
        (tmp_path / "wiki_00").write_bytes(b"{}\n" + content)
        source = WikipediaSource(reader="wikipedia", form="extracted", language="eng", path=str(tmp_path / "wiki_00"))
        assert not any(is_in(one) or len(one) > 200 for one in problems(source))


def test_a_file_without_a_header_is_not_told_by_its_first_row(tmp_path):
    for name, content in {"a.csv": f'"{SECRET}",b\n', "b.csv": f"{SECRET};b\n", "c.tsv": f"{SECRET}\tb\n"}.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError) as told:
            problems(TableSource(reader="table", language="eng", path=str(tmp_path / name)))
        assert not is_in(str(told.value)) and "characters)" in str(told.value), str(told.value)
    pq.write_table(pa.table({SECRET: ["a"], "b": ["c"]}), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"there are: \(text of 102 characters\), b; name one of them$"):
        problems(TableSource(reader="table", language="eng", path=str(tmp_path / "a.parquet")))


VALUES = ["python", "C++", "not urgent", "Sao Tome and Principe", "質問", "2.0", "", "true", "a|b"]
TEXTS = [
    SECRET,
    SECRET[:45],
    "maria@example.org",
    "+351 912 345 678",
    "0912345678",
    "住所は東京都千代田区千代田1番1号の四階です",
    "x" * 41,
]


def test_values_like_labels_are_shown_and_what_may_be_text_is_not():
    assert [shown_value(value) for value in VALUES] == VALUES
    assert all(shown_value(text) == f"(text of {len(text)} characters)" for text in TEXTS)
    tally = Tally()
    for value in (SECRET, "python", "Python", SECRET[:45], "Java"):
        tally.add("label", value, expected(("python", "java")))
    assert not is_in(str(tally.counts)) and ("label", "Java") in tally.counts


def test_a_mistake_of_ours_says_where_it_is_and_not_on_what(tmp_path, monkeypatch, capsys):
    def fail(text: str, cleaning: Cleaning) -> str:
        raise ValueError(f"cannot clean {text!r}")

    monkeypatch.setattr(clean_rows, "clean_text", fail)
    pq.write_table(pa.table({"text": [SECRET]}), tmp_path / "a.parquet")
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "a.parquet"))
    with pytest.raises(UnexpectedContent) as told:
        problems(source)
    assert f"{tmp_path}/a.parquet: ValueError at raykd/corpus/clean_rows.py:" in str(told.value)
    assert exit_status_of(told.value) == 1
    shown = capsys.readouterr().err
    assert not is_in(shown) and "ValueError at raykd/corpus/clean_rows.py:" in shown
    assert not is_in(outcome_of(told.value)) and "a.parquet" in outcome_of(told.value)


def test_a_lease_says_the_kind_of_a_failure_and_its_place(tmp_path):
    storage = Storage(str(tmp_path / "runs"))
    try:
        json.loads(SECRET)
    except ValueError as error:
        outcome = outcome_of(error)
    with held(storage, "prepare a.yaml") as holder:
        holder.outcome = outcome
    assert outcome == "failed: JSONDecodeError"
    assert not is_in((tmp_path / "runs/lease/000001.json").read_text())


def test_lines_have_no_queries_and_no_controls(capsys):
    line = "https://host/a?sig=hunter2: byte 5; s3://bucket/b#hunter2 \x1b[31mred\x07 \u202egnp.exe\nnext"
    told = r"https://host/a?...: byte 5; s3://bucket/b?... \x1b[31mred\x07 \u202egnp.exe\nnext"
    assert shown_line(line) == told
    exit_status_of(InputError(line.replace("\n", " ")))
    assert capsys.readouterr().err == f"error: {told}\n".replace("\\n", " ")


def test_logs_are_shown_the_same_way(capsys, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])
    _log_to_stderr()
    logging.getLogger("raykd").warning("GET https://host/a?signature=hunter2 failed \x1b[2J")
    assert capsys.readouterr().err == "WARNING raykd: GET https://host/a?... failed \\x1b[2J\n"
