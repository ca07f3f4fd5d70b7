"""Exact permutation tests of a difference of means, unpaired and paired.

If two encoders score alike, then any split of their pooled scores was as likely as the one observed
(unpaired), and the difference at any one seed might as well have had the other sign (paired). p is the
share of all splits, or of all signs, whose difference is at least as large, the observed one counted in:
exact whether or not scores tie (Ernst 2004, "Permutation methods: a basis for exact inference").
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from raykd.statistics.samples import Outcome, as_samples

# Every split is counted but none is listed: a sum over the values is one over their first half plus one
# over the rest, and after sorting either half's sums the pairs that reach a bound are found by bisection.
# Time and memory go with 2 ** (values / 2): at most 65,536 sums a half here, where C(20, 10) = 184,756
# splits take 1,024.
MOST_VALUES = 32

# Sums that differ by less than rounding must count as equal; relative to the largest score.
ROUNDING = 1e-12


def permutation_test(scores: ArrayLike, baseline_scores: ArrayLike) -> Outcome:
    """Unpaired: every split of scores [..., n] and baseline_scores [..., n_baseline], of unequal sizes too.

    One value on one side will do (p is then at least 1 / (n + 1)). Raises ValueError for more than
    MOST_VALUES values in all, and for what `as_samples` refuses.
    """
    sample, baseline = as_samples(scores, baseline_scores, least=1)
    n, values = sample.shape[-1], sample.shape[-1] + baseline.shape[-1]
    _refuse_large(values)
    pooled = np.concatenate([sample, baseline], axis=-1).reshape(-1, values)
    # Around their mean the two sums are each other's negative, so |sum of the scores| orders all splits.
    centred = pooled - pooled.mean(axis=-1, keepdims=True)
    bounds = np.abs(centred[:, :n].sum(axis=-1)) - ROUNDING * np.abs(pooled).max(axis=-1)
    half = values // 2
    first, second = _subsets(half), _subsets(values - half)
    first_by_size, second_by_size = _places_by_size(first), _places_by_size(second)
    counts = []
    for row, bound in zip(centred, bounds, strict=True):
        first_sums, second_sums = first @ row[:half], second @ row[half:]
        counts.append(
            sum(
                _pairs_reaching(bound, first_sums[first_by_size[size]], second_sums[second_by_size[n - size]])
                for size in range(max(0, n - (values - half)), min(half, n) + 1)
            )
        )
    p_value = np.array(counts) / math.comb(values, n)
    return Outcome("permutation of the mean difference", "unpaired", p_value.reshape(sample.shape[:-1]))


def paired_permutation_test(scores: ArrayLike, baseline_scores: ArrayLike) -> Outcome:
    """Paired: every choice of signs of scores [..., n] - baseline_scores [..., n], one difference a seed.

    Scores stand in the order of their seeds. Without any difference p is 1. Raises ValueError for sizes
    that differ, for more than MOST_VALUES differences, and for what `as_samples` refuses.
    """
    sample, baseline = as_samples(scores, baseline_scores)
    n = sample.shape[-1]
    if baseline.shape[-1] != n:
        raise ValueError(f"{n} scores and {baseline.shape[-1]} baseline scores cannot be paired")
    _refuse_large(n)
    differences = (sample - baseline).reshape(-1, n)
    scale = np.maximum(np.abs(sample), np.abs(baseline)).reshape(-1, n).max(axis=-1)
    bounds = np.abs(differences.sum(axis=-1)) - ROUNDING * scale
    half = n // 2
    first, second = 2 * _subsets(half) - 1, 2 * _subsets(n - half) - 1
    counts = [
        _pairs_reaching(bound, first @ row[:half], second @ row[half:])
        for row, bound in zip(differences, bounds, strict=True)
    ]
    p_value = np.array(counts) / 2**n
    return Outcome("sign flips of the mean difference", "paired", p_value.reshape(sample.shape[:-1]))


def smallest_p_value(n: int, n_baseline: int) -> float:
    """The least p that an unpaired permutation test can reach: all scores on one side of all baseline scores.

    With equal sizes the mirrored split is as extreme, so two of the C(n + n_baseline, n) splits count.
    """
    return (2 if n == n_baseline else 1) / math.comb(n + n_baseline, n)


def _pairs_reaching(bound: float, first: np.ndarray, second: np.ndarray) -> int:
    """How many of the len(first) * len(second) sums are at least `bound` away from 0."""
    if bound <= 0:
        return len(first) * len(second)
    ordered = np.sort(second)
    below = np.searchsorted(ordered, -bound - first, side="right").sum()
    above = len(first) * len(second) - np.searchsorted(ordered, bound - first, side="left").sum()
    return int(below + above)


def _subsets(size: int) -> np.ndarray:
    """Every choice from `size` values as a row of zeros and ones: [2 ** size, size]."""
    return ((np.arange(2**size)[:, None] >> np.arange(size)) & 1).astype(np.float64)


def _places_by_size(subsets: np.ndarray) -> list[np.ndarray]:
    chosen = subsets.sum(axis=1)
    return [np.flatnonzero(chosen == size) for size in range(subsets.shape[1] + 1)]


def _refuse_large(values: int) -> None:
    if values > MOST_VALUES:
        raise ValueError(f"{values} values: the exact permutation test takes at most {MOST_VALUES} in all")
