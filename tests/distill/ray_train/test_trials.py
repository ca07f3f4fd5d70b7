"""Pieces of work as trials, on a real Ray: as many at a time as there is room for, and tried again."""

import os
import pickle
import time
from pathlib import Path

import pytest

from raykd.artifacts import Storage
from raykd.distill.ray_train.trials import run_trials
from raykd.errors import InputError, LimitReached

pytestmark = pytest.mark.usefixtures("local_ray")


def test_what_fails_or_loses_its_process_is_tried_again(tmp_path):
    """Work 1 loses its process at first and work 2 raises; bad input, work 3, is no failure and is not tried again."""

    def work(index):
        file = tmp_path / f"tries-{index}"
        tries = 1 + int(file.read_text() if file.exists() else 0)
        file.write_text(str(tries))
        if index == 1 and tries == 1:
            os._exit(1)
        if index == 2 and tries == 1:
            raise RuntimeError("at first")
        if index == 3:
            raise InputError("bad for ever")
        return {"tries": tries}

    answers = {}
    storage = Storage(str(tmp_path / "storage"))
    with pytest.raises(InputError, match="bad for ever"):
        run_trials(
            storage,
            work,
            ["a", "b", "c", "d"],
            {"CPU": 1},
            2,
            lambda index, name, answer: answers.update({name: answer}),
            share_processes=True,
        )
    assert {name: answers[name]["tries"] for name in "abc"} == {"a": 1, "b": 2, "c": 2}
    assert (tmp_path / "tries-3").read_text() == "1" and not storage.exists("scratch")


def test_a_limit_is_no_failure_and_is_not_tried_again(tmp_path):
    def work(index):
        with open(tmp_path / "tries", "a") as file:
            file.write("x")
        raise LimitReached("resources.train.limits.steps 2 reached")

    lines = []
    with pytest.raises(LimitReached, match=r"limits\.steps 2 reached"):
        run_trials(Storage(str(tmp_path / "storage")), work, ["a"], {"CPU": 1}, 2, lambda *line: lines.append(line))
    assert (tmp_path / "tries").read_text() == "x" and lines[0][2]["limit"].startswith("resources.train")


def test_halves_of_a_cpu_run_twice_as_many(tmp_path):
    """Four trials that wait for each other, on two CPUs."""

    def work(index):
        (tmp_path / f"at-work-{index}").touch()
        end = time.monotonic() + 60
        while len(list(tmp_path.glob("at-work-*"))) < 4 and time.monotonic() < end:
            time.sleep(0.05)
        return {"together": len(list(tmp_path.glob("at-work-*")))}

    answers = []
    storage = Storage(str(tmp_path / "storage"))
    run_trials(storage, work, list("abcd"), {"CPU": 0.5}, 0, lambda *line: answers.append(line[2]["together"]))
    assert answers == [4] * 4


class Trap:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def test_what_lies_on_storage_is_never_unpickled(tmp_path, monkeypatch):
    """Who may write to the bucket could put code in the place of an error that Tune leaves there."""
    planted = []

    def plant(error, file):
        file.write(pickle.dumps(Trap(tmp_path / "sprung")))
        planted.append(type(error).__name__)

    def work(index):
        raise ValueError("no good\nin two lines")

    monkeypatch.setattr("ray.tune.experiment.trial.cloudpickle.dump", plant)
    with pytest.raises(RuntimeError, match=r"1 of 1 failed; .* The first is a: ValueError: no good\n") as failure:
        run_trials(Storage(str(tmp_path / "storage")), work, ["a"], {"CPU": 1}, 1, lambda *line: None)
    assert "ValueError: no good" in failure.value.__notes__[0]
    assert planted.count("RayTaskError(ValueError)") == 2 and not (tmp_path / "sprung").exists()
    pickle.loads(pickle.dumps(Trap(tmp_path / "sprung")))
    assert (tmp_path / "sprung").exists()
