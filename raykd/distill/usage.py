"""What a training has used: the time of all its workers over all its runs, steps that are done again included."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable

from raykd.artifacts import Storage

RECORD_SECONDS = 60.0  # between two records at least: what a killed run may have used beyond its last


class Usage:
    """Kept in a small file of each run (one group of workers, from its start to its end) beside the checkpoints.

    A file is written by worker 0 of its run alone, so that runs of a killed driver and of the next do not mix.
    """

    def __init__(
        self, storage: Storage, directory: str, workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """A run of so many workers starts now; directory: of the encoder that is trained."""
        self.storage, self.workers, self.clock, self.started = storage, workers, clock, clock()
        folder = f"{directory}/checkpoints"
        self.path = f"{folder}/used-{uuid.uuid4().hex[:8]}.json"
        names = (name for name in storage.list(folder) if name.startswith("used-") and name.endswith(".json"))
        earlier = [storage.read_json(f"{folder}/{name}") for name in names]
        self.earlier_hours = sum(run["seconds"] for run in earlier) / 3600
        self.earlier_worker_hours = sum(run["seconds"] * run["workers"] for run in earlier) / 3600
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
        """Write this run's file."""
        self.recorded = self.clock()
        self.storage.write_json(self.path, {"seconds": self._seconds, "workers": self.workers})

    def record_now_and_then(self) -> None:
        """Write it where RECORD_SECONDS have gone by."""
        if self.clock() - self.recorded >= RECORD_SECONDS:
            self.record()
