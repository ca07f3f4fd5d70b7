"""Times and homonyms in the report: Tables 5 and 7, the table of every time, the frontier, the paper's values."""

import numpy as np
import pandas as pd
import pytest

from raykd.report.figures.figure import style
from raykd.report.figures.size_and_f1 import frontier_figure
from raykd.report.inputs import COLUMNS
from raykd.report.page import build_tables, page
from raykd.report.results import analyse
from raykd.report.text.numbers import milliseconds

MEDIANS = {("mbert", 1): 305.4, ("mbert", 32): 52.0, ("distilmbert", 1): 188.0, ("distilmbert", 32): 4.567}


@pytest.fixture(scope="module")
def inputs(make_inputs, small):
    """Two of three encoders are timed, on a task's texts and on texts of 128 tokens."""
    times = [
        (
            *(encoder, length, batch, 1, "cpu", "float32", 32, 3200, 91_812_096),
            *(median * scale * 0.9, median * scale, median * scale * 1.2, 1e5 / median, "some processor", 2),
            *(300 / median, 290 / median, 310 / median, "mbert", "other processes had 52% of the machine's time"),
        )
        for length, scale in ((np.nan, 1), (128, 2))
        for (encoder, batch), median in MEDIANS.items()
    ]
    homonyms = [
        ("mbert", "java", "general", "coffee", 0.012, 0.2, 0.6),
        ("mbert", "java", "technical", "c#", 0.004, 0.4, 0.6),
        ("distilmbert", "java", "general", "coffee", 0.010, 0.1, 0.1),
        ("distilmbert", "java", "technical", "c#", 0.013, 0.1, 0.1),
    ]
    return make_inputs(
        **small,
        latency=pd.DataFrame(times, columns=list(COLUMNS["latency"])),
        homonyms=pd.DataFrame(homonyms, columns=list(COLUMNS["homonyms"])),
    )


@pytest.fixture(scope="module")
def results(inputs):
    return analyse(inputs)


@pytest.fixture(scope="module")
def tables(inputs, results):
    return build_tables(inputs, results)


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_table_5_has_the_times_of_the_first_texts(tables):
    table = tables["table5-size"]
    assert table.header[-2:] == ("ms, batch 1", "ms, batch 32")
    assert [row[-2:] for row in texts(table)] == [["305", "52"], ["188", "4.57"], ["–", "–"]]
    assert "float32 on some processor, 1 thread" in " ".join(table.notes)
    assert "mbert 91,812,096" in " ".join(table.notes)


def test_every_time_is_listed_with_its_quartiles(tables):
    rows = texts(tables["latency"])
    assert len(rows) == 8
    assert rows[0] == ["mbert", "the task's", "1", "305", "275 to 366", "0.98 (0.95 to 1.02)", "327", "100.0"]
    assert rows[4][:4] == ["mbert", "128", "1", "611"]
    assert "how many times as long mbert takes" in tables["latency"].notes[1]
    assert "busy, which makes all times longer: other processes had 52%" in tables["latency"].notes[2]


@pytest.mark.parametrize(("value", "shown"), [(1234.4, "1,234"), (99.96, "100"), (4.567, "4.57"), (0.01234, "0.0123")])
def test_times_have_three_digits(value, shown):
    assert milliseconds(value) == shown


def test_table_7_has_distance_and_similarity_and_the_nearest_in_bold(tables):
    table = tables["table7-homonyms"]
    assert table.header == ("word", "sense", "neighbour", "mbert", "distilmbert")
    assert texts(table)[0] == ["java", "general", "coffee", "0.01200 (0.98800)", "0.01000 (0.99000)"]
    assert [[cell.bold for cell in row[3:]] for row in table.rows] == [[False, True], [True, False]]
    assert "mbert 1 of 1; distilmbert 0 of 1" in table.notes[-1]
    np.testing.assert_allclose(table.raw["neighbour_similarity"], [0.988, 0.996, 0.990, 0.987])


def test_senses_are_compared_within_and_between(tables):
    assert texts(tables["homonym-senses"]) == [
        ["mbert", "java", "0.2000", "0.4000", "0.6000", "2.00"],
        ["mbert", "mean", "0.2000", "0.4000", "0.6000", "2.00"],
        ["distilmbert", "java", "0.1000", "0.1000", "0.1000", "1.00"],
        ["distilmbert", "mean", "0.1000", "0.1000", "0.1000", "1.00"],
    ]


def test_the_frontier_has_a_panel_of_time_for_what_is_timed(inputs, results):
    with style():
        figure = frontier_figure(inputs, results)
    assert figure.title == "Size and time against F1"
    assert "mbert frozen 305 milliseconds a text (batch 1)" in figure.alt
    assert "td-distilmbert frozen 135 parameters (millions)" in figure.alt
    assert "td-distilmbert frozen 135 milliseconds" not in figure.alt
    assert "frozen by milliseconds a text (batch 1): distilmbert" in figure.note


def test_our_times_stand_beside_the_papers(inputs, tables):
    values = tables["paper-values"].raw
    times = values[values["what"].str.endswith("milliseconds")].set_index("what")
    assert times.loc["mBERT, milliseconds", ["paper", "here"]].tolist() == [305, 305.4]
    assert np.isnan(times.loc["TD-DistilmBERT, milliseconds", "here"])


def test_the_page_has_all_of_them(inputs, results, tables):
    shown = page(inputs, results, tables, {})
    for slug in ("table5-size", "latency", "table7-homonyms", "homonym-senses"):
        assert f'id="{slug}"' in shown
