"""What one sees of a sweep while it runs: a table with a row a trial on a terminal, a line now and then elsewhere.

Imports neither torch nor Ray: the process that shows a sweep is not one that trains.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from raykd.distill.logging.progress import PLAIN_SECONDS, LiveOutput, Progress
from raykd.wording import duration

QUEUED, RUNNING = "queued", "running"


@dataclass
class Trial:
    """A student of the sweep and its seed; state: queued, running, or how it ended; progress: the last heard."""

    student: str
    seed: int
    state: str = QUEUED
    progress: Progress | None = None


class SweepTable(LiveOutput):
    """Shows trials while it is entered. They are told apart by their places in `trials`."""

    def __init__(
        self,
        trials: Sequence[tuple[str, int]],
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """trials: (student, seed) of each, in the order in which they start."""
        super().__init__(console, clock)
        self.trials = [Trial(student, seed) for student, seed in trials]

    def show(self, place: int, progress: Progress) -> None:
        """A trial is so far; one that was lost is so again."""
        self.trials[place].state, self.trials[place].progress = RUNNING, progress
        self._draw()

    def end(self, place: int, state: str) -> None:
        self.trials[place].state = state
        self._draw()

    def _draw(self) -> None:
        if self.console.is_terminal:
            self.live.update(self.table(), refresh=True)
        elif self.clock() - self.shown >= PLAIN_SECONDS:
            self.say(self.line())
            self.shown = self.clock()

    def table(self) -> Table:
        """All trials, a row each."""
        table = Table("student", "seed", "state", "step", "loss", "time left", box=None, pad_edge=False)
        for trial in self.trials:
            table.add_row(trial.student, str(trial.seed), trial.state, *_cells(trial))
        return table

    def line(self) -> str:
        """How many are queued and done, and those that run."""
        running = [trial for trial in self.trials if trial.state == RUNNING]
        queued = sum(trial.state == QUEUED for trial in self.trials)
        ended = len(self.trials) - queued - len(running)
        now = "; ".join(f"{trial.student} {trial.seed}: {_in_words(trial)}" for trial in running)
        return f"sweep: {ended} of {len(self.trials)} ended, {queued} queued{f'; {now}' if now else ''}"


def _cells(trial: Trial) -> tuple[str, str, str]:
    """step, loss and time left; nothing of a trial that is queued, no time of one that has ended."""
    if trial.progress is None:
        return "", "", ""
    left = duration(trial.progress.seconds_left) if trial.state == RUNNING else ""
    return f"{trial.progress.step:,} of {trial.progress.steps:,}", f"{trial.progress.losses[0][1]:.3f}", left


def _in_words(trial: Trial) -> str:
    step, loss, left = _cells(trial)
    return f"step {step}, loss {loss}, {left} left"
