"""The exact permutation tests against a list of all splits and of all signs."""

import math
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from raykd.statistics.permutation import (
    paired_permutation_test,
    permutation_test,
    shift_interval,
    smallest_p_value,
)


def share_of_splits(scores, baseline_scores):
    """The share of all splits of the pooled scores with a difference of means at least as large."""
    pooled, n = [*scores, *baseline_scores], len(scores)

    def difference(chosen):
        rest = [pooled[i] for i in range(len(pooled)) if i not in chosen]
        return abs(math.fsum(pooled[i] for i in chosen) / n - math.fsum(rest) / len(rest))

    splits = list(combinations(range(len(pooled)), n))
    observed = difference(splits[0])
    return sum(difference(split) >= observed - 1e-12 for split in splits) / len(splits)


def share_of_signs(scores, baseline_scores):
    differences = [own - other for own, other in zip(scores, baseline_scores, strict=True)]
    observed = abs(math.fsum(differences))
    sums = [abs(math.fsum(np.multiply(differences, signs))) for signs in product((1, -1), repeat=len(differences))]
    return sum(total >= observed - 1e-12 for total in sums) / len(sums)


@pytest.mark.parametrize(("n", "n_baseline"), [(1, 2), (2, 2), (3, 1), (3, 4), (5, 5), (6, 3), (6, 6), (2, 9)])
@pytest.mark.parametrize("decimals", [8, 1])
def test_unpaired_p_is_the_share_of_all_splits(n, n_baseline, decimals):
    generator = np.random.default_rng(10 * n + n_baseline)
    for shift in (0.0, 0.5, 2.0):
        # One decimal makes many ties, whose sums differ by rounding.
        scores, baseline = generator.normal(shift, 1, n).round(decimals), generator.normal(0, 1, n_baseline)
        baseline = baseline.round(decimals)
        assert permutation_test(scores, baseline).p_value == pytest.approx(share_of_splits(scores, baseline))


@pytest.mark.parametrize("n", [2, 3, 6, 9])
@pytest.mark.parametrize("decimals", [8, 1])
def test_paired_p_is_the_share_of_all_signs(n, decimals):
    generator = np.random.default_rng(n)
    for shift in (0.0, 0.5, 2.0):
        scores, baseline = generator.normal(shift, 1, n).round(decimals), generator.normal(0, 1, n).round(decimals)
        assert paired_permutation_test(scores, baseline).p_value == pytest.approx(share_of_signs(scores, baseline))


def test_all_splits_of_ten_against_ten_agree_with_scipy():
    generator = np.random.default_rng(4)
    scores, baseline = generator.normal(0.705, 0.01, 10), generator.normal(0.7, 0.01, 10)
    reference = stats.permutation_test(
        (scores, baseline),
        lambda own, other, axis: own.mean(axis) - other.mean(axis),
        vectorized=True,
        n_resamples=np.inf,
        batch=20_000,
    )
    assert permutation_test(scores, baseline).p_value == pytest.approx(reference.pvalue, abs=1.5 / 184_756)


def test_comparisons_are_independent_rows_and_the_tests_name_their_pairing():
    generator = np.random.default_rng(5)
    scores, baseline = generator.normal(size=(2, 3, 4)), generator.normal(size=(2, 3, 4))
    for test, pairing in ((permutation_test, "unpaired"), (paired_permutation_test, "paired")):
        found = test(scores, baseline)
        assert found.pairing == pairing
        assert found.p_value.shape == (2, 3)
        assert found.p_value[1, 2] == test(scores[1, 2], baseline[1, 2]).p_value


def test_pairing_finds_what_the_spread_between_seeds_hides():
    baseline = np.linspace(0.60, 0.80, 10)
    scores = baseline + np.linspace(0.004, 0.006, 10)
    assert paired_permutation_test(scores, baseline).p_value == 2 / 2**10
    assert permutation_test(scores, baseline).p_value > 0.8


def test_scores_without_a_difference_have_p_one():
    same = [0.1, 0.1, 0.1]
    assert permutation_test(same, same).p_value == paired_permutation_test(same, same).p_value == 1
    assert paired_permutation_test([0.1, 0.3], [0.3, 0.1]).p_value == 1
    assert permutation_test([0.0, 0.0], [0.0]).p_value == 1


@pytest.mark.parametrize(("n", "n_baseline"), [(3, 3), (3, 1), (2, 5), (10, 10)])
def test_the_smallest_p_is_that_of_samples_that_do_not_overlap(n, n_baseline):
    # An unequal spread: with unequal sizes no other split is as extreme.
    scores, baseline = 10 + np.arange(n) ** 1.5, -(np.arange(n_baseline) ** 1.1)
    assert permutation_test(scores, baseline).p_value == pytest.approx(smallest_p_value(n, n_baseline))


def test_bad_samples_are_refused():
    with pytest.raises(ValueError, match="33 values"):
        paired_permutation_test(np.zeros(33), np.zeros(33))
    with pytest.raises(ValueError, match="3 scores and 2 baseline scores cannot be paired"):
        paired_permutation_test(np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="baseline scores: 1 of 2 values are not finite"):
        permutation_test([0.1, 0.2], [0.1, np.nan])
    with pytest.raises(ValueError, match=r"shape \(1,\): at least 2"):
        paired_permutation_test([0.1], [0.2])
    with pytest.raises(ValueError, match="leading axes differ"):
        permutation_test(np.zeros((2, 3)), np.zeros((1, 3)))


@pytest.mark.parametrize(("n", "n_baseline", "level"), [(4, 4, 0.05), (5, 5, 0.05), (4, 3, 0.06), (6, 2, 0.1)])
def test_the_interval_holds_the_shifts_that_the_test_does_not_reject(n, n_baseline, level):
    generator = np.random.default_rng(n)
    scores, baseline = generator.normal(1, 1, n), generator.normal(0, 1, n_baseline)
    low, high = shift_interval(scores, baseline, level)
    shifts = np.array([low - 0.01, low + 0.01, (low + high) / 2, high - 0.01, high + 0.01])
    kept = permutation_test(scores - shifts[:, None], np.tile(baseline, (5, 1))).p_value >= level
    assert list(kept) == [False, True, True, True, False]


def test_too_few_values_give_no_bound():
    assert shift_interval([0.8, 0.9, 0.95], [0.1, 0.2, 0.3], 0.05) == (-np.inf, np.inf)  # p is at least .1


@pytest.mark.parametrize(("n", "n_baseline"), [(17, 17), (20, 14)])
def test_too_many_splits_to_count_are_drawn(n, n_baseline):
    generator = np.random.default_rng(n)
    scores, baseline = generator.normal(0.7, 1, (3, n)), generator.normal(0, 1, (3, n_baseline))
    p_value = permutation_test(scores, baseline).p_value
    about = stats.ttest_ind(scores, baseline, axis=1).pvalue
    assert p_value == pytest.approx(about, abs=0.01)
    assert list(p_value) == list(permutation_test(scores, baseline).p_value)
    assert permutation_test(scores + 100, baseline).p_value == pytest.approx([smallest_p_value(n, n_baseline)] * 3)
    assert permutation_test(np.zeros(n), np.zeros(n_baseline)).p_value == 1


@pytest.mark.parametrize("n", [9, 17])
def test_the_interval_of_drawn_splits_is_about_that_of_the_test(n):
    generator = np.random.default_rng(n)
    scores, baseline = generator.normal(1, 1, n), generator.normal(0, 1, n)
    low, high = shift_interval(scores, baseline, 0.05)
    expected = stats.ttest_ind(scores, baseline).confidence_interval(0.95)
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=0.1)
    shifts = np.array([low - 0.05, low + 0.05, high - 0.05, high + 0.05])
    kept = permutation_test(scores - shifts[:, None], np.tile(baseline, (4, 1))).p_value >= 0.05
    assert list(kept) == [False, True, True, False]
