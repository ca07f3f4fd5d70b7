"""An experiment as an object: where it stands, its stages, its scores and what it has made."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import raykd
from raykd.errors import InputError
from raykd.statistics.summary import METRICS

ROOT = Path(__file__).parents[2]


@pytest.fixture
def experiment(stored):
    """Whose results are there in name only."""
    return raykd.load(stored / "small.yaml")


def test_an_experiment_says_where_it_stands(experiment, stored):
    assert experiment.config.name == "demo" and "small.yaml" in repr(experiment)
    status = experiment.status()
    assert set(status["state"]) == {"done"} and "encoders/teacher/56" in set(status["name"])
    assert status["size"].min() >= 1000


def test_overrides_are_those_of_the_command_line(stored):
    assert raykd.load(stored / "small.yaml", ["name=other"]).config.name == "other"
    with pytest.raises(InputError, match="unknown key"):
        raykd.load(stored / "small.yaml", ["nmae=other"])
    with pytest.raises(InputError, match="overrides are a list of strings"):
        raykd.load(stored / "small.yaml", "name=other")


def test_an_encoder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="/nowhere: no such directory"):
        raykd.Encoder.load("/nowhere")
    with pytest.raises(InputError, match="has no config"):
        raykd.Encoder.load(tmp_path)


def test_stages_need_a_ray_that_the_caller_has_started(experiment, monkeypatch):
    monkeypatch.setattr("raykd.api.experiment._ray_is_started", lambda: False)
    with pytest.raises(InputError, match=r"prepare runs on Ray, and none is started: call ray.init\(\) before"):
        experiment.run("prepare")
    with pytest.raises(InputError, match="no stage is called 'clean'; there are: pipeline, "):
        experiment.run("clean")


def test_a_stage_without_ray_runs_here(experiment, stored):
    (stored / "runs/sample/general/eng.jsonl").unlink()
    experiment.run("sample")
    assert (stored / "runs/sample/general/eng.jsonl").is_file()


def test_what_is_not_there_is_said(experiment, stored):
    assert experiment.scores().empty and experiment.results().empty
    with pytest.raises(InputError, match="no encoder is called 'nobody'; there are: teacher, "):
        experiment.encoder("nobody")
    with pytest.raises(InputError, match="teacher has no seed 3; there are: 56"):
        experiment.encoder("teacher", seed=3)
    with pytest.raises(InputError, match="no frozen encoder 'nobody' is scored"):
        experiment.classifier("nobody")
    other = raykd.load(stored / "small.yaml", ["seed=9"])
    with pytest.raises(InputError, match="is not there yet; first run: raykd distill"):
        other.encoder("teacher")
    with pytest.raises(InputError, match="is not complete; first run: raykd evaluate"):
        other.classifier("teacher")


def test_a_finished_experiment_as_frames_and_objects(finished):
    experiment = raykd.load(finished / "small.yaml")
    scores = experiment.scores()
    assert set(METRICS) <= set(scores["metric"]) and scores["value"].between(0, 1).all()
    own = experiment.results().query("encoder == 'teacher' and metric == 'f1' and task == 'tags'").iloc[0]
    mine = scores.query("encoder == 'teacher' and metric == 'f1' and task == 'tags'")["value"]
    assert own["mean"] == pytest.approx(mine.mean()) and own["n"] == 3
    claims = experiment.claims()
    assert {(claim.encoder, claim.baseline) for claim in claims} >= {("technical-student", "teacher")}
    again = raykd.compare(scores, baseline="teacher")
    (claim,) = (one for one in again.claims if one.encoder == "technical-student")
    (planned,) = (one for one in claims if (one.encoder, one.baseline) == ("technical-student", "teacher"))
    assert claim.gain == pytest.approx(planned.gain)
    encoder = experiment.encoder("technical-student")
    assert encoder.encode(["how do I split a string?"]).shape == (1, 32)
    assert encoder.cleaning == experiment.config.cleaning
    classifier = experiment.classifier("technical-student")
    assert isinstance(classifier.probabilities(["how do I split a string?"]), pd.DataFrame)


@pytest.mark.usefixtures("local_ray")
def test_a_stage_that_is_done_runs_on_the_callers_ray(finished):
    experiment = raykd.load(finished / "small.yaml")
    before = experiment.status().drop(columns="size")
    experiment.run("evaluate")
    pd.testing.assert_frame_equal(experiment.status().drop(columns="size"), before)


@pytest.mark.slow
def test_the_example_runs(finished):
    script = [sys.executable, str(ROOT / "examples/notebook.py"), str(finished / "small.yaml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(script, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    for told in (
        "encoders/teacher/56",
        "technical-student against teacher: ",
        "new, distilled once, is better than old",
    ):
        assert told in done.stdout
