"""Training of an encoder whose vocabulary head is new: the head alone first, then all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from raykd.distill.engine import Engine, Reduce, StepRow
from raykd.distill.packing import PackedBatch
from raykd.distill.schedule import head_first_learning_rate


class HeadFirstEngine(Engine):
    """An engine whose first `head_steps` steps move nothing but the head. All follows from a step's number."""

    def __init__(self, *arguments: Any, head_steps: int, head_learning_rate: float, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.head_steps, self.head_learning_rate = head_steps, head_learning_rate

    def learning_rate(self, step: int) -> float:
        """See `schedule.head_first_learning_rate`."""
        peaks = (self.head_learning_rate, self.spec.learning_rate)
        return head_first_learning_rate(step, self.total_steps, self.head_steps, *peaks, self.spec.warmup)

    def step(self, step: int, epoch: int, batches: Iterable[PackedBatch], reduce: Reduce) -> StepRow:
        self.train_head_only(step < self.head_steps)
        return super().step(step, epoch, batches, reduce)
