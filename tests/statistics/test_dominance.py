"""Almost stochastic order and the probability of improvement, by hand, by simulation, and by their definition."""

import numpy as np
import pytest

from raykd.statistics.dominance import DOMINANCE, almost_stochastic_order, improvement_over_cells


def by_definition(scores, baseline):
    """Of equal sizes: the quantile functions are the sorted scores."""
    own, other = np.sort(scores), np.sort(baseline)
    squared = (own - other) ** 2
    return squared[own < other].sum() / squared.sum()


def test_the_violation_is_that_of_the_sorted_scores(generator):
    scores, baseline = generator.normal(0.1, 1, 10), generator.normal(0, 1, 10)
    found = almost_stochastic_order(scores, baseline)
    assert found.violation == pytest.approx(by_definition(scores, baseline))
    other = almost_stochastic_order(baseline, scores)
    assert found.violation + other.violation == pytest.approx(1)
    assert found.epsilon_min >= found.violation


def test_scores_that_do_not_overlap_dominate():
    above = almost_stochastic_order([0.8, 0.81, 0.82], [0.7, 0.71, 0.72])
    assert (above.violation, above.epsilon_min) == (0, 0)
    below = almost_stochastic_order([0.7, 0.71, 0.72], [0.8, 0.81, 0.82])
    assert (below.violation, below.epsilon_min) == (1, 1)
    assert almost_stochastic_order([0.7, 0.7], [0.7, 0.7]).violation == 0.5


def test_equal_encoders_seldom_dominate(generator):
    same = [almost_stochastic_order(*generator.normal(size=(2, 10))).epsilon_min for _ in range(200)]
    apart = [almost_stochastic_order(own + 1.8, other).epsilon_min for own, other in generator.normal(size=(50, 2, 10))]
    assert np.mean(np.array(same) < DOMINANCE) < 0.08 < np.mean(np.array(same) < 0.5)
    assert np.mean(np.array(apart) < DOMINANCE) > 0.9


def test_improvement_is_a_mean_over_cells():
    cells = [([[0.8, 0.9]], [[0.7, 0.71]]), ([[0.5, 0.6]], [[0.5, 0.6]])]
    found = improvement_over_cells(cells)
    assert found.estimate == pytest.approx((1 + 0.5) / 2)
    assert found.low < found.estimate < found.high
    with pytest.raises(ValueError, match="the same distillations"):
        improvement_over_cells([*cells, ([[0.5], [0.6]], [[0.5]])])
    with pytest.raises(ValueError, match="the same distillations"):
        improvement_over_cells([])


def test_distillations_widen_the_interval(generator):
    """The same scores, as five distillations that differ and as one."""
    own = 0.7 + 0.02 * generator.standard_normal((5, 1)) + 0.001 * generator.standard_normal((5, 4))
    other = 0.7 + 0.001 * generator.standard_normal((5, 4))
    several = improvement_over_cells([(list(own), list(other))] * 3)
    pooled = improvement_over_cells([([own.ravel()], [other.ravel()])] * 3)
    assert several.estimate == pytest.approx(pooled.estimate)
    assert several.high - several.low > 1.5 * (pooled.high - pooled.low)
