"""The plateau of a curve over quantities of text, and what the next quantity gives; known answers and simulations."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from raykd.statistics.quantity_curve import Curve, isotonic, mean_of_seeds, next_gain, noise, plateau, stops_at

SIZES = np.arange(1.5, 4.6, 0.3)  # the paper's eleven, in GB
MARGIN, CHANCE = 0.005, 0.2


def curve_to(
    knot: int, generator: np.random.Generator, deviation: float, distillations: int = 2, power: float = -1.0
) -> Curve:
    """2.2 points a quantity up to number `knot`, as the paper's rise from 1.5 to 3 GB, and flat from there on.

    power: -1 for a straight rise, 0 for a logarithm, 1 for a slope that falls with the square.
    """
    ends = np.minimum(SIZES, SIZES[knot]) / SIZES[0]
    risen = np.log(ends) if power == 0 else (1 - ends**-power) / power
    truth = 0.62 + 0.022 * knot * risen / risen[-1]
    scores = (value + deviation * generator.standard_normal(distillations) for value in truth)
    return Curve(SIZES, tuple(scores), 0.001)


def test_the_monotone_fit_is_isotonic_regression():
    generator = np.random.default_rng(0)
    for count in (1, 2, 5, 11):
        values, weights = generator.normal(size=(3, count)), generator.integers(1, 5, size=count).astype(float)
        for row, fit in zip(values, isotonic(values, weights), strict=True):
            expected = IsotonicRegression().fit_transform(np.arange(count), row, sample_weight=weights)
            np.testing.assert_allclose(fit, expected, atol=1e-12)


def test_the_noise_is_that_between_distillations_and_around_the_fit():
    found = noise(curve_to(4, np.random.default_rng(1), 0.004, distillations=40))
    assert found.deviation == pytest.approx(0.004, rel=0.1) and found.freedom > 400
    rising = Curve(SIZES[:3], tuple(np.array([value]) for value in (0.1, 0.2, 0.3)))
    assert np.isnan(noise(rising).deviation) and noise(rising).freedom == 0


def test_without_a_known_noise_there_is_a_fit_and_no_interval():
    found = plateau(Curve(SIZES[:3], tuple(np.array([value]) for value in (0.1, 0.2, 0.3))), MARGIN)
    assert found.start == SIZES[2] and found.fit.tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert np.isnan(found.low).all() and np.isnan(found.flat).all() and np.isnan(found.start_low)


def test_a_plateau_is_found_where_it_is():
    found = plateau(curve_to(5, np.random.default_rng(2), 0.003), MARGIN)
    assert found.start == SIZES[5] and found.start_low <= SIZES[5] <= found.start_high
    assert found.flat[4] < 0.1 and found.flat[6:].min() > 0.9 and found.shortfall[0] == pytest.approx(0.11, abs=0.01)
    assert (found.low <= found.fit).all() and (found.fit <= found.high).all()


def test_the_interval_of_the_plateau_holds_it():
    generator = np.random.default_rng(3)
    held = [
        found.start_low <= SIZES[knot] <= found.start_high
        for knot in generator.integers(2, 8, size=40)
        for found in [plateau(curve_to(int(knot), generator, 0.006), MARGIN)]
    ]
    assert sum(held) >= 36


def test_the_next_gain_of_a_straight_rise_and_of_a_plateau():
    rising = curve_to(10, np.random.default_rng(4), 0.002).up_to(6)
    gain = next_gain(rising, SIZES[6], MARGIN)
    assert gain.low <= 0.022 <= gain.high and gain.chance > 0.5
    flat = curve_to(3, np.random.default_rng(4), 0.002).up_to(8)
    gain = next_gain(flat, SIZES[8], MARGIN)
    assert 0 <= gain.low <= gain.gain < 0.002 and gain.chance < 0.05
    with pytest.raises(ValueError, match="not beyond"):
        next_gain(flat, SIZES[7], MARGIN)


@pytest.mark.parametrize("power", [-1.0, 0.0, 1.0])
def test_a_curve_stops_within_one_quantity_of_its_plateau_and_never_two_before_it(power):
    """With two distillations that differ by .3 points, as a score's mean of ten classifier seeds does at most."""
    generator = np.random.default_rng(5)
    knots = generator.integers(2, 9, size=60)
    curves = [curve_to(int(knot), generator, 0.003, power=power) for knot in knots]
    off = np.array([stops_at(curve, MARGIN, CHANCE) for curve in curves]) - 1 - knots
    assert (np.abs(off) <= 1).mean() >= 0.9 and off.min() > -2


def test_a_rising_curve_does_not_stop():
    generator = np.random.default_rng(6)
    for _ in range(10):
        assert stops_at(curve_to(10, generator, 0.003), MARGIN, CHANCE) >= 10


def test_classifier_seeds_are_averaged_and_say_how_much_they_vary():
    scores = [np.array([[0.6, 0.7], [0.5, 0.5]]), np.array([[0.8, 0.8]])]
    means, error = mean_of_seeds(scores)
    assert [own.tolist() for own in means] == [[pytest.approx(0.65), 0.5], [0.8]]
    assert error == pytest.approx(np.sqrt((0.005 / 2 + 0 + 0) / 3))
    assert mean_of_seeds([np.array([[0.4]])])[1] == 0.0


def test_curves_that_are_none_are_refused():
    for sizes, scores in (([1.0], []), ([1.0, 1.0], [[0.1], [0.2]]), ([1.0], [[]])):
        with pytest.raises(ValueError, match=r"sizes"):
            Curve(np.array(sizes), tuple(np.array(own) for own in scores))
