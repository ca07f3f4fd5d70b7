"""Beside a difference of means: does one encoder's distribution of scores lie above the other's, and how often does it
win?

Almost stochastic order (Dror, Shlomov and Reichart 2019, after del Barrio et al. 2018): an encoder dominates where
every quantile of its scores is above the baseline's, and almost does where little speaks against it. `deepsig`, the
package for it, has had no release since 2023 and is under the GPL; what is needed of it is here.

Probability of improvement (Agarwal et al. 2021): that a score of the encoder beats one of the baseline, a mean over
cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from raykd.statistics.aggregates import Aggregate
from raykd.statistics.effects import CONFIDENCE, RANDOM_SEED, RESAMPLES, order
from raykd.statistics.samples import as_samples

# Quantiles are compared at the middles of this many equal steps.
QUANTILES = 400
# Below .5 an encoder almost dominates. Ulmer, Hardmeier and Frellsen (2022) advise .2: of equal encoders with ten seeds
# one in seven is below .5, and one in forty below .2.
DOMINANCE = 0.2


@dataclass(frozen=True)
class AlmostOrder:
    """How much speaks against the scores' lying above the baseline's.

    violation: the share, 0 to 1, of the squared distance between the quantile functions that lies where the baseline's
    is higher; .5 for equal samples. epsilon_min: its upper bound at 95 %; below DOMINANCE the scores almost dominate.
    """

    violation: float
    epsilon_min: float


def almost_stochastic_order(scores: ArrayLike, baseline_scores: ArrayLike) -> AlmostOrder:
    """Of scores [n] over baseline_scores [m]; raises as `as_samples`.

    Units have to be independent: seeds of one distillation, or the means of several distillations.
    """
    sample, baseline = (own[None] for own in as_samples(np.ravel(scores), np.ravel(baseline_scores)))
    violation = float(_violation(sample, baseline)[0])
    generator = np.random.default_rng(RANDOM_SEED)
    drawn = [own[0][generator.integers(own.shape[1], size=(RESAMPLES, own.shape[1]))] for own in (sample, baseline)]
    # sqrt(nm / (n + m)) times the deviations is their limit's standard deviation, and is divided by the same again.
    spread = float(np.sqrt(((_violation(*drawn) - violation) ** 2).mean()))
    return AlmostOrder(violation, float(np.clip(violation + ndtri(CONFIDENCE) * spread, 0, 1)))


def improvement_over_cells(pairs: Sequence[tuple[Sequence[ArrayLike], Sequence[ArrayLike]]]) -> Aggregate:
    """The mean over cells of the probability that a score beats the baseline's, with its 95 % interval.

    pairs: for each cell the scores of the encoder and of the baseline, one array [seeds] a distillation. Resamples draw
    distillations, the same ones in every cell, then seeds within each: percentiles. With few distillations they are too
    narrow. Raises ValueError without a pair, or where cells differ in their number of distillations.
    """
    sides = [[[np.asarray(own, dtype=np.float64) for own in side] for side in pair] for pair in pairs]
    counts = {tuple(len(side) for side in pair) for pair in sides}
    if len(counts) != 1 or min(next(iter(counts))) < 1:
        raise ValueError(f"cells need the same distillations on a side each, and have {sorted(counts)}")
    estimate = np.mean([_improvement(*(np.concatenate(side)[None] for side in pair))[0] for pair in sides])
    generator = np.random.default_rng(RANDOM_SEED)
    chosen = [generator.integers(number, size=(RESAMPLES, number)) for number in next(iter(counts))]
    found = np.mean([_resampled_improvement(generator, pair, chosen) for pair in sides], axis=0)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return Aggregate(np.asarray(estimate), np.asarray(low), np.asarray(high))


def _violation(sample: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    """[rows] of sample [rows, n] and baseline [rows, m]: empirical quantile functions are steps, so that few pairs of
    scores are compared, each as often as levels fall on it."""
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    places = [np.minimum((levels * side.shape[1]).astype(int), side.shape[1] - 1) for side in (sample, baseline)]
    (at, at_baseline), times = np.unique(places, axis=1, return_counts=True)
    own, other = np.sort(sample, axis=1)[:, at], np.sort(baseline, axis=1)[:, at_baseline]
    squared = times * (own - other) ** 2
    total = squared.sum(axis=1)
    # Equal samples: neither is above the other.
    return np.where(total > 0, (squared * (own < other)).sum(axis=1) / np.where(total > 0, total, 1), 0.5)


def _improvement(sample: np.ndarray, baseline: np.ndarray) -> np.ndarray:
    return order(sample, baseline).probability_of_improvement


def _resampled_improvement(
    generator: np.random.Generator, pair: Sequence[Sequence[np.ndarray]], chosen: Sequence[np.ndarray]
) -> np.ndarray:
    """[RESAMPLES] of a cell's two sides. Each pair of scores is compared once, and counts as often as it is drawn."""
    times = [_times_drawn(generator, side, places) for side, places in zip(pair, chosen, strict=True)]
    scores, baseline_scores = (np.ravel([own[: min(map(len, side))] for own in side]) for side in pair)
    sample, baseline = as_samples(scores, baseline_scores, least=1)
    above = np.sign(sample[:, None] - baseline)
    delta = ((times[0] @ above) * times[1]).sum(axis=1) / above.size
    return np.asarray((1 + delta) / 2)


def _times_drawn(generator: np.random.Generator, side: Sequence[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """[RESAMPLES, distillations * seeds]: how often each score is in a resample; chosen [RESAMPLES, distillations]."""
    seeds = min(map(len, side))
    places = chosen[..., None] * seeds + generator.integers(seeds, size=(*chosen.shape, seeds))
    scores, resamples = len(side) * seeds, np.arange(len(chosen))[:, None, None]
    counts = np.bincount((resamples * scores + places).ravel(), minlength=len(chosen) * scores)
    return counts.reshape(len(chosen), scores).astype(np.float64)
