"""What stages tell Prometheus while they are at work: gauges that Ray serves, those of a job on its driver's machine.

A Ray that a job starts for itself serves nothing, since its port would answer anybody (raykd/jobs/local_ray.py).
"""

from __future__ import annotations

import time
from functools import cache
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ray.util.metrics import Gauge

# Ray writes ray_ before each name.
GAUGES = {
    "raykd_parts": "of the work: units or shards of a pass, steps of a training, cells of the grid",
    "raykd_parts_done": "of raykd_parts, by this run and those before it",
    "raykd_documents": "read by the first pass over a corpus",
    "raykd_bytes_per_second": "of a pass, since this run of it began",
    "raykd_tokens_per_second": "of a training, over its last ten seconds",
    "raykd_loss": "of a training's last step",
}
TAGS = ("experiment", "stage", "work")
SECONDS = 1.0  # between two tellings: a process forgets a gauge with each report to Ray, every ten seconds by default

_told: dict[tuple[str, tuple[str, ...]], float] = {}  # the last value of each, by name and tags, until the process ends


class Gauges:
    """Those of one piece of work. stage: prepare, train or grid; work: what of it, such as "corpus td, read"."""

    def __init__(self, experiment: str, stage: str, work: str) -> None:
        self._tags = (experiment, stage, work)

    def set(self, **values: float) -> None:
        """By the names of GAUGES without their raykd_; a thread tells them, with or without a Ray."""
        for name, value in values.items():
            _told[f"raykd_{name}", self._tags] = value
        _begin()


@cache
def _begin() -> None:
    Thread(target=_tell, name="prometheus", daemon=True).start()


def _tell() -> None:
    while True:
        for (name, tags), value in list(_told.items()):
            _gauge(name).set(value, dict(zip(TAGS, tags, strict=True)))
        time.sleep(SECONDS)


@cache
def _gauge(name: str) -> Gauge:
    from ray.util.metrics import Gauge

    return Gauge(name, GAUGES[name], TAGS)
