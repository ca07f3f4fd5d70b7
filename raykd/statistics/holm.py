"""Many tests at once: p-values and intervals corrected within families that are declared before any score is seen.

Holm's step-down correction (1979) bounds the chance of even one false finding in a family, whatever the dependence
between its tests. A finding has a direction, so the correction runs over each direction apart, at half the level: the
chance of one encoder called better or worse that is not is then at most the level too (`holm_by_direction`). Where all
differences point one way, this is Holm's usual correction.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

PRIMARY, SECONDARY, EXPLORATORY = "primary", "secondary", "exploratory"


def holm(p_values: ArrayLike, planned: int | None = None) -> np.ndarray:
    """Adjusted p-values [tests] of one family's p_values [tests], in their order.

    The i-th smallest of k is multiplied by k - i + 1, then raised to any adjusted one before it, and at
    most 1. planned: k where some tests of the family are still to come; none of them can then raise what is
    returned now. Raises ValueError for a p that is not between 0 and 1, and for more tests than are planned.
    """
    p_value = np.asarray(p_values, dtype=np.float64)
    if not ((p_value >= 0) & (p_value <= 1)).all():
        raise ValueError(f"p-values {p_value[~((p_value >= 0) & (p_value <= 1))]} are not between 0 and 1")
    size = len(p_value) if planned is None else planned
    if size < len(p_value):
        raise ValueError(f"{len(p_value)} p-values in a family of {size} tests")
    order = np.argsort(p_value, kind="stable")
    adjusted = np.empty_like(p_value)
    factors = size - np.arange(len(p_value))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_value[order] * factors), 1)
    return adjusted


def holm_by_direction(p_values: ArrayLike, directions: ArrayLike, planned: int | None = None) -> np.ndarray:
    """Adjusted two-sided p-values [tests], each direction corrected among its own.

    directions [tests]: 1, -1, or 0 for a test that has none and so can find nothing (its p is 1). A test counts against
    those of the other direction as if its p were 1. Raises as `holm`.
    """
    p_value, direction = np.asarray(p_values, dtype=np.float64), np.asarray(directions)
    upward, downward = (holm(np.where(direction == sign, p_value, 1), planned) for sign in (1, -1))
    return np.where(direction > 0, upward, np.where(direction < 0, downward, 1.0))


@dataclass(frozen=True)
class Bound:
    """Where one side of a simultaneous interval comes from: the two-sided interval at `level`, cut at 0 where `cut`.

    level is None where the bound is 0 itself: the finding says on which side of 0 the difference lies, and no more.
    """

    level: float | None
    cut: bool


def holm_bounds(found: ArrayLike, planned: int, level: float) -> tuple[list[Bound], list[Bound]]:
    """The lower and the upper bounds of simultaneous intervals that agree with Holm's findings (Guilbaud 2008).

    found [tests]: 1 or -1 where Holm's correction by direction finds a difference at `level`, else 0; planned: the size
    of the family. Of r findings upwards, those r have the lower bound 0 and the others the lower bound of their
    interval at level / (planned - r); only a family of findings upwards throughout has bounds away from 0. Upper
    bounds alike. All intervals hold together with a probability of at least 1 - level, whatever the dependence. They
    can only be this coarse: Bonferroni's are narrower for the findings, and contradict Holm for the rest.
    """
    way = np.asarray(found)
    sides = []
    for sign in (1, -1):
        number = int((way == sign).sum())
        if number == planned:
            sides.append([Bound(level / planned, cut=True)] * len(way))
        else:
            open_bound = Bound(level / (planned - number), cut=False)
            sides.append([Bound(None, cut=True) if own == sign else open_bound for own in way])
    return sides[0], sides[1]
