"""All scores of an encoder together (Agarwal et al. 2021, "Deep RL at the edge of the statistical precipice").

Their library, rliable, has been archived since October 2025; what is used of it here is a few lines. A stratum is a
cell (a language of a task): resamples draw the scores of each cell among themselves, and every cell weighs the same,
whatever its number of seeds. Encoders with different numbers of seeds in a hard and an easy language would otherwise
differ without any difference in either. Where an encoder has several distillations, these are drawn first, the same
ones in every cell, and then seeds within each: thirty scores of three encoders are no thirty encoders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from raykd.statistics.effects import CONFIDENCE, RANDOM_SEED, RESAMPLES

# The scores of one cell: one array [seeds] a distillation, or one array where there is one.
Stratum = np.ndarray | Sequence[np.ndarray]


@dataclass(frozen=True)
class Aggregate:
    """A number, or a curve [...], with its 95 % interval from a stratified bootstrap (percentiles, which with five
    distillations or fewer are too narrow)."""

    estimate: np.ndarray
    low: np.ndarray
    high: np.ndarray


def interquartile_mean(strata: Sequence[Stratum]) -> Aggregate:
    """The mean of the middle half of all scores; strata: scores of each cell. A quarter of the weight is left out at
    either end: less swayed by one hard cell than the mean, more efficient than the median."""
    return _aggregate(strata, _middle_half)


def mean_score(strata: Sequence[Stratum]) -> Aggregate:
    """The mean over cells of their mean scores; strata: scores of each cell."""
    return _aggregate(strata, lambda scores, weights: scores @ weights)


def performance_profile(strata: Sequence[Stratum], thresholds: np.ndarray) -> Aggregate:
    """The share of scores above each of thresholds [points]; strata: scores of each cell."""
    return _aggregate(
        strata, lambda scores, weights: np.stack([(scores > point) @ weights for point in thresholds], axis=-1)
    )


def _middle_half(scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """[...] of scores [..., n] with weights [n] that sum to 1; a score at the edge counts with the part inside."""
    places = np.argsort(scores, axis=-1, kind="stable")
    sorted_weights = weights[places]
    above = np.cumsum(sorted_weights, axis=-1)
    inside = np.minimum(above, 0.75) - np.maximum(above - sorted_weights, 0.25)
    return 2 * (np.take_along_axis(scores, places, axis=-1) * np.maximum(inside, 0)).sum(axis=-1)


def _aggregate(strata: Sequence[Stratum], statistic: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Aggregate:
    """statistic: of scores [..., n] and weights [n] that sum to 1, every stratum weighing the same, and every
    distillation in it."""
    cells = [[own] if isinstance(own, np.ndarray) else list(own) for own in strata]
    if not cells or any(not cell or not all(map(len, cell)) for cell in cells):
        raise ValueError("an aggregate needs at least one stratum, and a score in each")
    generator = np.random.default_rng(RANDOM_SEED)
    chosen = {
        number: generator.integers(number, size=(RESAMPLES, number)) for number in sorted(set(map(len, cells)) - {1})
    }
    drawn = [
        _drawn(generator, cell[0])
        if len(cell) == 1
        else np.concatenate([_drawn_from(generator, cell, turn) for turn in chosen[len(cell)].T], axis=1)
        for cell in cells
    ]
    weights = np.concatenate([np.full(own.shape[1], 1 / (own.shape[1] * len(cells))) for own in drawn])
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(statistic(np.concatenate(drawn, axis=1), weights), [tail, 1 - tail], axis=0)
    own_weights = [np.full(len(own), 1 / (len(own) * len(cell) * len(cells))) for cell in cells for own in cell]
    scores = np.concatenate([own for cell in cells for own in cell])
    return Aggregate(statistic(scores, np.concatenate(own_weights)), low, high)


def _drawn(generator: np.random.Generator, scores: np.ndarray) -> np.ndarray:
    """Resamples [RESAMPLES, seeds] of scores [seeds]."""
    return scores[generator.integers(len(scores), size=(RESAMPLES, len(scores)))]


def _drawn_from(generator: np.random.Generator, cell: Sequence[np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """Resamples [RESAMPLES, seeds] of the distillation chosen [RESAMPLES] in each, of the fewest seeds that one has."""
    seeds = min(map(len, cell))
    every = np.stack([_drawn(generator, own)[:, :seeds] for own in cell])
    return every[chosen, np.arange(RESAMPLES)]
