"""What becomes of a sweep's trainings, in place of Ray by plain calls; tests/distill/test_sweep.py has the real one."""

import json
from types import SimpleNamespace

import pytest
from ray.train import WorkerGroupError

from raykd.errors import LimitReached
from raykd.evaluate import sweep


@pytest.fixture
def run(monkeypatch):
    """run({name: what its training raises, or None}): the lines that are reported."""

    def run_all(trainings):
        lines = []
        job = SimpleNamespace(store=SimpleNamespace(storage=None, manifest=lambda result: {"seconds": 3.2}))
        job.resources = SimpleNamespace(failures=2)
        jobs = [(SimpleNamespace(**vars(job), name=name), name) for name in trainings]

        def train_encoder(job, result):
            if trainings[result]:
                raise trainings[result]

        def run_trials(storage, work, names, resources, failures, report, concurrent):
            assert "CPU" not in resources and failures == 2 and concurrent == 1
            stopped = None
            for index, name in enumerate(names):
                try:
                    answer = work(index)
                except LimitReached as error:
                    answer, stopped = {"limit": str(error)}, error
                report(index, name, json.loads(json.dumps(answer)))
            if stopped:
                raise stopped

        monkeypatch.setattr(sweep, "train_encoder", train_encoder)
        monkeypatch.setattr(sweep, "run_trials", run_trials)
        try:
            sweep.run_sweep(jobs, 1, lines.append)
        finally:
            run_all.lines = lines

    return run_all


def test_a_training_that_used_up_its_failures_is_an_answer_that_fails_the_sweep(run):
    with pytest.raises(RuntimeError, match=r"(?s)1 of 3 failed; .* The first is b: WorkerGroupError: .*no memory"):
        run({"a": None, "b": WorkerGroupError("no memory", {}), "c": LimitReached("steps 5 reached")})
    assert run.lines == ["sweep: a distilled in 3 s", "sweep: b failed", "sweep: c steps 5 reached"]


def test_a_limit_alone_is_told_as_one(run):
    with pytest.raises(LimitReached, match="steps 5 reached"):
        run({"a": None, "b": LimitReached("steps 5 reached")})
