"""What the sweep answers: on made-up scores with several distillations, and on the paper's own Table 6."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from raykd.report.paper.published import published
from raykd.report.results import analyse
from raykd.report.tables.quantity import cost_table, curve_table
from raykd.report.text.conclusions import quantity_sentences
from raykd.statistics.item_bootstrap import Decisions
from raykd.statistics.quantity_curve import Curve, next_gain, plateau


@pytest.fixture(scope="module")
def swept(make_inputs):
    """Two distillations of each quantity, the second .2 points below the first; three planned, two scored."""

    def make(names=("td-1.0", "td-2.0", "td-3.0"), **changes):
        inputs = make_inputs()
        students = inputs.scores[inputs.scores["encoder"].isin(["td-1.0", "td-2.0", "td-3.0"])]
        again = students.assign(encoder_seed=2, f1=students["f1"] - 0.002)
        scores = pd.concat([inputs.scores, again])
        left = ~scores["encoder"].isin([name for name in ("td-1.0", "td-2.0", "td-3.0") if name not in names])
        return make_inputs(scores=scores[left], **changes)

    return make


@pytest.fixture(scope="module")
def whole(swept):
    """All three quantities, and what they give."""
    inputs = swept()
    return inputs, analyse(inputs)


def test_distillations_are_the_unit_and_seeds_are_averaged(whole):
    found = whole[1].quantities
    assert found.names == ("td-1.0", "td-2.0", "td-3.0") and not found.once
    assert [len(own) for own in found.curve.scores] == [2, 2, 2]
    for own in found.curve.scores:
        assert own[0] - own[1] == pytest.approx(0.002)
    assert 0.0005 < found.curve.seed_error < 0.003
    assert found.upcoming.size == pytest.approx(4.5e9)
    # A baseline that was distilled once is taken to vary as the quantities do: two show what lies far above it.
    assert found.smallest == {"mbert": 3e9, "distilmbert": 3e9}
    test = found.tests["distilmbert"][-1]
    assert 0 < test.low < test.gain < test.high and test.p_value < 0.05


def test_few_test_texts_make_a_gain_less_sure(whole):
    """Two encoders of one ability on 60 texts: their decisions differ by points that no seed or distillation shows."""
    bare = whole[0]
    key = ("tags", "eng", "mbert", "frozen")
    decided = {("tags", "eng", name, "frozen"): bare.predictions[key] for name in ("mbert", "td-3.0")}
    truth = bare.predictions[key].decisions.truth
    other = replace(bare.predictions[key], decisions=Decisions(truth, ~bare.predictions[key].decisions.predicted))
    covered = replace(bare, predictions={**decided, ("tags", "eng", "td-3.0", "frozen"): other})
    plain, wide = (analyse(inputs).quantities for inputs in (replace(bare, predictions={}), covered))
    before, after = (found.tests["mbert"][-1] for found in (plain, wide))
    assert after.gain == before.gain and after.high - after.low > 2 * (before.high - before.low)
    assert plain.smallest["mbert"] == 3e9 and wide.smallest["mbert"] is None


def test_the_next_quantity_is_the_next_that_is_planned(swept):
    assert analyse(swept(("td-1.0", "td-2.0"))).quantities.upcoming.size == 3e9
    assert analyse(swept(("td-1.0",))).quantities.upcoming.size == 2e9


def test_a_row_a_quantity_with_its_fit_and_its_tests(whole):
    table = curve_table(whole[1])
    assert table.header[-2:] == ("against mbert", "against distilmbert")
    assert [row[0].text for row in table.rows] == ["td-1.0", "td-2.0", "td-3.0"]
    assert [row[2].text for row in table.rows] == ["2", "2", "2"]
    assert table.rows[-1][6].text == "100" and "[" in table.rows[0][4].text
    assert list(table.raw["distillations"]) == [2, 2, 2] and "mbert p_value" in table.raw


def test_the_sentences_say_how_sure_the_plateau_is(whole):
    *_, flat, coming = quantity_sentences(*whole)
    assert "at 3.00" in flat and "95 % interval 3.00 to 3.00" in flat and "(3 degrees of freedom)" in flat
    assert "chance of more than 0.5 is" in coming


def test_equal_epochs_and_steps_are_both_told(make_inputs):
    costs = pd.DataFrame(
        [("td-1.0", 1, 3.0, 30, 1000, 0.5, 1.0, 4.0), ("td-1.0", 2, 3.0, 30, 1000, 0.7, 1.4, 5.6)],
        columns=["encoder", "seed", "epochs", "steps", "tokens", "hours", "worker_hours", "money"],
    )
    (row,) = cost_table(make_inputs(sweep_costs=costs)).rows
    assert [cell.text for cell in row] == ["td-1.0", "1.00", "2", "3.00", "30", "1,000", "0.600", "1.200", "4.80"]
    assert cost_table(make_inputs()).absent


def test_what_the_fit_says_of_the_papers_table_6():
    """One distillation a quantity: the noise is what the monotone fit leaves."""
    table = published(6)
    own = table[table["encoder"].str.startswith("TD")]
    sizes, scores = own["encoder"].str[2:].astype(float).to_numpy(), own["f1"].to_numpy()
    curve = Curve(sizes, tuple(np.array([value]) for value in scores))
    found = plateau(curve, 0.005)
    assert found.noise.deviation == pytest.approx(0.0092, abs=1e-4) and found.noise.freedom == 7
    at = {size: place for place, size in enumerate(sizes)}
    # 2.1 GB, which the paper calls enough to pass the general student, is 2 points below the top.
    assert found.fit[at[2.1]] == pytest.approx(0.700) and found.shortfall[at[2.1]] == pytest.approx(0.0202, abs=1e-4)
    assert 0.005 < found.shortfall_low[at[2.1]] < found.shortfall_high[at[2.1]] < 0.06 and found.flat[at[2.1]] < 0.05
    # 3 GB is where the fit is flat; that it lies within half a point of the top is no more than even.
    assert found.start == 3.0 and (found.start_low, found.start_high) == (2.4, 4.5)
    assert found.shortfall[at[3.0]] == 0 and 0.3 < found.flat[at[3.0]] < 0.5
    coming = next_gain(curve, 4.8, 0.005)
    assert coming.gain < 0.001 and coming.chance < 0.02
