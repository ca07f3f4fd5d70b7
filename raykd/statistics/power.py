"""What the exact Kolmogorov-Smirnov test can find, when scores are normal and one side is shifted.

A difference that is to stand after Holm's correction has to be larger than one that is to get a mark: give its level.

Shifts are in standard deviations of the scores over seeds. Power is simulated with fixed random numbers,
EXPERIMENTS a time: one standard error is at most .008, and .006 at a power of .8.
"""

from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from raykd.statistics.kolmogorov_smirnov import LEVEL, attainable_p_values, smallest_p_value

TARGET = 0.8
EXPERIMENTS = 4_000
RANDOM_SEED = 0
# Beyond these the answer is None: no such shift, or no such number of seeds, is worth planning for.
LARGEST_SHIFT = 10.0
MOST_SEEDS = 128


@dataclass(frozen=True)
class Reach:
    """What n scores against n_baseline can show at a level.

    smallest_p_value: when no two scores overlap. false_mark_rate: how often a mark is given to encoders
    that score alike, 0 when no mark can be given. detectable_shift: the least with a power of .8, in
    standard deviations, to about .01; None when there is none up to LARGEST_SHIFT.
    """

    n: int
    n_baseline: int
    smallest_p_value: float
    false_mark_rate: float
    detectable_shift: float | None


@lru_cache
def reach(n: int, n_baseline: int, level: float = LEVEL) -> Reach:
    """level: of one test; the first step of Holm's correction of m tests asks for LEVEL / m.

    Raises ValueError for fewer than two scores on either side.
    """
    significant = attainable_p_values(n, n_baseline, level).significant
    shifts = np.arange(0, LARGEST_SHIFT, 0.01)
    enough = bisect_left(shifts, True, key=lambda shift: power(shift, n, n_baseline, level) >= TARGET)
    first = enough if significant else None
    return Reach(
        n=n,
        n_baseline=n_baseline,
        smallest_p_value=smallest_p_value(n, n_baseline),
        # The largest p that is still a mark; no other lies between it and the level.
        false_mark_rate=significant[1] if significant else 0.0,
        detectable_shift=None if first is None or first == len(shifts) else float(shifts[first]),
    )


@lru_cache
def seeds_needed(shift: float, level: float = LEVEL) -> int | None:
    """The seeds on each side with which `shift` standard deviations are found with a power of .8 at a level.

    None above MOST_SEEDS. Found by bisection; power falls a little wherever the D that a mark needs steps
    up, so a few seeds fewer can do as well. Raises ValueError unless the shift is positive.
    """
    if shift <= 0:
        raise ValueError(f"a shift of {shift} cannot be found with any number of seeds")
    sizes = range(2, MOST_SEEDS + 1)
    first = bisect_left(sizes, True, key=lambda n: power(shift, n, n, level) >= TARGET)
    return sizes[first] if first < len(sizes) else None


def power(shift: float, n: int, n_baseline: int, level: float = LEVEL) -> float:
    """The share of experiments with a p below the level: n normal scores, `shift` above n_baseline others."""
    significant = attainable_p_values(n, n_baseline, level).significant
    if significant is None:
        return 0.0
    # The same random numbers for every shift keep the power curve smooth.
    scores = np.random.default_rng(RANDOM_SEED).standard_normal((EXPERIMENTS, n + n_baseline))
    scores[:, :n] += shift
    return float((distances(scores, n) >= round(significant[0] * n * n_baseline)).mean())


def distances(pooled: np.ndarray, n: int) -> np.ndarray:
    """n * n_baseline * D [...] as whole numbers, of pooled [..., n + n_baseline] scores without ties.

    Walking up the ordered scores, one distribution function rises by 1 / n or the other by 1 / n_baseline.
    """
    steps = np.where(np.argsort(pooled, axis=-1) < n, pooled.shape[-1] - n, -n)
    return np.abs(np.cumsum(steps, axis=-1)).max(axis=-1)
