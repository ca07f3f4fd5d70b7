"""The figures: deterministic, valid SVG, with names as plain text and a text alternative."""

import xml.etree.ElementTree as ElementTree

import pandas as pd
import pytest

from raykd.report.figures import build_figures
from raykd.report.inputs import COLUMNS, empty
from raykd.report.results import analyse


@pytest.fixture(scope="module")
def figures(inputs):
    return build_figures(inputs, analyse(inputs))


def test_three_figures_are_svg_with_text_alternatives(figures):
    assert set(figures) == {"figure2-quantity", "loss-curves", "score-distributions"}
    for figure in figures.values():
        assert ElementTree.fromstring(figure.svg).tag.endswith("svg")
        assert len(figure.alt) > 40
        assert b"<dc:date>" not in figure.svg
        assert b"mathdefault" not in figure.svg
        assert len(figure.svg) < 300_000


def test_the_text_alternative_tells_the_numbers(figures):
    alt = figures["figure2-quantity"].alt
    assert "1 GB" in alt
    assert "mbert" in alt
    assert "td-distilmbert from 48.6 to 6.4;" in figures["loss-curves"].alt


def test_the_same_inputs_give_the_same_bytes(inputs, figures):
    again = build_figures(inputs, analyse(inputs))
    assert {slug: figure.svg for slug, figure in again.items()} == {slug: f.svg for slug, f in figures.items()}


def test_one_seed_has_no_band_and_no_traceback(make_inputs, inputs):
    one = make_inputs(scores=inputs.scores[inputs.scores["seed"] == 0])
    assert len(build_figures(one, analyse(one))) == 3


def test_names_are_never_read_as_mathematics(make_inputs):
    training = pd.DataFrame([(r"$\frac{", 1, 1, 10, 2.0, None, 2.0, None)], columns=list(COLUMNS["training"]))
    inputs = make_inputs(training=training)
    figure = build_figures(inputs, analyse(inputs))["loss-curves"]
    assert rb"$\frac{" in figure.svg


def test_long_runs_are_thinned(make_inputs, frame):
    rows = [("a", 1, step, step * 100, 1 + 1 / step, None, 1 + 1 / step, None) for step in range(1, 20_001)]
    inputs = make_inputs(training=frame("training", rows))
    assert len(build_figures(inputs, analyse(inputs))["loss-curves"].svg) < 100_000


def test_without_results_there_are_no_figures(make_inputs):
    inputs = make_inputs(scores=empty("scores"), training=empty("training"), sweep=None)
    assert build_figures(inputs, analyse(inputs)) == {}
