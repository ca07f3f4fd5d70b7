"""Two runs: what is the same is left out, what was scored on other texts is not tested, and the plan fixes the
family."""

import numpy as np
import pytest

from raykd.statistics.item_bootstrap import Decisions, text_influence
from raykd.statistics.runs import compare_runs, match_runs

CELL = ["task", "language", "encoder", "weights"]


@pytest.fixture
def two_runs(generator, make_scores, make_design):
    """A and B: "new" has changed, "old" is the very same; three cells each."""
    first = make_scores(generator, cells=3, spread=0)
    second = first.copy()
    changed = second["encoder"] == "new"
    second.loc[changed, "value"] = 0.73 + 0.01 * generator.standard_normal(changed.sum())
    design = make_design(first, smallest_effect=0.01)
    return first, second, design


def same(value):
    return {("t", f"l{cell}"): value for cell in range(3)}


def test_what_has_not_changed_is_left_out(two_runs):
    first, second, design = two_runs
    matched = match_runs(first, second, design.cells, same(True))
    assert matched["status"].value_counts().to_dict() == {"compared": 3, "identical": 3}
    unchanged = [cell for cell in design.cells if cell[2] == "old"]
    tests, claims = compare_runs(first, second, matched, design, unchanged)
    assert set(tests["encoder"]) == {"new (B)"}
    assert set(tests["family_size"]) == {3}
    (claim,) = claims
    assert (claim.encoder, claim.baseline, claim.outcome) == ("new (B)", "new (A)", "better")
    assert claim.gain == pytest.approx(0.03, abs=0.006)


def test_a_run_against_itself_has_nothing_to_compare(two_runs):
    first, _, design = two_runs
    matched = match_runs(first, first, design.cells, same(True))
    assert set(matched["status"]) == {"identical"}
    tests, claims = compare_runs(first, first, matched, design)
    assert (len(tests), claims) == (0, [])


def test_other_and_unknown_test_texts_are_not_tested(two_runs):
    first, second, design = two_runs
    texts = {("t", "l0"): True, ("t", "l1"): False}
    matched = match_runs(first, second, design.cells, texts).set_index(CELL)["status"]
    assert [matched["t", f"l{cell}", "new", "frozen"] for cell in range(3)] == [
        "compared",
        "other test texts",
        "test texts not known",
    ]
    tests, claims = compare_runs(first, second, matched.reset_index(), design)
    assert list(tests["language"]) == ["l0"]
    assert list(claims[0].cells["language"]) == ["l0"]


def test_the_family_does_not_grow_as_results_come_in(two_runs):
    first, second, design = two_runs
    sizes = set()
    for cells in (["l0"], ["l0", "l1"], ["l0", "l1", "l2"]):
        partial = second[second["language"].isin(cells)]
        unchanged = [cell for cell in design.cells if cell[2] == "old"]
        matched = match_runs(first, partial, design.cells, same(True), unchanged)
        tests, _ = compare_runs(first, partial, matched, design, unchanged)
        sizes |= set(tests["family_size"])
    assert sizes == {3}
    absent = match_runs(first, second[second["language"] == "l0"], design.cells, same(True))
    assert list(absent["status"]).count("not scored in B") == 4


@pytest.mark.parametrize("cells", [["l0"], ["l0", "l1"]])
def test_nothing_is_claimed_before_all_cells_of_both_runs_are_scored(two_runs, cells):
    """The first cell to come in is better, the others would be worse."""
    first, second, design = two_runs
    later = (second["encoder"] == "new") & (second["language"] != "l0")
    second.loc[later, "value"] -= 0.08
    unchanged = [cell for cell in design.cells if cell[2] == "old"]
    partial = second[second["language"].isin(cells)]
    matched = match_runs(first, partial, design.cells, same(True), unchanged)
    tests, (claim,) = compare_runs(first, partial, matched, design, unchanged)
    assert set(tests["language"]) == set(cells)
    assert claim.outcome == "not yet"
    assert {cell for cell, *_ in claim.missing} == {f"t l{place} frozen" for place in range(len(cells), 3)}
    whole = match_runs(first, second, design.cells, same(True), unchanged)
    assert compare_runs(first, second, whole, design, unchanged)[1][0].outcome == "worse"


def test_both_runs_share_the_draws_of_their_texts(two_runs, generator):
    """Decisions that differ on a few texts: the interval of the difference is narrow only where texts are shared."""
    first, second, design = two_runs
    truth = generator.uniform(size=(300, 1)) < 0.5
    decided = (generator.uniform(size=(10, 300, 1)) < 0.7) == truth
    other = decided.copy()
    other[:, :10] ^= True
    cell = ("t", "l0", "new", "frozen")
    own, changed = (Decisions(truth, predicted) for predicted in (decided, other))
    matched = match_runs(first, second, [cell], same(True))
    widths = []
    for names in (("t l0", "t l0"), ("A", "B")):
        texts = [{cell: text_influence(d, name)} for d, name in zip((own, changed), names, strict=True)]
        _, (claim,) = compare_runs(first, second, matched, design, texts=(texts[0], texts[1]))
        assert claim.covers_texts
        widths.append(claim.high - claim.low)
    assert widths[0] < 0.8 * widths[1]
    assert np.isfinite(widths).all()
