"""The claim: right where distillations vary, in points, over all cells, and nothing before all of it is there."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from raykd.statistics.claims import claims, text_part
from raykd.statistics.item_bootstrap import Decisions, TextInfluence, text_influence
from raykd.statistics.permutation import permutation_test
from raykd.statistics.variance_and_advice import Part
from raykd.statistics.verdict import claim_sentence

CONFIDENT = ("better", "worse")


def the_claim(scores, design, texts=None):
    (found,) = claims(scores, design, texts)
    return found


def test_one_distillation_each_is_said_to_say_nothing_of_another(generator, make_scores, make_design):
    """Equal recipes whose distillations differ: most such claims are of two encoders that do differ, and none is
    more."""
    confident = []
    for _ in range(40):
        scores = make_scores(generator)
        claim = the_claim(scores, make_design(scores))
        assert claim.unit == "seed"
        confident.append(claim.outcome in CONFIDENT)
        # Two distillations that spread by .01 differ by .014: a claim that stands at twice that is one in twenty.
        assert (claim.outcome in CONFIDENT) == (not np.isnan(claim.stands_below))
    assert np.mean(confident) > 0.5


def test_what_stands_despite_the_spread_between_distillations_is_rare(generator, make_scores, make_design):
    """stands_below is above the true spread, .01, in at most one in twenty experiments of equal recipes."""
    stands = []
    for _ in range(150):
        scores = make_scores(generator, cells=2)
        stands.append(the_claim(scores, make_design(scores)).stands_below)
    assert np.mean(np.array(stands) > 0.01) < 0.09


@pytest.mark.parametrize("distillations", [(4, 4), (5, 5), (5, 1), (3, 1)])
def test_equal_recipes_of_several_distillations_are_seldom_told_apart(
    generator, make_scores, make_design, distillations
):
    outcomes = []
    for _ in range(60):
        scores = make_scores(generator, distillations, cells=2, seeds=5)
        outcomes.append(the_claim(scores, make_design(scores)).outcome)
    assert np.mean([outcome in CONFIDENT for outcome in outcomes]) <= 0.1


def test_four_against_four_reach_a_claim(generator, make_scores, make_design):
    scores = make_scores(generator, 4, gain=0.06, cells=3)
    claim = the_claim(scores, make_design(scores))
    means = scores.groupby(["encoder", "encoder_seed"])["value"].mean()
    assert claim.outcome == "better"
    assert claim.p_value == pytest.approx(2 / 70) == claim.resolution
    assert claim.p_value == permutation_test(means["new"], means["old"]).p_value
    assert claim.gain == pytest.approx(means["new"].mean() - means["old"].mean())
    expected = ttest_ind(means["new"], means["old"], equal_var=False).confidence_interval(0.95)
    assert (claim.low, claim.high) == pytest.approx((expected.low, expected.high))
    assert np.isnan(claim.stands_below)


def test_three_against_three_cannot(generator, make_scores, make_design):
    scores = make_scores(generator, 3, gain=0.2)
    claim = the_claim(scores, make_design(scores))
    assert (claim.outcome, claim.resolution) == ("cannot tell", pytest.approx(0.1))


def test_a_fixed_baseline_needs_no_distillations_of_its_own(generator, make_scores, make_design):
    scores = make_scores(generator, (4, 1), gain=0.06)
    claim = the_claim(scores, make_design(scores, fixed=("old",)))
    assert (claim.outcome, claim.unit, claim.resolution) == ("better", "distillation", 0)
    mean = scores.groupby(["encoder", "encoder_seed", "seed"])["value"].mean()
    own = mean["new"].groupby(level=0).mean()
    # Student's as Welch has it, with the four distillations bounded by themselves.
    assert ttest_ind(own, mean["old"], equal_var=False).pvalue < claim.p_value < 0.05
    # Not fixed, the one baseline might as well have been another: five values, one of them apart.
    assert the_claim(scores, make_design(scores)).p_value == pytest.approx(1 / 5)


def test_a_given_encoder_that_is_no_baseline_is_not_drawn_either(generator, make_scores, make_design):
    """Equal or not, a published checkpoint has no other distillations: those of the baseline alone are in doubt."""
    once = make_scores(generator, gain=0.03, spread=0)
    both, own, other, none = (
        the_claim(once, make_design(once, fixed=fixed)) for fixed in (("new", "old"), ("new",), ("old",), ())
    )
    assert [claim.encoder_fixed for claim in (both, own, other, none)] == [True, True, False, False]
    assert np.isnan(both.stands_below)
    assert own.stands_below == other.stands_below == pytest.approx(none.stands_below * 2**0.5)
    assert "Both are given encoders" in claim_sentence(both)
    assert "new is better than old" in claim_sentence(own)
    assert "One distillation of old: says nothing of another" in claim_sentence(own)
    assert "new, distilled once, is better than old" in claim_sentence(other)
    several = make_scores(generator, (1, 4), gain=0.06)
    claim = the_claim(several, make_design(several, fixed=("new",)))
    assert (claim.outcome, claim.unit, claim.resolution) == ("better", "distillation", 0)
    assert claim_sentence(claim).endswith("A fixed encoder against 4 distillations.")
    mirrored = several.assign(encoder=several["encoder"].map({"new": "old", "old": "new"}))
    reverse = the_claim(mirrored, make_design(mirrored, baselines=("old",), primary="old", fixed=("old",)))
    assert (reverse.low, reverse.high) == pytest.approx((-claim.high, -claim.low))


def test_what_never_varies_is_not_certain(make_table, make_design):
    """A deterministic classifier: no p, and nothing is claimed of a difference that no chance was seen in."""
    table = make_table({("new", "l0"): [0.83] * 10, ("old", "l0"): [0.80] * 10})
    claim = the_claim(table, make_design(table, smallest_effect=0.01))
    assert (claim.outcome, np.isnan(claim.p_value)) == ("cannot tell", True)


def test_ratios_of_small_scores_make_no_headline(generator, make_table, make_design):
    """One cell from 1 to 3 %, seven that are 1.2 points worse: by the mean of ratios 22 % better."""
    noise = {cell: 0.001 * generator.standard_normal((2, 10)) for cell in range(8)}
    table = {("new", "l0"): 0.03 + noise[0][0], ("old", "l0"): 0.01 + noise[0][1]}
    for cell in range(1, 8):
        table |= {("new", f"l{cell}"): 0.70 + noise[cell][0], ("old", f"l{cell}"): 0.712 + noise[cell][1]}
    claim = the_claim(make_table(table), make_design(make_table(table)))
    assert claim.outcome == "worse"
    assert claim.gain == pytest.approx((0.02 - 7 * 0.012) / 8, abs=0.001)
    assert np.isnan(claim.ratio)
    assert list(claim.cells["below_floor"]) == [True] + [False] * 7
    assert (claim.highest.cell, claim.lowest.gain) == ("t l0 frozen", pytest.approx(-0.012, abs=0.001))
    assert claim.without_lowest.cell == "t l0 frozen"
    assert claim.without_lowest.gain == pytest.approx(-0.012, abs=0.001)


def test_a_baseline_of_zero_stays_in_the_mean(make_table, make_design):
    table = {
        ("new", "l0"): [0.5, 0.52],
        ("old", "l0"): [0.0, 0.0],
        ("new", "l1"): [0.7, 0.72],
        ("old", "l1"): [0.69, 0.7],
    }
    claim = the_claim(make_table(table), make_design(make_table(table)))
    assert len(claim.cells) == 2
    assert claim.gain == pytest.approx((0.51 + 0.015) / 2)
    assert np.isnan(claim.ratio)


def test_the_papers_ratio_stands_where_every_baseline_scores(make_table, make_design):
    table = {("new", "l0"): [0.6, 0.6], ("old", "l0"): [0.5, 0.5], ("new", "l1"): [0.9, 0.9], ("old", "l1"): [0.9, 0.9]}
    assert the_claim(make_table(table), make_design(make_table(table))).ratio == pytest.approx(0.1)


def test_nothing_is_claimed_before_every_cell_has_its_seeds(generator, make_scores, make_design):
    scores = make_scores(generator, gain=0.05, cells=2)
    partial = scores[(scores["language"] != "l1") | (scores["encoder"] != "new") | (scores["seed"] < 5)]
    claim = the_claim(partial, make_design(scores))
    assert (claim.outcome, claim.missing) == ("not yet", (("t l1 frozen", "new", 1, 5),))
    assert np.isnan([claim.gain, claim.low, claim.p_value]).all()
    assert list(claim.cells["complete"]) == [True, False]
    absent = the_claim(scores[scores["encoder"] == "new"], make_design(scores))
    assert (absent.outcome, len(absent.missing)) == ("not yet", 2)
    assert the_claim(scores, make_design(scores)).outcome == "better"


def test_encoders_of_different_tasks_have_claims_of_their_own(generator, make_scores, make_design):
    good, none = make_scores(generator, gain=0.05, cells=2), make_scores(generator, spread=0, cells=2)
    scores = good.assign(task="a", encoder=good["encoder"].replace("new", "new-a"))
    other = none.assign(task="b", encoder=none["encoder"].replace("new", "new-b"))
    both = pd.concat([scores, other], ignore_index=True)
    found = claims(both, make_design(both))
    assert [(claim.encoder, claim.family, claim.outcome) for claim in found] == [
        ("new-a", "primary", "better"),
        ("new-b", "primary", "cannot tell"),
    ]
    # Two claims in the family: each interval at 97.5 %.
    assert {claim.confidence for claim in found} == {0.975}
    assert found[0].low > claims(scores, make_design(scores))[0].low - 0.01


@pytest.mark.parametrize(
    ("gain", "smallest_effect", "outcome"),
    [
        (0.03, 0.01, "better"),
        (-0.03, 0.01, "worse"),
        (0.0, 0.01, "no worse"),
        (0.0, None, "cannot tell"),
        (0.0, 1e-5, "cannot tell"),
    ],
)
def test_outcomes(generator, make_scores, make_design, gain, smallest_effect, outcome):
    scores = make_scores(generator, gain=gain, spread=0)
    assert the_claim(scores, make_design(scores, smallest_effect=smallest_effect)).outcome == outcome


def test_no_worse_is_rarely_said_of_what_is_worse_by_more(generator, make_scores, make_design):
    said = []
    for _ in range(150):
        scores = make_scores(generator, 4, gain=-0.02, cells=2, seeds=3)
        said.append(the_claim(scores, make_design(scores, smallest_effect=0.02)).outcome in ("no worse", "better"))
    assert np.mean(said) < 0.06


def test_test_texts_are_in_the_interval_where_decisions_are_stored(generator, make_table, make_design):
    truth = generator.uniform(size=(200, 1)) < 0.5
    cells = {
        name: Decisions(truth, (generator.uniform(size=(10, 200, 1)) < level) == truth)
        for name, level in (("new", 0.85), ("old", 0.8))
    }
    influences = {("t", "l0", name, "frozen"): text_influence(cell, "t l0") for name, cell in cells.items()}
    hits = {name: (cell.predicted & truth).sum((1, 2)) for name, cell in cells.items()}
    table = {
        (name, "l0"): 2 * hits[name] / (cells[name].predicted.sum((1, 2)) + truth.sum()) for name in ("new", "old")
    }
    scores = make_table(table)
    with_texts, without = (the_claim(scores, make_design(scores), own) for own in (influences, {}))
    assert (with_texts.covers_texts, without.covers_texts) == (True, False)
    assert with_texts.gain == without.gain
    assert with_texts.high - with_texts.low > 1.1 * (without.high - without.low)
    half = claims(scores, make_design(scores), dict(list(influences.items())[:1]))[0]
    assert not half.covers_texts


def test_texts_shared_by_cells_are_not_taken_for_independent():
    values = np.array([0.01, -0.02, 0.01])
    shared = [(TextInfluence("one", values), 0.5), (TextInfluence("one", values), 0.5)]
    apart = [(TextInfluence("one", values), 0.5), (TextInfluence("two", values), 0.5)]
    assert text_part(shared).variance == pytest.approx(2 * text_part(apart).variance)
    assert text_part([(TextInfluence("one", values), 1), (TextInfluence("one", values), -1)]).variance == 0
    with pytest.raises(ValueError, match="2 or 3 texts or groups in one cell"):
        text_part([(TextInfluence("one", values), 1), (TextInfluence("one", values[:2]), 1)])


def test_texts_are_matched_by_their_names():
    """Parallel sets, each of which lost another text, share the others."""
    values = np.array([0.03, -0.01, -0.02])
    own, other = (TextInfluence("one", values, np.array(units)) for units in ([0, 1, 2], [3, 1, 0]))
    assert text_part([(own, 1), (other, 1)]).variance == pytest.approx(0.01**2 + 0.02**2 + 0.02**2 + 0.03**2)
    assert text_part([(own, 1), (other, 1)]).freedom == 3
    with pytest.raises(ValueError, match="3 texts or groups in one cell, others in another"):
        text_part([(own, 1), (TextInfluence("one", values), 1)])


def test_few_companies_are_known_with_few_degrees_of_freedom():
    few, many = (TextInfluence("one", np.full(number, 0.01)) for number in (4, 400))
    assert text_part([(few, 1)]) == Part(pytest.approx(4e-4), 3, apart=True)
    assert text_part([(many, 1)]) == Part(pytest.approx(0.04))
    two = text_part([(few, 1), (TextInfluence("two", few.values), 1)])
    assert (two.freedom, two.apart) == (pytest.approx(6), True)
    assert text_part([]).variance == 0


def test_few_companies_are_no_many_texts(generator, make_scores, make_design):
    """The gain varies by company and by nothing else worth mention: with five of them Student's t has four degrees of
    freedom, and the normal one would be wrong in one experiment of eight."""
    scores = make_scores(generator, 4, spread=1e-5, cells=1, seeds=2, seed_spread=1e-5)
    design, wrong = make_design(scores), []
    for _ in range(250):
        companies = 0.02 * generator.standard_normal(5)
        own = scores.assign(value=scores["value"] + np.where(scores["encoder"] == "new", companies.mean(), 0))
        influence = TextInfluence("l0", (companies - companies.mean()) / 20**0.5)
        none = TextInfluence("l0", np.zeros(5))
        texts = {("t", "l0", "new", "frozen"): influence, ("t", "l0", "old", "frozen"): none}
        wrong.append(the_claim(own, design, texts).outcome in CONFIDENT)
    assert np.mean(wrong) < 0.08


def test_a_plain_table_is_enough(make_scores, make_design, generator):
    """The order of rows means nothing, and numbers are those of the frame alone."""
    scores = make_scores(generator, 4, gain=0.05)
    shuffled = scores.sample(frac=1, random_state=3)
    first, second = the_claim(scores, make_design(scores)), the_claim(shuffled, make_design(scores))
    assert (first.gain, first.low, first.p_value) == pytest.approx((second.gain, second.low, second.p_value))
