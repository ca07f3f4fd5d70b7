"""Every "is it time?" of a training, by steps and by the clock of worker 0."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from raykd.config import TrainResources
from raykd.distill.train.step import Reduce
from raykd.distill.train.usage import SharedLimit, Usage

NOTICE_SECONDS = 5.0  # between two looks for notices: each is a barrier over all workers, and they come minutes before


@dataclass(frozen=True)
class Triggers:
    """What it is time for after a step: the same on all workers, which do as worker 0 finds.

    notices: to look whether a machine is announced to go; limit: one of resources.limits is reached; longest_wait:
    seconds that the worker which waited longest has waited for this step's text.
    """

    validate: bool
    checkpoint: bool
    notices: bool
    limit: bool
    longest_wait: float


class Limits:
    """Counts the steps and minutes since the last checkpoint, and what a training may still use."""

    def __init__(
        self,
        resources: TrainResources,
        usage: Usage,
        total_steps: int,
        validate_every: int | None = None,
        rank: int = 0,
        clock: Callable[[], float] = time.monotonic,
        shared: SharedLimit | None = None,
    ) -> None:
        """validate_every: steps; None: never."""
        self.shared = shared
        self.resources, self.usage, self.clock, self.rank = resources, usage, clock, rank
        self.total_steps, self.validate_every = total_steps, validate_every
        self.saved_at = self.looked_at = clock()

    def poll(self, steps: int, reduce: Reduce, waited: float = 0.0, device: str = "cpu") -> Triggers:
        """steps: all that are done, those of earlier runs too; waited: seconds that this worker waited for text.

        One sum over the workers, each of which has a place of its own in it: all that is asked of `reduce`.
        """
        told = torch.zeros(3 + self.usage.workers, device=device)
        if self.rank == 0:
            told[:3] = torch.tensor([self._checkpoint_is_due(steps), self._look_is_due(), bool(self.reached(steps))])
        told[3 + self.rank] = waited
        reduce(told)
        checkpoint, notices, limit, *waits = told.tolist()
        return Triggers(
            validate=self._validation_is_due(steps),
            checkpoint=bool(checkpoint),
            notices=bool(notices),
            limit=bool(limit),
            longest_wait=max(waits),
        )

    def saved(self) -> None:
        """To be called after each checkpoint."""
        self.saved_at = self.clock()

    def reached(self, steps: int) -> str | None:
        """Which limit is reached, and with what, if any."""
        used = self.usage.worker_hours + self.usage.others_worker_hours
        if self.shared and used >= self.shared.worker_hours:
            return self.shared.reached(used)
        limits = self.resources.limits
        if limits.steps and steps >= limits.steps:
            return f"resources.train.limits.steps {limits.steps:,} reached"
        if limits.hours and (hours := self.usage.hours) >= limits.hours:
            return f"resources.train.limits.hours {limits.hours:g} reached with {hours:.2f}"
        if limits.money and limits.worker_hour:
            money = self.usage.worker_hours * limits.worker_hour
            if money >= limits.money:
                return f"resources.train.limits.money {limits.money:g} reached with {money:.2f}"
        return None

    def _validation_is_due(self, steps: int) -> bool:
        every = self.validate_every
        return every is not None and steps > 0 and (steps == self.total_steps or steps % every == 0)

    def _checkpoint_is_due(self, steps: int) -> bool:
        by_minutes = self.clock() - self.saved_at >= 60 * self.resources.checkpoint_minutes
        return bool(steps) and (steps % self.resources.checkpoint_steps == 0 or by_minutes)

    def _look_is_due(self) -> bool:
        now = self.clock()
        if now - self.looked_at < NOTICE_SECONDS:
            return False
        self.looked_at = now
        return True
