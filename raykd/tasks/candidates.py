"""The few rows of a source that a split can take, selected block by block so that no machine holds all text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from raykd.config import SplitName, Task
from raykd.corpus.hashing import draw_key, text_key
from raykd.corpus.schema import DOCUMENT
from raykd.corpus.values import OTHERS, Expected, Found, Tally, shown_value
from raykd.errors import InputError

NATURAL = ("", "natural")  # origins that are not translations; "" where a source names none

# A text of several ready splits stays where it is scored, so that nothing is tested on what was learnt.
PRECEDENCE = {"test": 0, "validation": 1, "train": 2, "": 3}

# A text that occurs under several labels is taken once only when all blocks are merged; until then it may stand in
# another row's place, so more rows are kept than the splits can take.
SPARE = 2

# What decides who is drawn for each split, lowest first; `draw_key` is for a text, so that copies share it.
DRAWN_BY: dict[SplitName, str] = {"test": "rank", "validation": "validation_key", "train": "train_key"}
CANDIDATE = [*DOCUMENT.names, DRAWN_BY["validation"], DRAWN_BY["train"]]

# A row of a block is a candidate, or (counts is not "") stands for the block: `_block_counts` as JSON, and of every
# usable row the key of its text (of a language and a stated split) and of its labels.
SELECTED = pa.schema(
    [
        *DOCUMENT,
        *((name, pa.uint64()) for name in CANDIDATE[-2:]),
        ("counts", pa.string()),
        ("votes", pa.list_(pa.uint64())),
    ]
)
VALUES = 200  # of labels that match nothing that a block names; the others are added up
LEFT_OUT = ("rejected", "empty", "unlabelled", "outside")  # of rows, by the first reason that holds


class RowLabels:
    """The labels of rows in terms of a task's."""

    def __init__(self, task: Task) -> None:
        self.task, self.expected = task, Expected(task.labels)
        self._place = {label: place for place, label in enumerate(task.labels)}
        self._found: dict[str, str | None] = {}
        self._suspect: dict[str, bool] = {}

    def own(self, values: Iterable[str]) -> tuple[str, ...]:
        """The task's labels among these, in its order."""
        return tuple(sorted({name for value in values if (name := self._find(value))}, key=self._place.__getitem__))

    def outside(self, values: Iterable[str]) -> list[str]:
        return [value for value in values if not self._find(value)]

    def is_suspect(self, value: str) -> bool:
        """Whether a value outside was meant as a label: of another case, or several in one."""
        if value not in self._suspect:
            self._suspect[value] = self.expected.near(value) is not None or self.expected.joined(value)
        return self._suspect[value]

    def shown(self, value: str) -> str:
        """A value outside as `shown_value`; of several in one that are not shown, a label of the task that is in it."""
        shown = shown_value(value)
        if shown == value or not self.expected.joined(value):
            return shown
        return f"{next((label for label in self.task.labels if label in value), self.task.labels[0])}|..."

    def unknown(
        self, own: Sequence[str], unknown: Sequence[str] | None, known: Sequence[str] | None
    ) -> tuple[str, ...]:
        """The task's labels that a row does not have for all we know. known: None if all others are said to be absent;
        where a text has one label, that excludes the others."""
        if self.task.kind != "multi-label":
            return ()
        absent = set(self.task.labels if known is None else self.own(known)) - set(self.own(unknown or ()))
        return tuple(label for label in self.task.labels if label not in own and label not in absent)

    def _find(self, value: str) -> str | None:
        if value not in self._found:
            self._found[value] = self.expected.find(value)
        return self._found[value]


def select_candidates(block: pa.Table, task: Task, seed: int) -> pa.Table:
    """The candidates in a block of documents (`schema.DOCUMENT`), with the task's labels only, and its counts.

    Returns a table of SELECTED, whose `unknown` has taken in what `known` says. A row with several labels where the
    task allows one has a problem. seed: of the draws.
    """
    if not block.num_rows:
        return SELECTED.empty_table()
    frame, labels = block.to_pandas(), RowLabels(task)
    stated, unknown, known = (block[column].to_pylist() for column in ("labels", "unknown", "known"))
    frame["labels"] = [labels.own(row) for row in stated]
    frame["unknown"] = [labels.unknown(*row) for row in zip(frame["labels"], unknown, known, strict=True)]
    if task.kind != "multi-label":
        several = (frame["problem"] == "") & (frame["labels"].map(len) > 1)
        frame.loc[several, "problem"] = "has several of the task's labels where one is allowed"
    has_label = frame["labels"].map(len) > 0
    left_out = np.select(
        [
            frame["problem"] != "",
            frame["text"] == "",
            ~has_label & np.array([not row for row in stated]) & (not task.without_labels),
            ~has_label & (not task.without_labels),
        ],
        list(LEFT_OUT),
        default="",
    )
    usable = frame[left_out == ""]
    texts = usable["text"]
    keys = {key: _keys(texts, seed, split) for split, key in DRAWN_BY.items() if split != "test"}
    candidates = drawable(usable.assign(**keys), task)
    counts = _block_counts(frame, left_out, stated, unknown, labels)
    counts["label_sets"] = [list(own) for own in dict.fromkeys(usable["labels"])]
    table = pa.Table.from_pandas(
        candidates.assign(counts="", votes=None)[SELECTED.names], SELECTED, preserve_index=False
    )
    return pa.concat_tables([table, counts_table(counts, _votes(usable))])


def counts_table(counts: Mapping[str, Any], votes: Sequence[int] = ()) -> pa.Table:
    """One row of SELECTED that holds counts."""
    empty: dict[str, Any] = dict.fromkeys(SELECTED.names)
    return pa.Table.from_pylist([empty | {"counts": json.dumps(counts), "votes": list(votes)}], SELECTED)


def unit_counts(
    source: int, file: str, tally: Tally, masked: Mapping[tuple[str, str], int], seconds: float
) -> pa.Table:
    """What a unit of work has met in the columns that a source filters by, what was masked in it, by language and kind,
    and how long it took. source: its place in the task's sources."""
    filters = [[source, file, *found, count] for found, count in tally.counts.items()]
    counts = [[*key, source, count] for key, count in masked.items()]
    return counts_table({"filters": filters, "masked": counts, "seconds": seconds})


def _block_counts(
    frame: pd.DataFrame,
    left_out: np.ndarray,
    stated: Sequence[Sequence[str]],
    unknown: Sequence[Sequence[str] | None],
    labels: RowLabels,
) -> dict[str, Any]:
    """rows: by language and reason, "" for usable ones; first: a rejected one; outside, suspect: [file, value, rows] of
    labels that match none, in rows that have no other, or that were meant as one of the task's (`is_suspect`);
    unmatched: rows with one of the latter or, where a text has one label, with one of either."""
    rows: Counter[tuple[str, str]] = Counter(zip(frame["language"], left_out.tolist(), strict=True))
    outside: Counter[tuple[str, str]] = Counter()
    suspect: Counter[tuple[str, str]] = Counter()
    unmatched = 0
    strict = labels.task.kind != "multi-label"
    places, good = frame["place"].tolist(), (frame["problem"] == "").tolist()
    for place, is_good, values, maybe, own in zip(places, good, stated, unknown, frame["labels"], strict=True):
        if not is_good:
            continue
        others = labels.outside(values)
        meant = [value for value in (*others, *labels.outside(maybe or ())) if labels.is_suspect(value)]
        file = place.rpartition(": ")[0]
        suspect.update((file, labels.shown(value)) for value in meant)
        unmatched += bool(meant or (strict and others and not own))
        if others and not own:
            outside.update((file, labels.shown(value)) for value in others)
    bad = frame.loc[left_out == "rejected", "place"] + ": " + frame.loc[left_out == "rejected", "problem"]
    return {
        "rows": [[*key, count] for key, count in rows.items()],
        "first": min(bad, default=""),
        "outside": _most(outside),
        "suspect": _most(suspect),
        "unmatched": unmatched,
    }


def _most(values: Counter[tuple[str, str]]) -> list[list[Any]]:
    """[file, value, rows] of the most frequent, the others of each file added up."""
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))
    rest: Counter[str] = Counter()
    for (file, _), count in ordered[VALUES:]:
        rest[file] += count
    return [[*key, count] for key, count in ordered[:VALUES]] + [[file, OTHERS, count] for file, count in rest.items()]


def _keys(texts: pd.Series, seed: int, split: SplitName) -> np.ndarray:
    return np.array([draw_key(seed, split, text) for text in texts], np.uint64)


def _votes(usable: pd.DataFrame) -> list[int]:
    """The keys of each row's text and labels, one after the other: 16 bytes a row tell exactly which labels a text has
    most often, whichever rows are kept."""
    columns = (usable[name].tolist() for name in ("language", "split", "text", "labels"))
    return [key for row in zip(*columns, strict=True) for key in (_place_key(*row[:3]), _labels_key(row[3]))]


def _place_key(language: str, split: str, text: str) -> int:
    return text_key(f"{language}\0{split}\0{text}")


def _labels_key(labels: Sequence[str]) -> int:
    return text_key("\0".join(labels))


def drawable(frame: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The rows that a split can take, copies left out (unless the task keeps them), in rank order.

    A split takes the free rows that are lowest in its own order (DRAWN_BY), of all rows or, for a minimum, of those
    with a label; only test and validation do the latter. What is not free was taken before it. So a row that is taken
    is among as many lowest as all splits up to its own take. Selecting from parts and then from what they gave is
    selecting from the whole. Where every row counts, for a share, a proportion or a split that the source states, all
    are kept.
    """
    frame = frame.sort_values(["rank", "doc_id", "place"], ignore_index=True)
    if task.duplicates == "merge":
        frame = frame.drop_duplicates(["language", "text", "labels", "unknown", "origin", "split"])
    if needs_all_rows(task):
        return frame
    assert task.sizes
    test, validation, train = (
        max(int(getattr(sizes, split)) for sizes in task.sizes.any_language) for split in DRAWN_BY
    )
    natural = frame[frame["origin"].isin(NATURAL)]
    kept = [
        *_lowest(natural, "test", test, ["language"], ["language", "labels"]),
        *_lowest(frame, "validation", test + validation, ["language"], ["language", "labels"]),
        *_lowest(frame, "train", test + validation + train, ["language"]),
    ]
    return frame.loc[sorted(set().union(*kept))]


def _lowest(frame: pd.DataFrame, split: SplitName, rows: int, *groups: list[str]) -> list[pd.Index]:
    """Which rows are the lowest in a split's order, of each group; a row with several labels is in that of each."""
    drawn = frame[["language", "labels"]].loc[frame[DRAWN_BY[split]].sort_values(kind="stable").index]
    return [
        (drawn.explode("labels") if "labels" in columns else drawn).groupby(columns).head(SPARE * rows).index
        for columns in groups
    ]


def needs_all_rows(task: Task) -> bool:
    sizes = task.sizes
    return sizes is None or sizes.stratified or sizes.whole_groups or any(one.are_shares for one in sizes.any_language)


class Candidates:
    """What the blocks of all sources give together.

    rows: by language and reason for which they are left out (LEFT_OUT), "" for usable ones, copies counted;
    first_rejected: "place: problem" of one; outside, suspect: rows by file and label, and unmatched, how many rows
    (`_block_counts`); filters: rows by the values of the columns that sources filter by; masked: values of personal
    data by language, kind and place of the source; seconds: of all units; conflicts: by language, the texts that stood
    under several labels, the rows of them whose labels gave way, and the texts of which several labels were equally
    frequent.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.rows: Counter[tuple[str, str]] = Counter()
        self.first_rejected = ""
        self.outside: Counter[tuple[str, str]] = Counter()
        self.suspect: Counter[tuple[str, str]] = Counter()
        self.unmatched = 0
        self.filters: Counter[Found] = Counter()
        self.masked: Counter[tuple[str, str, int]] = Counter()
        self.seconds = 0.0
        self.conflicts: dict[str, dict[str, int]] = {}
        self._votes: list[np.ndarray] = []
        self._labels: dict[int, tuple[str, ...]] = {}
        self._frame = SELECTED.empty_table().to_pandas()[CANDIDATE]
        self._added: list[pd.DataFrame] = []

    @property
    def read(self) -> int:
        return self.rows.total()

    def count(self, reason: str, language: str | None = None) -> int:
        """Rows of one reason for being left out, or usable ones (""), of one language or of all."""
        return sum(n for (of, why), n in self.rows.items() if why == reason and language in (None, of))

    def read_of(self, language: str) -> int:
        return sum(count for (of, _), count in self.rows.items() if of == language)

    def add(self, selected: pa.Table) -> None:
        """Add the table of one block (SELECTED)."""
        is_count = np.array([bool(counts) for counts in selected["counts"].to_pylist()], bool)
        for row in selected.filter(pa.array(is_count)).select(["counts", "votes"]).to_pylist():
            self._count(json.loads(row["counts"]), row["votes"])
        candidates = selected.filter(pa.array(~is_count)).select(CANDIDATE)
        if candidates.num_rows:
            frame = candidates.to_pandas()
            for column in ("labels", "unknown"):
                frame[column] = [tuple(row) for row in candidates[column].to_pylist()]
            self._added.append(frame)
        if sum(map(len, self._added)) > len(self._frame):  # as many as there are, else every block sorts all of them
            self._merge()

    def _count(self, counts: dict[str, Any], votes: list[int]) -> None:
        for language, reason, count in counts.get("rows", ()):
            self.rows[language, reason] += count
        if first := counts.get("first"):
            self.first_rejected = min(self.first_rejected or first, first)  # blocks come in any order
        for name, own in (("outside", self.outside), ("suspect", self.suspect)):
            for file, value, count in counts.get(name, ()):
                own[file, value] += count
        self.unmatched += counts.get("unmatched", 0)
        self._labels.update((_labels_key(labels), tuple(labels)) for labels in counts.get("label_sets", ()))
        for *found, count in counts.get("filters", ()):
            self.filters[Found(*found)] += count
        for *key, count in counts.get("masked", ()):
            self.masked[tuple(key)] += count
        self.seconds += counts.get("seconds", 0.0)
        if votes:
            self._votes.append(np.array(votes, np.uint64).reshape(-1, 2))

    def of_language(self, language: str) -> pd.DataFrame:
        """Candidates in rank order; every document once and, unless the task keeps copies, every text once, in test
        rather than in validation or train, with the labels that it has most often there.

        Raises InputError where more than `rejected_share` of them have the id of another one with another text.
        """
        self._merge()
        rows = self._frame[self._frame["language"] == language]
        rows = rows.sort_values("split", key=lambda splits: splits.map(PRECEDENCE), kind="stable")
        once = rows.drop_duplicates(["doc_id", "text"])
        first = once.drop_duplicates("doc_id")
        if len(once) - len(first) > self.task.rejected_share * len(rows):
            again = once[once.duplicated("doc_id")].iloc[0]
            place = first.loc[first["doc_id"] == again["doc_id"], "place"].iloc[0]
            raise InputError(
                f"{len(once) - len(first):,} of {len(rows):,} rows have the id of another row with another text, as "
                f"{again['place']} has that of {place}; name a column whose values are unique in the source's `id`, "
                "give each file a source with a `name` of its own, or leave `id` out"
            )
        if self.task.duplicates == "merge":
            first = self._with_most_frequent_labels(language, first.drop_duplicates("text"))
        return first.sort_index().reset_index(drop=True)

    def _with_most_frequent_labels(self, language: str, rows: pd.DataFrame) -> pd.DataFrame:
        """rows: a text each."""
        places = zip(rows["split"], rows["text"], strict=True)
        keys = np.array([_place_key(language, *place) for place in places], np.uint64)
        votes = np.concatenate(self._votes) if self._votes else np.empty((0, 2), np.uint64)
        pairs, counts = np.unique(votes[np.isin(votes[:, 0], keys)], axis=0, return_counts=True)
        several = np.flatnonzero(np.append(False, pairs[1:, 0] == pairs[:-1, 0])[: len(pairs)])
        by_key: dict[int, Counter[tuple[str, ...]]] = {int(pairs[index, 0]): Counter() for index in several}
        for (key, labels), count in zip(pairs.tolist(), counts.tolist(), strict=True):
            if key in by_key:
                by_key[key][self._labels[labels]] += count
        place = {label: number for number, label in enumerate(self.task.labels)}
        facts = {"texts": len(by_key), "rows": 0, "ties": 0}
        winners = {}
        for key, of_labels in by_key.items():
            most = max(of_labels.values())
            ahead = [labels for labels, count in of_labels.items() if count == most]
            winners[key] = min(ahead, key=lambda labels: [place[label] for label in labels])
            facts["rows"] += of_labels.total() - most
            facts["ties"] += len(ahead) > 1
        self.conflicts[language] = facts
        if not winners:
            return rows
        rows = rows.copy()
        rows["labels"] = [winners.get(int(key), own) for key, own in zip(keys, rows["labels"], strict=True)]
        rows["unknown"] = [
            tuple(label for label in unknown if label not in own)
            for unknown, own in zip(rows["unknown"], rows["labels"], strict=True)
        ]
        return rows

    def across_splits(self, language: str) -> int:
        """How many texts of a ready split stand in another one, too."""
        self._merge()
        texts = self._frame.loc[self._frame["language"] == language, ["text", "split"]].drop_duplicates()
        return len(texts) - texts["text"].nunique()

    def _merge(self) -> None:
        if self._added:
            self._frame = drawable(pd.concat([self._frame, *self._added]), self.task)
            self._added = []
