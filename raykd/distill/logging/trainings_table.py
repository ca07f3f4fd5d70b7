"""What several trainings show while they run: a table with a row each on a terminal, a line now and then elsewhere.

Imports neither torch nor Ray: the process that shows them is not one that trains.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from raykd.distill.logging.progress import LiveOutput, Progress
from raykd.wording import duration

QUEUED, RUNNING = "queued", "running"


@dataclass
class Training:
    """An encoder and its seed; state: queued, running, or how it ended; progress: the last heard."""

    encoder: str
    seed: int
    state: str = QUEUED
    progress: Progress | None = None


class TrainingsTable(LiveOutput):
    """Shows trainings while it is entered. They are told apart by their places in `trainings`."""

    def __init__(
        self,
        stage: str,
        trainings: Sequence[tuple[str, int]],
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        note: Callable[[str], None] = lambda line: None,
    ) -> None:
        """stage: what lines begin with; trainings: (encoder, seed) of each, in the order in which they start."""
        super().__init__(console, clock, note)
        self.stage = stage
        self.trainings = [Training(encoder, seed) for encoder, seed in trainings]

    def show(self, place: int, progress: Progress) -> None:
        """A training is so far; one that was lost is so again."""
        self.trainings[place].state, self.trainings[place].progress = RUNNING, progress
        self._draw()

    def end(self, place: int, state: str) -> None:
        self.trainings[place].state = state
        self._draw()

    def _draw(self) -> None:
        self.note(self.line())
        if self.console.is_terminal:
            self.live.update(self.table(), refresh=True)
        elif self.is_due():
            self.say(self.line())
            self.shown = self.clock()

    def table(self) -> Table:
        """All trainings, a row each."""
        table = Table("encoder", "seed", "state", "step", "loss", "time left", box=None, pad_edge=False)
        for training in self.trainings:
            table.add_row(training.encoder, str(training.seed), training.state, *_cells(training))
        return table

    def line(self) -> str:
        """How many are queued and done, and those that run."""
        running = [training for training in self.trainings if training.state == RUNNING]
        queued = sum(training.state == QUEUED for training in self.trainings)
        ended = len(self.trainings) - queued - len(running)
        now = "; ".join(f"{training.encoder} {training.seed}: {_in_words(training)}" for training in running)
        return f"{self.stage}: {ended} of {len(self.trainings)} ended, {queued} queued{f'; {now}' if now else ''}"


def _cells(training: Training) -> tuple[str, str, str]:
    """step, loss and time left; nothing of one that is queued, no time of one that has ended."""
    if training.progress is None:
        return "", "", ""
    left = duration(training.progress.seconds_left) if training.state == RUNNING else ""
    return f"{training.progress.step:,} of {training.progress.steps:,}", f"{training.progress.losses[0][1]:.3f}", left


def _in_words(training: Training) -> str:
    step, loss, left = _cells(training)
    return f"step {step}, loss {loss}, {left} left"
