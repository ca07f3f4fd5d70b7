"""The figures: deterministic, valid SVG, with names as plain text and a text alternative."""

import xml.etree.ElementTree as ElementTree

import pytest

from raykd.report.figures.figure import style
from raykd.report.figures.loss_curves import loss_figures
from raykd.report.figures.scores import strip_figure
from raykd.report.inputs import empty
from raykd.report.page import build_figures
from raykd.report.results import analyse

CURVES = {"loss-td-distilmbert", "loss-td-1.0", "loss-td-2.0"}


@pytest.fixture(scope="module")
def figures(inputs, results):
    return build_figures(inputs, results)


def test_figures_are_svg_with_text_alternatives(figures):
    scores = {"score-distributions", "score-ecdfs", "score-profiles", "size-f1", "unseen-groups", "gains-by-task"}
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
    assert "td-distilmbert minus distilmbert: intent eng frozen +" in figures["gains-by-task"].alt
    assert "td, eng: 3.16 GB; td, jpn: 0.06 GB; cc, eng: <0.01 GB" in figures["corpus-composition"].alt
    alt = figures["loss-td-distilmbert"].alt
    assert "total loss from 48.6 to 6.4; distillation loss from 6 to 0.5; masked loss from 9 to 1.9" in alt


@pytest.mark.usefixtures("places_untouched")
def test_one_seed_has_no_band_and_no_traceback(make_inputs, small, figures):
    one = make_inputs(**{**small, "scores": small["scores"][small["scores"]["seed"] == 0]})
    drawn = build_figures(one, analyse(one))
    assert set(drawn) == set(figures) - CURVES - {"gains-by-task"} | {"loss-td-1.0"}


def test_names_are_never_read_as_mathematics(make_inputs, inputs, small):
    name = r"$\frac{"
    changes = {frame: small[frame].replace("td-distilmbert", name) for frame in ("scores", "expected_cells")}
    task_encoders = {task: (name, *encoders[1:]) for task, encoders in inputs.task_encoders.items()}
    changed = make_inputs(**{**small, **changes}, task_encoders=task_encoders)
    with style():
        figure = strip_figure(changed, analyse(changed))
    assert rb"$\frac{" in figure.svg


def test_long_runs_are_thinned(make_inputs, frame):
    unused = (None,) * 3
    rows = [("a", 1, step, step * 100, 1 + 1 / step, None, 1 + 1 / step, *unused) for step in range(1, 20_001)]
    inputs = make_inputs(training=frame("training", rows))
    with style():
        (figure,) = loss_figures(inputs)
    svg = figure.svg
    assert len(svg) < 20_000
    # What is 317 points wide is as wide as a phone: its text of 9 points is not made smaller.
    assert b'width="237.6pt"' in svg


def test_losses_of_hidden_states_are_drawn(make_inputs, frame):
    rows = [("a", 1, step, step * 100, 3 / step, None, None, None, 1 / step, 2 / step) for step in range(1, 50)]
    with style():
        (figure,) = loss_figures(make_inputs(training=frame("training", rows)))
    assert "hidden MSE loss from 1 to 0.0204; relations loss from 2 to 0.0408" in figure.alt
    assert b"hidden MSE" in figure.svg and b"masked" not in figure.svg


def test_without_results_there_are_no_figures(make_inputs):
    nothing = {name: empty(name) for name in ("texts", "scores", "sized_scores", "training")}
    inputs = make_inputs(**nothing, sweep=None, predictions={}, design=None)
    assert build_figures(inputs, analyse(inputs)) == {}


def test_control_characters_leave_a_figure_valid(make_inputs, small):
    name = "\x07\u202eadapted"
    scores = small["scores"].replace({"encoder": {"td-distilmbert": name}})
    task_encoders = {task: (name, "mbert") for task in ("intent", "tags")}
    changed = make_inputs(**{**small, "scores": scores}, task_encoders=task_encoders)
    with style(), pytest.warns(UserWarning, match="missing from font"):
        figure = strip_figure(changed, analyse(changed))
    assert ElementTree.fromstring(figure.svg).tag.endswith("svg")
    assert rb"\u0007\u202eadapted" in figure.svg
