"""Splits in which every label has the share that it has in the whole, of single rows or of whole groups.

Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data",
algorithm 1) with groups in place of rows and one more rule: scikit-learn stratifies by one label only, and the packages
that do several keep no groups together.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raykd.errors import InputError
from raykd.tasks.draw_splits import Counts, check_labels


def stratified_splits(
    labels: Sequence[str], truth: np.ndarray, natural: np.ndarray, units: np.ndarray, counts: Counts
) -> dict[str, np.ndarray]:
    """Row numbers of each split, ascending.

    truth: bool [rows, labels], natural: bool [rows] and units: int [rows], all in rank order. Rows of one unit are in
    one split; where each is a unit of its own, the sizes are exact, else as near as units allow. Test takes natural
    rows only, and the translated ones of its units are in no split. The others hold natural and translated rows in the
    same proportion. Raises InputError for more rows than there are and a split that lacks a label or its minimum.
    """
    if (asked := counts.test + counts.validation + counts.train) > len(truth):
        raise InputError(f"sizes ask for {asked} rows, but there are {len(truth)}; lower them or give more data")
    if counts.test > natural.sum():
        raise InputError(
            f"sizes.test is {counts.test} rows, but there are {natural.sum()} that are natural (their origin is "
            "'natural' or none); lower it or give more data"
        )
    rows = np.flatnonzero(natural)
    in_test = rows[_parts(truth[rows], units[rows], [counts.test, len(rows) - counts.test]) == 0]
    rest = np.flatnonzero(~np.isin(units, units[in_test]))
    wanted = [counts.validation, counts.train]
    if sum(wanted) > len(rest):  # test's last unit, or its translated rows, took some of theirs
        if len(np.unique(units)) == len(units):
            raise InputError(
                f"sizes.validation and sizes.train ask for {sum(wanted)} rows, but test leaves {len(rest)}; lower them"
            )
        wanted = [len(rest) * size // sum(wanted) for size in wanted]
    described = np.column_stack([truth[rest], natural[rest]])
    part = _parts(described, units[rest], [*wanted, len(rest) - sum(wanted)])
    splits = {"test": in_test, "validation": rest[part == 0], "train": rest[part == 1]}
    for split, chosen in splits.items():
        if not len(chosen):
            raise InputError(f"{split} got no rows: {len(np.unique(units))} groups are too few to share out by sizes")
        check_labels(split, labels, truth[chosen], 0 if split == "train" else counts.minimum)
    return splits


def carve(truth: np.ndarray, texts: np.ndarray, split: np.ndarray, share: float) -> np.ndarray:
    """The splits with a share of train's rows, of every label alike, in validation; copies of a text stay together.

    truth: bool [rows, labels], texts and split: strings [rows], all in an order that is random. At least one row.
    """
    rows = np.flatnonzero(split == "train")
    size = min(max(1, round(share * len(rows))), max(0, len(rows) - 1))
    if not size:
        return split
    units = np.unique(texts[rows], return_inverse=True)[1]
    part = _parts(truth[rows], units, [size, len(rows) - size])
    carved = split.copy()
    carved[rows[part == 0]] = "validation"
    return carved


def _parts(described: np.ndarray, units: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The part of each row, int [rows]. described: bool [rows, labels]; sizes add up to the rows."""
    _, first, number = np.unique(units, return_index=True, return_inverse=True)
    sums = np.zeros((len(first), described.shape[1]), np.int64)
    np.add.at(sums, number, described)
    order = np.argsort(first, kind="stable")  # units by their lowest rank
    part = np.empty(len(first), np.int64)
    part[order] = share_out(sums[order], np.bincount(number)[order], sizes)
    return part[number]


def share_out(sums: np.ndarray, rows: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """The part of each unit, int [units].

    sums: int [units, labels], how many rows of a unit have each label; rows: int [units]; sizes: rows of each part,
    which add up to all. The label with the fewest rows left is shared out first, its largest units first. A unit goes
    to one of the parts that lack at least half of what it has of that label (else to the one that lacks most), and
    among these to the one whose lack is most like the unit in all labels, present and absent. Without this last rule,
    which is not the paper's, frequent labels come out no better than at random (600 rows in four parts: 3.2 rows off
    on average, where it is .4).
    """
    described = np.column_stack([sums, rows[:, None] - sums])
    left = sums.sum(axis=0)
    lacking = np.array(sizes, np.float64)
    lacking_each = np.outer(lacking / lacking.sum(), described.sum(axis=0))
    part = np.full(len(sums), -1)

    def place(unit: int, lack: np.ndarray, own: int) -> None:
        parts = np.flatnonzero(lacking > 0)
        likeness = lacking_each[parts] @ described[unit] / lacking[parts]
        enough = 2 * lack[parts] >= own
        order = np.lexsort((-lacking[parts], np.where(enough, -likeness, -lack[parts]), ~enough))
        chosen = parts[order[0]]
        part[unit] = chosen
        lacking[chosen] -= rows[unit]
        lacking_each[chosen] -= described[unit]
        left[:] -= sums[unit]

    while left.any():
        label = np.where(left > 0, left, np.iinfo(np.int64).max).argmin()
        waiting = np.flatnonzero((part < 0) & (sums[:, label] > 0))
        for unit in waiting[np.argsort(-sums[waiting, label], kind="stable")]:
            place(unit, lacking_each[:, label], sums[unit, label])
    waiting = np.flatnonzero(part < 0)
    for unit in waiting[np.argsort(-rows[waiting], kind="stable")]:
        place(unit, lacking, rows[unit])
    return part
