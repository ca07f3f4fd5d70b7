"""When a training saves, looks whether a machine will go, and stops: by steps, and by the clock of worker 0."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from raykd.config import TrainResources
from raykd.distill.usage import Usage

ASK_SECONDS = 5.0  # between two looks: each is a barrier over all workers, and notices come minutes before


@dataclass(frozen=True)
class Due:
    """What worker 0 finds it time for; the others do as it does."""

    save: bool
    ask: bool
    stop: bool


class Pace:
    """Counts the steps and minutes since the last checkpoint, and what a training may still use."""

    def __init__(self, resources: TrainResources, usage: Usage, clock: Callable[[], float] = time.monotonic) -> None:
        self.resources, self.usage, self.clock = resources, usage, clock
        self.saved_at = self.asked_at = clock()

    def due(self, steps: int) -> Due:
        """steps: all that are done, those of earlier runs too."""
        now, resources = self.clock(), self.resources
        save = bool(steps) and (
            steps % resources.checkpoint_steps == 0 or now - self.saved_at >= 60 * resources.checkpoint_minutes
        )
        ask = now - self.asked_at >= ASK_SECONDS
        if ask:
            self.asked_at = now
        return Due(save, ask, self.limit(steps) is not None)

    def saved(self) -> None:
        self.saved_at = self.clock()

    def limit(self, steps: int) -> str | None:
        """Which limit is reached, and with what, if any."""
        limits = self.resources.limits
        if limits.steps and steps >= limits.steps:
            return f"limits.steps {limits.steps:,} reached"
        if limits.hours and (hours := self.usage.hours) >= limits.hours:
            return f"limits.hours {limits.hours:g} reached with {hours:.2f}"
        if limits.money and limits.worker_hour:
            money = self.usage.worker_hours * limits.worker_hour
            if money >= limits.money:
                return f"limits.money {limits.money:g} reached with {money:.2f}"
        return None
