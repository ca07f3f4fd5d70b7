"""What Ray Train does around a training by itself, without what it does not need here.

Ray Train 2.60 starts a cleaner, which frees the workers' places should the controller die. Once a second it asks the
state API whether the controller is alive. That API is the dashboard's: without one it warns each time and never cleans,
and where a machine runs two Rays it may ask the wrong one. It starts a manager of datasets too, a process that takes a
second of a core at each training, also where it is given no dataset: workers read their shards themselves (loader.py).
And it has a watcher of announced machines started again should it die, for which Ray's core writes an error line at
each training, about which nobody can do anything. And where a worker is lost in the moment in which it is told to
begin, it gives the training up, and keeps the workers' places.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import ray
from ray.exceptions import RayActorError
from ray.train.v2._internal.callbacks import placement_group_callback, preemption_callback
from ray.train.v2._internal.callbacks.datasets import DatasetsCallback
from ray.train.v2._internal.execution.controller import placement_group_cleaner
from ray.train.v2._internal.execution.worker_group.worker_group import WorkerGroup
from ray.train.v2.api.exceptions import WorkerGroupError

from raykd.ray_internals.core import is_alive


def needed_callbacks(callbacks: Iterable[Any]) -> list[Any]:
    """Ray Train's own, without its manager of datasets and with a cleaner that needs no dashboard."""
    replaced = placement_group_callback.PlacementGroupCleanerCallback
    kept = (one for one in callbacks if not isinstance(one, DatasetsCallback))
    return [_ControllerCallback() if isinstance(one, replaced) else one for one in kept]


class _Cleaner(placement_group_cleaner.PlacementGroupCleaner):
    """In an actor of its own, which imports this module and so no torch."""

    def start_monitoring(self) -> Any:
        placement_group_cleaner.is_actor_alive = lambda actor_id, timeout: is_alive(actor_id)
        return super().start_monitoring()


class _ControllerCallback(placement_group_callback.PlacementGroupCleanerCallback):
    """In the controller, which starts the cleaner, a watcher with each group of workers, and workers that were lost."""

    def after_controller_start(self, train_run_context: Any) -> None:
        placement_group_callback.PlacementGroupCleaner = _Cleaner  # type: ignore[misc]
        replaced: Any = preemption_callback.PreemptionCallback
        replaced.after_worker_group_start = start_watcher
        WorkerGroup.create = classmethod(start_workers)  # type: ignore[assignment,method-assign]
        super().after_controller_start(train_run_context)


def start_workers(
    kind: type[WorkerGroup], train_run_context: Any, worker_group_context: Any, callbacks: Any = None
) -> WorkerGroup:
    """As WorkerGroup.create, but a worker that is lost while it is told to begin counts as one that is lost later, and
    the places of all are free again."""
    group = kind(train_run_context, worker_group_context, callbacks)
    try:
        group._start()
    except Exception as error:
        if group.has_started():
            group.shutdown()
        if isinstance(error, RayActorError):
            raise WorkerGroupError(str(error), {0: error}) from error
        raise
    return group


def start_watcher(callback: preemption_callback.PreemptionCallback, worker_group: Any) -> None:
    """As Ray Train's own, but started once (max_restarts 0). Were it to die, the machine that goes would be a failure
    and no announced loss, until the workers start the next time."""
    callback._stop_watcher()
    node_to_ranks = defaultdict[str, list[int]](list)
    workers: dict[int, Any] = {}
    for worker in worker_group.get_workers():
        rank = worker.distributed_context.world_rank
        node_to_ranks[worker.metadata.node_id].append(rank)
        workers[rank] = worker.actor
    watcher: Any = ray.remote(num_cpus=0)(preemption_callback.PreemptionWatcher)
    callback._watcher = watcher.remote(
        node_to_ranks=dict(node_to_ranks),
        poll_interval_s=callback._poll_interval_s,
        worker_actors_by_rank=workers,
    )
