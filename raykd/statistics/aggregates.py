"""All scores of an encoder together (Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice").

Their library, rliable, has been archived since October 2025; what is used of it here is a few lines. A stratum is a
cell: resamples draw the scores of each cell among themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import trim_mean

from raykd.statistics.effects import CONFIDENCE, RANDOM_SEED, RESAMPLES


@dataclass(frozen=True)
class Aggregate:
    """A number, or a curve [...], with its 95 % interval from a stratified bootstrap (percentiles)."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def interquartile_mean(strata: Sequence[np.ndarray]) -> Aggregate:
    """The mean of the middle half of all scores; strata: scores [seeds] of each cell. A quarter of the scores, rounded
    down, is left out at either end: less swayed by one hard cell than the mean, more efficient than the median."""
    return _aggregate(strata, lambda scores: trim_mean(scores, 0.25, axis=-1))


def performance_profile(strata: Sequence[np.ndarray], thresholds: np.ndarray) -> Aggregate:
    """The share of scores above each of thresholds [points]; strata: scores [seeds] of each cell."""
    return _aggregate(strata, lambda scores: (scores[..., None] > thresholds).mean(axis=-2))


def _aggregate(strata: Sequence[np.ndarray], statistic: Callable[[np.ndarray], np.ndarray]) -> Aggregate:
    if not strata or any(not len(scores) for scores in strata):
        raise ValueError("an aggregate needs at least one stratum, and a score in each")
    generator = np.random.default_rng(RANDOM_SEED)
    drawn = np.concatenate(
        [scores[generator.integers(len(scores), size=(RESAMPLES, len(scores)))] for scores in strata], axis=1
    )
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(statistic(drawn), [tail, 1 - tail], axis=0)
    return Aggregate(statistic(np.concatenate(list(strata))), low, high)
