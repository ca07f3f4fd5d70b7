"""Encoders that are trained one after the other or at the same time, a trial each.

A trial waits for a Ray Train run of its own, or is itself the training: one worker where Ray is this machine alone has
nobody to agree with, and no announced loss to live through, and begins earlier by what Ray Train's processes import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

import ray
from ray.exceptions import RayError
from ray.train import TrainingFailedError
from ray.util.queue import Queue

from raykd.artifacts import Result
from raykd.config import TrainResources
from raykd.distill.logging.progress import Display, Progress
from raykd.distill.logging.trainings_table import TrainingsTable
from raykd.distill.ray_train.reporting import listened_to, reason, worker_resources
from raykd.distill.ray_train.trainer import train_encoder
from raykd.distill.ray_train.trials import run_trials
from raykd.distill.train.job import TrainingJob
from raykd.distill.train.usage import worker_hours_of
from raykd.errors import LimitReached
from raykd.ray_internals.core import autoscales

# Of a trial that only waits for its Train run: CPUs would be taken from workers that have counted on them. The head, of
# which every Ray has one, is not taken away as spot machines are.
TRIAL = {"num_cpus": 0, "resources": {"node:__internal_head__": 0.001}}

Ended = tuple[str]  # how a trial ended, in words


def train_encoders(
    stage: str,
    jobs: Sequence[tuple[TrainingJob, Result]],
    concurrent: int,
    report: Callable[[str], None] = print,
    note: Callable[[str], None] = lambda line: None,
) -> None:
    """Train every encoder, `concurrent` at a time, on a Ray that is already initialised; they are shown as a table.

    stage: what lines begin with; note: is given each line on how far they are. resources.train.failures bounds how
    often workers are started again, and apart from that how often a trial is whose process was lost. A trial whose
    driver died is started again by the next call. In each case it goes on from its last checkpoint. After the others
    have finished, raises InputError where one had bad input, RuntimeError where one failed, and LimitReached where one
    came to resources.train.limits, or all to what they share.
    """
    table = TrainingsTable(stage, [(job.name, job.seed) for job, _ in jobs], note=note)
    with table, listened_to(lambda queue: _show(queue, table)) as queue:
        in_process = _trains_in_trial(jobs[0][0].resources)
        _run(jobs, concurrent, lambda line: report(f"{stage}: {line}"), queue, in_process)


def train_one(job: TrainingJob, result: Result, note: Callable[[str], None] = lambda line: None) -> None:
    """The same for one encoder, with all that a training shows of itself."""
    display = Display(note=note)
    if not _trains_in_trial(job.resources):
        train_encoder(job, result, display)
        return
    with display, listened_to(lambda queue: _show(queue, _One(display))) as queue:
        _run([(job, result)], 1, lambda line: None, queue, in_process=True)


def _trains_in_trial(resources: TrainResources) -> bool:
    """Whether a trial is to be the training: one worker, for which the head, the only machine, has room. (It is not
    taken away as spot machines are; where others join, Ray Train's workers may be there.)"""
    nodes = [node for node in ray.nodes() if node["Alive"]]
    asked = worker_resources(resources)
    return (
        resources.most_workers == 1
        and len(nodes) == 1
        and all(nodes[0]["Resources"].get(name, 0) >= amount for name, amount in asked.items())
        and not autoscales([node["NodeID"] for node in nodes])
    )


class _Shows(Protocol):
    """Where trainings are shown, which are told apart by their places."""

    def show(self, place: int, progress: Progress) -> None: ...

    def say(self, text: str) -> None: ...

    def end(self, place: int, state: str) -> None: ...


class _One:
    """A training that is alone, where it shows all of itself."""

    def __init__(self, display: Display) -> None:
        self.display = display

    def show(self, place: int, progress: Progress) -> None:
        self.display.show(progress)

    def say(self, text: str) -> None:
        self.display.say(text)

    def end(self, place: int, state: str) -> None:
        pass


def _run(
    jobs: Sequence[tuple[TrainingJob, Result]],
    concurrent: int,
    report: Callable[[str], None],
    queue: Queue,
    in_process: bool,
) -> None:
    """in_process: whether a trial is the training, and so asks for what its worker would."""
    resources = jobs[0][0].resources

    def train(index: int) -> dict[str, Any]:
        job, result = jobs[index]
        _check_shared_limit(job)
        try:
            train_encoder(job, result, Elsewhere(queue, index), in_process)
        except TrainingFailedError as error:
            # An answer and not an exception: Ray Train has tried as often as it may, and another try would begin anew.
            return {"failure": f"{type(error).__name__}: {error}"}
        return {"seconds": job.store.manifest(result)["seconds"]}  # type: ignore[index]

    failures: list[str] = []

    def line(index: int, name: str, answer: dict[str, Any] | None) -> None:
        if answer and "seconds" in answer:
            state, told = "done", f"trained in {answer['seconds']:.0f} s"
        elif not answer or "failure" in answer:
            state = told = "failed"
        else:
            state, told = "stopped", answer.get("problem") or answer["limit"]
        if answer and "failure" in answer:
            failures.append(f"{name}: {answer['failure']}")
        _put(queue, index, (state,))
        report(f"{name} {told}")

    def again(index: int, error: RayError) -> None:
        _put(queue, index, f"{names[index]}: lost ({reason(error)}); it is started again, after those that wait")

    names = [f"{job.name} seed {job.seed}" for job, _ in jobs]
    asked = worker_resources(resources)
    options = {"num_cpus": asked["CPU"], "num_gpus": asked.get("GPU", 0)} if in_process else TRIAL
    try:
        run_trials(
            train, range(len(jobs)), names, [options] * len(jobs), resources.failures, line, concurrent, again=again
        )
    except LimitReached:
        if not failures:
            raise
    if failures:
        raise RuntimeError(
            f"{len(failures)} of {len(jobs)} failed; run again to try them once more. The first is {failures[0]}"
        )


def _check_shared_limit(job: TrainingJob) -> None:
    """Before a queued trial starts; one that runs looks by itself."""
    shared = job.shared
    if shared:
        used = worker_hours_of(job.store.storage, (job.directory, *shared.others))
        if used >= shared.worker_hours:
            raise LimitReached(f"encoders.{job.name}: {shared.reached(used)} before it began; raise it and run again")


class Elsewhere:
    """Shows a training where the table of all is: what `Display` does, by a queue."""

    def __init__(self, queue: Queue, place: int) -> None:
        self.queue, self.place = queue, place

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def show(self, progress: Progress) -> None:
        _put(self.queue, self.place, progress)

    def say(self, text: str) -> None:
        _put(self.queue, self.place, text)


def _put(queue: Queue, place: int, what: Progress | Ended | str) -> None:
    with suppress(RayError):  # nobody watches any more
        queue.put((place, what))


def _show(queue: Queue, shown: _Shows) -> None:
    """queue: (place, progress, line or end) of each trial."""
    with suppress(RayError):
        while (heard := queue.get()) is not None:
            place, what = heard
            if isinstance(what, Progress):
                shown.show(place, what)
            elif isinstance(what, str):
                shown.say(what)
            else:
                shown.end(place, *what)
