"""Words such as "best" and "the smallest that passes" need more than a higher mean."""

import numpy as np
import pytest

from raykd.statistics.ranking import best, enough
from raykd.statistics.variance_and_advice import Part


def draw(generator, levels, seeds=10):
    return [level + 0.01 * generator.standard_normal((1, seeds)) for level in levels]


def test_equal_encoders_have_no_best(generator):
    alone = [not best(dict(zip("abcd", draw(generator, [0.7] * 4), strict=True))).rivals for _ in range(100)]
    assert np.mean(alone) < 0.05


def test_what_is_far_ahead_is_best(generator):
    found = best(dict(zip("abc", draw(generator, (0.70, 0.76, 0.755)), strict=True)))
    assert {found.name, *found.rivals} == {"b", "c"}
    assert best({"a": np.array([[0.7]])}).rivals == ()
    with pytest.raises(ValueError, match="no encoder"):
        best({})


def test_sizes_without_an_effect_seldom_pass(generator):
    """Eight sizes no better than the baseline: by their means one passes nearly always."""
    by_mean, tested = [], []
    for _ in range(150):
        found = enough(list(enumerate(draw(generator, [0.7] * 8))), draw(generator, [0.7])[0])
        by_mean.append(found.smallest_by_mean is not None)
        tested.append(found.smallest is not None)
    assert np.mean(by_mean) > 0.8
    assert np.mean(tested) < 0.06


def test_sizes_are_tested_from_the_largest_down(generator):
    levels = {1: 0.60, 2: 0.75, 4: 0.70, 8: 0.75, 16: 0.75}
    curve = list(zip(levels, draw(generator, levels.values()), strict=True))
    found = enough(curve, draw(generator, [0.7])[0])
    assert (found.smallest, found.smallest_by_mean) == (8, 2)
    assert [size for size, _, _ in found.tests] == [16, 8, 4, 2, 1]
    # With a margin of two points the size of equal score is no worse.
    assert enough(curve, draw(generator, [0.7])[0], margin=0.02).smallest == 2
    assert enough(curve, draw(generator, [0.9])[0]).smallest is None
    # Texts that might turn a gain of five points, and a level that it does not reach.
    assert enough(curve, draw(generator, [0.7])[0], texts=Part(0.05**2)).smallest is None
    assert enough(curve, draw(generator, [0.7])[0], texts=Part(0.02**2)).smallest == 8
    assert enough(curve, draw(generator, [0.7])[0], texts=Part(0.02**2), level=0.001).smallest is None
