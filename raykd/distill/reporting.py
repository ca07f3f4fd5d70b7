"""Progress from a training worker to the process that shows it, over a Ray queue.

What a worker prints reaches the driver as a line of its log, with the worker's name before it; a queue lets the driver
draw it in place.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

import ray
from ray.exceptions import RayError
from ray.util.queue import Queue
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from raykd.distill.engine import StepRow
from raykd.distill.flops import Shape, measured_peak, training_flops
from raykd.distill.head_first import HeadFirstEngine
from raykd.distill.loggers import Observer
from raykd.distill.progress import Display, Meter
from raykd.distill.timing import TimingRow
from raykd.distill.training import Training

SEND_SECONDS = 0.5  # at most as often, since each is a call to another process


@contextmanager
def shown_progress(display: Display) -> Iterator[Queue]:
    """A queue whose progress is shown here while a training runs elsewhere."""
    # Beside its reader: a queue on a machine that is taken away would take the training's display with it.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    queue = Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})
    thread = Thread(target=_show, args=(queue, display), daemon=True)
    with display:
        thread.start()
        try:
            yield queue
        finally:
            with suppress(RayError):
                queue.put(None)
                thread.join()
                queue.shutdown(force=True)


def _show(queue: Queue, display: Display) -> None:
    with suppress(RayError):
        while (progress := queue.get()) is not None:
            display.show(progress)


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

    def log(self, row: StepRow, timing: TimingRow) -> None:
        alone = isinstance(self.engine, HeadFirstEngine) and row.step < self.engine.head_steps
        masked = row.masked / max(1, row.tokens)
        flops = training_flops(self.student, self.teacher, self.engine.loss, timing.attended, masked, alone)
        progress = self.meter.add(losses(row), timing, flops)
        last = progress.step == progress.steps
        if not last and time.monotonic() - self.sent < SEND_SECONDS:
            return
        self.sent = time.monotonic()
        try:
            self.queue.put(progress)
        except RayError:
            # Whoever watched is gone; the training is not.
            logging.getLogger(__name__).warning("nobody receives the progress of %s any more", progress.name)
            self.sent = float("inf")


def losses(row: StepRow) -> tuple[tuple[str, float], ...]:
    """The whole loss first, then its parts where there are several."""
    parts = tuple((name, value) for name in ("kd", "mlm", "cosine") if (value := getattr(row, name)) is not None)
    return (("loss", row.loss), *(parts if len(parts) > 1 else ()))
