"""The machines a job runs on: this one, or those of a cluster, which may still grow."""

from __future__ import annotations

import json
import os
from typing import Any

from raykd import config
from raykd.capacity import Machine, check_capacity
from raykd.errors import InputError


def on_cluster() -> bool:
    """Whether there is a Ray to connect to: a submitted job has its address."""
    return bool(os.environ.get("RAY_ADDRESS"))


def check_machine(experiment: config.Experiment) -> None:
    """Raises InputError where this machine cannot run what the config asks for: it would wait for ever."""
    if on_cluster():
        return
    _check_gpus(experiment)
    check_capacity(experiment, [Machine(experiment.resources.logical_cpus or os.cpu_count() or 1)])


def check_cluster(experiment: config.Experiment) -> str | None:
    """What a run on the connected cluster has to wait for, and who brings it; None where all of it is there.

    Raises InputError where nothing brings it.
    """
    nodes = [node["Resources"] for node in _nodes()]
    machines = [Machine(one.get("CPU", 0), one.get("GPU", 0)) for one in nodes]
    try:
        check_capacity(experiment, machines, "add machines")
    except InputError as error:
        match _autoscales():
            case False:
                raise InputError(f"{error}; nothing adds machines to this cluster by itself") from error
            case True:
                return f"this waits for the cluster's autoscaler (`ray status` says whether it can help): {error}"
            case None:
                return f"this waits for machines, if something adds them, which Ray does not tell: {error}"
    return None


def _nodes() -> list[dict[str, Any]]:
    import ray

    return [node for node in ray.nodes() if node["Alive"]]


def _autoscales() -> bool | None:
    """Whether the cluster has an autoscaler that starts machines; None where Ray has not told.

    The monitor of a cluster that was put together by hand names a kind of machine after each node.
    """
    from ray._private.ray_constants import DEBUG_AUTOSCALING_STATUS
    from ray.autoscaler._private.util import format_readonly_node_type
    from ray.experimental.internal_kv import _internal_kv_get

    report = json.loads(_internal_kv_get(DEBUG_AUTOSCALING_STATUS) or "{}").get("autoscaler_report") or {}
    kinds = set(report.get("active_nodes") or {})
    return not kinds <= {format_readonly_node_type(node["NodeID"]) for node in _nodes()} if kinds else None


def _check_gpus(experiment: config.Experiment) -> None:
    import torch

    resources = experiment.resources
    train, grid, runs = resources.train, resources.grid, resources.sweep_trials if experiment.sweep else 1
    asked = {
        "train.gpus_per_worker": train.gpus_per_worker * train.fewest_workers * runs,
        "grid.gpus": grid.gpus,
        "classify_workers": grid.gpus * resources.classify_workers if experiment.classify else 0,
        "translate.gpus": resources.translate.gpus if experiment.translate else 0,
    }
    available = torch.cuda.device_count() if torch.cuda.is_available() else 0
    for key, number in asked.items():
        if number > available:
            has = f"{available} GPUs" if available else "no GPU that torch can use"
            raise InputError(f"resources.{key}: {number:g} GPU(s) asked, but this machine has {has}")
