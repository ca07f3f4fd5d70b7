"""The exact test against scipy, against a count of all splits, where scipy is not exact, and its false marks."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import ks_2samp

from raykd.statistics.kolmogorov_smirnov import attainable_p_values, compare, shift_interval, smallest_p_value


def distance(sample, other):
    """sup |F - G| straight from the definition."""
    points = [*sample, *other]
    return max(abs(sum(x <= p for x in sample) / len(sample) - sum(x <= p for x in other) / len(other)) for p in points)


def brute_force_p_value(sample, other):
    """The share of all splits of the pooled values that are at least as far apart."""
    pooled = [*sample, *other]
    observed = distance(sample, other)
    splits = list(combinations(range(len(pooled)), len(sample)))
    far = sum(
        distance([pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen])
        >= observed - 1e-12
        for chosen in splits
    )
    return far / len(splits)


@pytest.mark.parametrize(("n", "n_baseline"), [(2, 2), (3, 3), (4, 3), (5, 5), (4, 6)])
def test_p_value_is_the_share_of_all_splits(n, n_baseline):
    generator = np.random.default_rng(n * 10 + n_baseline)
    for shift in (0.0, 1.0, 3.0):
        scores, baseline_scores = generator.normal(shift, 1, n), generator.normal(0, 1, n_baseline)
        found = compare(scores, baseline_scores)
        assert found.statistic == pytest.approx(distance(scores, baseline_scores))
        assert found.p_value == pytest.approx(brute_force_p_value(scores, baseline_scores))


def test_agrees_with_scipy_and_names_what_it_did():
    scores, baseline_scores = np.linspace(0.70, 0.73, 10), np.linspace(0.681, 0.716, 8)
    found = compare(scores, baseline_scores)
    reference = ks_2samp(scores, baseline_scores, method="exact")
    assert (found.statistic, found.p_value) == pytest.approx((reference.statistic, reference.pvalue), rel=1e-12)
    assert (found.n, found.n_baseline, found.ties, found.method) == (10, 8, False, "exact, two-sided")
    assert found.difference == pytest.approx(scores.mean() - baseline_scores.mean())


def test_direction_is_the_sign_of_the_difference():
    low, high = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    assert compare(high, low).direction == "higher"
    assert compare(low, high).direction == "lower"
    assert compare([0.1, 0.2, 0.3], [0.3, 0.2, 0.1]).direction == "same"


@pytest.mark.parametrize("pair", [([0.1, 0.2], [0.2, 0.3]), ([0.1, 0.1], [0.2, 0.3])])
def test_ties_are_seen_across_and_within_samples(pair):
    assert compare(*pair).ties


def test_with_ties_the_p_value_is_an_upper_bound():
    scores, baseline_scores = [0.3, 0.4, 0.4, 0.5, 0.6], [0.1, 0.2, 0.3, 0.3, 0.4]
    assert brute_force_p_value(scores, baseline_scores) <= compare(scores, baseline_scores).p_value


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ([0.5], r"scores of shape \(1,\): at least 2"),
        ([], r"scores of shape \(0,\): at least 2"),
        ([0.5, float("nan")], "scores: 1 of 2 values are not finite"),
    ],
)
def test_bad_samples_are_refused(scores, message):
    with pytest.raises(ValueError, match=message):
        compare(scores, [0.1, 0.2])
    with pytest.raises(ValueError, match=f"baseline {message}"):
        compare([0.1, 0.2], scores)


@pytest.mark.parametrize("n", [5, 7, 13, 14, 15])
def test_samples_that_alternate_have_an_exact_p_value(n):
    """There scipy's p is above 1 by rounding, and it turns to the asymptotic one."""
    alternating = np.arange(2 * n).reshape(n, 2)
    found = compare(alternating[:, 0], alternating[:, 1])
    assert (found.statistic, found.p_value) == (pytest.approx(1 / n), 1.0)


def test_agrees_with_scipy_at_every_distance():
    for n, n_baseline in ((10, 10), (9, 10), (4, 6)):
        for shift in range(-n, n + 1):
            scores, baseline_scores = np.arange(n) + shift, np.arange(n_baseline) + 0.5
            reference = ks_2samp(scores, baseline_scores, method="exact")
            found = compare(scores, baseline_scores)
            assert (found.statistic, found.p_value) == pytest.approx((reference.statistic, reference.pvalue))


def test_samples_too_large_for_an_exact_p_value_are_an_error():
    large = np.arange(50_000.0)
    with pytest.raises(ArithmeticError, match=r"no exact .* 50000 and 49999"):
        compare(large, large[:-1])


def test_marks_between_encoders_that_score_alike_are_rarer_than_the_level():
    """At ten seeds p < .05 means p <= .0123, and that is how often such encoders get a mark."""
    generator = np.random.default_rng(11)
    experiments = generator.normal(0.7, 0.01, (600, 2, 10))
    marks = sum(compare(scores, baseline).p_value < 0.05 for scores, baseline in experiments)
    # 7.4 are expected, with a standard deviation of 2.7; at a rate of 5 % it would be 30.
    assert 1 <= marks <= 16


def test_ten_seeds_need_a_distance_of_seven_tenths():
    found = attainable_p_values(10, 10)
    assert found.significant == pytest.approx((0.7, 0.01234), abs=1e-5)
    assert found.not_significant == pytest.approx((0.6, 0.05245), abs=1e-5)


def test_small_samples_may_never_be_significant():
    assert attainable_p_values(3, 3).significant is None
    assert attainable_p_values(3, 3).not_significant == pytest.approx((1.0, 0.1))
    assert attainable_p_values(4, 4).significant == pytest.approx((1.0, 2 / 70))
    with pytest.raises(ValueError, match="at least two"):
        attainable_p_values(1, 10)


@pytest.mark.parametrize(("n", "n_baseline"), [(10, 10), (10, 9), (5, 10), (30, 10)])
def test_attainable_p_values_are_those_of_the_test(n, n_baseline):
    """Shifts a sample along another: every p met lies on the side of the threshold that its D says."""
    significant, _ = attainable_p_values(n, n_baseline).significant
    met = [compare(np.arange(n) + shift, np.arange(n_baseline) * 1.001 + 0.25) for shift in range(-n, n + 1)]
    assert all((found.p_value < 0.05) == (found.statistic >= significant - 1e-12) for found in met)
    assert any(found.p_value < 0.05 for found in met)


def test_the_interval_holds_the_shifts_that_get_no_mark():
    generator = np.random.default_rng(7)
    scores, baseline = generator.normal(0.71, 0.01, 10), generator.normal(0.7, 0.01, 10)
    low, high = shift_interval(scores, baseline, 0.05)
    for shift, kept in ((low - 1e-6, False), (low + 1e-6, True), (high - 1e-6, True), (high + 1e-6, False)):
        assert (compare(scores - shift, baseline).p_value >= 0.05) == kept
    assert shift_interval([0.1, 0.2, 0.3], [0.4, 0.5, 0.6], 0.05) == (-np.inf, np.inf)
    assert compare([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]).p_value == smallest_p_value(3, 3)


def test_samples_of_another_shape_have_no_shift():
    generator = np.random.default_rng(8)
    assert np.isnan(shift_interval(generator.normal(0, 10, 30), generator.normal(0, 0.1, 30), 0.05)).all()


def test_equal_up_to_rounding_is_equal():
    """The same decisions, summed in another order: every score one unit in the last place higher."""
    baseline = np.random.default_rng(9).uniform(0.6, 0.8, 10)
    found = compare(np.nextafter(baseline, 1), baseline)
    assert (found.statistic, found.p_value, found.direction, found.ties) == (0, 1, "same", True)
