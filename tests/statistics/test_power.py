"""What ten seeds can show: limits from the exact test, power from simulations that any sample can check."""

import time

import numpy as np
import pytest

from raykd.statistics.kolmogorov_smirnov import compare
from raykd.statistics.power import distances, power, reach, seeds_needed


def test_distances_are_those_of_the_test():
    pooled = np.random.default_rng(1).normal(size=(20, 11))
    direct = [compare(row[:7], row[7:]).statistic for row in pooled]
    assert distances(pooled, 7) / 28 == pytest.approx(direct)


@pytest.mark.parametrize(("n", "n_baseline"), [(10, 10), (5, 10), (4, 4)])
def test_without_a_shift_power_is_the_rate_of_false_marks(n, n_baseline):
    rate = reach(n, n_baseline).false_mark_rate
    assert power(0.0, n, n_baseline) == pytest.approx(rate, abs=4 * (rate / 4_000) ** 0.5)


def test_power_is_the_share_of_marks_that_the_test_gives():
    generator = np.random.default_rng(2)
    marks = [compare(own + 1.5, other).p_value < 0.05 for own, other in generator.normal(size=(500, 2, 10))]
    assert np.mean(marks) == pytest.approx(power(1.5, 10, 10), abs=0.08)


def test_ten_seeds_reach_less_than_two_standard_deviations():
    found = reach(10, 10)
    assert found.smallest_p_value == pytest.approx(2 / 184_756)
    assert found.false_mark_rate == pytest.approx(0.0123, abs=1e-4)
    assert found.detectable_shift == pytest.approx(1.83, abs=0.05)
    assert power(found.detectable_shift, 10, 10) == pytest.approx(0.8, abs=0.01)


def test_three_seeds_reach_nothing():
    found = reach(3, 3)
    assert (found.smallest_p_value, found.false_mark_rate, found.detectable_shift) == (pytest.approx(0.1), 0.0, None)


def test_seeds_needed_have_the_power_that_is_asked_for():
    # A two-sided z-test, the best there is, needs 2 * (1.96 + .84) ** 2 = 16 seeds for one standard deviation.
    found = seeds_needed(1.0)
    assert 16 < found < 32
    assert power(1.0, found, found) >= 0.8 > power(1.0, found - 1, found - 1)
    assert seeds_needed(0.3) is None
    with pytest.raises(ValueError, match="cannot be found"):
        seeds_needed(0.0)


def test_what_is_to_stand_after_holm_takes_more():
    """Eighteen tests: the first step of the correction asks for .05 / 18."""
    first_step = 0.05 / 18
    alone = reach(10, 10).detectable_shift
    assert power(alone, 10, 10, first_step) < 0.6
    assert reach(10, 10, first_step).detectable_shift > alone + 0.3
    assert seeds_needed(1.0, first_step) > seeds_needed(1.0) + 10


def test_the_tables_take_seconds_and_no_minutes():
    reach.cache_clear()
    seeds_needed.cache_clear()
    start = time.process_time()
    reach(10, 10)
    seeds_needed(1.0)
    assert time.process_time() - start < 10
