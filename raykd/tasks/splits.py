"""Which rows go to test, validation and train (Howell et al. 2022, sections 3.1.1, 3.2.1 and 3.2.2).

Rows come in rank order, and rank is a hash: taking the lowest free ranks is a random choice that never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    labels: Sequence[str], truth: np.ndarray, natural: np.ndarray, ranks: np.ndarray, counts: Counts
) -> dict[str, np.ndarray]:
    """Row numbers of each split, ascending.

    truth: bool [rows, labels], natural: bool [rows] and ranks: uint64 [rows], all in rank order.

    Test and validation are filled first, with at least `counts.minimum` rows of every label; train is a random
    sample of what they leave. Test takes natural rows only, the other splits translated ones too (the paper, Table 2).
    Raises InputError for a split larger than its data, a minimum that cannot be reached and a split without one of the
    labels.
    """
    test = _choose("test", labels, truth, natural, counts.test, counts.minimum)
    splits = {"test": test}
    free = np.ones(len(truth), bool)
    free[test] = False
    order = _stretched_order(ranks, natural, free)
    for split, size, minimum in (("validation", counts.validation, counts.minimum), ("train", counts.train, 0)):
        rows = np.sort(order[_choose(split, labels, truth[order], free[order], size, minimum)])
        free[rows] = False
        splits[split] = rows
    return splits


def _stretched_order(ranks: np.ndarray, natural: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Row numbers in an order in which natural and translated rows are mixed as the test set leaves them.

    Test takes the natural rows of lowest rank, so in plain rank order validation would come out translated alone.
    The ranks of the natural rows above those are stretched back over the whole range. What a minimum took out of turn
    lies among them, and moves nothing.
    """
    if natural.all():
        return np.arange(len(ranks))
    position = ranks.astype(np.float64) / 2.0**64
    left = free[natural]
    in_turn = int(left.argmax()) if left.any() else len(left)  # how many test took before it left the first one
    taken = position[natural][in_turn - 1] if in_turn else 0.0
    position[natural] = (position[natural] - taken) / (1 - taken)
    return np.argsort(position, kind="stable")


def _choose(
    split: str, labels: Sequence[str], truth: np.ndarray, free: np.ndarray, size: int, minimum: int
) -> np.ndarray:
    """`size` free rows with `minimum` of each label: the rarest label first, then whatever has the lowest rank."""
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
            raise InputError(
                f"no row with a label is in the split {name!r}, though the sources say which split rows are in"
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
                f"{split}: none of its {len(truth)} rows has the label {label!r}; give it more rows of that label"
            )
        if count < minimum:
            raise InputError(
                f"{split}: {count} of its {len(truth)} rows have the label {label!r}, fewer than sizes.minimum "
                f"{minimum}; lower it, or raise sizes.{split}"
            )
