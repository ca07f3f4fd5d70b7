"""What becomes of several trainings, by plain calls in place of Ray; tests/distill/test_trainings.py has a real one."""

import json
from types import SimpleNamespace

import pytest
from ray.train import WorkerGroupError

from raykd.config import TrainResources
from raykd.distill.ray_train import trainings
from raykd.distill.train.usage import SharedLimit
from raykd.errors import LimitReached


class Shown:
    """In place of a Ray queue: keeps what is put into it."""

    def __init__(self):
        self.heard = []

    def put(self, what):
        self.heard.append(what)


@pytest.fixture
def run(monkeypatch):
    """run({name: what its training raises, or None}): the lines that are reported."""

    def run_all(ends):
        lines = []
        job = SimpleNamespace(store=SimpleNamespace(storage=None, manifest=lambda result: {"seconds": 3.2}))
        job.resources = TrainResources(failures=2)
        jobs = [(SimpleNamespace(**vars(job), name=name, seed=1, shared=None), name) for name in ends]

        def train_encoder(job, result, display, in_process):
            assert not in_process
            display.say(f"{job.name} begins")
            if ends[result]:
                raise ends[result]

        def run_trials(work, items, names, options, failures, report, concurrent, again):
            assert [one["num_cpus"] for one in options] == [0] * len(names) and failures == 2 and concurrent == 1
            stopped = None
            for index, name in enumerate(names):
                try:
                    answer = work(index)
                except LimitReached as error:
                    answer, stopped = {"limit": str(error)}, error
                report(index, name, json.loads(json.dumps(answer)))
            if stopped:
                raise stopped

        monkeypatch.setattr(trainings, "train_encoder", train_encoder)
        monkeypatch.setattr(trainings, "run_trials", run_trials)
        try:
            trainings._run(jobs, 1, lines.append, shown := Shown(), in_process=False)
        finally:
            run_all.lines, run_all.shown = lines, shown.heard

    return run_all


def test_a_training_that_used_up_its_failures_is_an_answer_that_fails_all(run):
    with pytest.raises(
        RuntimeError, match=r"(?s)1 of 3 failed; .* The first is b seed 1: WorkerGroupError: .*no memory"
    ):
        run({"a": None, "b": WorkerGroupError("no memory", {}), "c": LimitReached("steps 5 reached")})
    assert run.lines == [
        "a seed 1 trained in 3 s",
        "b seed 1 failed",
        "c seed 1 steps 5 reached",
    ]
    assert [what for place, what in run.shown if place == 0] == ["a begins", ("done",)]
    assert [what for place, what in run.shown if place > 0] == ["b begins", ("failed",), "c begins", ("stopped",)]


def test_a_limit_alone_is_told_as_one(run):
    with pytest.raises(LimitReached, match="steps 5 reached"):
        run({"a": None, "b": LimitReached("steps 5 reached")})


def test_a_queued_trial_does_not_begin_when_all_that_is_shared_is_used(store):
    store.storage.write_json("encoders/a/manifest.json", {"facts": {"worker_hours": 3.0}})
    job = SimpleNamespace(store=store, directory="encoders/b", name="b")
    for hours in (3.5, 3.0):
        job.shared = SharedLimit("resources.sweep_limits.worker_hours 3", hours, ("encoders/a",))
        if hours > 3:
            trainings._check_shared_limit(job)
            continue
        with pytest.raises(LimitReached, match=r"encoders.b: resources.sweep_limits.worker_hours 3 reached with 3.00"):
            trainings._check_shared_limit(job)
