"""The figures: deterministic, valid SVG, with names as plain text and a text alternative."""

import xml.etree.ElementTree as ElementTree

import pytest

from raykd.report.figure import style
from raykd.report.figures import build_figures
from raykd.report.inputs import empty
from raykd.report.loss_curves import loss_figures
from raykd.report.results import analyse
from raykd.report.score_figures import strip_figure

CURVES = {"loss-td-distilmbert", "loss-td-1.0", "loss-td-2.0"}


@pytest.fixture(scope="module")
def figures(inputs):
    return build_figures(inputs, analyse(inputs))


def test_figures_are_svg_with_text_alternatives(figures):
    scores = {"score-distributions", "score-ecdfs", "score-profiles", "size-f1", "unseen-groups"}
    assert set(figures) == {"corpus-composition", "figure2-quantity", "learning-curves", *CURVES, *scores}
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
    assert "td, eng: 3.16 GB; td, jpn: 0.06 GB; cc, eng: <0.01 GB" in figures["corpus-composition"].alt
    alt = figures["loss-td-distilmbert"].alt
    assert "total loss from 48.6 to 6.4; distillation loss from 6 to 0.5; masked loss from 9 to 1.9" in alt


def test_one_seed_has_no_band_and_no_traceback(make_inputs, inputs):
    one = make_inputs(scores=inputs.scores[inputs.scores["seed"] == 0])
    assert len(build_figures(one, analyse(one))) == 11


def test_names_are_never_read_as_mathematics(make_inputs, inputs):
    name = r"$\frac{"
    changes = {frame: getattr(inputs, frame).replace("td-distilmbert", name) for frame in ("scores", "expected_cells")}
    task_encoders = {task: (name, *encoders[1:]) for task, encoders in inputs.task_encoders.items()}
    changed = make_inputs(**changes, task_encoders=task_encoders)
    with style():
        figure = strip_figure(changed, analyse(changed))
    assert rb"$\frac{" in figure.svg


def test_long_runs_are_thinned(make_inputs, frame):
    rows = [("a", 1, step, step * 100, 1 + 1 / step, None, 1 + 1 / step, None) for step in range(1, 20_001)]
    inputs = make_inputs(training=frame("training", rows))
    with style():
        (figure,) = loss_figures(inputs)
    svg = figure.svg
    assert len(svg) < 20_000
    # What is 317 points wide is as wide as a phone: its text of 9 points is not made smaller.
    assert b'width="237.6pt"' in svg


def test_without_results_there_are_no_figures(make_inputs):
    nothing = {name: empty(name) for name in ("texts", "scores", "sized_scores", "training")}
    inputs = make_inputs(**nothing, sweep=None, predictions={})
    assert build_figures(inputs, analyse(inputs)) == {}
