"""Exact permutation tests of a difference of means, unpaired and paired.

If two encoders score alike, then any split of their pooled scores was as likely as the one observed
(unpaired), and the difference at any one seed might as well have had the other sign (paired). p is the
share of all splits, or of all signs, whose difference is at least as large, the observed one counted in:
exact whether or not scores tie (Ernst 2004, "Permutation methods: a basis for exact inference").

Where there are too many splits to count, DRAWN of them are drawn, always the same ones; the observed split counts as
one more, so that p is valid and never 0 (Phipson and Smyth 2010).
"""

import itertools
import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from raykd.statistics.samples import DECIMALS, Outcome, as_samples

# Every split is counted but none is listed: a sum over the values is one over their first half plus one
# over the rest, and after sorting either half's sums the pairs that reach a bound are found by bisection.
# Time and memory go with 2 ** (values / 2): at most 65,536 sums a half here, where C(20, 10) = 184,756
# splits take 1,024.
MOST_VALUES = 32

# The interval lists its splits: C(16, 8) = 12,870 of them take milliseconds.
MOST_LISTED = 16
DRAWN, RANDOM_SEED = 19_999, 0
ROWS_AT_ONCE = 256  # of comparisons whose drawn splits are summed together: 40 MB

# Sums that differ by less than rounding must count as equal; relative to the largest score.
ROUNDING = 1e-12


def permutation_test(scores: ArrayLike, baseline_scores: ArrayLike) -> Outcome:
    """Unpaired: every split of scores [..., n] and baseline_scores [..., n_baseline], of unequal sizes too.

    One value on one side will do (p is then at least 1 / (n + 1)). Of more than MOST_VALUES values in all, DRAWN
    splits. Raises ValueError for what `as_samples` refuses.
    """
    sample, baseline = as_samples(scores, baseline_scores, least=1)
    n, values = sample.shape[-1], sample.shape[-1] + baseline.shape[-1]
    pooled = np.concatenate([sample, baseline], axis=-1).reshape(-1, values)
    # Around their mean the two sums are each other's negative, so |sum of the scores| orders all splits.
    centred = pooled - pooled.mean(axis=-1, keepdims=True)
    bounds = np.abs(centred[:, :n].sum(axis=-1)) - ROUNDING * np.abs(pooled).max(axis=-1)
    if values > MOST_VALUES:
        reaching = [
            (np.abs(_drawn_splits(values, n) @ rows.T) >= least).sum(axis=0)
            for rows, least in (
                (centred[start : start + ROWS_AT_ONCE], bounds[start : start + ROWS_AT_ONCE])
                for start in range(0, len(centred), ROWS_AT_ONCE)
            )
        ]
        p_value = (1 + np.concatenate(reaching)) / (1 + DRAWN)
        return Outcome("permutation of the mean difference", "unpaired", p_value.reshape(sample.shape[:-1]))
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


def shift_interval(scores: ArrayLike, baseline_scores: ArrayLike, level: float) -> tuple[float, float]:
    """All shifts d for which the unpaired test of scores [n] - d against baseline_scores [m] has p >= level.

    Returns (low, high). The interval holds 0 exactly where the test has p >= level. Infinite where no p is below the
    level. Every split has one shift on either side of the observed difference beyond which its difference is smaller
    than the observed one, so the bounds are order statistics of those shifts. Of more than MOST_LISTED values in all,
    of the shifts of DRAWN splits and the observed one. Raises ValueError for what `as_samples` refuses.
    """
    sample, baseline = as_samples(np.ravel(scores), np.ravel(baseline_scores), least=1)
    n, m = len(sample), len(baseline)
    pooled = np.concatenate([sample, baseline])
    if n + m > MOST_LISTED:
        member = np.vstack([np.arange(n + m) < n, _drawn_splits(n + m, n)]).astype(np.float64)
    else:
        chosen = np.array(list(itertools.combinations(range(n + m), n)))
        member = np.zeros((len(chosen), n + m))
        np.put_along_axis(member, chosen, 1, axis=1)
    sums = member @ pooled
    splits = sums / n - (pooled.sum() - sums) / m
    # A split that keeps j of the scores moves by `kept` times the shift: 1 for the observed one, -1 for its mirror.
    own = member[:, :n].sum(axis=1)
    kept = own / n - (n - own) / m
    observed = splits[0]
    bounds = []
    for sign in (1, -1):
        with np.errstate(divide="ignore", invalid="ignore"):
            as_it_is = sign * (observed - splits) / (1 - kept)
            mirrored = sign * (observed + splits) / (1 + kept)
        # 0 / 0: the observed split and its mirror reach the observed difference at every shift.
        first = np.where(np.isclose(kept, 1), -np.inf, as_it_is)
        second = np.where(np.isclose(kept, -1), -np.inf, mirrored)
        reached = np.sort(np.round(np.minimum(first, second), DECIMALS))
        # p at a shift is the share of splits whose bound is at most that shift; p < level needs fewer than this many.
        needed = math.ceil(level * len(reached) * (1 - ROUNDING))
        bounds.append(sign * reached[needed - 1])
    return float(bounds[0]), float(bounds[1])


def smallest_p_value(n: int, n_baseline: int) -> float:
    """The least p that an unpaired permutation test can reach: all scores on one side of all baseline scores.

    With equal sizes the mirrored split is as extreme, so two of the C(n + n_baseline, n) splits count. Where splits are
    drawn the observed one is one of DRAWN + 1.
    """
    if n + n_baseline > MOST_VALUES:
        return 1 / (1 + DRAWN)
    return (2 if n == n_baseline else 1) / math.comb(n + n_baseline, n)


def _pairs_reaching(bound: float, first: np.ndarray, second: np.ndarray) -> int:
    """How many of the len(first) * len(second) sums are at least `bound` away from 0."""
    if bound <= 0:
        return len(first) * len(second)
    ordered = np.sort(second)
    below = np.searchsorted(ordered, -bound - first, side="right").sum()
    above = len(first) * len(second) - np.searchsorted(ordered, bound - first, side="left").sum()
    return int(below + above)


@lru_cache(maxsize=4)
def _drawn_splits(values: int, n: int) -> np.ndarray:
    """DRAWN splits of so many values, n of them on the one side: float64 [DRAWN, values], 1 where a value is."""
    generator = np.random.default_rng(RANDOM_SEED)
    places = np.argsort(generator.random((DRAWN, values)), axis=1)
    return (places < n).astype(np.float64)


def _subsets(size: int) -> np.ndarray:
    """Every choice from `size` values as a row of zeros and ones: [2 ** size, size]."""
    return ((np.arange(2**size)[:, None] >> np.arange(size)) & 1).astype(np.float64)


def _places_by_size(subsets: np.ndarray) -> list[np.ndarray]:
    chosen = subsets.sum(axis=1)
    return [np.flatnonzero(chosen == size) for size in range(subsets.shape[1] + 1)]


def _refuse_large(values: int) -> None:
    if values > MOST_VALUES:
        raise ValueError(f"{values} values: the exact permutation test takes at most {MOST_VALUES} in all")
