"""How large a difference is: in the unit of the scores, with an interval, and as the order of the scores.

Differences have 95 % bias-corrected and accelerated (BCa) bootstrap intervals (Efron 1987). Scores are
resampled within each side, so an interval covers the variation between the seeds at hand and no other.
At ten seeds it is somewhat too narrow: for normal scores it holds the true difference of means of these two encoders
on these test texts in about 92 % of experiments, at five seeds in 87 % and at three in 80 % (10,000 experiments each).
Of other texts it says nothing.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import DegenerateDataWarning, bootstrap

from raykd.statistics.samples import DECIMALS, as_samples

CONFIDENCE = 0.95
# The bounds of 2,000 resamples vary by a few per cent of the interval's width from one random seed to
# another; 540 cells with three metrics stay within seconds.
RESAMPLES = 2_000
RANDOM_SEED = 0
# Bounds memory: comparisons * resamples * values of 8 bytes at once, some 10 MB at ten seeds. Every
# comparison meets the same resampled places, whichever others it is computed with.
COMPARISONS_AT_ONCE, RESAMPLES_AT_ONCE = 256, 500


@dataclass(frozen=True)
class Difference:
    """A difference of scores, in their unit: estimate, low and high [...].

    method [...] is "BCa"; "percentile" where BCa has no value (its acceleration is 0 / 0: leaving out any
    one score changes nothing, as with medians of tied scores); "constant" where neither side varies: low
    and high are then the estimate, which says that the seeds made no difference, not that it is certain.
    """

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray
    method: np.ndarray


@dataclass(frozen=True)
class Order:
    """How often a score is above a baseline score, over all pairs of one from each side.

    cliffs_delta [...] is P(above) - P(below), from -1 to 1 (Cliff 1993). probability_of_improvement [...]
    is P(above) + P(equal) / 2, from 0 to 1 (Agarwal et al. 2021), so (1 + cliffs_delta) / 2.
    """

    cliffs_delta: np.ndarray
    probability_of_improvement: np.ndarray


def mean_difference(scores: ArrayLike, baseline_scores: ArrayLike) -> Difference:
    """Mean of scores [..., n] minus mean of baseline_scores [..., n_baseline]; raises as `as_samples`."""
    return _difference(scores, baseline_scores, np.mean)


def median_difference(scores: ArrayLike, baseline_scores: ArrayLike) -> Difference:
    """The same of medians. Their bootstrap has few distinct values at ten seeds: a rough interval."""
    return _difference(scores, baseline_scores, np.median)


def order(scores: ArrayLike, baseline_scores: ArrayLike) -> Order:
    """Compares scores [..., n] with baseline_scores [..., n_baseline] pair by pair; raises as `as_samples`."""
    sample, baseline = as_samples(scores, baseline_scores, least=1)
    delta = np.sign(sample[..., :, None] - baseline[..., None, :]).mean(axis=(-2, -1))
    return Order(delta, (1 + delta) / 2)


def _difference(scores: ArrayLike, baseline_scores: ArrayLike, centre: Callable[..., np.ndarray]) -> Difference:
    sample, baseline = as_samples(scores, baseline_scores)
    shape = sample.shape[:-1]
    sample, baseline = sample.reshape(-1, sample.shape[-1]), baseline.reshape(-1, baseline.shape[-1])
    estimate = np.round(centre(sample, axis=-1) - centre(baseline, axis=-1), DECIMALS)
    low, high, method = estimate.copy(), estimate.copy(), np.full(len(estimate), "constant", dtype=object)
    varying = np.flatnonzero((np.ptp(sample, axis=-1) > 0) | (np.ptp(baseline, axis=-1) > 0))
    for start in range(0, len(varying), COMPARISONS_AT_ONCE):
        own = varying[start : start + COMPARISONS_AT_ONCE]
        low[own], high[own], method[own] = _interval(sample[own], baseline[own], centre)
    return Difference(*(values.reshape(shape) for values in (estimate, low, high, method)))


def _interval(
    sample: np.ndarray, baseline: np.ndarray, centre: Callable[..., np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Low, high and method [comparisons] of samples that vary on at least one side."""
    with warnings.catch_warnings(), np.errstate(invalid="ignore", divide="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)
        found = bootstrap(
            (sample, baseline),
            # BCa counts the replicates below the estimate, so a tie must not hang on the last bit of a sum.
            lambda own, other, axis: np.round(centre(own, axis=axis) - centre(other, axis=axis), DECIMALS),
            n_resamples=RESAMPLES,
            batch=RESAMPLES_AT_ONCE,
            vectorized=True,
            axis=-1,
            confidence_level=CONFIDENCE,
            method="BCa",
            rng=np.random.default_rng(RANDOM_SEED),
        )
    tail = (1 - CONFIDENCE) / 2
    percentiles = np.quantile(found.bootstrap_distribution, [tail, 1 - tail], axis=-1)
    undefined = np.isnan(found.confidence_interval.low) | np.isnan(found.confidence_interval.high)
    low = np.where(undefined, percentiles[0], found.confidence_interval.low)
    high = np.where(undefined, percentiles[1], found.confidence_interval.high)
    return low, high, np.where(undefined, "percentile", "BCa")
