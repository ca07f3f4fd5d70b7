"""What stays of a corpus, and its exact duplicates, against a plain reading of the same rows and keys."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from raykd.config import Corpus, Exclude, Length, TableSource
from raykd.corpus.dedup_and_exclusion import (
    DUPLICATE_CHARACTERS,
    TaskRows,
    count_reasons,
    drop_reasons,
    later_copies,
    text_keys,
)
from raykd.corpus.hashing import text_key
from raykd.corpus.schema import DOCUMENT

LONG = "日" * (DUPLICATE_CHARACTERS + 1)
ROWS = [
    {"doc_id": "a", "text": "", "problem": "broken"},
    {"doc_id": "b", "text": ""},
    {"doc_id": "c", "text": "ok"},
    {"doc_id": "d", "text": "x" * 90},
    {"doc_id": "e", "text": "four", "group": "c4"},
    {"doc_id": "f", "text": "a row of a task"},
    {"doc_id": "g", "text": LONG},
    {"doc_id": "h", "text": "stays"},
    {"doc_id": "f", "text": "", "group": "c4"},  # the first reason counts
]
EXPECTED = ["rejected", "empty", "short", "long", "excluded group", "task row", "task row", "", "empty"]


@pytest.fixture
def corpus() -> Corpus:
    source = TableSource(reader="table", language="eng", path="x.jsonl")
    length = Length(minimum=3, maximum=80)
    return Corpus(sources=(source,), length=length, exclude=Exclude(groups=("c4", "c5")))


def documents(rows: list[dict]) -> pa.Table:
    blank = {"rank": 0, "language": "eng", "labels": [], "group": "", "origin": "", "place": "", "problem": ""}
    return pa.Table.from_pylist([blank | row for row in rows], schema=DOCUMENT)


def test_the_first_reason_that_holds_is_given(corpus):
    table = documents(ROWS)
    tasks = TaskRows.of(["f"], [LONG, "stays"])
    reasons = drop_reasons(table, text_keys(table["text"]), corpus, tasks)
    assert reasons.tolist() == EXPECTED
    assert count_reasons(reasons) == Counter(reason for reason in EXPECTED if reason)


def test_without_limits_groups_and_tasks_only_empty_and_bad_rows_go(corpus):
    plain = corpus.model_copy(update={"length": Length(), "exclude": Exclude()})
    table = documents(ROWS)
    reasons = drop_reasons(table, text_keys(table["text"]), plain, TaskRows.of([], []))
    assert reasons.tolist() == ["rejected", "empty", "", "", "", "", "", "", "empty"]
    none = drop_reasons(table.slice(0, 0), np.empty(0, np.uint64), plain, TaskRows.of([], []))
    assert count_reasons(none) == Counter()


def test_short_texts_have_no_key():
    texts = pa.chunked_array([["x" * DUPLICATE_CHARACTERS, LONG], ["x" * (DUPLICATE_CHARACTERS + 1)]])
    assert text_keys(texts).tolist() == [0, text_key(LONG), text_key("x" * (DUPLICATE_CHARACTERS + 1))]


def test_copies_are_all_but_those_of_the_lowest_shuffle_key():
    generator = np.random.default_rng(0)
    for size in (0, 1, 2, 50, 400):
        keys = generator.integers(0, 2**64, 30, np.uint64)[generator.integers(0, 30, size)]
        ranks = generator.integers(0, 100, size).astype(np.uint64)  # some are equal: a document read twice
        lowest: dict[int, int] = {}
        for key, rank in zip(keys.tolist(), ranks.tolist(), strict=True):
            lowest[key] = min(rank, lowest.get(key, rank))
        expected = [n for n in range(size) if ranks[n] != lowest[int(keys[n])]]
        assert sorted(later_copies(keys, ranks).tolist()) == expected
