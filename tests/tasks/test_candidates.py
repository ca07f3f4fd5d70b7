"""Selecting from blocks of any size gives what selecting from everything gives, and loses nothing a split takes."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from raykd.config import Sizes, Task
from raykd.corpus.hashing import draw_key
from raykd.corpus.schema import DOCUMENT
from raykd.errors import InputError
from raykd.tasks.candidates import Candidates, select_candidates
from raykd.tasks.draw_splits import Counts, split_rows

LABELS = ("a", "b", "c")
SEED = 56


def task(kind: str = "multi-label", without_labels: bool = False, **sizes: float | bool) -> Task:
    source = {"reader": "table", "language": "eng", "path": "x", "labels": "labels"}
    values = {"train": 30, "validation": 8, "test": 8, "minimum": 2, **sizes}
    return Task(kind=kind, sources=(source,), labels=LABELS, sizes=Sizes(**values), without_labels=without_labels)


def documents(seed: int, rows: int) -> list[dict]:
    generator = np.random.default_rng(seed)
    ranks = generator.permutation(rows * 10)[:rows]
    return [
        {
            "doc_id": f"{rank:032x}",
            "rank": int(rank),
            "language": ("eng", "spa")[generator.integers(2)],
            "text": f"text {generator.integers(rows)}" if generator.random() < 0.95 else "",
            "labels": sorted({"other", "b"} if rank % 9 == 0 else {("a", "b", "c", "other")[rank % 4], "a"}),
            "group": "",
            "origin": ("", "natural", "translated")[generator.integers(3)],
            "place": f"file row {rank}",
            "problem": "",
        }
        for rank in ranks
    ]


def collect(rows: list[dict], chosen: Task, block: int) -> Candidates:
    candidates = Candidates(chosen)
    for start in range(0, len(rows), block):
        candidates.add(select_candidates(pa.Table.from_pylist(rows[start : start + block], DOCUMENT), chosen, SEED))
    return candidates


@pytest.mark.parametrize("seed", range(3))
def test_blocks_do_not_matter_and_the_splits_are_those_of_all_rows(seed):
    rows = documents(seed, 1500)
    chosen = task()
    whole, *parts = (collect(rows, chosen, block) for block in (10**6, 50, 333))
    for language in ("eng", "spa"):
        expected = whole.of_language(language)
        assert 0 < len(expected) < 400
        for candidates in parts:
            assert candidates.of_language(language).equals(expected)
        everything = unlimited(rows, language)
        assert splits_of(expected, chosen) == splits_of(everything, chosen)


def unlimited(rows: list[dict], language: str) -> list[dict]:
    """Every usable row in rank order, texts once with their most frequent labels: the selection written plainly."""
    found = {}
    for row in sorted(rows, key=lambda row: row["rank"]):
        labels = tuple(label for label in LABELS if label in row["labels"])
        if row["language"] == language and labels and row["text"]:
            found.setdefault(row["text"], []).append({**row, "labels": labels})
    kept = []
    for copies in found.values():
        counts = Counter(row["labels"] for row in copies)
        most = [labels for labels, count in counts.items() if count == max(counts.values())]
        kept.append({**copies[0], "labels": min(most, key=lambda labels: [LABELS.index(label) for label in labels])})
    return sorted(kept, key=lambda row: row["rank"])


def splits_of(rows, chosen: Task) -> dict[str, list[str]]:
    rows = rows if isinstance(rows, list) else rows.to_dict("records")
    truth = np.array([[label in row["labels"] for label in LABELS] for row in rows])
    natural = np.array([row["origin"] in ("", "natural") for row in rows])
    orders = {"test": np.arange(len(rows))}
    for split in ("validation", "train"):
        orders[split] = np.argsort(np.array([draw_key(SEED, split, row["text"]) for row in rows], np.uint64))
    splits = split_rows(LABELS, truth, natural, orders, Counts.of(chosen.sizes, len(rows)))
    return {split: [rows[index]["doc_id"] for index in chosen] for split, chosen in splits.items()}


def test_rows_are_counted_with_the_first_problem():
    rows = documents(0, 50)
    for row in rows[10:13]:
        row["problem"] = "not valid XML"
    candidates = collect(rows, task(), 7)
    assert candidates.read == 50
    assert candidates.count("rejected") == 3
    assert candidates.first_rejected == min(f"{row['place']}: not valid XML" for row in rows[10:13])


def test_a_row_of_one_class_has_one_label():
    rows = documents(0, 6)
    for row in rows:
        row["labels"] = ["other", "a"]
    rows[3]["labels"] = ["a", "c"]
    candidates = collect(rows, task("multi-class"), 6)
    assert candidates.count("rejected") == 1
    assert candidates.first_rejected.startswith(rows[3]["place"])


def test_a_document_read_twice_is_kept_once():
    rows = documents(0, 30)
    again = [{**row, "place": "other file", "text": row["text"] + "!"} for row in rows]
    lenient = task().model_copy(update={"rejected_share": 1.0})
    candidates = collect(rows + again, lenient, 9)
    ids = [*candidates.of_language("eng")["doc_id"], *candidates.of_language("spa")["doc_id"]]
    assert len(ids) == len(set(ids))
    with pytest.raises(
        InputError, match=r"of \d+ rows have the id of another row .* as other file has that of file row"
    ):
        collect(rows + again, task(), 9).of_language("eng")


def test_a_block_may_be_empty():
    candidates = collect(documents(0, 30), task(), 30)
    before = candidates.of_language("eng")
    candidates.add(select_candidates(DOCUMENT.empty_table(), task(), SEED))
    assert candidates.of_language("eng").equals(before)


def test_shares_proportions_and_groups_need_every_row():
    rows = documents(4, 1500)
    expected = [row["doc_id"] for row in unlimited(rows, "eng")]
    for sizes in ({"train": 0.8, "validation": 0.1, "test": 0.1}, {"stratified": True}, {"whole_groups": True}):
        candidates = collect(rows, task(**sizes), 150)
        assert candidates.of_language("eng")["doc_id"].tolist() == expected
        copies = candidates.count("", "eng") - len(expected)
        assert copies == sum(row["language"] == "eng" and bool(usable(row)) for row in rows) - len(expected) > 0
    assert len(collect(rows, task(), 150).of_language("eng")) < len(expected)


def usable(row: dict) -> list[str]:
    return [label for label in LABELS if label in row["labels"] and row["text"]]


def test_labels_that_may_be_there_are_unknown_and_never_a_rows_own():
    rows = [
        {"labels": ["a"], "unknown": ["b", "a", "other"]},
        {"labels": ["b"], "known": []},
        {"labels": ["b"], "known": ["c"], "unknown": ["c"]},
        {"labels": ["c"], "known": ["a", "b"]},
        {"labels": ["c"]},
    ]
    rows = [
        {**documents(n, 1)[0], "doc_id": str(n), "rank": n, "text": f"{n}", "language": "eng", **row}
        for n, row in enumerate(rows)
    ]
    found = collect(rows, task(), 2).of_language("eng")
    assert found["unknown"].tolist() == [("b",), ("a", "c"), ("a", "c"), (), ()]


def test_rows_without_a_label_belong_to_a_task_that_says_so():
    rows = [{**row, "text": row["doc_id"], "language": "eng"} for row in documents(0, 40)]
    rows = [{**row, "labels": ["other"]} if n % 4 == 0 else row for n, row in enumerate(rows)]
    none = {row["doc_id"] for row in rows if not set(row["labels"]) & set(LABELS)}
    assert none.isdisjoint(collect(rows, task(), 9).of_language("eng")["doc_id"])
    assert none < set(collect(rows, task(without_labels=True), 9).of_language("eng")["doc_id"])


def test_a_text_of_two_ready_splits_stays_where_it_is_tested():
    source = {"reader": "table", "language": "eng", "path": "x", "labels": "labels", "split": "part"}
    chosen = Task(kind="multi-label", sources=(source,), labels=LABELS)
    texts = {"train": ["one", "two", "three", "four"], "validation": ["two", "five"], "test": ["one", "five", "six"]}
    rows = [
        {**documents(0, 1)[0], "doc_id": f"{split} {text}", "rank": n, "text": text, "split": split, "language": "eng"}
        for split, own in texts.items()
        for n, text in enumerate(own)
    ]
    candidates = collect(rows, chosen, 2)
    found = candidates.of_language("eng")
    left = {split: set(found.loc[found["split"] == split, "text"]) for split in texts}
    assert left == {"train": {"three", "four"}, "validation": {"two"}, "test": {"one", "five", "six"}}
    assert candidates.across_splits("eng") == 3
