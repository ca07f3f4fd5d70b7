"""Which rows go to test, validation and train (Howell et al. 2022, sections 3.1.1, 3.2.1 and 3.2.2).

Each split draws in an order that hashes decide: taking its first free rows is a random choice that never changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple, get_args

import numpy as np

from raykd.config import SplitName, SplitSizes
from raykd.errors import InputError


class Counts(NamedTuple):
    """Rows of each split; minimum: how often each label occurs in validation and in test."""

    train: int
    validation: int
    test: int
    minimum: int = 0

    @classmethod
    def of(cls, sizes: SplitSizes, rows: int) -> Counts:
        """Numbers as they are, shares of `rows`; shares that add up to 1 take every row."""
        if not sizes.are_shares:
            return cls(int(sizes.train), int(sizes.validation), int(sizes.test), sizes.minimum)
        test, validation = (max(1, round(rows * size)) for size in (sizes.test, sizes.validation))
        train = round(rows * sum(sizes.all_splits)) - test - validation
        return cls(max(1, train), validation, test, sizes.minimum)

    @property
    def half(self) -> Counts:
        """The paper's splits of a language with less data (section 3.2.1; Table 4 has half of the minimum as well)."""
        train, validation, test = (max(1, rows // 2) for rows in self[:3])
        return Counts(train, validation, test, self.minimum // 2)


def split_rows(
    labels: Sequence[str],
    truth: np.ndarray,
    natural: np.ndarray,
    orders: Mapping[SplitName, np.ndarray],
    counts: Counts,
) -> dict[str, np.ndarray]:
    """Row numbers of each split, in the order in which it was drawn: the first so many are a random part of it.

    truth: bool [rows, labels]; natural: bool [rows]; orders: for each split all row numbers, shuffled.

    Test is filled first, then validation, with at least `counts.minimum` rows of every label; train is a random sample
    of what they leave. Test takes natural rows only, the other splits translated ones too (the paper, Table 2). Each
    split has an order of its own: in the same one train would take its rows from just where a minimum has taken those
    with rare labels, and would lack these.
    Raises InputError for a split larger than its data, a minimum that cannot be reached and a split without one of the
    labels.
    """
    free, splits = np.ones(len(truth), bool), {}
    for split in ("test", "validation", "train"):
        order = orders[split]
        allowed = (free & natural if split == "test" else free)[order]
        minimum = 0 if split == "train" else counts.minimum
        splits[split] = order[_choose(split, labels, truth[order], allowed, getattr(counts, split), minimum)]
        free[splits[split]] = False
    return splits


def _choose(
    split: str, labels: Sequence[str], truth: np.ndarray, free: np.ndarray, size: int, minimum: int
) -> np.ndarray:
    """`size` free rows with `minimum` of each label, ascending: the rarest label first, then whatever comes first."""
    carrying = (truth & free[:, None]).sum(axis=0)
    chosen = np.zeros(len(truth), bool)
    for label in np.argsort(carrying, kind="stable"):
        if carrying[label] < minimum:
            raise InputError(
                f"{split} needs {minimum} rows with the label {labels[label]!r} (sizes.minimum), but there are "
                f"{carrying[label]}{_left(split)}; lower it or give more data"
            )
        wanted = max(0, minimum - int(truth[chosen, label].sum()))
        chosen[np.flatnonzero(free & ~chosen & truth[:, label])[:wanted]] = True
    if chosen.sum() > size:
        raise InputError(
            f"{split}: {minimum} rows of each of {len(labels)} labels take {chosen.sum()} rows, but sizes.{split} is "
            f"{size}; raise it or lower sizes.minimum"
        )
    rest = np.flatnonzero(free & ~chosen)[: size - int(chosen.sum())]
    chosen[rest] = True
    if chosen.sum() < size:
        raise InputError(
            f"sizes.{split} is {size} rows, but there are {free.sum()} for it{_left(split)}; lower it or give more data"
        )
    check_labels(split, labels, truth[chosen], 0)
    return np.flatnonzero(chosen)


def ready_splits(labels: Sequence[str], truth: np.ndarray, split: np.ndarray) -> dict[str, np.ndarray]:
    """Row numbers of each split as the source states it, ascending. truth: bool [rows, labels]; split: names [rows].

    Raises InputError for a split without rows, or without one of the labels.
    """
    splits = {name: np.flatnonzero(split == name) for name in get_args(SplitName)}
    for name, rows in splits.items():
        if not len(rows):
            there = ", ".join(f"{one} {count:,}" for one, count in Counter(split.tolist()).most_common())
            raise InputError(
                f"no row with a label is in the split {name!r}, though the sources say which split rows are in; there "
                f"are: {there} (a text that stands in several splits is in test)"
            )
        if name != "validation":  # a score of test needs a row of every label, and so does what learns it
            check_labels(name, labels, truth[rows], 0)
    return splits


def _left(split: str) -> str:
    """Which rows a split chooses from."""
    if split == "test":
        return " that are natural (their origin is 'natural' or none)"
    return " that test leaves" if split == "validation" else " that test and validation leave"


def check_labels(split: str, labels: Sequence[str], truth: np.ndarray, minimum: int) -> None:
    """Raises InputError for a split without one of the labels, or with fewer than `minimum` rows of it.

    truth: bool [rows, labels], of the split's rows.
    """
    for label, count in zip(labels, truth.sum(axis=0), strict=True):
        if count == 0:
            raise InputError(
                f"{split}: none of its {len(truth)} rows has the label {label!r}; give it more rows of that label, or, "
                "where sizes are drawn, say sizes.stratified: true or raise sizes.minimum"
            )
        if count < minimum:
            raise InputError(
                f"{split}: {count} of its {len(truth)} rows have the label {label!r}, fewer than sizes.minimum "
                f"{minimum}; lower it, or raise sizes.{split}"
            )
