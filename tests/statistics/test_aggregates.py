"""The interquartile mean and performance profiles, by hand and in how their intervals are drawn."""

import numpy as np
import pytest
from scipy.stats import trim_mean

from raykd.statistics.aggregates import interquartile_mean, mean_score, performance_profile


def test_the_middle_half_is_averaged_over_all_cells():
    strata = [np.array([0.1, 0.5, 0.6, 0.7]), np.array([0.5, 0.6, 0.7, 9.0])]
    found = interquartile_mean(strata)
    assert found.estimate == pytest.approx(np.mean([0.5, 0.6, 0.6, 0.7]))
    assert found.low <= found.estimate <= found.high


def test_profiles_count_the_scores_above_each_threshold():
    found = performance_profile([np.array([0.1, 0.2, 0.3]), np.array([0.4])], np.array([0.0, 0.2, 0.4]))
    assert found.estimate == pytest.approx([1, 2 / 3, 0])
    assert (found.low <= found.estimate + 1e-12).all()
    assert (found.estimate <= found.high + 1e-12).all()


def test_each_cell_is_resampled_within_itself():
    """Cells of one value each never vary, however far apart they are."""
    found = interquartile_mean([np.full(10, 0.3), np.full(10, 0.9)])
    assert (found.low, found.high, found.estimate) == pytest.approx((0.6, 0.6, 0.6))


def test_no_scores_are_refused():
    for strata in ([], [np.array([])]):
        with pytest.raises(ValueError, match="at least one stratum"):
            interquartile_mean(strata)


def test_every_language_weighs_the_same_whatever_its_number_of_seeds():
    """Equal encoders, ten seeds in the easy language and two in the hard one, or the other way round."""
    easy, hard = np.full(10, 0.8), np.full(10, 0.7)
    for statistic in (interquartile_mean, mean_score):
        first, second = statistic([easy, hard[:2]]), statistic([easy[:2], hard])
        assert first.estimate == pytest.approx(0.75)
        assert second.estimate == pytest.approx(0.75)
    assert np.concatenate([easy, hard[:2]]).mean() - np.concatenate([easy[:2], hard]).mean() > 0.06


def test_the_weighted_interquartile_mean_is_scipys_where_cells_are_alike():
    strata = list(np.random.default_rng(1).normal(0.7, 0.05, (4, 10)))
    assert interquartile_mean(strata).estimate == pytest.approx(trim_mean(np.concatenate(strata), 0.25))


def test_thirty_scores_of_three_distillations_are_no_thirty_values():
    """Distillations that differ in every language alike: drawn scores by scores the interval is a fifth as wide."""
    generator = np.random.default_rng(3)
    distillations = [0.68, 0.70, 0.72]
    strata = [[level + 0.002 * generator.standard_normal(10) for level in distillations] for _ in range(4)]
    own, pooled = mean_score(strata), mean_score([np.concatenate(cell) for cell in strata])
    assert own.estimate == pytest.approx(pooled.estimate)
    assert own.high - own.low > 4 * (pooled.high - pooled.low)
    # One distillation is an array, or a list of one.
    assert mean_score([[cell[0]] for cell in strata]) == mean_score([cell[0] for cell in strata])


def test_each_distillation_weighs_the_same():
    found = mean_score([[np.full(10, 0.8), np.full(2, 0.6)]])
    assert found.estimate == pytest.approx(0.7)
    with pytest.raises(ValueError, match="at least one stratum"):
        mean_score([[np.array([0.5]), np.array([])]])
