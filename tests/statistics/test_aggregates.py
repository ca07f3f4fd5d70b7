"""The interquartile mean and performance profiles, by hand and in how their intervals are drawn."""

import numpy as np
import pytest

from raykd.statistics.aggregates import interquartile_mean, performance_profile


def test_the_middle_half_is_averaged_over_all_cells():
    strata = [np.array([0.1, 0.5, 0.6, 0.7]), np.array([0.5, 0.6, 0.7, 9.0])]
    found = interquartile_mean(strata)
    assert found.estimate == pytest.approx(np.mean([0.5, 0.6, 0.6, 0.7]))
    assert found.low <= found.estimate <= found.high


def test_profiles_count_the_scores_above_each_threshold():
    found = performance_profile([np.array([0.1, 0.2, 0.3]), np.array([0.4])], np.array([0.0, 0.2, 0.4]))
    assert list(found.estimate) == [1, 0.5, 0]
    assert (found.low <= found.estimate).all()
    assert (found.estimate <= found.high).all()


def test_each_cell_is_resampled_within_itself():
    """Cells of one value each never vary, however far apart they are."""
    found = interquartile_mean([np.full(10, 0.3), np.full(10, 0.9)])
    assert found.low == found.high == found.estimate == pytest.approx(0.6)


def test_no_scores_are_refused():
    for strata in ([], [np.array([])]):
        with pytest.raises(ValueError, match="at least one stratum"):
            interquartile_mean(strata)
