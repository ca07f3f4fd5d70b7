"""The data-quantity sweep under Ray Tune: one trial a quantity, each a Ray Train run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ray.train import TrainingFailedError

from raykd.artifacts import Result
from raykd.distill.trainer import train_encoder
from raykd.distill.training import TrainingJob
from raykd.errors import LimitReached
from raykd.evaluate.trials import run_trials

# A trial only waits for its Train run, and Ray rejects one that holds nothing. CPUs would be taken from workers and
# readers that have counted on them; the head, of which every Ray has one, is not taken away as spot machines are.
TRIAL = {"node:__internal_head__": 0.001}


def run_sweep(
    jobs: Sequence[tuple[TrainingJob, Result]], concurrent: int, report: Callable[[str], None] = print
) -> None:
    """Train every encoder of the sweep, `concurrent` at a time, on a Ray that is already initialised.

    resources.train.failures bounds how often workers are started again, and apart from that how often a trial is whose
    process was lost. A trial whose driver died is started again by the next call. In each case its Train run goes on
    from its last checkpoint. After the others have finished, raises InputError where one had bad input, RuntimeError
    where one failed, and LimitReached where one came to resources.train.limits.
    """

    def train(index: int) -> dict[str, Any]:
        job, result = jobs[index]
        try:
            train_encoder(job, result)
        except TrainingFailedError as error:
            # An answer and not an exception: Ray Train has tried as often as it may, and Tune would begin anew.
            return {"failure": f"{type(error).__name__}: {error}"}
        return {"seconds": job.store.manifest(result)["seconds"]}  # type: ignore[index]

    failures: list[str] = []

    def line(index: int, name: str, answer: dict[str, Any] | None) -> None:
        if answer and "seconds" in answer:
            state = f"distilled in {answer['seconds']:.0f} s"
        elif not answer or "failure" in answer:
            state = "failed"
        else:
            state = answer.get("problem") or answer["limit"]
        if answer and "failure" in answer:
            failures.append(f"{name}: {answer['failure']}")
        report(f"sweep: {name} {state}")

    first = jobs[0][0]
    names = [job.name for job, _ in jobs]
    try:
        run_trials(first.store.storage, train, names, TRIAL, first.resources.failures, line, concurrent)
    except LimitReached:
        if not failures:
            raise
    if failures:
        raise RuntimeError(
            f"{len(failures)} of {len(jobs)} failed; run again to try them once more. The first is {failures[0]}"
        )
