"""What the tables show, from which numbers, and what they say of missing ones."""

import re

import pandas as pd
import pytest

from raykd.report.inputs import empty
from raykd.report.page import build_tables
from raykd.report.results import analyse
from raykd.report.tables.claims import gain_table
from raykd.report.tables.corpora import corpus_table
from raykd.report.tables.run import stage_table
from raykd.report.tables.scores import score_table
from raykd.report.tables.significance import certainty_table
from raykd.report.tables.splits import left_out_table, split_table
from raykd.report.text.certainty import threshold_sentence


@pytest.fixture(scope="module")
def tables(inputs, results):
    return build_tables(inputs, results)


@pytest.fixture
def build(make_inputs):
    """Tables by slug of the experiment with some fields replaced."""

    def tables(**changes):
        inputs = make_inputs(**changes)
        return build_tables(inputs, analyse(inputs))

    return tables


def texts(table):
    return [tuple(cell.text for cell in row) for row in table.rows]


def test_table_1_has_one_unit_and_totals(tables):
    table = tables["table1-corpus"]
    assert table.header == ("encoder", "corpus", "eng", "jpn", "total")
    assert texts(table)[0] == ("td-distilmbert", "td", "1.58", "0.06", "1.64")
    assert texts(table)[1] == ("td-1.0", "td", "1.00", "0.00", "1.00")
    assert "in GB" in table.title
    assert table.notes[-1] == "No training text on record for: distilmbert, mbert."


@pytest.mark.parametrize(
    ("number_of_bytes", "unit", "shown"),
    [(40_000, "kB", "40.00"), (3_070_000, "MB", "3.07"), (10**9, "GB", "1.00")],
)
def test_table_1_chooses_the_unit_from_the_largest_total(make_inputs, frame, number_of_bytes, unit, shown):
    corpora = frame("corpora", [("a", "c", "eng", 5, number_of_bytes, 9), ("b", "c", "eng", 1, 2, 1)])
    table = corpus_table(make_inputs(corpora=corpora))
    assert f"in {unit}" in table.title
    assert texts(table) == [("a", "c", shown, shown), ("b", "c", "<0.01", "<0.01")]


def test_table_2_tells_natural_from_translated(tables, make_inputs, frame):
    shown = texts(tables["table2-splits"])
    assert ("intent", "train", "T", "–", "4,000") in shown
    assert ("intent", "test", "N", "1,000", "500") in shown
    assert tables["table2-splits"].notes == (
        "N: natural; T: machine-translated.",
        "No test row is translated.",
    )
    translated = frame("splits", [("t", "binary", "eng", "test", "translated", 5)])
    assert "Some test rows are translated" in split_table(make_inputs(splits=translated)).notes[1]


def test_table_2_shows_every_row_whatever_origin_it_names(make_inputs, frame):
    """As in configs/cc.yaml, where natural rows name none; and an origin that is neither."""
    own = [("t", "binary", "eng", "test", "", 7), ("t", "binary", "eng", "test", "natural", 2)]
    own += [("t", "binary", "eng", "train", "translated", 5), ("t", "binary", "eng", "train", "scraped", 3)]
    shown = texts(split_table(make_inputs(splits=frame("splits", [*own, ("u", "binary", "eng", "test", "", 4)]))))
    assert shown == [
        ("t", "train", "T", "5"),
        ("t", "train", "scraped", "3"),
        ("t", "test", "N", "9"),
        ("u", "test", "all", "4"),
    ]


def test_tables_3_and_4_divide_the_tasks_by_kind(tables):
    assert texts(tables["table3-binary-labels"]) == [
        ("intent", "intentional", "100", "100"),
        ("intent", "not intentional", "107", "107"),
    ]
    assert [row[0].text for row in tables["table4-labels"].rows] == ["tags"] * 3


def test_table_6_has_baselines_first_and_no_best(tables):
    table = tables["table6-quantity"]
    assert [row[0].text for row in table.rows] == ["mbert", "distilmbert", "td-1.0", "td-2.0", "td-3.0"]
    assert [row[1].text for row in table.rows] == ["baseline", "baseline", "1.00", "2.00", "3.00"]
    assert not any(cell.bold for row in table.rows for cell in row)
    assert table.rows[-1][6].text == "10"


def test_table_8_means_are_those_of_the_scores(inputs, tables):
    scores = inputs.scores
    own = scores[(scores["task"] == "intent") & (scores["language"] == "eng") & (scores["encoder"] == "mbert")]
    own = own[(own["weights"] == "frozen") & (own["label"] == "intentional")]
    row = next(
        r for r in tables["table8-results"].rows if [c.text for c in r[:4]] == ["intent", "F1", "frozen", "mbert"]
    )
    assert row[4].text == f"{100 * own['f1'].mean():.1f}"


def test_table_8_has_in_bold_what_stands_above_the_primary_baseline(tables, results):
    tests = results.tests[results.tests["baseline"] == "distilmbert"]
    stands = {
        (test.task, test.metric, test.weights, test.encoder, test.language)
        for test in tests.itertuples(index=False)
        if test.stands == "higher"
    }
    names = {"F1": "f1", "precision": "precision", "recall": "recall"}
    bold = {
        (row[0].text, names[row[1].text], row[2].text, row[3].text, language)
        for row in tables["table8-results"].rows
        for language, cell in zip(("eng", "jpn"), row[4:], strict=True)
        if cell.bold
    }
    assert bold == stands
    assert bold


@pytest.fixture
def score_cell(make_inputs, frame):
    """Table 8 and its F1 cell of the adapted encoder, from the scores of three encoders."""

    def cell(adapted, first, second):
        rows = [
            ("tags", "multi-label", "eng", encoder, "frozen", 1, seed, "x", value, value, value, value, 9)
            for encoder, values in (("td-distilmbert", adapted), ("distilmbert", first), ("mbert", second))
            for seed, value in enumerate(values)
        ]
        nothing = {name: empty(name) for name in ("expected_cells", "sized_scores", "sized_cells")}
        inputs = make_inputs(scores=frame("scores", rows), **nothing, predictions={}, sweep=None)
        table = score_table(inputs, analyse(inputs))
        return next(row[4] for row in table.rows if row[1].text == "F1" and row[3].text == "td-distilmbert"), table

    return cell


def test_marks_stand_for_p_below_five_percent_and_say_which_way(score_cell):
    adapted = [0.70 + 0.001 * seed for seed in range(10)]
    # D = .6 against the first (p = .0524), all ten above the second.
    six_apart, below = [value - 0.0055 for value in adapted], [value - 0.1 for value in adapted]
    assert score_cell(adapted, six_apart, below)[0].marks == "†"
    assert score_cell(adapted, below, [value + 0.1 for value in adapted])[0].marks == "*†↓"
    cell, table = score_cell(adapted, adapted, six_apart)
    assert cell.marks == ""
    assert any("p = 0.0524 at D = 0.6 and p = 0.0123 at D = 0.7" in note.replace("\u00a0", " ") for note in table.notes)


def test_a_mean_that_a_few_seeds_turn_gives_no_arrow(score_cell):
    """Eight seeds lower and two far above: the distributions differ, the mean is higher, most seeds are lower."""
    baseline = [0.70 + 0.001 * seed for seed in range(10)]
    turned = [*(value - 0.02 for value in baseline[:8]), 0.9, 0.92]
    cell, table = score_cell(turned, baseline, [value - 0.1 for value in baseline])
    assert cell.marks.startswith("*~")
    assert not cell.bold
    assert any("~: only the distribution differs" in note for note in table.notes)


def test_no_mark_before_a_cell_has_its_seeds(score_cell):
    adapted = [0.7 + 0.001 * seed for seed in range(5)]
    cell, _ = score_cell(adapted, [value - 0.1 for value in adapted], [value - 0.1 for value in adapted])
    assert (cell.marks, cell.bold) == ("", False)


def test_the_threshold_is_computed_for_the_seeds_at_hand():
    assert "so a mark needs D ≥ 0.8" in threshold_sentence(5, 10).replace("\u00a0", " ")
    assert "can give no mark: the best that it can reach is p = 0.1 at D = 1" in threshold_sentence(3, 3).replace(
        "\u00a0", " "
    )


def test_every_comparison_is_listed_with_its_exact_p_value(tables):
    raw = tables["table8-tests"].raw
    assert len(raw) == 2 * 2 * 2 * 3 * 2  # tasks, languages, weights, metrics, baselines
    assert set(raw["method"]) == {"exact, two-sided"}
    assert raw.loc[raw["statistic"] == 1.0, "p_value"].iloc[0] == pytest.approx(1.0825e-5, rel=1e-4)


def test_the_record_of_tests_has_every_effect_and_test(tables):
    raw = tables["table8-tests"].raw
    for column in ("difference_low", "difference_high", "cliffs_delta", "probability_of_improvement", "holm_p_value"):
        assert raw[column].notna().all(), column
    for column in ("permutation", "paired_permutation", "mann_whitney", "welch"):
        assert raw[f"{column}_p_value"].between(0, 1).all(), column
    assert (raw["holm_p_value"] >= raw["p_value"]).all()
    assert raw.loc[raw["metric"] == "f1", "epsilon_min"].between(0, 1).all()
    assert raw["family"].value_counts().to_dict() == {"exploratory": 32, "primary": 8, "secondary": 8}


def test_how_sure_shows_each_difference_in_f1_with_its_interval(tables):
    table = tables["how-sure"]
    assert table.header[4:] == ("points, 95 %", "texts too", "all together", "p", "Holm p", "reading", "delta", "order")
    assert len(table.rows) == 2 * 2 * 2 * 2  # tasks, languages, weights, baselines
    assert [cell.text for cell in table.rows[0][:4]] == [
        "intent",
        "frozen",
        "td-distilmbert against distilmbert",
        "eng",
    ]
    assert [row[3].text for row in table.rows[:4]] == ["eng", "jpn"] * 2
    raw = table.raw.iloc[0]
    shown, low, high = re.fullmatch(r"\+(\S+) \[(\S+), (\S+)\]", table.rows[0][4].text).groups()
    assert (float(shown), float(low), float(high)) == pytest.approx(
        tuple(100 * raw[name] for name in ("difference", "difference_low", "difference_high")), abs=0.005
    )
    assert [row[4].bold for row in table.rows] == list(table.raw["stands"] != "")
    # An interval that holds with all others says the same as Holm.
    outside = (table.raw["simultaneous_low"] >= 0) | (table.raw["simultaneous_high"] <= 0)
    assert list(outside) == list(table.raw["stands"] != "")
    assert {row[10].text for row in table.rows} >= {"+1.00", "−1.00"}
    low, high = re.fullmatch(r"\[(\S+), (\S+)\]", table.rows[0][5].text.replace("−", "-")).groups()
    assert (float(low), float(high)) == pytest.approx((100 * raw["both_low"], 100 * raw["both_high"]), abs=0.005)


def test_several_distillations_are_the_unit(make_inputs, frame, cell_scores):
    own = cell_scores("tags", "eng", "td-distilmbert", "frozen")
    rows = [
        (*row[:5], encoder_seed, *row[6:8], *(value + encoder_seed / 1000 for value in row[8:12]), row[12])
        for encoder_seed in (1, 2, 3)
        for row in own
    ]
    nothing = {name: empty(name) for name in ("expected_cells", "sized_scores", "sized_cells")}
    scores = frame("scores", rows + cell_scores("tags", "eng", "distilmbert", "frozen"))
    inputs = make_inputs(scores=scores, **nothing)
    results = analyse(inputs)
    (row,) = certainty_table(results).rows
    assert row[6].text == "0.25"  # three against one, whatever their thirty scores are
    assert not row[4].bold
    note = score_table(inputs, results).notes[-1].replace("\u00a0", " ")
    assert "the distillation is the unit" in note
    assert "cannot give less than p = 0.25" in note


def test_gains_are_never_averaged_over_encoders(make_inputs, frame, cell_scores):
    cells = [(e, w) for e in ("td-distilmbert", "td-3.0", "mbert") for w in ("frozen", "fine-tuned")]
    rows = [row for encoder, weights in cells for row in cell_scores("tags", "eng", encoder, weights)]
    names = {"tags": ("td-distilmbert", "td-3.0", "mbert")}
    table = gain_table(analyse(make_inputs(scores=frame("scores", rows), task_encoders=names)))
    assert list(dict.fromkeys(row[0].text for row in table.rows)) == ["td-distilmbert", "td-3.0"]
    assert [row[2].text for row in table.rows[:3]] == ["all", "frozen", "fine-tuned"]


def test_average_precision_stands_beside_f1_outside_the_tables_of_the_paper(tables):
    """In the experiment made up here it is a tenth above F1 throughout."""
    aggregates, gains = tables["aggregates"], tables["gains"]
    mean, precision = (aggregates.header.index(name) for name in ("mean", "average precision"))
    for row in aggregates.rows:
        assert float(row[precision].text) == pytest.approx(float(row[mean].text) + 10, abs=0.11)
    assert aggregates.raw["average_precision"].to_numpy() == pytest.approx(aggregates.raw["mean"].to_numpy() + 0.1)
    absolute, precision = (gains.header.index(name) for name in ("points", "average precision"))
    assert [row[precision].text for row in gains.rows] == [row[absolute].text for row in gains.rows]
    assert not any("average precision" in cell.text for row in tables["table8-results"].rows for cell in row)
    assert set(tables["table8-results"].raw["metric"]) == {"f1", "precision", "recall", "average_precision"}


def test_absent_tables_give_their_reason(build, frame, cell_scores):
    tables = build(
        scores=empty("scores"), corpora=empty("corpora"), labels=empty("labels"), splits=empty("splits"),
        sweep=None, positive={}, stages=empty("stages"), encoders=empty("encoders"),
        sized_scores=empty("sized_scores"),
        texts=empty("texts"), drops=empty("drops"), tokens=empty("tokens"), predictions={}, paper=None, design=None,
    )  # fmt: skip
    assert all(not table.rows and table.absent for table in tables.values())
    assert tables["table6-quantity"].absent == "No sweep in this experiment."
    assert build(scores=frame("scores", cell_scores("tags", "eng", "td-1.0", "fine-tuned")))[
        "table6-quantity"
    ].absent.startswith("No encoder of the sweep")


def test_missing_numbers_are_dashes(make_inputs):
    stages = pd.DataFrame(
        [("prepare", "td", "texts/td", "00", None)], columns=["stage", "name", "directory", "hash", "seconds"]
    )
    assert texts(stage_table(make_inputs(stages=stages)))[0][-1] == "–"


def test_stage_times_add_up(tables):
    assert [row[-1].text for row in tables["stages"].rows] == ["13 min 32 s", "2 h 32 min", "12.3 s"]
    assert tables["stages"].notes[0].startswith("In total 2 h 45 min: prepare 13 min 32 s, distill 2 h 32 min")


def test_rows_left_out_are_shown_by_reason_whatever_a_stage_counts(make_inputs, frame):
    rows = [
        ("task tags", "unmatched", "labels, colour", 7),
        ("corpus td", "unmatched", "groups, Acme", 2),
        ("task tags", "rejected", "", 1_234),
    ]
    table = left_out_table(make_inputs(rows_left_out=frame("rows_left_out", rows)))
    assert texts(table) == [
        ("task tags", "unmatched", "labels, colour", "7"),
        ("task tags", "rejected", "in all", "1,234"),
        ("corpus td", "unmatched", "groups, Acme", "2"),
    ]
