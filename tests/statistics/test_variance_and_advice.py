"""Variances against scipy, sums of squares by hand, and experiments whose components are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind

from raykd.statistics.permutation import smallest_p_value
from raykd.statistics.variance_and_advice import (
    Components,
    Part,
    advise,
    components,
    gain_parts,
    half_width,
    largest_spread,
    t_test,
)


def test_welchs_interval_is_scipys(generator):
    scores, baseline = generator.normal(0.71, 0.02, (5, 3)), generator.normal(0.7, 0.01, (4, 3))
    found = t_test(scores.mean() - baseline.mean(), gain_parts(scores, baseline))
    expected = ttest_ind(scores.mean(axis=1), baseline.mean(axis=1), equal_var=False)
    assert found[:2] == pytest.approx(expected.confidence_interval(0.95))
    assert found[2] == pytest.approx(expected.pvalue)


def test_one_part_is_a_t_test(generator):
    values = generator.normal(0.1, 1, 6)
    found = t_test(values.mean(), [Part(values.var(ddof=1) / 6, 5)], 0.1)
    expected = ttest_1samp(values, 0)
    assert found[:2] == pytest.approx(expected.confidence_interval(0.9))
    assert found[2] == pytest.approx(expected.pvalue)


def test_what_never_varies_says_nothing_of_chance():
    low, high, p_value = t_test(0.2, gain_parts(np.full((1, 3), 0.9), np.full((1, 3), 0.7)))
    assert (low, high, np.isnan(p_value)) == (0.2, 0.2, True)
    with pytest.raises(ValueError, match="one seed of one distillation"):
        gain_parts(np.array([[0.9]]), np.array([[0.7]]))


@pytest.mark.parametrize("distillations", [2, 3, 5])
@pytest.mark.parametrize("given", ["baseline", "scores"])
def test_few_distillations_beside_a_given_encoder_are_not_taken_for_known(generator, distillations, given):
    """Distillations make three quarters of the variance, texts the rest. Satterthwaite's sum is wrong in one
    experiment of ten with two distillations, and in 7 % with three."""
    wrong = []
    for _ in range(1500):
        drawn = (3 * distillations) ** 0.5 * generator.standard_normal((distillations, 1))
        ready = 0.01 * generator.standard_normal((1, 10))
        sides, fixed = ((drawn, ready), (True, False)) if given == "baseline" else ((ready, drawn), (False, True))
        gain = sides[0].mean() - sides[1].mean() + generator.standard_normal()
        parts = gain_parts(sides[0], sides[1], fixed[0], Part(1.0), fixed[1])
        low, high, p_value = t_test(gain, parts)
        assert (p_value < 0.05) == (not low <= 0 <= high)
        wrong.append(p_value < 0.05)
    assert np.mean(wrong) < 0.055


def test_a_part_apart_is_bounded_by_its_own_t():
    low, high, p_value = t_test(0.0, [Part(4.0, 1, apart=True), Part(9.0, 5)])
    quantiles = student.ppf(0.975, [1, 5])
    assert high == -low == pytest.approx(((quantiles**2) @ [4, 9]) ** 0.5)
    assert p_value == 1
    _, _, at_the_bound = t_test(high, [Part(4.0, 1, apart=True), Part(9.0, 5)])
    assert at_the_bound == pytest.approx(0.05)
    assert 0 < t_test(1e200, [Part(4.0, 1, apart=True), Part(9.0, 5)])[2] < 1e-50
    # Alone it is what it is anyhow.
    assert t_test(2.0, [Part(1.0, 3, apart=True)]) == t_test(2.0, [Part(1.0, 3)])


@pytest.mark.parametrize("distillations", [(1, 1), (5, 5), (3, 1)])
def test_intervals_cover_as_often_as_they_say(generator, distillations):
    """Ten seeds of .01; distillations spread by .01 where there are several. No texts vary."""
    covered = []
    for _ in range(600):
        spread = 0.01 if max(distillations) > 1 else 0.0
        own, other = (
            spread * generator.standard_normal((number, 1)) + 0.01 * generator.standard_normal((number, 10))
            for number in distillations
        )
        low, high, _ = t_test(own.mean() - other.mean(), gain_parts(own, other))
        covered.append(low <= 0 <= high)
    assert 0.925 < np.mean(covered) < 0.985


def test_the_largest_spread_is_where_the_interval_reaches_0():
    gain, half = 0.02, 0.01
    found = largest_spread(gain, gain - half, gain + half, 0.05)
    own = half / 1.959964
    assert 1.959964 * np.sqrt(2 * found**2 + own**2) == pytest.approx(gain, rel=1e-6)
    assert largest_spread(gain, gain - half, gain + half, 0.05, sides=1) == pytest.approx(found * 2**0.5)
    assert np.isnan(largest_spread(0.005, -0.005, 0.015, 0.05))
    assert np.isnan(largest_spread(gain, gain - half, gain + half, 0.05, sides=0))


def frame(values):
    """values [distillations, seeds] as the scores of one cell."""
    rows = [("t", "eng", "frozen", d, s, values[d, s]) for d in range(values.shape[0]) for s in range(values.shape[1])]
    return pd.DataFrame(rows, columns=["task", "language", "weights", "encoder_seed", "seed", "value"])


def test_components_are_those_of_the_analysis_of_variance(generator):
    values = 0.02 * generator.standard_normal((6, 1)) + 0.01 * generator.standard_normal((6, 5))
    within = values.var(axis=1, ddof=1).mean()
    found = components([frame(values)])
    assert found.seed == pytest.approx(within**0.5)
    assert found.distillation == pytest.approx((values.mean(axis=1).var(ddof=1) - within / 5) ** 0.5)
    assert np.isnan(found.text)
    # Two alike have the same mean square.
    twice = components([frame(values), frame(values + 0.1)], text_variance=4e-4)
    assert (twice.seed, twice.distillation, twice.text) == pytest.approx((found.seed, found.distillation, 0.02))


def test_components_find_what_was_put_in(generator):
    found = [
        components([frame(0.02 * generator.standard_normal((5, 1)) + 0.01 * generator.standard_normal((5, 10)))])
        for _ in range(200)
    ]
    assert np.mean([own.distillation**2 for own in found]) ** 0.5 == pytest.approx(0.02, rel=0.1)
    assert np.mean([own.seed**2 for own in found]) ** 0.5 == pytest.approx(0.01, rel=0.05)


def test_a_second_factor_has_its_own_component(generator):
    rows = []
    splits, distillations = 0.03 * generator.standard_normal(8), 0.01 * generator.standard_normal(8)
    for split in range(8):
        for distillation in range(8):
            for seed in range(3):
                value = 0.7 + splits[split] + distillations[distillation] + 0.005 * generator.standard_normal()
                rows.append(("t", "eng", "frozen", distillation, split, seed, value))
    table = pd.DataFrame(rows, columns=["task", "language", "weights", "encoder_seed", "split", "seed", "value"])
    found = components([table], ("encoder_seed", "split"))
    assert found.others["split"] == pytest.approx(splits.std(ddof=1), rel=0.05)
    assert found.distillation == pytest.approx(distillations.std(ddof=1), rel=0.1)
    assert found.seed == pytest.approx(0.005, rel=0.15)


def test_one_distillation_has_no_spread_to_tell(generator):
    found = components([frame(generator.normal(0.7, 0.01, (1, 10)))])
    assert np.isnan(found.distillation)
    assert found.seed > 0
    advice = advise(found, 1, 10, 0.01)
    assert (advice.buy, advice.distillations) == ("distillations", 4)


def test_unequal_seeds_are_refused(generator):
    table = frame(generator.normal(0.7, 0.01, (2, 4)))
    with pytest.raises(ValueError, match=r"have \[3, 4\] seeds"):
        components([table.drop(index=0)])


@pytest.mark.parametrize(
    ("found", "buy"),
    [
        (Components(0.02, 0.001, 0.0, {}), "distillations"),
        (Components(0.0001, 0.03, 0.0, {}), "seeds"),
        (Components(0.01, 0.01, 0.02, {}), "texts"),
        (Components(0.001, 0.001, 0.001, {}), "nothing"),
    ],
)
def test_advice_buys_what_is_missing(found, buy):
    advice = advise(found, 4, 5, 0.01)
    assert advice.buy == buy
    assert advice.half_width_now == half_width(found, 4, 5)
    if buy not in ("texts", "nothing"):
        assert advice.half_width <= 0.01 < advice.half_width_now
    if buy == "seeds":
        assert half_width(found, 4, advice.seeds - 1) > 0.01
    with pytest.raises(ValueError, match="above 0"):
        advise(found, 4, 5, 0.0)


@pytest.mark.parametrize(("claims", "fewest"), [(1, 4), (2, 5), (6, 5), (7, 6)])
def test_advice_is_never_what_could_not_show_a_difference(claims, fewest):
    """Three against three whose interval is as narrow as wanted: their permutation has p of .1 at least."""
    level = 0.05 / claims
    found = Components(0.0001, 0.0001, 0.0001, {})
    advice = advise(found, 3, 5, 0.01, level=level)
    assert (advice.buy, advice.distillations) == ("distillations", fewest)
    assert smallest_p_value(fewest, fewest) * claims < 0.05 <= smallest_p_value(fewest - 1, fewest - 1) * claims
    assert advise(found, fewest, 5, 0.01, level=level).buy == "nothing"
    assert advise(Components(np.nan, 0.01, np.nan, {}), 1, 5, 0.01, level=level).distillations == fewest


def test_advice_beside_a_given_encoder_is_for_one_side():
    found = Components(0.0001, 0.0001, 0.0, {})
    assert advise(found, 2, 5, 0.01, given=True).distillations == 3
    assert advise(found, 3, 5, 0.01, given=True).buy == "nothing"
    wide = Components(0.02, 0.001, 0.0, {})
    assert half_width(wide, 4, 5, given=True) == pytest.approx(student.ppf(0.975, 3) * 0.01, rel=0.01)
    assert half_width(wide, 4, 5, level=0.01) > 1.4 * half_width(wide, 4, 5)
