"""The time that trainings have used, of one over all its runs and of several together."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from raykd.artifacts import Storage
from raykd.artifacts.store import MANIFEST

RECORD_SECONDS = 60.0  # between two records of the time used: the most that a killed run may have used beyond its last


@dataclass(frozen=True)
class SharedLimit:
    """What several trainings may use together. key: of the config, with its value; others: the directories of the
    trainings beside this one."""

    key: str
    worker_hours: float
    others: tuple[str, ...]

    def reached(self, used: float) -> str:
        return f"{self.key} reached with {used:.2f} worker hours of {len(self.others) + 1} trainings"


def hours_used(storage: Storage, directory: str) -> tuple[float, float]:
    """(hours by the clock, hours of all workers) that the runs of a training have recorded, of one that is not done."""
    folder = f"{directory}/checkpoints"
    names = (name for name in storage.list(folder) if name.startswith("used-") and name.endswith(".json"))
    runs = [storage.read_json(f"{folder}/{name}") for name in names]
    seconds = sum(run["seconds"] for run in runs), sum(run["seconds"] * run["workers"] for run in runs)
    return seconds[0] / 3600, seconds[1] / 3600


def worker_hours_of(storage: Storage, directories: Sequence[str]) -> float:
    """Of several trainings, those that are done by their manifests, the others by the records of their runs."""
    hours = 0.0
    for directory in directories:
        manifest = f"{directory}/{MANIFEST}"
        if not storage.exists(manifest):
            try:
                hours += hours_used(storage, directory)[1]
                continue
            except FileNotFoundError:
                pass  # it was completed in between, and then has a manifest
        hours += storage.read_json(manifest)["facts"].get("worker_hours", 0.0)
    return hours


class Usage:
    """The time of all workers over all runs of a training, steps that are done again included.

    Kept in a small file of each run (one group of workers, from its start to its end) beside the checkpoints, which
    worker 0 of that run alone writes, so that runs of a killed driver and of the next do not mix.
    """

    def __init__(
        self,
        storage: Storage,
        directory: str,
        workers: int,
        clock: Callable[[], float] = time.monotonic,
        others: Sequence[str] = (),
    ) -> None:
        """A run of so many workers starts now; directory: of the encoder that is trained; others: of trainings whose
        hours are counted too, as they were recorded."""
        self.others = others
        self.others_worker_hours = worker_hours_of(storage, others)
        self.storage, self.workers, self.clock, self.started = storage, workers, clock, clock()
        self.path = f"{directory}/checkpoints/used-{uuid.uuid4().hex[:8]}.json"
        self.earlier_hours, self.earlier_worker_hours = hours_used(storage, directory)
        self.recorded = float("-inf")

    @property
    def hours(self) -> float:
        """By the clock, of all runs until now."""
        return self.earlier_hours + self._seconds / 3600

    @property
    def worker_hours(self) -> float:
        """The same, each run's times its workers."""
        return self.earlier_worker_hours + self._seconds * self.workers / 3600

    @property
    def _seconds(self) -> float:
        return self.clock() - self.started

    def record(self) -> None:
        """Write this run's file, and read the others'."""
        self.others_worker_hours = worker_hours_of(self.storage, self.others)
        self.recorded = self.clock()
        self.storage.write_json(self.path, {"seconds": self._seconds, "workers": self.workers})

    def record_now_and_then(self) -> None:
        """Write it where RECORD_SECONDS have gone by."""
        if self.clock() - self.recorded >= RECORD_SECONDS:
            self.record()
