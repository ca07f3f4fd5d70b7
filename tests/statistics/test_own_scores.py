"""One's own table of scores gets the tests of a report."""

import numpy as np
import pandas as pd
import pytest

import raykd
from raykd.statistics.claims import claims


def own_table(generator, gain=0.03, seeds=10) -> pd.DataFrame:
    values = [0.7 + shift + 0.01 * generator.standard_normal(seeds) for shift in (0, gain)]
    columns = {"encoder": np.repeat(["old", "new"], seeds), "seed": [*range(seeds)] * 2}
    return pd.DataFrame({**columns, "f1": np.concatenate(values)})


def test_three_columns_are_enough(generator):
    found = raykd.compare(own_table(generator))
    (claim,) = found.claims
    assert (found.baseline, claim.encoder, claim.outcome) == ("old", "new", "better")
    assert "new, distilled once, is better than old" in str(found)
    assert found.table.loc[0, "gain"] == pytest.approx(found.means.set_index("encoder")["mean"].diff().iloc[-1])
    assert found.tests["reading"].tolist() == ["higher"]


def test_no_worse_needs_a_smallest_effect(generator):
    table = own_table(generator, gain=0.0)
    assert raykd.compare(table).claims[0].outcome == "cannot tell"
    assert raykd.compare(table, smallest_effect=0.05).claims[0].outcome == "no worse"


def test_it_is_what_a_report_says_of_the_same_scores(generator, make_scores, make_design):
    scores = make_scores(generator, distillations=4, gain=0.03)
    design = make_design(scores)
    (expected,) = claims(scores, design)
    for table in (scores, scores.pivot(index=[*scores.columns[:6]], columns="metric", values="value").reset_index()):
        (claim,) = raykd.compare(table, baseline="old").claims
        assert (claim.outcome, claim.gain, claim.low, claim.unit) == (
            *(expected.outcome, pytest.approx(expected.gain)),
            *(pytest.approx(expected.low), "distillation"),
        )


def test_the_other_way_round(generator):
    assert raykd.compare(own_table(generator), baseline="new").claims[0].outcome == "worse"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.drop(columns="seed"), "they need"),
        (lambda table: table.drop(columns="f1"), "f1 is not among them"),
        (lambda table: table.assign(f1=70.0), "scores are from 0 to 1"),
        (lambda table: table.assign(f1=["x", *table["f1"][1:]]), "scores row 0: f1 is 'x', and scores are from 0 to 1"),
        (
            lambda table: table.assign(metric="f1", value=[*table["f1"][:-1], "?"]).drop(columns="f1"),
            r"scores row 19: value is '\?', and scores are from 0 to 1",
        ),
        (lambda table: table.assign(seed=0), "occur twice"),
        (lambda table: table[table["encoder"] == "old"], "scores of 'old' alone"),
        (lambda table: table.assign(weights="thawed"), "weights are frozen or fine-tuned, not 'thawed'"),
    ],
)
def test_tables_that_cannot_be_compared(change, said, generator):
    with pytest.raises(ValueError, match=said):
        raykd.compare(change(own_table(generator)))


def test_a_baseline_that_is_not_there(generator):
    with pytest.raises(ValueError, match="no scores of the baseline 'x'; there are: old, new"):
        raykd.compare(own_table(generator), baseline="x")


def test_what_is_offered_is_listed():
    assert set(dir(raykd)) == set(raykd.__all__) and all(hasattr(raykd, name) for name in dir(raykd))
