"""Reports of experiments whose truth is known: the first screen says what is true, and no more."""

import re
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from raykd.planning.planned_tests import PlannedTests, Revision
from raykd.report.figures.claims import claim_figure
from raykd.report.figures.figure import style
from raykd.report.inputs import empty
from raykd.report.results import analyse
from raykd.report.tables.aggregates import aggregate_table, strata
from raykd.report.tables.claims import claim_table, gain_table, variance_table
from raykd.report.tables.run import planned_test_table
from raykd.report.tables.scores import score_table
from raykd.report.text.certainty import certainty
from raykd.report.text.first_screen import WHAT_A_CELL_IS, first_screen, planned_sentence
from raykd.statistics.design import Design
from raykd.statistics.summary import AVERAGE_PRECISION

CELLS = [
    ("tags", language, weights) for language in ("eng", "jpn", "spa", "por") for weights in ("frozen", "fine-tuned")
]
LEVELS = {"eng": 0.80, "jpn": 0.70, "spa": 0.75, "por": 0.72}
SEED_SPREAD = 0.004


@pytest.fixture(scope="session")
def report(make_inputs, frame):
    """report(cell -> effect, ...) -> inputs and results of an adapted encoder and its baseline, the student.

    effects: of the adapted encoder in each cell; distillations of either; spread between them, shared by their cells;
    scored: how many of the ten seeds a cell has; edit: changes the scores [distillations, seeds] of a cell in place.
    The same is analysed once, and times are in no analysis.
    """

    def analysed(
        effects, distillations=(1, 1), spread=0.0, random=0, seeds=10, scored=None, edit=None,
        smallest_effect=None, encoders=("adapted",), fixed=(), levels=None,
    ):  # fmt: skip
        generator = np.random.default_rng(random)
        rows = []
        names = (*encoders, "student")
        for encoder in names:
            number = distillations[encoder == "student"]
            own = spread * standard(generator, number)
            for task, language, weights in CELLS:
                level = (levels or LEVELS)[language] + (0.0 if encoder == "student" else effects((language, weights)))
                values = level + own[:, None] + SEED_SPREAD * generator.standard_normal((number, seeds))
                if edit:
                    edit(encoder, (language, weights), values)
                for place, value in np.ndenumerate(values[:, : (scored or {}).get((encoder, language), seeds)]):
                    score = float(np.clip(value, 0, 1))
                    rows.append((task, "multi-label", language, encoder, weights, *place, "x", *[score] * 4, 300))
        cells = tuple((t, x, e, w) for e in names for t, x, w in CELLS)
        design = Design(
            ("student",), "student", cells, seeds, {name: distillations[name == "student"] for name in names},
            fixed, smallest_effect,
        )  # fmt: skip
        expected = [(*cell, seeds * design.planned_distillations(cell[2])) for cell in cells]
        inputs = make_inputs(
            scores=frame("scores", rows),
            expected_cells=frame("expected_cells", expected),
            baselines=("student",),
            task_encoders={"tags": names},
            positive={},
            predictions={},
            sweep=None,
            sized_scores=empty("sized_scores"),
            sized_cells=empty("sized_cells"),
            encoders=frame(
                "encoders", [("adapted", 90e6, 6, 768, 60_000, 4e8), ("student", 120e6, 6, 768, 9_000, 5e8)]
            ),
            design=design,
            planned_tests=PlannedTests((Revision("2026-01-02T03:04:05Z", 0, design),)),
        )
        return inputs, analyse(inputs)

    kept = cache(analysed)

    def make(effects, latency=None, **given):
        is_key = not any(isinstance(value, dict) for value in given.values())
        inputs, results = (kept if is_key else analysed)(effects, **given)
        return inputs if latency is None else replace(inputs, latency=latency), results

    return make


def standard(generator, number):
    """So many values with mean 0 and standard deviation 1 exactly: the spread is what was asked for."""
    if number == 1:
        return np.zeros(1)
    values = generator.standard_normal(number)
    return (values - values.mean()) / values.std(ddof=1)


@cache
def constant(effect):
    return lambda cell: effect


def screen(found):
    first = first_screen(*found)
    texts = {name: plain(getattr(first, name)) for name in ("verdict", "costs", "ship")}
    return replace(first, **texts, details=plain("\n".join(first.details)))


def plain(text):
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize("random", range(3))
def test_no_effect_cannot_be_told_and_nothing_is_shipped(report, random):
    first = screen(report(constant(0.0), random=random))
    assert first.verdict.startswith("Cannot tell whether this one distillation of adapted is better or worse")
    assert "Cannot tell in any of the 8 cells by itself." in first.details
    assert first.ship.startswith("Keep student for now")
    assert first.warnings == ()


@pytest.mark.parametrize("random", range(3))
def test_an_effect_of_five_distillations_is_better(report, random):
    found = report(constant(0.02), distillations=(5, 5), spread=0.004, random=random)
    first = screen(found)
    assert first.verdict.startswith("Better: adapted is better than student; the difference is +")
    assert "one distillation" not in first.verdict
    assert "another distillation" not in first.verdict + first.ship + first.details.lower()
    assert first.ship.startswith("Ship adapted: +")
    assert "This holds for other distillations by the same recipe." in first.details
    assert first.costs == "It has 90 million parameters, and student 120 (−25 %); their time per text was not measured."
    claim = found[1].claims[0]
    assert (claim.unit, claim.distillations) == ("distillation", 5)
    assert claim.low < 0.02 < claim.high


@pytest.mark.parametrize("random", range(3))
def test_an_effect_of_one_distillation_is_one_of_this_encoder(report, random):
    first = screen(report(constant(0.02), random=random))
    assert first.verdict.startswith(
        "Better: this one distillation of adapted is better than this one distillation of student; the difference is +"
    )
    assert "This holds for other classifier seeds. Another distillation may do otherwise, unless" in first.details
    assert first.ship.startswith("Ship adapted as it is stored here: +")
    assert "Better in each of the 8 cells." in first.details


def test_against_a_given_encoder_only_ones_own_distillation_is_doubted(report):
    first = screen(report(constant(0.02), fixed=("student",)))
    assert first.verdict.startswith("Better: this one distillation of adapted is better than student;")


def test_of_two_given_encoders_no_distillation_is_spoken_of(report):
    first = screen(report(constant(0.02), fixed=("student", "adapted")))
    assert first.verdict.startswith("Better: adapted is better than student;")
    assert "This holds for other classifier seeds." in first.details
    assert "distillation" not in first.verdict + first.ship + first.details


@pytest.mark.parametrize("random", range(3))
def test_worse_is_said_as_plainly(report, random):
    first = screen(report(constant(-0.02), distillations=(5, 5), spread=0.004, random=random))
    assert first.verdict.startswith("Worse: adapted is worse than student; the difference is −")
    assert first.ship.startswith("Keep student: adapted loses ")


def test_a_difference_below_the_smallest_effect_is_no_worse(report):
    first = screen(report(constant(0.0005), distillations=(5, 5), spread=0.002, smallest_effect=0.01))
    assert first.verdict.startswith(
        "No worse by more than 1 point: adapted may be a little better or worse than student"
    )
    start = "Ship adapted if it costs less to run than student; else there is nothing to gain, and it may lose up to "
    assert first.ship.startswith(start) and first.ship.endswith(" points of F1.")
    unclear = screen(report(constant(-0.008), distillations=(3, 3), spread=0.01, smallest_effect=0.01))
    assert unclear.verdict.startswith(
        "Cannot tell whether adapted is better or worse than student, nor whether it loses"
    )
    undeclared = screen(report(constant(0.0005), distillations=(5, 5), spread=0.002))
    assert undeclared.verdict.startswith("Cannot tell whether adapted")


def opposite(cell):
    return 0.04 if cell[0] in ("eng", "spa") else -0.04


@pytest.mark.parametrize("smallest_effect", [None, 0.01])
def test_opposite_gains_are_no_advice_for_all_tasks(report, smallest_effect):
    """The mean of all is next to nothing, and half of the cells lose four points."""
    found = report(opposite, distillations=(5, 5), spread=0.001, smallest_effect=smallest_effect)
    first = screen(found)
    if smallest_effect:
        assert first.verdict.startswith("No worse on average by more than 1 point: ")
    assert "Better in tags eng and tags spa; worse in tags jpn and tags por." in first.details
    assert first.ship.startswith("Ship adapted for tags eng and tags spa alone: +")
    assert "; keep student for the others." in first.ship
    assert "nothing to gain" not in first.ship


def test_too_few_distillations_say_nothing_of_a_cell_either(report):
    found = report(constant(0.04), distillations=(3, 3), spread=0.002)
    first = screen(found)
    assert "; so few distillations (3 against 3) could not show a difference, whatever it is." in first.verdict
    assert "Cannot tell in any of the 8 cells by itself." in first.details
    declared = screen(report(constant(0.04), distillations=(3, 3), spread=0.002, smallest_effect=0.01))
    assert declared.verdict.startswith(
        "No worse by more than 1 point: adapted cannot be told to be better than student; the"
    )
    assert "nothing to gain" not in declared.ship and "may lose" not in declared.ship


def test_better_by_less_than_what_is_worth_having_is_no_reason_to_pay_more(report):
    first = screen(report(constant(0.006), distillations=(5, 5), spread=0.001, smallest_effect=0.02))
    assert first.verdict.startswith("Better: adapted is better than student, by less than the 2 points worth having; ")
    assert first.ship.startswith("Ship adapted if it costs no more to run than student: what it gains is less than")
    timed = screen(
        report(constant(0.006), distillations=(5, 5), spread=0.001, smallest_effect=0.02, latency=times(2.0))
    )
    assert timed.ship.startswith(
        "Ship adapted: what it gains is less than the 2 points worth having, but it takes less"
    )


def times(ratio: float) -> pd.DataFrame:
    """Two encoders timed, of which student takes so many times as long as adapted, to 5 %."""
    own = {"encoder": ["student", "adapted"], "median": [10.0, 10.0 / ratio], "ratio": [1.0, ratio]}
    bounds = {"ratio_low": [1.0, 0.95 * ratio], "ratio_high": [1.0, 1.05 * ratio]}
    known = pd.DataFrame({**own, **bounds, "length": np.nan, "batch": 1, "reference": "student"})
    return known.reindex(columns=empty("latency").columns)


@pytest.mark.parametrize(
    ("ratio", "advice"),
    [
        (
            2.0,
            "Ship adapted: it takes less time for a text than student; apart from that there is nothing to gain, and",
        ),
        (1.02, "Ship adapted if it costs less to run than student; else there is nothing to gain, and"),
        (0.5, "Keep student: adapted takes more time for a text, and there is nothing to gain."),
    ],
)
def test_what_was_timed_is_no_condition_any_more(report, ratio, advice):
    effect = {"distillations": (5, 5), "spread": 0.002, "smallest_effect": 0.01}
    first = screen(report(constant(0.0005), **effect, latency=times(ratio)))
    assert first.ship.startswith(advice)
    assert f"it takes {10 / ratio:.3g} ms for a text in batches of 1, and student 10" in first.costs
    busy = screen(report(constant(0.0005), **effect, latency=times(ratio).assign(busy="2 other processes")))
    assert "busy" not in first.costs and busy.costs.endswith("), timed on a busy machine.")
    loss = re.search(r"may lose up to (\S+) points", first.ship)
    if advice.startswith("Keep"):
        assert not loss
    else:
        assert loss[1] == re.search(r"from −(\S+) to", first.verdict)[1]


@pytest.mark.parametrize(("extreme", "side"), [(0.95, "lucky"), (0.2, "collapsed")])
def test_two_seeds_far_off_do_not_decide(report, extreme, side):
    """Most seeds of the adapted encoder point one way and two of them turn the mean: KS finds the distribution."""

    def edit(encoder, cell, values):
        if encoder == "adapted":
            values += -0.012 if side == "lucky" else 0.012
            values[:, :2] = extreme

    found = report(constant(0.0), edit=edit)
    first = screen(found)
    assert first.verdict.startswith("Cannot tell")
    marks = {cell.marks for row in score_table(*found).rows for cell in row if row[1].text == "F1"}
    assert marks == {"", "*~"}
    told = plain(" ".join(certainty(*found)))
    assert f"16 seeds {side}, far off the others of the cell" in told
    assert "only the distributions differ" in told


def test_a_baseline_of_zero_gives_points_and_no_ratio(report):
    def edit(encoder, cell, values):
        if cell == ("jpn", "frozen"):
            values[:] = 0.0 if encoder == "student" else 0.03

    found = report(constant(0.01), distillations=(5, 5), spread=0.001, edit=edit)
    assert screen(found).verdict.startswith("Better: adapted is better than student; the difference is +1.2")
    assert np.isnan(found[1].claims[0].ratio)
    assert [row[4].text for row in gain_table(found[1]).rows] == ["–"] * 3
    assert "tags jpn frozen" in gain_table(found[1]).notes[-1]


def test_two_cells_that_make_the_mean_are_named(report):
    """One cell from a failed baseline, six a little worse: on average far better, and mostly worse."""

    def effects(cell):
        return 0.24 if cell[0] == "jpn" else -0.012

    found = report(effects, levels={**LEVELS, "jpn": 0.02})
    first = screen(found)
    assert "+5.1" in first.verdict
    assert "Better in tags jpn; worse in tags eng, tags spa and tags por." in first.details
    assert re.search(r"a few pull the mean up, and half of them are at −\S+ or below\.", first.details)
    assert first.verdict.startswith("Better on average: ")
    assert re.search(r"Ship .* for tags jpn alone: \+2[34]\.\d+ points on average there over student; keep", first.ship)
    assert "; keep student for tags eng, tags spa and tags por." in first.ship
    assert claim_table(found[1]).rows[0][9].text == "–"  # no ratio to a baseline that fails


def test_nothing_is_claimed_or_marked_before_all_seeds_are_there(report):
    everywhere = {(encoder, language): 5 for encoder in ("adapted", "student") for language in LEVELS}
    found = report(constant(0.05), scored=everywhere)
    first = screen(found)
    assert first.verdict.startswith(
        "Not yet: adapted and student are compared when all planned scores are there, and 8"
    )
    assert first.details == WHAT_A_CELL_IS and first.costs == ""
    assert first.ship == "Decide nothing on adapted yet."
    assert not any(cell.marks or cell.bold for row in score_table(*found).rows for cell in row)
    assert "8 of the 8 tests on F1 wait for planned seeds" in plain(" ".join(certainty(*found)))


def test_unequal_seeds_per_language_do_not_make_a_difference(report):
    """Equal encoders, of which each has more seeds in another language: pooled they would be 80.0 and 70.0 apart."""
    found = report(constant(0.0), scored={("adapted", "jpn"): 2, ("student", "eng"): 2})
    table = aggregate_table(strata(*found), strata(*found, AVERAGE_PRECISION)).raw
    for _, own in table.groupby("weights"):
        assert np.ptp(own["mean"]) < 0.004
        assert np.ptp(own["average_precision"]) < 0.004
    assert screen(found).verdict.startswith("Not yet")


@pytest.mark.parametrize("random", range(3))
def test_the_spread_between_distillations_is_not_an_effect(report, random):
    """Three distillations a side from one distribution, ten seeds of each: thirty scores that are no thirty values."""
    found = report(constant(0.0), distillations=(3, 3), spread=0.01, random=random)
    first = screen(found)
    assert first.verdict.startswith("Cannot tell whether adapted is better or worse than student; the difference is ")
    assert "; so few distillations (3 against 3) could not show a difference, whatever it is." in first.verdict
    assert set(found[1].tests["stands"]) == {""}
    assert not any(cell.bold for row in score_table(*found).rows for cell in row)


def test_one_classifier_seed_shows_nothing(report):
    found = report(constant(0.05), seeds=1)
    assert "one classifier seed shows nothing of chance" in screen(found).verdict
    table = score_table(*found)
    assert "over seeds" not in plain(" ".join([table.title, *table.notes[:1]]))
    assert variance_table(found[1]).absent


def test_two_encoders_that_are_better_are_not_compared_with_each_other(report):
    found = report(constant(0.02), encoders=("adapted", "second"))
    first = screen(found)
    assert first.verdict.count("Better: this one distillation of") == 2
    assert "Nothing here tests adapted and second against each other, so choose by cost." in first.ship
    assert "adapted: This holds for other classifier seeds." in first.details and first.costs.count(" has 90 ") == 1
    assert "97.5 % interval" in first.verdict and "since 2 encoders are compared at once" in first.verdict


def test_many_encoders_are_grouped_by_what_is_known_of_them(report):
    def edit(encoder, cell, values):
        values += {"third": -0.02, "fourth": -0.0199}.get(encoder, 0.0)

    found = report(constant(0.02), encoders=("adapted", "second", "third", "fourth"), edit=edit)
    first = screen(found)
    assert re.match(r"Better than student: adapted \+\S+ points \(\+\S+ to \+\S+\) and second \+", first.verdict)
    assert "Cannot tell from student: third " in first.verdict
    assert "98.8 % intervals over seeds, which hold together" in first.verdict
    assert "this says nothing of another distillation" in first.verdict
    assert "do not show what third or fourth would gain or lose." in first.ship
    assert len(first.verdict) < 700
    with style():
        figure = claim_figure(found[1])
    assert figure.title == "Gain in F1 by task and language"


def test_many_tasks_and_encoders_are_drawn_by_their_means(report, monkeypatch):
    monkeypatch.setattr("raykd.report.figures.claims.MOST_ROWS", 7)
    with style():
        figure = claim_figure(report(constant(0.02), encoders=("adapted", "second"))[1])
    assert figure.title == "Mean gain in F1 of each encoder"
    assert b"second" in figure.svg


def test_tests_that_were_changed_after_a_look_are_said(report):
    inputs, results = report(constant(0.02))
    planned = inputs.design
    before = Revision("2026-01-02T03:04:05Z", 0, replace(planned, seeds=20))
    after = Revision("2026-01-05T00:00:00Z", 7, planned)
    (line,) = first_screen(replace(inputs, planned_tests=PlannedTests((before, after))), results).warnings
    assert line.startswith("Changed on 2026-01-05, when 7 cells had scores: classifier seeds (was 20, is 10).")
    (line,) = first_screen(replace(inputs, planned_tests=None), results).warnings
    assert "not written down before the first score" in line


def test_a_configuration_that_was_edited_after_the_look_is_said(report):
    """Only `evaluate` writes plans down; a report on an edited configuration says what was edited."""
    inputs, results = report(constant(0.02), smallest_effect=0.05)
    assert "was written down on 2026-01-02, before the first score" in planned_sentence(inputs)
    written = Revision("2026-01-02T03:04:05Z", 0, replace(inputs.design, smallest_effect=0.01, seeds=20))
    edited = replace(inputs, planned_tests=PlannedTests((written,)))
    (line,) = first_screen(edited, results).warnings
    assert line.startswith(
        "The configuration is not the one that was written down on 2026-01-02, and there are scores:"
    )
    assert "classifier seeds (was 20, is 10)" in line and "smallest effect of interest (was 0.01, is 0.05)" in line
    assert planned_sentence(edited) == ""
    last = planned_test_table(edited).rows[-1]
    assert last[0].text == "now, not written down" and "classifier seeds: 20 became 10" in last[-1].text
    assert first_screen(replace(edited, scores=edited.scores[:0]), results).warnings == ()


def test_advice_says_what_to_buy(report):
    _, results = report(constant(0.0), distillations=(3, 3), spread=0.02)
    (row,) = variance_table(results).rows
    assert row[0].text == "adapted"
    assert float(row[2].text) == pytest.approx(2.0, abs=0.3)
    assert "distillations a side" in row[-1].text
    once = variance_table(report(constant(0.0))[1]).rows[0]
    assert (once[2].text, once[-1].text) == ("–", "4 distillations a side of 10 seeds")
    # An interval that is narrow enough, of three whose permutation cannot show a difference.
    few = variance_table(report(constant(0.04), distillations=(3, 3), spread=0.0005)[1]).rows[0]
    assert few[-1].text == "4 distillations a side of 10 seeds"
    # Two claims at once: the permutation of four against four has p of .029, twice that is above .05.
    two = variance_table(report(constant(0.0), encoders=("adapted", "second"))[1]).rows
    assert {row[-1].text for row in two} == {"5 distillations a side of 10 seeds"}
    given = variance_table(report(constant(0.0), fixed=("student",))[1]).rows[0]
    assert given[-1].text == "3 distillations of adapted, 10 seeds each"
    assert variance_table(report(constant(0.0), fixed=("adapted", "student"))[1]).absent


def test_nothing_is_said_where_nothing_is_compared(make_inputs):
    inputs = make_inputs(baselines=())
    assert first_screen(inputs, analyse(inputs)).verdict.endswith("so there is nothing to decide.")
