"""What one sees of a training while it runs: a line that stays in place on a terminal, a plain one elsewhere.

Imports neither torch nor Ray: the process that shows a run is not one that trains.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from raykd.wording import duration, is_due

if TYPE_CHECKING:
    from raykd.distill.train.timing import TimingRow

WINDOW_SECONDS = 10.0  # that rates are taken over


@dataclass(frozen=True)
class Progress:
    """A training after `step` of `steps`. losses: (name, value), the whole first; rates are of the last seconds.

    peak_share: of the operations a second that were measured, those spent on real tokens (`flops.training_flops`).
    """

    name: str
    step: int
    steps: int
    losses: tuple[tuple[str, float], ...]
    tokens_per_second: float
    peak_share: float
    padding: float
    data_wait: float
    seconds_left: float


def line(progress: Progress) -> str:
    """All of it in one line, without a terminal's colours."""
    (_, loss), *parts = progress.losses
    detail = f" ({', '.join(f'{name} {value:.3f}' for name, value in parts)})" if parts else ""
    return (
        f"{progress.name}: step {progress.step} of {progress.steps}, loss {loss:.3f}{detail}; "
        f"{progress.tokens_per_second:,.0f} tokens/s, {progress.peak_share:.0%} of peak, "
        f"{progress.padding:.0%} padding, {progress.data_wait:.0%} waiting for text, "
        f"{duration(progress.seconds_left)} left"
    )


class Meter:
    """Rates over the last WINDOW_SECONDS, from one row a step."""

    def __init__(self, name: str, steps: int, peak: float) -> None:
        """peak: operations a second that all workers together can do."""
        self.name, self.steps, self.peak = name, steps, peak
        self.recent: deque[tuple[TimingRow, float]] = deque()

    def add(self, losses: tuple[tuple[str, float], ...], timing: TimingRow, flops: float) -> Progress:
        """flops: what each of the step's tokens cost."""
        self.recent.append((timing, flops))
        while len(self.recent) > 1 and sum(row.seconds for row, _ in self.recent) > WINDOW_SECONDS:
            self.recent.popleft()
        rows = [row for row, _ in self.recent]
        seconds, tokens = sum(row.seconds for row in rows), sum(row.tokens for row in rows)
        operations = sum(row.tokens * flops for row, flops in self.recent)
        return Progress(
            name=self.name,
            step=timing.step + 1,
            steps=self.steps,
            losses=losses,
            tokens_per_second=tokens / seconds,
            peak_share=operations / seconds / self.peak,
            padding=sum(row.padding * row.tokens for row in rows) / max(1, tokens),
            data_wait=sum(row.data_wait for row in rows) / seconds,
            seconds_left=(self.steps - timing.step - 1) * seconds / len(rows),
        )


class Shows(Protocol):
    """Where a training is shown while it is entered."""

    def __enter__(self) -> Any: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, progress: Progress) -> None: ...

    def say(self, text: str) -> None: ...


class LiveOutput:
    """What stays in place on a terminal while it is entered; elsewhere there are lines now and then."""

    def __init__(
        self,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
        note: Callable[[str], None] = lambda line: None,
    ) -> None:
        """note: is given each line on how far it is, whether it is shown or not."""
        self.console, self.clock, self.note = console or Console(), clock, note
        self.live = Live(console=self.console, auto_refresh=False, transient=True)
        self.began = self.shown = clock()

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.live.stop()

    def is_due(self) -> bool:
        """Whether a log takes another line."""
        return is_due(self.clock(), self.began, self.shown)

    def say(self, text: str) -> None:
        """A line that stays, above what is drawn."""
        if self.console.is_terminal:
            self.live.console.print(text, soft_wrap=True, markup=False, highlight=False)
        else:
            # Not by the console, which would cut the line at 80 columns in a log.
            print(text, file=self.console.file, flush=True)


class Display(LiveOutput):
    """Shows a training's progress: on a terminal one line that stays in place, elsewhere a line now and then."""

    def show(self, progress: Progress) -> None:
        told = line(progress)
        self.note(told)
        if self.console.is_terminal:
            self.live.update(_bar(progress), refresh=True)
        elif progress.step == progress.steps or self.is_due():
            self.say(told)
            self.shown = self.clock()


def _bar(progress: Progress) -> Group:
    return Group(
        ProgressBar(total=progress.steps, completed=progress.step, width=40),
        Text(line(progress), overflow="fold"),
    )
