"""Many tests at once: p-values corrected within families that are declared before any score is seen.

A family holds the tests that answer one question; Holm's step-down correction (1979) bounds the chance
of even one false finding in it, whatever the dependence between its tests. The question of the paper is
whether the adapted encoder beats the general student, so that is the primary family.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

PRIMARY, SECONDARY, EXPLORATORY = "primary", "secondary", "exploratory"


def family(metric: str, baseline: str, baselines: Sequence[str]) -> str:
    """Primary: F1 against the first baseline. Secondary: F1 against the others. Exploratory: other metrics."""
    if metric != "f1":
        return EXPLORATORY
    return PRIMARY if baseline == baselines[0] else SECONDARY


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
