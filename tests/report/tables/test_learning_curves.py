"""Scores by labelled rows: tables, figure, sentences, and the section of the page."""

from raykd.report.figures.figure import style
from raykd.report.figures.learning_curves import learning_figure
from raykd.report.inputs import empty
from raykd.report.page import build_tables, page
from raykd.report.results import analyse
from raykd.report.tables.learning_curves import learning_table, reach_table
from raykd.report.text.conclusions import missing


def texts(table):
    return [tuple(cell.text for cell in row) for row in table.rows]


def test_every_point_of_a_curve_has_a_row(inputs, results):
    table = learning_table(results)
    assert len(table.rows) == 2 * 2 * 4 * 3  # languages, weights, sizes, encoders
    first = inputs.sized_scores.query("language == 'eng' and encoder == 'mbert' and weights == 'frozen'")
    f1 = first[first["train_rows"] == 1000].groupby("seed")["f1"].mean()
    shown = f"{100 * f1.mean():.1f} ± {100 * f1.std():.1f}"
    assert ("tags", "eng", "frozen", "1,000", "mbert", shown, f"{100 * f1.mean() + 10:.1f}", "10") in texts(table)
    assert [row[3].text for row in table.rows[:12:3]] == ["1,000", "2,000", "3,000", "8,000 (all)"]
    # The highest of a few means is no finding.
    assert not any(cell.bold for row in table.rows for cell in row)
    assert set(table.raw["metric"]) == {"f1", "precision", "recall", "average_precision"}


def test_rows_needed_are_told_with_what_they_are_worth(results):
    shown = {row[1:4]: row[4:] for row in texts(reach_table(results))}
    assert len(shown) == 8
    assert shown["frozen", "td-distilmbert against mbert", "eng"][1:] == ("8,000", "8,000", "3,000", "62")
    assert shown["frozen", "td-distilmbert against distilmbert", "jpn"][1:] == ("4,000", "4,000", "4,000 (all)", "0")
    assert shown["frozen", "td-distilmbert against mbert", "jpn"][1:] == ("4,000", "4,000", "not reached", "–")


def test_the_smallest_size_and_a_fall_are_marked(make_inputs, inputs):
    own = inputs.sized_scores["encoder"].eq("td-distilmbert") & inputs.sized_scores["language"].eq("eng")
    scores = inputs.sized_scores.copy()
    scores.loc[own & scores["train_rows"].eq(1000), "f1"] += 0.2
    table = reach_table(analyse(make_inputs(sized_scores=scores)))
    needed, saved = table.rows[0][-2:]
    assert (needed.text, needed.marks, needed.value) == ("≤1,000", "↓", 1000)
    assert (saved.text, saved.value) == ("≥88", 87.5)


def test_the_figure_is_told_in_words(inputs, results):
    with style():
        figure = learning_figure(inputs, results)
    assert "tags, eng, frozen, mbert: 1,000 rows 59.5, 2,000 rows 63.7, 3,000 rows 66.1, 8,000 rows 67.9" in figure.alt
    for name in (b"tags, jpn, fine-tuned", b"td-distilmbert", b">8k<"):
        assert name in figure.svg


def test_missing_sizes_are_listed(make_inputs, inputs):
    scores = inputs.sized_scores
    few = scores["train_rows"].eq(2000) & scores["encoder"].eq("mbert") & scores["seed"].ge(4)
    partial = make_inputs(sized_scores=scores[~few & scores["train_rows"].ne(1000)])
    lines = missing(partial, analyse(partial))
    assert "tags, mbert, frozen, 1,000 rows: no scores for eng, jpn." in lines
    assert "tags, mbert, frozen, 2,000 rows, jpn: 4 of 10 seeds." in lines
    assert len(lines) == 3 * 2 + 2 * 2


def test_the_section_is_there_where_cells_of_fewer_rows_are_asked_for(make_inputs, small):
    def shown(**changes):
        """The page with this figure alone, and whether its tables and the figure are there."""
        inputs = make_inputs(**{**small, **changes})
        results = analyse(inputs)
        tables = build_tables(inputs, results)
        with style():
            figure = learning_figure(inputs, results)
        there = {bool(tables["rows-needed"].rows), bool(tables["learning-curves"].rows), figure is not None}
        return page(inputs, results, tables, {figure.slug: figure} if figure else {}), there

    whole, there = shown()
    assert 'id="labels"' in whole and there == {True}
    none = {name: empty(name) for name in ("sized_scores", "sized_cells")}
    without, there = shown(**none)
    assert 'href="#labels"' not in without and there == {False}
    unscored, _ = shown(sized_scores=none["sized_scores"])
    assert "No cell of fewer training rows has scores yet." in unscored


def test_where_the_number_of_all_rows_is_not_known_the_table_says_all(make_inputs):
    inputs = make_inputs(splits=empty("splits"))
    results = analyse(inputs)
    assert {row[3].text for row in learning_table(results).rows} == {"1,000", "2,000", "3,000", "all"}
    needed = {row[1:4]: row[5:] for row in texts(reach_table(results))}
    assert needed["frozen", "td-distilmbert against mbert", "eng"] == ("–", "–", "3,000", "–")
    assert needed["frozen", "td-distilmbert against distilmbert", "jpn"] == ("–", "–", "all", "–")
    with style():
        assert "8,000" not in learning_figure(inputs, results).alt
