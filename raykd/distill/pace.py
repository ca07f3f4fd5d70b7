"""When a training saves, looks whether a machine will go, and stops: by steps, and by the clock of worker 0."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from raykd.config import TrainResources
from raykd.distill.timing import TimingRow

ASK_SECONDS = 5.0  # between two looks: each is a barrier over all workers, and notices come minutes before


@dataclass(frozen=True)
class Due:
    """What worker 0 finds it time for; the others do as it does."""

    save: bool
    ask: bool
    stop: bool


class Pace:
    """Counts the steps and minutes since the last checkpoint, and what a training has used."""

    def __init__(self, resources: TrainResources, clock: Callable[[], float] = time.monotonic) -> None:
        self.resources, self.clock = resources, clock
        self.saved_at = self.asked_at = clock()

    def due(self, timing: Sequence[TimingRow]) -> Due:
        """timing: of all steps done, those of earlier runs too."""
        now, resources, steps = self.clock(), self.resources, len(timing)
        save = bool(steps) and (
            steps % resources.checkpoint_steps == 0 or now - self.saved_at >= 60 * resources.checkpoint_minutes
        )
        ask = now - self.asked_at >= ASK_SECONDS
        if ask:
            self.asked_at = now
        return Due(save, ask, self.limit(timing) is not None)

    def saved(self) -> None:
        self.saved_at = self.clock()

    def limit(self, timing: Sequence[TimingRow]) -> str | None:
        """Which limit is reached, and with what, if any."""
        limits = self.resources.limits
        if limits.steps and len(timing) >= limits.steps:
            return f"limits.steps {limits.steps:,} reached"
        if limits.hours and (hours := sum(row.seconds for row in timing) / 3600) >= limits.hours:
            return f"limits.hours {limits.hours:g} reached with {hours:.2f}"
        if limits.money and limits.worker_hour:
            money = sum(row.seconds * row.workers for row in timing) / 3600 * limits.worker_hour
            if money >= limits.money:
                return f"limits.money {limits.money:g} reached with {money:.2f}"
        return None
