"""Curves for TensorBoard and MLflow: which numbers, and that a run which goes on writes no step twice."""

import struct
from pathlib import Path

import fsspec
import pytest

from raykd.artifacts import Storage
from raykd.distill.logging.loggers import Observer, open_loggers, scalars, tell_all
from raykd.distill.train.step import StepRow
from raykd.distill.train.timing import TimingRow
from raykd.distill.train.validation import ValidationRow

DIRECTORY = "encoders/student-7-0123abcd"


def row(step: int, kd: float | None = 0.5) -> StepRow:
    return StepRow(step, 0, 4, 100, 15, 2.0 + step, 1.0, kd, None, 1e-3, 0.1)


def timing(step: int) -> TimingRow:
    return TimingRow(step, seconds=2.0, data_wait=0.25, tokens=100, padding=0.0, attended=10.0)


def log(loggers, steps) -> None:
    for step in steps:
        for logger in loggers:
            logger.log(row(step), timing(step))
            if step % 2:
                logger.validated([ValidationRow(step + 1, "eng", 3.0 - step, 40)], best=True)
    for logger in loggers:
        logger.flush()
        logger.close()


def events(directory: Path) -> list:
    """Every event of the files of TensorBoard, in the order in which they were written."""
    from tensorboardX.proto.event_pb2 import Event

    found = []
    for path in sorted(directory.glob("events.out.*")):
        content = path.read_bytes()
        while content:
            size = struct.unpack("<Q", content[:8])[0]
            found.append(Event.FromString(content[12 : 12 + size]))
            content = content[16 + size :]
    return found


def curve(found: list, name: str) -> dict[int, float]:
    """What TensorBoard shows: a start of a session hides all from its step on."""
    points: dict[int, float] = {}
    for event in found:
        if event.HasField("session_log"):
            points = {step: value for step, value in points.items() if step < event.step}
        for value in event.summary.value:
            if value.tag == name:
                assert event.step not in points
                points[event.step] = value.simple_value
    return points


def test_scalars_of_a_step():
    found = dict(scalars(row(3), timing(3)))
    assert found == {
        "loss/total": 5.0,
        "loss/mlm": 1.0,
        "loss/kd": 0.5,
        "learning_rate": 1e-3,
        "gradient_norm": 0.1,
        "tokens_per_second": 50.0,
        "data_wait": 0.25,
    }
    assert "loss/kd" not in dict(scalars(row(3, kd=None), timing(3)))


def test_tensorboard_has_every_step_once_after_a_restart(tmp_path):
    storage = Storage(str(tmp_path))
    log(open_loggers(("tensorboard",), storage, DIRECTORY, 0), range(5))
    log(open_loggers(("tensorboard",), storage, DIRECTORY, 3), range(3, 8))
    found = events(tmp_path / "tensorboard" / "student-7-0123abcd")
    assert curve(found, "loss/total") == {step: 2.0 + step for step in range(8)}
    assert curve(found, "loss/kd") == dict.fromkeys(range(8), 0.5)
    assert curve(found, "validation/eng") == {step: 3.0 - step for step in (1, 3, 5, 7)}


def test_tensorboard_files_reach_an_object_store():
    storage = Storage("memory://raykd-loggers")
    loggers = open_loggers(("tensorboard",), storage, DIRECTORY, 0)
    log(loggers, range(2))
    names = fsspec.filesystem("memory").ls("/raykd-loggers/tensorboard/student-7-0123abcd", detail=False)
    assert len(names) == 1 and "events.out" in names[0]


def test_mlflow_has_every_step_once_after_a_restart(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", str(tmp_path / "runs"))
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")  # a server or a database is what MLflow wants today
    storage = Storage(str(tmp_path / "experiment"))
    log(open_loggers(("mlflow",), storage, DIRECTORY, 0), range(5))
    log(open_loggers(("mlflow",), storage, DIRECTORY, 3), range(3, 8))
    client = mlflow.MlflowClient(str(tmp_path / "runs"))
    number = client.get_experiment_by_name("experiment").experiment_id
    (run,) = client.search_runs([number])
    assert run.info.run_name == "student-7-0123abcd"
    history = client.get_metric_history(run.info.run_id, "loss/total")
    assert [(metric.step, metric.value) for metric in history] == [(step, 2.0 + step) for step in range(8)]
    history = client.get_metric_history(run.info.run_id, "validation/eng")
    assert [(metric.step, metric.value) for metric in history] == [(step, 3.0 - step) for step in (1, 3, 5, 7)]


def test_a_server_that_is_away_leaves_the_others(tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.warns(UserWarning, match="mlflow is left out of this run"):
        (kept,) = open_loggers(("mlflow", "tensorboard"), Storage(str(tmp_path)), DIRECTORY, 0)
    kept.close()


def test_without_loggers_nothing_is_written(tmp_path):
    assert open_loggers((), Storage(str(tmp_path)), DIRECTORY, 0) == []
    assert not list(tmp_path.iterdir())


def test_an_observer_that_fails_is_dropped_and_the_others_go_on():
    class Away(Observer):
        def log(self, row, timing):
            raise ConnectionError("no server")

    class Here(Observer):
        told = 0

        def log(self, row, timing):
            self.told += 1

    here = Here()
    observers: list[Observer] = [Away(), here]
    with pytest.warns(UserWarning, match="Away is left out from here on: no server"):
        tell_all(observers, lambda observer: observer.log(None, None))
    tell_all(observers, lambda observer: observer.log(None, None))
    assert observers == [here] and here.told == 2
