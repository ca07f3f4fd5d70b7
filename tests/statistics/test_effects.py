"""Differences, their intervals, and the order of the scores."""

import numpy as np
import pytest
from scipy.stats import bootstrap

from raykd.statistics.effects import RESAMPLES, RESAMPLES_AT_ONCE, mean_difference, median_difference, order


def test_the_interval_is_scipys_and_does_not_depend_on_the_other_comparisons():
    generator = np.random.default_rng(1)
    scores, baseline = generator.normal(0.71, 0.01, (300, 6)), generator.normal(0.7, 0.01, (300, 5))
    found = mean_difference(scores, baseline)
    reference = bootstrap(
        (scores[280], baseline[280]), lambda own, other, axis: np.round(own.mean(axis) - other.mean(axis), 12),
        vectorized=True,
        n_resamples=RESAMPLES, batch=RESAMPLES_AT_ONCE, method="BCa", rng=np.random.default_rng(0),
    ).confidence_interval  # fmt: skip
    assert (found.low[280], found.high[280]) == pytest.approx((reference.low, reference.high))
    assert found.estimate == pytest.approx(scores.mean(axis=1) - baseline.mean(axis=1))
    assert set(found.method) == {"BCa"}
    assert ((found.low < found.estimate) & (found.estimate < found.high)).all()


def test_the_same_scores_give_the_same_interval():
    scores, baseline = np.random.default_rng(2).normal(size=(2, 10))
    assert mean_difference(scores, baseline) == mean_difference(scores, baseline)


def test_intervals_of_means_cover_nearly_as_often_as_they_say():
    experiments = np.random.default_rng(3).normal(size=(2, 600, 10))
    found = mean_difference(*experiments)
    # .92 is expected at ten seeds, with a standard deviation of .011.
    assert 0.885 < ((found.low <= 0) & (found.high >= 0)).mean() < 0.955


def test_medians_have_an_interval_too():
    scores, baseline = np.random.default_rng(4).normal(size=(2, 9))
    found = median_difference(scores, baseline)
    assert found.estimate == pytest.approx(np.median(scores) - np.median(baseline))
    assert found.low < found.estimate < found.high


def test_scores_that_never_vary_have_an_interval_of_no_width():
    found = mean_difference([[0.7] * 3, [0.7] * 3, [0.7] * 3], [[0.7] * 4, [0.6] * 4, [0.5, 0.6, 0.7, 0.8]])
    assert list(found.method) == ["constant", "constant", "BCa"]
    assert found.low[:2] == pytest.approx([0, 0.1])
    assert list(found.low[:2]) == list(found.high[:2]) == list(found.estimate[:2])


def test_where_bca_has_no_value_percentiles_stand_in():
    # Leaving out any one score leaves both medians as they are.
    found = median_difference([0.1, 0.5, 0.5, 0.5, 0.9], [0.2, 0.4, 0.4, 0.4, 0.6])
    assert found.method == "percentile"
    assert found.low <= found.estimate <= found.high


def test_order_counts_pairs():
    found = order([[3, 4], [1, 2], [1, 2]], [[1, 2], [3, 4], [2, 3]])
    assert list(found.cliffs_delta) == [1, -1, -0.75]
    assert list(found.probability_of_improvement) == [1, 0, 0.125]
    assert order([1, 1], [1]).probability_of_improvement == 0.5


def test_bad_samples_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        mean_difference([0.1], [0.1, 0.2])
    with pytest.raises(ValueError, match="not finite"):
        order([0.1, np.inf], [0.1])


def test_bounds_do_not_depend_on_what_stands_beside_even_where_replicates_tie():
    """Scores in hundredths: many resamples have the very mean difference that was observed."""
    generator = np.random.default_rng(6)
    scores, baseline = np.round(generator.normal(0.7, 0.02, (2, 40, 6)), 2)
    together = mean_difference(scores, baseline)
    for place in range(40):
        alone = mean_difference(scores[place], baseline[place])
        assert (alone.low, alone.high) == (together.low[place], together.high[place])


def test_equal_up_to_rounding_is_equal():
    baseline = np.random.default_rng(9).uniform(0.6, 0.8, 10)
    assert order(np.nextafter(baseline, 1), baseline).cliffs_delta == 0
    assert mean_difference(np.nextafter(baseline, 1), baseline).estimate == 0
