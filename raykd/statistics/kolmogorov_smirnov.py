"""The exact two-sample Kolmogorov-Smirnov test that stands behind every mark of Table 8.

Howell et al. (2022, section 8) compare the scores of ten classifier seeds on one encoder with the ten
on another. At samples this small the method matters: at D = .6 the exact two-sided p is .0524 and the
asymptotic one .030, so a mark can hang on the choice. Only the exact test is offered here.
"""

import math
import warnings
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import ks_2samp

LEVEL = 0.05
METHOD = "exact, two-sided"

Direction = Literal["higher", "lower", "same"]


@dataclass(frozen=True)
class Comparison:
    """One test of `scores` against `baseline_scores`.

    `statistic` (D) is the largest distance between the two empirical distribution functions, 0 to 1.
    `difference` is mean(scores) - mean(baseline_scores), in the unit of the scores, and `direction` its
    sign: D itself does not say which side is better. `ties` tells that some value occurs twice; p_value
    is then an upper bound (ties can only lower D, never raise it).
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


def compare(scores: Sequence[float] | np.ndarray, baseline_scores: Sequence[float] | np.ndarray) -> Comparison:
    """Tests scores [n] against baseline_scores [n_baseline], unpaired, exact and two-sided.

    Raises ValueError when a sample has fewer than two values or one that is not finite, and
    ArithmeticError when scipy cannot compute the exact p and would return the asymptotic one.
    """
    sample, baseline = _sample(scores, "scores"), _sample(baseline_scores, "baseline scores")
    with warnings.catch_warnings():
        # scipy falls back to the asymptotic p with nothing but this warning.
        warnings.simplefilter("error", RuntimeWarning)
        try:
            result = ks_2samp(sample, baseline, alternative="two-sided", method="exact")
        except RuntimeWarning as warning:
            raise ArithmeticError(
                f"no exact Kolmogorov-Smirnov p-value for {len(sample)} and {len(baseline)} values: {warning}"
            ) from warning
    # fsum rounds once, so the order of the seeds cannot turn "same" into "higher".
    difference = math.fsum(sample) / len(sample) - math.fsum(baseline) / len(baseline)
    return Comparison(
        statistic=float(result.statistic),
        p_value=float(result.pvalue),
        direction="higher" if difference > 0 else "lower" if difference < 0 else "same",
        difference=difference,
        n=len(sample),
        n_baseline=len(baseline),
        ties=len(np.unique(np.concatenate([sample, baseline]))) < len(sample) + len(baseline),
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
    return 1 - paths[n_baseline] / math.comb(n + n_baseline, n)


def _sample(values: Sequence[float] | np.ndarray, name: str) -> np.ndarray:
    sample = np.asarray(values, dtype=np.float64).ravel()
    if len(sample) < 2:
        raise ValueError(f"{name}: {len(sample)} value(s), but the test needs at least two")
    if not np.isfinite(sample).all():
        raise ValueError(f"{name}: {int((~np.isfinite(sample)).sum())} of {len(sample)} values are not finite")
    return sample
