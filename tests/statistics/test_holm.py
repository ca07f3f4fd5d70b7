"""Holm's correction against values by hand and against its definition."""

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import norm

from raykd.statistics.holm import Bound, holm, holm_bounds, holm_by_direction


def by_definition(p_values):
    """The least level at which Holm's procedure rejects: walks down until a p fails."""
    ranked = sorted(p_values)
    return [
        min(1.0, max((len(p_values) - rank) * ranked[rank] for rank in range(ranked.index(p) + p_values.count(p))))
        for p in p_values
    ]


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.02], [0.02]),
        ([0.6, 0.7], [1.0, 1.0]),
        ([0.01, 0.011, 0.5], [0.03, 0.03, 0.5]),
        ([], []),
    ],
)
def test_values_by_hand(p_values, adjusted):
    assert holm(p_values) == pytest.approx(adjusted)


def test_agrees_with_the_definition_with_and_without_ties():
    generator = np.random.default_rng(1)
    for size in (1, 2, 5, 18):
        for decimals in (6, 1):
            p_values = generator.uniform(0, 0.3, size).round(decimals).tolist()
            # Of equal p-values the first is multiplied by the most, and the others are raised to it.
            assert holm(p_values) == pytest.approx(by_definition(p_values))


def test_what_is_no_p_value_is_refused():
    for wrong in (1.2, -0.1, np.nan):
        with pytest.raises(ValueError, match="not between 0 and 1"):
            holm([0.1, wrong])


def test_agrees_with_statsmodels():
    """statsmodels 0.15.0: multipletests(p_values, method="holm")[1], ties and a p of 1 among them."""
    p_values = [0.021, 0.0004, 0.3, 0.021, 0.0121, 1.0, 0.049, 0.0004, 0.66]
    expected = [0.126, 0.0036, 0.9, 0.126, 0.0847, 1.0, 0.196, 0.0036, 1.0]
    assert holm(p_values) == pytest.approx(expected, rel=1e-12)


def test_what_is_still_to_come_can_only_lower_a_p_value():
    """Whatever tests of the family come later, none of those found now gets a larger adjusted p."""
    generator = np.random.default_rng(4)
    for _ in range(300):
        p_values = generator.choice([0.001, 0.004, 0.01, 0.012, 0.05, 0.3], 12)
        found = int(generator.integers(1, 12))
        assert (holm(p_values[:found], planned=12) >= holm(p_values)[:found] - 1e-15).all()
    assert list(holm([0.01], planned=18)) == [0.18]
    with pytest.raises(ValueError, match="2 p-values in a family of 1"):
        holm([0.1, 0.2], planned=1)


def test_one_false_finding_is_rarer_than_the_level():
    """A thousand experiments of eighteen true null hypotheses with uniform p-values."""
    experiments = np.random.default_rng(2).uniform(size=(1_000, 18))
    findings = [(holm(p_values) < 0.05).any() for p_values in experiments]
    assert np.mean(findings) < 0.065
    assert np.mean((experiments < 0.05).any(axis=1)) > 0.5


def test_each_direction_is_corrected_among_its_own():
    p_values = [0.001, 0.01, 0.002, 0.03]
    assert holm_by_direction(p_values, [1, 1, 1, 1]) == pytest.approx(holm(p_values))
    found = holm_by_direction(p_values, [1, 1, -1, 0])
    assert found == pytest.approx([4 * 0.001, 3 * 0.01, 4 * 0.002, 1])
    assert holm_by_direction([0.001], [1], planned=18) == pytest.approx([0.018])


def test_a_wrong_direction_is_rarer_than_the_level():
    """Eight true differences of almost 0: every finding in the wrong direction is an error."""
    generator = np.random.default_rng(3)
    z = generator.standard_normal((2_000, 8)) + 0.001
    p_values, directions = 2 * norm.sf(np.abs(z)), np.sign(z)
    wrong = [
        ((holm_by_direction(p, way) < 0.05) & (way < 0)).any() for p, way in zip(p_values, directions, strict=True)
    ]
    assert np.mean(wrong) < 0.035


def test_bounds_agree_with_the_findings():
    low, high = holm_bounds([1, 0, -1], 3, 0.05)
    assert low == [Bound(None, True), Bound(0.025, False), Bound(0.025, False)]
    assert high == [Bound(0.025, False), Bound(0.025, False), Bound(None, True)]
    low, high = holm_bounds([1, 1], 2, 0.05)
    assert low == [Bound(0.025, True)] * 2
    assert high == [Bound(0.025, False)] * 2


def test_simultaneous_intervals_hold_together():
    """z-tests of eight differences, half of them 0: all intervals hold in at least 95 % of experiments."""
    generator = np.random.default_rng(5)
    truth = np.array([0, 0, 0, 0, 2.0, 3.0, 4.0, -3.0])
    held = []
    for z in generator.standard_normal((1_000, 8)) + truth:
        found = holm_by_direction(2 * norm.sf(np.abs(z)), np.sign(z))
        way = np.where(found < 0.05, np.sign(z), 0).astype(int)
        lows, highs = holm_bounds(way, 8, 0.05)
        low = [0 if b.level is None else v + ndtri(b.level / 2) for v, b in zip(z, lows, strict=True)]
        high = [0 if b.level is None else v - ndtri(b.level / 2) for v, b in zip(z, highs, strict=True)]
        held.append(((np.array(low) <= truth) & (truth <= np.array(high))).all())
    assert np.mean(held) > 0.94
