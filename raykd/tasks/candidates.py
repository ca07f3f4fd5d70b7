"""The few rows of a source that a split can take: cut block by block, so that no machine holds all text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa

from raykd.config import Sizes, Task
from raykd.corpus.schema import DOCUMENT

NATURAL = ("", "natural")  # origins that are not translations; "" where a source names none

# A text of several ready splits stays where it is scored, so that nothing is tested on what was learnt.
PRECEDENCE = {"test": 0, "validation": 1, "train": 2, "": 3}

# A text that occurs under several labels goes only after all blocks are merged; until then it may stand in
# another row's place, so more rows are kept than the splits can take.
SPARE = 2

# A candidate has read = 0. The other rows stand for `read` rows of one language that were read: all good
# ones, or all that have a problem, of which they show the first.
SELECTED = pa.schema([*DOCUMENT, ("read", pa.int64())])


def select_candidates(block: pa.Table, task: Task) -> pa.Table:
    """The candidates in a block of documents (`schema.DOCUMENT`), with the task's labels only, and its counts.

    Returns a table of SELECTED, whose `unknown` has taken in what `known` says. A row with several labels where the
    task allows one has a problem.
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
    counts = (
        frame.assign(good=good, read=frame.groupby(["language", good])["place"].transform("size"))
        .sort_values("place")
        .drop_duplicates(["language", "good"])
        .assign(text="")
    )
    usable = good & (frame["text"] != "") & (task.without_labels | (frame["labels"].map(len) > 0))
    candidates = lowest_ranks(frame[usable], task).assign(read=0)
    return pa.Table.from_pandas(pd.concat([counts, candidates])[SELECTED.names], SELECTED, preserve_index=False)


def _unknown(
    labels: Sequence[str], own: Sequence[str], unknown: Sequence[str] | None, known: Sequence[str] | None
) -> tuple[str, ...]:
    """The task's labels that a row does not have for all we know. known: none, if all others are said to be absent."""
    absent = set(labels if known is None else known) - set(unknown or ())
    return tuple(label for label in labels if label not in own and label not in absent)


def lowest_ranks(frame: pd.DataFrame, task: Task) -> pd.DataFrame:
    """The rows that a split can take, copies left out, in rank order.

    Splits take the lowest free rank of all rows, or of those with a label; only test and validation do the
    latter. So a row that is taken is among as many lowest ranks, of its language and nature, as there are
    rows to take. Selecting from parts and then from what they gave is selecting from the whole. Where every row
    counts, for a share, a proportion or a split that the source states, all are kept.
    """
    frame = frame.sort_values(["rank", "doc_id", "place"], ignore_index=True)
    frame = frame.drop_duplicates(["language", "text", "labels", "unknown", "origin", "split"])
    if not task.sizes or needs_all_rows(task.sizes):
        return frame
    keys = frame[["language", "labels"]].assign(natural=frame["origin"].isin(NATURAL))
    tested = max(int(sizes.test + sizes.validation) for sizes in task.sizes.any_language)
    trained = max(int(sizes.train) for sizes in task.sizes.any_language)
    lowest = keys.groupby(["language", "natural"]).head(SPARE * (tested + trained)).index
    with_label = keys.explode("labels").groupby(["language", "natural", "labels"]).head(SPARE * tested).index
    return frame.loc[lowest.union(with_label).unique().sort_values()]


def needs_all_rows(sizes: Sizes) -> bool:
    return sizes.stratified or sizes.whole_groups or any(one.are_shares for one in sizes.any_language)


class Candidates:
    """What the blocks of all sources give together.

    read: rows by language; rejected: how many of them have a problem; first_rejected: "place: problem" of one.
    """

    def __init__(self, task: Task) -> None:
        self.task = task
        self.read: Counter[str] = Counter()
        self.rejected = 0
        self.first_rejected = ""
        self._frame = DOCUMENT.empty_table().to_pandas()
        self._added: list[pd.DataFrame] = []

    def add(self, selected: pa.Table) -> None:
        """Add the table of one block (SELECTED)."""
        frame = selected.to_pandas()
        for column in ("labels", "unknown"):
            frame[column] = [tuple(row) for row in selected[column].to_pylist()]
        for row in frame[frame["read"] > 0].itertuples():
            self.read[row.language] += row.read
            if row.problem:
                self.rejected += row.read
                line = f"{row.place}: {row.problem}"
                self.first_rejected = min(self.first_rejected or line, line)  # blocks come in any order
        candidates = frame.loc[frame["read"] == 0, DOCUMENT.names]
        if len(candidates):
            self._added.append(candidates)
        if sum(map(len, self._added)) > len(self._frame):  # as many as there are, else every block sorts all of them
            self._merge()

    def of_language(self, language: str) -> pd.DataFrame:
        """Candidates in rank order; every document and every text once, in test rather than in validation or train."""
        self._merge()
        frame = self._frame[self._frame["language"] == language]
        frame = frame.sort_values("split", key=lambda splits: splits.map(PRECEDENCE), kind="stable")
        return frame.drop_duplicates("doc_id").drop_duplicates("text").sort_index().reset_index(drop=True)

    def across_splits(self, language: str) -> int:
        """How many texts of a ready split were left out of it, since they stand in another one."""
        self._merge()
        texts = self._frame.loc[self._frame["language"] == language, ["text", "split"]].drop_duplicates()
        return len(texts) - texts["text"].nunique()

    def _merge(self) -> None:
        if self._added:
            self._frame = lowest_ranks(pd.concat([self._frame, *self._added]), self.task)
            self._added = []
