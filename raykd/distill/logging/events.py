"""What happens to a training besides its steps, as lines: how it starts, resumes, is lost, and why it may be stuck.

Imports neither torch nor Ray: the process that tells it is not one that trains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Started:
    """Workers are there and start after `step` of `steps`; has_head: whether what they train has a vocabulary head."""

    step: int
    steps: int
    workers: int
    has_head: bool = True


@dataclass(frozen=True)
class Lost:
    """Workers that ended before their time: rank -> the last line of why.

    seen: what these workers tell is that others no longer answer; which one was lost is not known.
    """

    reasons: Mapping[int, str]
    seen: bool = False


@dataclass(frozen=True)
class Leaving:
    """Machines that are announced to go, how many workers run there, and the step after which all is saved."""

    nodes: int
    workers: int
    step: int


@dataclass(frozen=True)
class Unreadable:
    """A checkpoint of so many steps that could not be loaded, and why."""

    step: int
    reason: str


@dataclass(frozen=True)
class Validated:
    """losses: language -> masked-language loss of held-out text after `step` steps; best: none before was as good."""

    step: int
    losses: Mapping[str, float]
    best: bool


Event = Started | Lost | Leaving | Unreadable | Validated


class Story:
    """Turns events into lines; knows how far the training was when they came."""

    def __init__(self, name: str) -> None:
        self.name, self.step, self.workers, self.lost = name, 0, 0, False

    def tell(self, event: Event) -> str | None:
        """The line for an event; none for a plain start."""
        if isinstance(event, Lost):
            if self.lost:  # Ray tells of the same with every look at its workers
                return None
            self.lost = True
            first, workers = min(event.reasons), self.workers or "?"
            self.workers = 0  # until they start again
            if event.seen:
                told = f"worker {first} saw: {event.reasons[first]}"
                return f"{self.name}: a worker of {workers} was lost after step {self.step:,}; {told}"
            whose = f"worker {first}" if len(event.reasons) == 1 else f"{len(event.reasons)} workers"
            return f"{self.name}: {whose} of {workers} lost after step {self.step:,} ({event.reasons[first]})"
        if isinstance(event, Leaving):
            self.step, self.workers = event.step, 0
            return (
                f"{self.name}: {event.nodes} machine(s) with {event.workers} worker(s) will be taken away; saved after "
                f"step {event.step:,}"
            )
        if isinstance(event, Unreadable):
            return f"{self.name}: the checkpoint after step {event.step:,} cannot be read ({event.reason})"
        if isinstance(event, Validated):
            mean = sum(event.losses.values()) / len(event.losses)
            each = ", ".join(f"{language} {loss:.3f}" for language, loss in event.losses.items())
            parts = f" ({each})" if len(event.losses) > 1 else ""
            best = ", the best so far" if event.best else ""
            return f"{self.name}: validation loss {mean:.3f}{parts} after step {event.step:,}{best}"
        again, self.step, self.workers = max(0, self.step - event.step), event.step, event.workers
        self.lost = False
        if not event.step and not again:
            if event.has_head:
                return None
            return f"{self.name}: its teacher has no vocabulary head, so the student has none either"
        repeated = f"; {count(again, 'step')} again" if again else ""
        return (
            f"{self.name}: resuming after step {event.step:,} of {event.steps:,} with "
            f"{count(event.workers, 'worker')}{repeated}"
        )


def count(number: int, what: str) -> str:
    """1 step, 2 steps."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def silence(
    story: Story,
    minutes: float,
    asked: Mapping[str, float],
    have: Mapping[str, float],
    free: Mapping[str, float],
) -> str:
    """Why nothing may have been heard for some minutes.

    asked: resources of the fewest workers that can start, all together; have, free: the cluster's resources,
    by name.
    """
    said = f"{story.name}: no step for {minutes:g} minutes; "
    short = [name for name, amount in asked.items() if amount > have.get(name, 0)]
    if short:
        wants = ", ".join(f"{asked[name]:g} {name} where the cluster has {have.get(name, 0):g}" for name in short)
        return f"{said}its workers ask for {wants}: it starts when machines join, or with lower resources.train"
    if not story.workers:
        taken = [name for name, amount in asked.items() if amount > free.get(name, 0)]
        if taken:
            wants = ", ".join(f"{asked[name]:g} {name}, {free.get(name, 0):g} free" for name in taken)
            return f"{said}its workers ask for {wants}: they are starting, or wait for what other work holds"
        return f"{said}its workers have not started though there is room; Ray's log on their machines says why"
    return f"{said}{count(story.workers, 'worker')} at work, but no step ends: storage, network, or a step this long"
