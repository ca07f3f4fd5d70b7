"""The sentence of a claim says what the claim says, and what it does not cover."""

import numpy as np

from raykd.statistics.claims import claims
from raykd.statistics.verdict import caveats, cell_outcomes, claim_sentence, points


def test_one_distillation_each_is_in_the_sentence(generator, make_scores, make_design):
    scores = make_scores(generator, gain=0.03, spread=0)
    (claim,) = claims(scores, make_design(scores))
    said = claim_sentence(claim)
    assert said.startswith("new, distilled once, is better than old: +")
    assert "points of F1 over 8 cells (95 % interval over seeds:" in said
    spread = f"{100 * claim.stands_below:.2f}"
    assert said.endswith(
        "One distillation each: says nothing of another distillation. Stands if the spread between distillations is "
        f"below {spread} points."
    )
    assert any(sentence.startswith("On these test texts") for sentence in caveats(claim))
    assert "thresholds" in caveats(claim)[-1]


def test_several_distillations_are_counted(generator, make_scores, make_design):
    scores = make_scores(generator, 4, gain=0.06)
    (claim,) = claims(scores, make_design(scores))
    said = claim_sentence(claim)
    assert said.startswith("new is better than old: +")
    assert said.endswith("p = 0.029). 4 distillations against 4.")
    three = scores[scores["encoder_seed"] < 3]
    said = claim_sentence(claims(three, make_design(three))[0])
    assert "cannot be told" in said
    assert said.endswith("so few cannot show a difference, whatever it is (p is at least 0.1).")
    # Nor can they in one cell.
    assert (claims(three, make_design(three))[0].cells["low"] > 0).any()
    assert cell_outcomes(claims(three, make_design(three))[0]).better == ()
    assert cell_outcomes(claim).better != ()


def test_what_is_missing_is_said(generator, make_scores, make_design):
    scores = make_scores(generator, cells=3)
    partial = scores[(scores["seed"] < 9) | (scores["language"] != "l2")]
    (claim,) = claims(partial, make_design(scores))
    assert claim_sentence(claim) == (
        "new against old: not yet. 1 planned cell without all scores, and nothing is claimed before all are there."
    )


def test_no_worse_names_its_margin(generator, make_scores, make_design):
    scores = make_scores(generator, spread=0)
    (claim,) = claims(scores, make_design(scores, smallest_effect=0.01))
    assert "is no worse than old by more than 1 point, and whether it is better cannot be told" in claim_sentence(claim)


def test_small_baselines_are_named(make_table, make_design):
    table = {
        ("new", "l0"): [0.5, 0.52],
        ("old", "l0"): [0.0, 0.0],
        ("new", "l1"): [0.7, 0.72],
        ("old", "l1"): [0.69, 0.7],
    }
    scores = make_table(table)
    (claim,) = claims(scores, make_design(scores))
    assert any("old scores below 5 % F1 in t l0 frozen" in sentence for sentence in caveats(claim))


def test_cells_are_told_apart(generator, make_table, make_design):
    noise = 0.002 * generator.standard_normal((6, 10))
    levels = {"l0": (0.75, 0.7), "l1": (0.7, 0.75), "l2": (0.7, 0.7)}
    table = {
        (name, language): level + noise[2 * place + side]
        for place, (language, pair) in enumerate(levels.items())
        for side, (name, level) in enumerate(zip(("new", "old"), pair, strict=True))
    }
    scores = make_table(table)
    found = cell_outcomes(claims(scores, make_design(scores))[0])
    assert found == (("t l0 frozen",), ("t l1 frozen",), ("t l2 frozen",))


def test_one_seed_shows_no_spread(make_table, make_design):
    scores = make_table({("new", "l0"): [0.8], ("old", "l0"): [0.7]})
    (claim,) = claims(scores, make_design(scores))
    assert (claim.outcome, np.isnan(claim.low)) == ("cannot tell", True)
    assert claim_sentence(claim) == "new against old: cannot tell. One classifier seed shows no spread."


def test_points():
    assert [points(value) for value in (0.0123, -0.004, 0.00001)] == ["+1.23", "−0.40", "0.00"]
