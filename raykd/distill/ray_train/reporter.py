"""What worker 0 puts into the queue of reporting.py."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from ray.exceptions import RayError

from raykd.distill.logging.events import Event, Started, Validated
from raykd.distill.logging.loggers import Observer
from raykd.distill.logging.progress import Meter, Progress
from raykd.distill.models.shape import Shape
from raykd.distill.ray_train.reporting import Reports
from raykd.distill.train.flops import training_flops
from raykd.distill.train.loop import Training
from raykd.distill.train.peak import measured_peak
from raykd.distill.train.step import StepRow
from raykd.distill.train.timing import TimingRow
from raykd.distill.train.validation import ValidationRow

SHOWN = ("kd", "mlm", "cosine", "hidden_mse", "relations")  # parts of a loss, in this order
SEND_SECONDS = 0.5  # at most as often, since each is a call to another process


class Reporter(Observer):
    """Puts the progress of worker 0 into a queue."""

    def __init__(self, training: Training, queue: Reports) -> None:
        self.queue, self.sent = queue, 0.0
        job, engine = training.job, training.engine
        self.engine = engine
        self.student = Shape.of(engine.model.config)
        self.teacher = Shape.of(engine.teacher.config) if engine.teacher else None
        peak = measured_peak(engine.device, training.dtype) * training.world_size
        self.meter = Meter(job.name, training.total_steps, peak)
        self.put(Started(len(training.rows), training.total_steps, training.world_size, engine.has_head))

    def log(self, row: StepRow, timing: TimingRow) -> None:
        head_only = row.step < self.engine.head_steps
        masked = row.masked / max(1, row.tokens)
        flops = training_flops(
            *(self.student, self.teacher, self.engine.loss, timing.attended, masked), head_only, self.engine.has_head
        )
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
    parts = tuple((name, value) for name in SHOWN if (value := getattr(row, name)) is not None)
    return (("loss", row.loss), *(parts if len(parts) > 1 else ()))
