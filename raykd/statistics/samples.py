"""What goes into the tests of this folder, and what comes out of them: arrays with one comparison a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

Pairing = Literal["paired", "unpaired"]

# Scores are equal when they are so to 12 decimals: the same decisions summed in another order differ by 1e-16.
DECIMALS = 12


@dataclass(frozen=True)
class Outcome:
    """The two-sided p_value [...] of one test in each comparison, and whether it pairs the scores."""

    name: str
    pairing: Pairing
    p_value: np.ndarray


def as_samples(scores: ArrayLike, baseline_scores: ArrayLike, least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """scores [..., n] and baseline_scores [..., n_baseline] as float64 with the same leading axes, rounded to DECIMALS.

    Raises ValueError when the leading axes differ, when a sample has fewer than `least` values, or when
    a value is not finite.
    """
    sample, baseline = np.asarray(scores, dtype=np.float64), np.asarray(baseline_scores, dtype=np.float64)
    for values, name in ((sample, "scores"), (baseline, "baseline scores")):
        if values.ndim == 0 or values.shape[-1] < least:
            raise ValueError(f"{name} of shape {values.shape}: at least {least} value(s) are needed in each sample")
        if not np.isfinite(values).all():
            raise ValueError(f"{name}: {int((~np.isfinite(values)).sum())} of {values.size} values are not finite")
    if sample.shape[:-1] != baseline.shape[:-1]:
        raise ValueError(f"{sample.shape} scores and {baseline.shape} baseline scores: the leading axes differ")
    return np.round(sample, DECIMALS), np.round(baseline, DECIMALS)


def stacked_by_size(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]],
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Samples of like sizes as arrays: (places in `pairs` [k], scores [k, n], baseline scores [k, n_baseline])."""
    places: dict[tuple[int, int], list[int]] = {}
    for place, (scores, baseline_scores) in enumerate(pairs):
        places.setdefault((len(scores), len(baseline_scores)), []).append(place)
    return [
        (np.array(own), np.stack([pairs[place][0] for place in own]), np.stack([pairs[place][1] for place in own]))
        for own in places.values()
    ]
