"""Machines whose loss the cluster announces, as clouds do with spot machines."""

from __future__ import annotations

import ray.train
from ray.exceptions import RayActorError

from raykd.distill.logging.events import Leaving


class Preempted(RayActorError):
    """What all workers end with when everything is saved because a machine is announced to go.

    Ray charges a group of workers of which one died by preemption to the budget of announced losses, and starts them
    again on machines that stay. The first to end in this way is one to it, before any machine has gone: no step is done
    twice, and no worker is left to find its neighbour's connection closed, which would be charged as a failure.
    """

    def __init__(self) -> None:
        super().__init__(error_msg="saved, since a machine is announced to go", preempted=True)


class Notices:
    """What the cluster announces of the machines that a training runs on."""

    def __init__(self) -> None:
        self._info: ray.train.PreemptionInfo | None = None

    def any(self) -> bool:
        """Whether there is a notice: the same on all workers, all of which must ask."""
        self._info = ray.train.get_preemption_info()
        return self._info is not None

    def leaving(self, step: int) -> Leaving:
        """The notice as an event; step: the one that all is saved after."""
        assert self._info
        return Leaving(len(self._info.preempted_node_ids), len(self._info.preempted_ranks), step)
