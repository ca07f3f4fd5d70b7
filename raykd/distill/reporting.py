"""Progress from a training worker to the process that shows it, over a Ray queue.

What a worker prints reaches the driver as a line of its log, with the worker's name before it; a queue lets the driver
draw it in place.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import ray
import torch.distributed
from ray.exceptions import RayError
from ray.train import UserCallback
from ray.util.queue import Empty, Queue
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from raykd.config import TrainResources
from raykd.distill.engine import StepRow
from raykd.distill.events import Event, Lost, Started, Story, Validated, silence
from raykd.distill.flops import Shape, measured_peak, training_flops
from raykd.distill.head_first import HeadFirstEngine
from raykd.distill.loggers import Observer
from raykd.distill.preemption import Preempted
from raykd.distill.progress import Display, Meter, Progress
from raykd.distill.timing import TimingRow
from raykd.distill.training import Training, TrainingJob
from raykd.distill.validation import ValidationRow

SEND_SECONDS = 0.5  # at most as often, since each is a call to another process


@contextmanager
def shown_progress(display: Display, job: TrainingJob) -> Iterator[Queue]:
    """A queue whose progress and events are shown here while a training runs elsewhere."""
    # Beside its reader: a queue on a machine that is taken away would take the training's display with it.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    queue = Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})
    thread = Thread(target=_show, args=(queue, display, job), daemon=True)
    with display:
        thread.start()
        try:
            yield queue
        finally:
            with suppress(RayError):
                queue.put(None)
                thread.join()
                queue.shutdown(force=True)


def _show(queue: Queue, display: Display, job: TrainingJob) -> None:
    story, patience = Story(job.name), job.resources.silence_minutes
    silent, wait = 0.0, patience
    with suppress(RayError):
        while True:
            try:
                heard = queue.get(timeout=60 * wait)
            except Empty:
                silent += wait
                display.say(_silence(story, silent, job.resources))
                wait *= 2
                continue
            if heard is None:
                return
            silent, wait = 0.0, patience
            if isinstance(heard, Progress):
                story.step = heard.step
                display.show(heard)
            elif told := story.tell(heard):
                display.say(told)


def _silence(story: Story, minutes: float, resources: TrainResources) -> str:
    asked = {name: amount * resources.fewest_workers for name, amount in worker_resources(resources).items()}
    readers = resources.reader_cpus * (story.workers or resources.fewest_workers)
    return silence(story, minutes, asked, readers, ray.cluster_resources(), ray.available_resources())


def worker_resources(resources: TrainResources) -> dict[str, float]:
    """What one worker asks of Ray."""
    gpus = {"GPU": resources.gpus_per_worker} if resources.gpus_per_worker else {}
    return {"CPU": resources.cpus_per_worker} | gpus


class FailureReport(UserCallback):
    """Tells from Ray Train's controller which workers were lost."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        if lost := what_was_lost(worker_exceptions):
            with suppress(RayError):  # whoever watched is gone
                self.queue.put(lost)


def what_was_lost(errors: Mapping[int, Exception]) -> Lost | None:
    """errors: by rank. None where nothing was: workers that end for a notice."""
    reasons = {rank: reason(error) for rank, error in errors.items() if not isinstance(error, Preempted)}
    # Those of a lost worker's neighbours often come first: they see their connections close at once.
    causes = {rank: why for rank, why in reasons.items() if not speaks_of_others(errors[rank])}
    return Lost(causes or reasons, seen=not causes) if reasons else None


def speaks_of_others(error: Exception) -> bool:
    """Whether an error is that other workers do not answer, as gloo and NCCL tell it."""
    return isinstance(error, torch.distributed.DistError) or "/gloo/" in str(error)


def reason(error: BaseException) -> str:
    """An error in one sentence: the first of the last line, where Ray and Python put what went wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].split(". ")[0] if lines else type(error).__name__


class Reporter(Observer):
    """Puts the progress of worker 0 into a queue."""

    def __init__(self, training: Training, queue: Queue) -> None:
        self.queue, self.sent = queue, 0.0
        job, engine = training.job, training.engine
        self.engine = engine
        self.student = Shape.of(engine.model.config)
        self.teacher = Shape.of(engine.teacher.config) if engine.teacher else None
        peak = measured_peak(engine.device, training.dtype) * training.world_size
        self.meter = Meter(job.name, training.total_steps, peak)
        self.put(Started(len(training.rows), training.total_steps, training.world_size))

    def log(self, row: StepRow, timing: TimingRow) -> None:
        alone = isinstance(self.engine, HeadFirstEngine) and row.step < self.engine.head_steps
        masked = row.masked / max(1, row.tokens)
        flops = training_flops(self.student, self.teacher, self.engine.loss, timing.attended, masked, alone)
        progress = self.meter.add(losses(row), timing, flops)
        last = progress.step == progress.steps
        if not last and time.monotonic() - self.sent < SEND_SECONDS:
            return
        self.sent = time.monotonic()
        self.put(progress)

    def validated(self, found: Sequence[ValidationRow], best: bool) -> None:
        self.put(Validated(found[0].step, {row.language: row.loss for row in found}, best))

    def put(self, what: Progress | Event) -> None:
        try:
            self.queue.put(what)
        except RayError:
            # Whoever watched is gone; the training is not.
            logging.getLogger(__name__).warning("nobody receives the progress of this training any more")
            self.sent = float("inf")


def losses(row: StepRow) -> tuple[tuple[str, float], ...]:
    """The whole loss first, then its parts where there are several."""
    parts = tuple((name, value) for name in ("kd", "mlm", "cosine") if (value := getattr(row, name)) is not None)
    return (("loss", row.loss), *(parts if len(parts) > 1 else ()))
