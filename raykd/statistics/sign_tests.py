"""Differences of pairs: whether they are on one side of 0, by pair and by the word that several pairs share.

A sign test counts pairs and asks nothing of their size. Sentences of one word share what is peculiar to it, so that
many sentences of few words show less than as many words; the permutation turns the signs of whole words.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from raykd.statistics.effects import CONFIDENCE, RANDOM_SEED, RESAMPLES
from raykd.statistics.permutation import MOST_VALUES, paired_permutation_test

FLIPS = 20_000  # random ones, where there are too many words for all


@dataclass(frozen=True)
class PairedShift:
    """mean: over words of the mean over their pairs, with a 95 % interval (bootstrap over words); below: pairs whose
    difference is below 0, of `pairs`, ties among these; sign_p_value: two-sided, of the pairs without ties;
    permutation_p_value: two-sided, signs of whole words turned, exact up to MOST_VALUES words."""

    pairs: int
    words: int
    mean: float
    low: float
    high: float
    below: int
    sign_p_value: float
    permutation_p_value: float


def paired_shift(differences: np.ndarray, words: Sequence[Hashable]) -> PairedShift:
    """differences: [pairs]; words: of each pair. Raises ValueError without a pair."""
    if not len(differences) or len(differences) != len(words):
        raise ValueError(f"{len(differences)} differences of {len(words)} words")
    places: dict[Hashable, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place)
    means = np.array([differences[own].mean() for own in places.values()])
    generator = np.random.default_rng(RANDOM_SEED)
    drawn = means[generator.integers(len(means), size=(RESAMPLES, len(means)))].mean(axis=1)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    below, tied = int((differences < 0).sum()), int((differences == 0).sum())
    untied = len(differences) - tied
    sign = float(binomtest(below, untied).pvalue) if untied else 1.0
    return PairedShift(
        *(len(differences), len(means), float(means.mean()), float(low), float(high), below, sign, _permuted(means))
    )


def _permuted(means: np.ndarray) -> float:
    if len(means) < 2:
        return 1.0  # of one word either sign is as probable
    if len(means) <= MOST_VALUES:
        return float(paired_permutation_test(means, np.zeros(len(means))).p_value)
    signs = np.random.default_rng(RANDOM_SEED).choice([-1.0, 1.0], size=(FLIPS, len(means)))
    reached = int((np.abs(signs @ means) >= abs(means.sum()) * (1 - 1e-12)).sum())
    return (reached + 1) / (FLIPS + 1)
