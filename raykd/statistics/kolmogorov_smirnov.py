"""The exact two-sample Kolmogorov-Smirnov test that stands behind every mark of Table 8.

Howell et al. (2022, section 8) compare the scores of ten classifier seeds on one encoder with the ten
on another. At samples this small the method matters: at D = .6 the exact two-sided p is .0524 and the
asymptotic one .030, so a mark can hang on the choice. Only the exact test is offered here, counted in
whole numbers: scipy's rounds, finds p = 1 + 2e-16 for D = 1 / n at n = 5, 7, 13, 14 and 15, and then
returns the asymptotic p with no more than a warning.
"""

import math
from bisect import bisect_left
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from raykd.statistics.samples import DECIMALS, as_samples

LEVEL = 0.05
METHOD = "exact, two-sided"
# A second of counting, once for each D.
MOST_PAIRS = 1_000_000
SCORES_AT_ONCE = 1_000_000  # of shifted samples, which bounds their memory

Direction = Literal["higher", "lower", "same"]


@dataclass(frozen=True)
class Comparison:
    """One test of `scores` against `baseline_scores`.

    `statistic` (D) is the largest distance between the two empirical distribution functions, 0 to 1.
    `difference` is mean(scores) - mean(baseline_scores), in the unit of the scores, and `direction` its
    sign ("same" where the means agree to 12 decimals): D itself does not say which side is better. `ties` tells that
    some value occurs twice; p_value is then an upper bound (ties can only lower D, never raise it).
    """

    statistic: float
    p_value: float
    direction: Direction
    difference: float
    n: int
    n_baseline: int
    ties: bool
    method: str = METHOD


@dataclass(frozen=True)
class Attainable:
    """What the exact test can say at given sample sizes; each pair is (D, two-sided p).

    `significant` is the smallest D whose p is below the level, or None when the samples are too small
    for any; `not_significant` is the largest D whose p is not below it (D = 0 has p = 1).
    """

    significant: tuple[float, float] | None
    not_significant: tuple[float, float]


def compare(scores: ArrayLike, baseline_scores: ArrayLike) -> Comparison:
    """Tests scores [n] against baseline_scores [n_baseline], unpaired, exact and two-sided.

    Raises ValueError when a sample has fewer than two values or one that is not finite, and
    ArithmeticError when the samples are too large to count their orders: n * n_baseline > MOST_PAIRS.
    """
    sample, baseline = as_samples(np.ravel(scores), np.ravel(baseline_scores))
    n, n_baseline = len(sample), len(baseline)
    if n * n_baseline > MOST_PAIRS:
        raise ArithmeticError(f"no exact Kolmogorov-Smirnov p-value for {n} and {n_baseline} values: too many")
    distance = _distance(sample, baseline)
    difference = math.fsum(sample) / n - math.fsum(baseline) / n_baseline
    sign = np.sign(np.round(difference, DECIMALS))
    return Comparison(
        statistic=distance / (n * n_baseline),
        p_value=_exact_p_value(distance, n, n_baseline),
        direction="higher" if sign > 0 else "lower" if sign < 0 else "same",
        difference=difference,
        n=n,
        n_baseline=n_baseline,
        ties=len(np.unique(np.concatenate([sample, baseline]))) < n + n_baseline,
    )


def attainable_p_values(n: int, n_baseline: int, level: float = LEVEL) -> Attainable:
    """The values of D on either side of `level` for samples of n and n_baseline without ties.

    n = n_baseline = 10 gives (.7, .0123) and (.6, .0524): p < .05 asks for D >= .7.
    """
    if min(n, n_baseline) < 2:
        raise ValueError(f"samples of {n} and {n_baseline}: the test needs at least two values on each side")
    distances = sorted({abs(i * n_baseline - j * n) for i in range(n + 1) for j in range(n_baseline + 1)})

    def pair(distance: int) -> tuple[float, float]:
        return distance / (n * n_baseline), _exact_p_value(distance, n, n_baseline)

    first = bisect_left(distances, True, key=lambda distance: pair(distance)[1] < level)
    return Attainable(
        significant=pair(distances[first]) if first < len(distances) else None,
        not_significant=pair(distances[first - 1]),
    )


def smallest_p_value(n: int, n_baseline: int) -> float:
    """The least p of the test: when no two scores overlap."""
    return 2 / math.comb(n + n_baseline, n)


def shift_interval(scores: ArrayLike, baseline_scores: ArrayLike, level: float) -> tuple[float, float]:
    """All shifts d for which the test of scores - d against baseline_scores has p >= level: (low, high).

    Unless scores tie, the interval holds 0 exactly where the test has no mark at this level; in a shift model it covers
    the shift with a probability of 1 - level or more. Infinite where no D has a p below the level. (nan, nan) where no
    shift fits: the samples differ in shape. Raises as `compare`.
    """
    sample, baseline = as_samples(np.ravel(scores), np.ravel(baseline_scores))
    found = attainable_p_values(len(sample), len(baseline), level).significant
    if found is None:
        return -math.inf, math.inf
    needed = round(found[0] * len(sample) * len(baseline))
    # Between two neighbours of these shifts no score passes another, so D stays the same; at them scores tie.
    shifts = np.unique(np.round(sample[:, None] - baseline, DECIMALS))
    between = np.concatenate([[shifts[0] - 1], (shifts[1:] + shifts[:-1]) / 2, [shifts[-1] + 1]])
    at_once = max(1, SCORES_AT_ONCE // (len(sample) + len(baseline)))
    parts = [between[start : start + at_once, None] for start in range(0, len(between), at_once)]
    distances = np.concatenate([_distances(np.round(sample - part, DECIMALS), baseline) for part in parts])
    apart = distances >= needed
    if apart.all():
        return math.nan, math.nan
    kept = np.flatnonzero(~apart)
    # The gap before between[i] starts at shifts[i - 1]; ties lower D, so both ends of a kept gap are kept.
    return float(shifts[kept[0] - 1]), float(shifts[kept[-1]])


@lru_cache(maxsize=10_000)
def _exact_p_value(distance: int, n: int, n_baseline: int) -> float:
    """P(D >= distance / (n * n_baseline)) when both samples come from one continuous distribution.

    Every order of the pooled sample is a lattice path from (0, 0) to (n, n_baseline), all equally
    likely; D is below the bound exactly when the path keeps within `distance` of the diagonal.
    """
    paths = [0] * (n_baseline + 1)
    for i in range(n + 1):
        for j in range(n_baseline + 1):
            if abs(i * n_baseline - j * n) >= distance:
                paths[j] = 0
            elif i == j == 0:
                paths[j] = 1
            elif j:
                paths[j] += paths[j - 1]
    orders = math.comb(n + n_baseline, n)
    return (orders - paths[n_baseline]) / orders


def _distance(sample: np.ndarray, baseline: np.ndarray) -> int:
    """n * n_baseline * D, a whole number."""
    return int(_distances(sample[None], baseline)[0])


def _distances(samples: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """[rows] of samples [rows, n] and one baseline [n_baseline]: n * n_baseline * D, whole numbers."""
    points = np.concatenate([samples, np.broadcast_to(baseline, (len(samples), len(baseline)))], axis=1)
    order = np.argsort(points, axis=1)
    # In order of size each score of the sample goes up and each of the baseline down; D is the furthest from 0.
    heights = np.abs(np.cumsum(np.where(order < samples.shape[1], len(baseline), -samples.shape[1]), axis=1))
    points = np.take_along_axis(points, order, axis=1)
    heights[:, :-1][points[:, 1:] == points[:, :-1]] = 0  # equal scores go at once
    return np.asarray(heights.max(axis=1))
