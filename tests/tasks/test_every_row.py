"""Of any table, every row is in a split, in a named count, or in an error: nothing falls away in silence."""

import csv
import io
import json
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from raykd.config import Cleaning, Task
from raykd.corpus.readers import split_units
from raykd.errors import InputError
from raykd.tasks.candidates import Candidates
from raykd.tasks.prepare import candidate_rows, check_rows, row_counts, split_task, unit_candidates

LABELS = ("té", "b c", "1", "true")
ENCODINGS = {"utf-8": None, "utf-8-sig": None, "utf-16": "utf-16", "cp1252": "cp1252"}
DELIMITERS = {",": None, ";": ";", "\t": "\t"}
LINE_ENDS = ("\n", "\r\n", "\r")

# (what the file holds, the task's labels that it stands for)
PLAIN = [(("té",), ("té",)), (("b c",), ("b c",)), (("1",), ("1",)), (("true",), ("true",)), (("té", "1"), ("té", "1"))]
ODD = [
    (("te\u0301",), ("té",)),
    ((" té  ",), ("té",)),
    (("b  c",), ("b c",)),
    (("1.0",), ("1",)),
    (("True",), ("true",)),
    (("TÉ",), ()),
    (("other",), ()),
    (("other", "b c"), ("b c",)),
    ((), ()),
]
TEXTS = ["", " ", "\x07", 'say "this", then; that', "two\nlines", "tab\there", "ok", "ok"]


@st.composite
def tables(draw):
    """(form of the file, form of the labels, rows of (text, values, labels))."""
    rows = [(f"text {number} of {values}", values, labels) for values, labels in PLAIN for number in range(8)]
    for values, labels in draw(st.lists(st.sampled_from(PLAIN + ODD), max_size=12)):
        text = draw(st.sampled_from([*TEXTS, *(f"odd {number}" for number in range(30))]))
        rows.append((text, values, labels))
    file = draw(st.sampled_from(["csv", "jsonl", "parquet"]))
    text_forms = ["json", "python", "separator"]
    form = draw(st.sampled_from([*text_forms, "columns", "one-hot"] + ([] if file == "csv" else ["list"])))
    return file, form, draw(st.permutations(rows))


def cells(form, values, labels):
    """The columns that hold a row's labels."""
    match form:
        case "list":
            return {"labels": list(values)}
        case "json":
            return {"labels": json.dumps(list(values))}
        case "python":
            return {"labels": repr(tuple(values))}
        case "separator":
            return {"labels": " | ".join(values)}
        case "columns":
            return {"first": values[0] if values else "", "second": values[1] if len(values) > 1 else ""}
        case "one-hot":
            return {label: str(int(label in labels)) for label in LABELS} | {"other": str(int("other" in values))}
    raise AssertionError(form)


def keys(form):
    match form:
        case "separator":
            return {"labels": "labels", "separator": "|"}
        case "columns":
            return {"labels": ["first", "second"]}
        case "one-hot":
            return {"label_columns": [*LABELS, "other"]}
    return {"labels": "labels"}


def write(directory, file, form, rows, encoding, delimiter, line_end):
    path = Path(directory, f"rows.{file}")
    records = [{"text": text, **cells(form, values, labels)} for text, values, labels in rows]
    if file == "parquet":
        pq.write_table(pa.Table.from_pylist(records), path)
    elif file == "jsonl":
        path.write_bytes("".join(json.dumps(one) + line_end for one in records).encode(encoding))
    else:
        written = io.StringIO(newline="")
        # The writer quotes no "\n" where lines end with "\r".
        quoting = csv.QUOTE_ALL if line_end == "\r" else csv.QUOTE_MINIMAL
        writer = csv.DictWriter(
            written, list(records[0]), delimiter=delimiter, lineterminator=line_end, quoting=quoting
        )
        writer.writeheader()
        writer.writerows(records)
        content = written.getvalue()
        # The one encoding here that has no accents by themselves.
        path.write_bytes((unicodedata.normalize("NFC", content) if encoding == "cp1252" else content).encode(encoding))
    return path


def prepared(task):
    """(candidates, splits, counts of rows) of a task in English, without Ray, from units of some 700 bytes."""
    candidates = Candidates(task)
    for unit in split_units(task.sources, 700):
        for selected in unit_candidates(unit, task, 56, Cleaning()):
            candidates.add(selected)
    check_rows("t", task, candidates)
    found = candidate_rows(task, candidates, "eng")
    splits, _ = split_task(task, found, "eng")
    return candidates, splits, row_counts(task, candidates, "eng", len(found), splits)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(
    table=tables(),
    encoding=st.sampled_from(list(ENCODINGS)),
    delimiter=st.sampled_from(list(DELIMITERS)),
    line_end=st.sampled_from(LINE_ENDS),
    lenient=st.booleans(),
    without_labels=st.booleans(),
)
def test_every_row_is_in_a_split_or_a_count_or_an_error(table, encoding, delimiter, line_end, lenient, without_labels):
    file, form, rows = table
    if file == "parquet":
        encoding = "utf-8"
    if file != "csv":
        delimiter = ","
    source = {"reader": "table", "language": "eng", **keys(form)}
    source |= {"encoding": ENCODINGS[encoding]} if ENCODINGS[encoding] else {}
    source |= {"delimiter": DELIMITERS[delimiter]} if DELIMITERS[delimiter] else {}
    with TemporaryDirectory() as directory:
        path = write(directory, file, form, rows, encoding, delimiter, line_end)
        task = Task(
            kind="multi-label",
            labels=LABELS,
            sources=({**source, "path": str(path)},),
            sizes={"train": 0.5, "validation": 0.25, "test": 0.25, "stratified": True},
            without_labels=without_labels,
            rejected_share=1 if lenient else 0.01,
            unmatched_share=1 if lenient else 0.01,
        )
        try:
            candidates, splits, counts = prepared(task)
        except InputError as error:
            event("refused")
            assert not lenient
            assert "\n" not in str(error)
            # what is refused is there: a label of another case, in a file of that name
            assert "TÉ" in str(error) and path.name in str(error)
            return
        event("split")
        assert min(counts.values()) >= 0
        assert counts.pop("read") == sum(counts.values()) == len(rows)
        meant = {}
        for text, _, labels in rows:
            meant.setdefault(" ".join(text.split()), set()).add(labels)
        for part in splits.values():
            for text, labels in zip(part["text"], part["labels"], strict=True):
                assert labels in meant[" ".join(text.split())]
        strange = {value for _, values, labels in rows for value in values if not labels and values}
        assert {value for _, value in candidates.outside} == (strange if form != "one-hot" else strange - {"TÉ"})


def published(path, rows, **values):
    """A task whose splits are stated. rows: (text, label, split, how often)."""
    lines = [f"{text},{label},{split}\n" for text, label, split, count in rows for _ in range(count)]
    path.write_text("text,label,part\n" + "".join(lines))
    source = {"reader": "table", "language": "eng", "path": str(path), "labels": "label", "split": "part"}
    return Task(kind="multi-class", labels=("tea", "food"), sources=(source,), **values)


def test_a_text_with_several_labels_has_the_most_frequent_one_of_its_split(tmp_path):
    own = [(f"{label} {split} {n}", label, split, 1) for label in ("tea", "food") for split in ("train", "dev", "test")
           for n in range(4)]  # fmt: skip
    shared = [("ok", "food", "train", 9), ("ok", "tea", "test", 3), ("ok", "food", "test", 2)]
    tied = [("hm", "food", "train", 2), ("hm", "tea", "train", 2)]
    task = published(tmp_path / "a.csv", own + shared + tied)
    candidates, splits, counts = prepared(task)
    test, train = (dict(zip(splits[name]["text"], splits[name]["labels"], strict=True)) for name in ("test", "train"))
    assert test["ok"] == ("tea",) and "ok" not in train and train["hm"] == ("tea",)
    assert candidates.conflicts["eng"] == {"texts": 2, "rows": 2 + 2, "ties": 1}
    assert counts["copies"] == 9 + 3 + 2 + 4 - 2 and len(splits["validation"]) == 8
    kept = published(tmp_path / "a.csv", own + shared + tied, duplicates="keep")
    _, splits, counts = prepared(kept)
    assert {name: len(part) for name, part in splits.items()} == {"train": 21, "validation": 8, "test": 13}
    assert counts["copies"] == counts["not drawn"] == 0


def test_validation_is_taken_from_train_where_there_is_none(tmp_path):
    own = [(f"{label} {split} {n}", label, split, 1) for label in ("tea", "food") for split in ("train", "test")
           for n in range(20)]  # fmt: skip
    copies = [("ok", "tea", "train", 10)]
    task = published(tmp_path / "a.csv", own + copies, duplicates="keep", validation_share=0.2)
    _, splits, _ = prepared(task)
    labels = {name: part["labels"].map("".join).value_counts().to_dict() for name, part in splits.items()}
    assert sum(labels["validation"].values()) == 10 and labels["validation"]["food"] == 4
    assert sum((part["text"] == "ok").any() for part in splits.values()) == 1
    assert labels["test"] == {"tea": 20, "food": 20}
