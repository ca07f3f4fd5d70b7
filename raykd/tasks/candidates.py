"""The few rows of a source that a split can take: cut block by block, so that no machine holds all text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from raykd.config import SplitName, Task
from raykd.corpus.rank import draw_key
from raykd.corpus.schema import DOCUMENT
from raykd.errors import InputError

NATURAL = ("", "natural")  # origins that are not translations; "" where a source names none

# A text of several ready splits stays where it is scored, so that nothing is tested on what was learnt.
PRECEDENCE = {"test": 0, "validation": 1, "train": 2, "": 3}

# A text that occurs under several labels goes only after all blocks are merged; until then it may stand in
# another row's place, so more rows are kept than the splits can take.
SPARE = 2

# What decides who is drawn for each split, lowest first; `draw_key` is for a text, so that copies share it.
DRAWN_BY: dict[SplitName, str] = {"test": "rank", "validation": "validation_key", "train": "train_key"}
CANDIDATE = [*DOCUMENT.names, DRAWN_BY["validation"], DRAWN_BY["train"]]

# A candidate has read = 0. The other rows stand for `read` rows of one language that were read: all good ones, of which
# `usable` have a text and a label, or all that have a problem, of which they show the first.
SELECTED = pa.schema(
    [
        *DOCUMENT,
        *((name, pa.uint64()) for name in CANDIDATE[-2:]),
        ("read", pa.int64()),
        ("usable", pa.int64()),
    ]
)


def select_candidates(block: pa.Table, task: Task, seed: int) -> pa.Table:
    """The candidates in a block of documents (`schema.DOCUMENT`), with the task's labels only, and its counts.

    Returns a table of SELECTED, whose `unknown` has taken in what `known` says. A row with several labels where the
    task allows one has a problem. seed: of the draws.
    """
    if not block.num_rows:
        return SELECTED.empty_table()
    frame = block.to_pandas()
    frame["labels"] = [tuple(label for label in task.labels if label in row) for row in block["labels"].to_pylist()]
    stated = (block[column].to_pylist() for column in ("labels", "unknown", "known"))
    frame["unknown"] = [_unknown(task.labels, *row) for row in zip(*stated, strict=True)]
    if task.kind != "multi-label":
        several = (frame["problem"] == "") & (frame["labels"].map(len) > 1)
        frame.loc[several, "problem"] = "has several of the task's labels where one is allowed"
    good = frame["problem"] == ""
    usable = good & (frame["text"] != "") & (task.without_labels | (frame["labels"].map(len) > 0))
    like = [frame["language"], good]
    counts = (
        frame.assign(good=good, read=good.groupby(like).transform("size"), usable=usable.groupby(like).transform("sum"))
        .sort_values("place")
        .drop_duplicates(["language", "good"])
        .assign(text="", validation_key=0, train_key=0)
    )
    texts = frame.loc[usable, "text"]
    keys = {key: _keys(texts, seed, split) for split, key in DRAWN_BY.items() if split != "test"}
    candidates = drawable(frame[usable].assign(**keys), task).assign(read=0, usable=0)
    return pa.Table.from_pandas(pd.concat([counts, candidates])[SELECTED.names], SELECTED, preserve_index=False)


def _unknown(
    labels: Sequence[str], own: Sequence[str], unknown: Sequence[str] | None, known: Sequence[str] | None
) -> tuple[str, ...]:
    """The task's labels that a row does not have for all we know. known: none, if all others are said to be absent."""
    absent = set(labels if known is None else known) - set(unknown or ())
    return tuple(label for label in labels if label not in own and label not in absent)


def _keys(texts: pd.Series, seed: int, split: SplitName) -> np.ndarray:
    return np.array([draw_key(seed, split, text) for text in texts], np.uint64)


def drawable(frame: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The rows that a split can take, copies left out, in rank order.

    A split takes the free rows that are lowest in its own order (DRAWN_BY), of all rows or, for a minimum, of those
    with a label; only test and validation do the latter. What is not free was taken before it. So a row that is taken
    is among as many lowest as all splits up to its own take. Selecting from parts and then from what they gave is
    selecting from the whole. Where every row counts, for a share, a proportion or a split that the source states, all
    are kept.
    """
    frame = frame.sort_values(["rank", "doc_id", "place"], ignore_index=True)
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

    read: rows by language; usable: those with a text and a label, copies counted; rejected: how many of the rows read
    have a problem; first_rejected: "place: problem" of one.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.read: Counter[str] = Counter()
        self.usable: Counter[str] = Counter()
        self.rejected = 0
        self.first_rejected = ""
        self._frame = SELECTED.empty_table().to_pandas()[CANDIDATE]
        self._added: list[pd.DataFrame] = []

    def add(self, selected: pa.Table) -> None:
        """Add the table of one block (SELECTED)."""
        frame = selected.to_pandas()
        for column in ("labels", "unknown"):
            frame[column] = [tuple(row) for row in selected[column].to_pylist()]
        for row in frame[frame["read"] > 0].itertuples():
            self.read[row.language] += row.read
            self.usable[row.language] += row.usable
            if row.problem:
                self.rejected += row.read
                line = f"{row.place}: {row.problem}"
                self.first_rejected = min(self.first_rejected or line, line)  # blocks come in any order
        candidates = frame.loc[frame["read"] == 0, CANDIDATE]
        if len(candidates):
            self._added.append(candidates)
        if sum(map(len, self._added)) > len(self._frame):  # as many as there are, else every block sorts all of them
            self._merge()

    def of_language(self, language: str) -> pd.DataFrame:
        """Candidates in rank order; every document and every text once, in test rather than in validation or train.

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
        return first.drop_duplicates("text").sort_index().reset_index(drop=True)

    def across_splits(self, language: str) -> int:
        """How many texts of a ready split were left out of it, since they stand in another one."""
        self._merge()
        texts = self._frame.loc[self._frame["language"] == language, ["text", "split"]].drop_duplicates()
        return len(texts) - texts["text"].nunique()

    def _merge(self) -> None:
        if self._added:
            self._frame = drawable(pd.concat([self._frame, *self._added]), self.task)
            self._added = []
