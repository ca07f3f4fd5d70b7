"""Three readings of Table 7 between two encoders: numbers, tests, table and figure."""

import numpy as np
import pandas as pd
import pytest

from raykd.report.figures.figure import style
from raykd.report.figures.homonyms import homonym_figure
from raykd.report.homonym_shift import ACROSS, ALL, DISTANCE, SIMILARITY, readings
from raykd.report.tables.homonyms import shift_table


@pytest.fixture
def shifted() -> pd.DataFrame:
    """Six words in two languages, four sentences each: technical pairs .2 nearer in the first encoder, general the same
    but for noise."""
    generator, rows = np.random.default_rng(0), []
    for language in ("eng", "jpn"):
        for word in ("a", "b", "c"):
            for sense, moved in (("general", 0.0), ("technical", -0.2)):
                for sentence in range(2):
                    for measure in ("cosine", "Euclidean"):
                        values = (0.5 + moved + generator.normal(0, 0.01), 0.5, 0.3 - moved)
                        names = ("student", "control")
                        rows.append((language, word, sense, "near", sentence, measure, *values, *names))
    columns = "language word sense neighbour sentence measure first second across first_encoder second_encoder"
    return pd.DataFrame(rows, columns=columns.split())


def test_the_readings_of_distance_and_similarity_are_opposite(shifted):
    found = {(one.reading, one.measure, one.language, one.sense): one for one in readings(shifted)}
    technical = found[DISTANCE, "cosine", ALL, "technical"]
    assert (
        technical.shift.mean == pytest.approx(-0.2, abs=0.01) and technical.shift.below == technical.shift.pairs == 12
    )
    assert technical.shift.sign_p_value == pytest.approx(2 / 2**12)
    assert technical.shift.words == 6 and technical.shift.permutation_p_value == 2 / 2**6
    opposite = found[SIMILARITY, "cosine", ALL, "technical"]
    assert opposite.shift.mean == -technical.shift.mean and opposite.first == 1 - technical.first
    assert found[DISTANCE, "cosine", ALL, "technical − general"].shift.mean == pytest.approx(-0.2, abs=0.02)
    across = found[ACROSS, "Euclidean", "eng", "technical − general"]
    assert (across.first, across.second) == (pytest.approx(0.5), pytest.approx(0.3)) and across.shift.words == 3


def test_encoders_of_two_widths_have_no_reading_across(shifted):
    assert ACROSS not in {one.reading for one in readings(shifted.assign(across=np.nan))}


def test_the_table_and_the_figure_name_both_encoders(make_inputs, shifted):
    inputs = make_inputs(homonym_shift=shifted)
    table = shift_table(inputs)
    assert "student against control" in table.title and table.header[4:6] == ("student", "control")
    assert len(table.rows) == 2 * 3 * 6 and not table.absent
    with style():
        figure = homonym_figure(inputs)
    assert figure.slug == "homonym-shift"
    assert "technical 6 of 6" in figure.alt and b"a (jpn)" in figure.svg
    assert shift_table(make_inputs()).absent and homonym_figure(make_inputs()) is None
