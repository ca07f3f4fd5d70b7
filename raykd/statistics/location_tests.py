"""Two customary unpaired tests beside the Kolmogorov-Smirnov test, both from scipy."""

import warnings

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import mannwhitneyu, ttest_ind

from raykd.statistics.samples import Outcome, as_samples


def mann_whitney(scores: ArrayLike, baseline_scores: ArrayLike) -> tuple[Outcome, np.ndarray]:
    """Mann-Whitney's U of scores [..., n] against baseline_scores [..., n_baseline], unpaired, two-sided.

    Returns also exact [...]: with ties scipy has only the normal approximation, corrected for the ties.
    Where all values are the same p is 1. Raises as `as_samples`.
    """
    sample, baseline = as_samples(scores, baseline_scores)
    shape, n = sample.shape[:-1], sample.shape[-1]
    pooled = np.concatenate([sample, baseline], axis=-1).reshape(-1, n + baseline.shape[-1])
    ordered = np.sort(pooled, axis=-1)
    exact = np.diff(ordered).min(axis=-1) > 0
    varies = ordered[:, 0] < ordered[:, -1]
    p_value = np.ones(len(pooled))
    # scipy's own choice would leave the exact p once both samples have more than eight values.
    for chosen, method in ((exact, "exact"), (varies & ~exact, "asymptotic")):
        if chosen.any():
            found = mannwhitneyu(pooled[chosen, :n], pooled[chosen, n:], axis=-1, method=method)
            p_value[chosen] = np.maximum(found.pvalue, np.finfo(np.float64).tiny)
    return Outcome("Mann-Whitney", "unpaired", p_value.reshape(shape)), exact.reshape(shape)


def welch(scores: ArrayLike, baseline_scores: ArrayLike) -> Outcome:
    """Welch's t of scores [..., n] against baseline_scores [..., n_baseline], unpaired, two-sided.

    NaN where neither sample varies: t has no value then. Never 0: where t's tail is below the smallest number, p is
    that number. Raises as `as_samples`.
    """
    sample, baseline = as_samples(scores, baseline_scores)
    varies = (np.ptp(sample, axis=-1) > 0) | (np.ptp(baseline, axis=-1) > 0)
    p_value = np.full(sample.shape[:-1], np.nan)
    with warnings.catch_warnings():
        # One side that does not vary is no harm, and scipy warns of its variance.
        warnings.filterwarnings("ignore", "Precision loss", RuntimeWarning)
        if varies.any():
            found = ttest_ind(sample[varies], baseline[varies], axis=-1, equal_var=False).pvalue
            p_value[varies] = np.maximum(found, np.finfo(np.float64).tiny)
    return Outcome("Welch", "unpaired", p_value)
