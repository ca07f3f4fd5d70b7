"""The data-quantity sweep under Ray Tune: one trial a quantity, each a Ray Train run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from raykd.artifacts import Result
from raykd.distill.trainer import train_encoder
from raykd.distill.training import TrainingJob
from raykd.evaluate.trials import run_trials

TRIAL_CPUS = 0.01  # a trial only waits for its Train run, but Ray rejects 0


def run_sweep(
    jobs: Sequence[tuple[TrainingJob, Result]], concurrent: int, report: Callable[[str], None] = print
) -> None:
    """Train every encoder of the sweep, `concurrent` at a time, on a Ray that is already initialised.

    A trial whose driver died is started again by the next call, and its Train run goes on from its last checkpoint.
    After the others have finished, raises InputError where one had bad input, RuntimeError where one failed, and
    LimitReached where one came to resources.train.limits.
    """

    def train(index: int) -> dict[str, Any]:
        job, result = jobs[index]
        train_encoder(job, result)
        return {"seconds": job.store.manifest(result)["seconds"]}  # type: ignore[index]

    def line(index: int, name: str, answer: dict[str, Any] | None) -> None:
        if answer and "seconds" in answer:
            state = f"distilled in {answer['seconds']:.0f} s"
        else:
            state = answer.get("problem") or answer["limit"] if answer else "failed"
        report(f"sweep: {name} {state}")

    first = jobs[0][0]
    names = [job.name for job, _ in jobs]
    run_trials(first.store.storage, train, names, {"CPU": TRIAL_CPUS}, first.resources.failures, line, concurrent)
