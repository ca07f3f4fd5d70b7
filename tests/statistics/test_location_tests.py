"""Mann-Whitney and Welch: scipy's values, the exact p wherever there is one, and samples that never vary."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, ttest_ind

from raykd.statistics.location_tests import mann_whitney, welch


def test_mann_whitney_is_exact_without_ties_at_any_size():
    generator = np.random.default_rng(1)
    scores, baseline = generator.normal(size=(3, 12)), generator.normal(size=(3, 10))
    baseline[1, 0] = scores[1, 0]
    found, exact = mann_whitney(scores, baseline)
    assert (found.name, found.pairing, list(exact)) == ("Mann-Whitney", "unpaired", [True, False, True])
    for row, method in enumerate(("exact", "asymptotic", "exact")):
        expected = mannwhitneyu(scores[row], baseline[row], method=method).pvalue
    assert found.p_value[row] == pytest.approx(expected, rel=1e-9)


def test_mann_whitney_of_samples_that_do_not_overlap_is_the_least_possible():
    assert mann_whitney(np.arange(10) + 10.5, np.arange(10))[0].p_value == pytest.approx(2 / 184_756)


def test_welch_is_scipys():
    scores, baseline = np.random.default_rng(2).normal(size=(2, 3, 4))
    found = welch(scores, baseline)
    assert (found.name, found.pairing) == ("Welch", "unpaired")
    assert found.p_value == pytest.approx(ttest_ind(scores, baseline, axis=-1, equal_var=False).pvalue, rel=1e-9)


def test_samples_that_never_vary():
    same, higher = [0.7, 0.7, 0.7], [0.8, 0.8, 0.8]
    assert mann_whitney(same, same)[0].p_value == 1
    assert mann_whitney(same, higher)[0].p_value < 0.05
    assert np.isnan(welch(same, same).p_value)
    assert np.isnan(welch(same, higher).p_value)


def test_p_is_never_exactly_zero():
    scores, baseline = 0.7 + 1e-9 * np.arange(32), 0.3 + 1e-9 * np.arange(32)
    assert 0 < welch(scores, baseline).p_value < 1e-200
    assert mann_whitney(scores, baseline)[0].p_value > 0
