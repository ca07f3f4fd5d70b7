"""What share of a cluster a run leaves idle: hours of the CPUs and GPUs that were there, and of those that were held.

By Ray's own account, which a driver looks at from when it is connected until it ends. Held is what tasks, trainings and
trials have asked for, of whatever job, computing or not. What a machine costs before it joins, and after the driver's
end until the autoscaler lets go of it, no driver sees.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from raykd.artifacts import Storage
from raykd.artifacts.storage import at_once

FOLDER = "machines"  # a small file of each driver, so that those of a killed one and of the next do not mix
KINDS = ("CPU", "GPU")
LOOK_SECONDS = 2.0
RECORD_SECONDS = 60.0  # between two writes: the most that a killed driver's account lacks

Resources = Mapping[str, float]


def look_at_ray() -> tuple[Resources, Resources]:
    """(what the connected cluster has, what of it is free)."""
    import ray

    return ray.cluster_resources(), ray.available_resources()


class MachineHours:
    """A driver's account, kept by a thread from here until `close`."""

    def __init__(
        self,
        storage: Storage,
        look: Callable[[], tuple[Resources, Resources]] = look_at_ray,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage, self._look, self._clock = storage, look, clock
        self._path = f"{FOLDER}/{uuid.uuid4().hex[:8]}.json"
        self._seconds = {kind: {"there": 0.0, "held": 0.0} for kind in KINDS}
        self._looked = self._recorded = clock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="machine hours", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join(RECORD_SECONDS)  # it may be waiting for a store that does not answer
        with suppress(Exception):  # as below
            self.look()
            self.record()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            # Each store has errors of its own, and so has a Ray that is going: no account is worth a run.
            with suppress(Exception):
                self.look()
                if self._clock() - self._recorded >= RECORD_SECONDS:
                    self.record()

    def look(self) -> None:
        """Count the time since the last look by what is there now."""
        there, free = self._look()
        now = self._clock()
        for kind, seconds in self._seconds.items():
            has = there.get(kind, 0.0)
            seconds["there"] += (now - self._looked) * has
            # Two questions: a machine may have come in between.
            seconds["held"] += (now - self._looked) * max(0.0, has - free.get(kind, 0.0))
        self._looked = now

    def record(self) -> None:
        self._storage.write_json(self._path, self._seconds)
        self._recorded = self._clock()


def idle_lines(storage: Storage) -> Iterator[str]:
    """A line for each kind that any driver's cluster had."""
    names = (name for name in storage.list(FOLDER) if name.endswith(".json"))
    found = list(at_once(lambda name: storage.read_json(f"{FOLDER}/{name}"), names))
    for kind in KINDS:
        there, held = (sum(one[kind][what] for one in found) / 3600 for what in ("there", "held"))
        if there:
            yield (
                f"cluster: {there:,.2f} {kind} hours were there while drivers were connected, "
                f"{held:,.2f} of them held: {1 - held / there:.0%} idle"
            )
