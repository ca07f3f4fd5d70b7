"""Which rows go to test, validation and train (Howell et al. 2022, sections 3.2.1 and 3.2.2).

Rows come in rank order, and rank is a hash: taking the lowest free ranks is a random choice that never changes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from raykd.config import Sizes
from raykd.errors import InputError


def split_rows(
    kind: str, labels: Sequence[str], truth: np.ndarray, natural: np.ndarray, ranks: np.ndarray, sizes: Sizes
) -> dict[str, np.ndarray]:
    """Row numbers of each split, ascending.

    truth: bool [rows, labels], natural: bool [rows] and ranks: uint64 [rows], all in rank order.

    Test and validation are filled first, with at least `sizes.minimum` rows of every label; train is a random
    sample of what they leave. Where a row has one label (binary, multi-class), test takes natural rows only,
    the other splits translated ones too (the paper, Table 2). Raises InputError for a split larger than its
    data, a minimum that cannot be reached and a split without one of the labels.
    """
    free = np.ones(len(truth), bool)
    if kind == "multi-label":
        test = _choose("test", labels, truth, free, sizes.test, sizes.minimum)
        order = np.arange(len(truth))
    else:
        test = _choose("test", labels, truth, natural, sizes.test, sizes.minimum)
        order = _stretched_order(ranks, natural, sizes.test)
    splits = {"test": test}
    free[test] = False
    for split, size, minimum in (("validation", sizes.validation, sizes.minimum), ("train", sizes.train, 0)):
        rows = np.sort(order[_choose(split, labels, truth[order], free[order], size, minimum)])
        free[rows] = False
        splits[split] = rows
    return splits


def _stretched_order(ranks: np.ndarray, natural: np.ndarray, test_size: int) -> np.ndarray:
    """Row numbers in an order in which natural and translated rows are mixed as the test set leaves them.

    Test takes the natural rows of lowest rank, so in plain rank order validation would come out translated alone.
    The ranks of the natural rows that are left are stretched back over the whole range.
    """
    position = ranks.astype(np.float64) / 2.0**64
    taken = position[natural][test_size - 1]
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
                f"{carrying[label]}; lower it or give more data"
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
        raise InputError(f"sizes.{split} is {size} rows, but there are {free.sum()} for it; lower it or give more data")
    for label, count in zip(labels, truth[chosen].sum(axis=0), strict=True):
        if count == 0:
            raise InputError(
                f"{split}: none of its {size} rows has the label {label!r}; raise its size or sizes.minimum"
            )
    return np.flatnonzero(chosen)
