"""What is known beforehand of a stage's costs, and what its hours are hours of."""

from __future__ import annotations

from dataclasses import dataclass

from raykd.config import Resources

# In the order in which they run. read: sources to clean text and splits; tokens: text to token shards; the next four
# train encoders, those of the sweep apart; grid: classifiers on the encoders.
STAGES = ("read", "tokens", "pretrain", "adapt", "distill", "sweep", "grid")


@dataclass(frozen=True)
class Share:
    """Of a machine, what one task, worker or trial takes; hour: what an hour of that costs, None without a price."""

    cpus: float
    gpus: float
    hour: float | None

    def cpu_hours(self, hours: float) -> float:
        """0 where it takes a GPU: its CPUs come with that."""
        return 0.0 if self.gpus else hours * self.cpus

    def gpu_hours(self, hours: float) -> float:
        return hours * self.gpus

    def money(self, hours: float) -> float | None:
        return None if self.hour is None else hours * self.hour


def share_of(stage: str, resources: Resources) -> Share:
    """What a task of preparation, a worker of a training or a trial of the grid takes."""
    if stage in ("read", "tokens"):
        return Share(1, 0, resources.prepare.hour)
    if stage == "grid":
        return Share(resources.grid.cpus, resources.grid.gpus, resources.grid.hour)
    train = resources.train
    return Share(train.cpus_per_worker, train.gpus_per_worker, train.limits.worker_hour)


@dataclass(frozen=True)
class Estimate:
    """What is left of a stage. A number is None where nothing tells it, and then `missing` says what would.

    todo: how many of its `results` are not there; text: bytes that are read, as the sources lie or clean; tokens: that
    are written, or go through an encoder, epochs counted; operations: floating-point, a multiply and an add are two;
    hours: of one task, worker or trial (`share`), without what starting takes; kept: bytes on storage, at most; speed:
    whence it is known, "measured" or "stated", or both; notes: what else is to be said.
    """

    stage: str
    todo: int
    results: int
    share: Share
    text: float | None = None
    tokens: float | None = None
    operations: float | None = None
    hours: float | None = None
    kept: float | None = None
    speed: str = ""
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def money(self) -> float | None:
        return None if self.hours is None else self.share.money(self.hours)
