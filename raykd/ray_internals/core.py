"""Tokens, the loopback, workers' lines and the autoscaler: what Ray has no public call for."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Collection, Sequence
from functools import partialmethod, wraps
from typing import Any


def asks_for_token() -> bool:
    """Whether the Ray that this process has, or would start, answers nobody without its token."""
    return bool(_raylet().get_authentication_mode() == _raylet().AuthenticationMode.TOKEN)


def read_token_again() -> None:
    """Take RAY_AUTH_MODE and the token from the environment as it is now. Ray has read both when it was imported."""
    _raylet().Config.initialize("")
    _raylet().AuthenticationTokenLoader.instance().reset_cache()


def listen_on_loopback() -> None:
    """Have a Ray that starts here listen on the loopback alone, as its variable says that it reads on import
    (RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER)."""
    from ray._private import ray_constants

    ray_constants.ENABLE_RAY_CLUSTER = False


def take_any_agent_port() -> None:
    """Have the agent of a Ray that starts here listen on a free port. It would be a fixed one, which a second Ray on a
    machine does not get, and without an agent no jobs run."""
    from ray._private.parameter import RayParams

    RayParams.__init__ = partialmethod(RayParams.__init__, dashboard_agent_listen_port=0)  # type: ignore[method-assign,assignment]


def sift_lines(sift: Callable[[str, Sequence[str]], list[str]]) -> None:
    """Have what workers and the raylet write pass `sift` before Ray prints it here; to be called before ray.init.

    sift: (writer, lines) -> those to print.
    """
    from ray._private import worker

    printed = inspect.unwrap(worker.print_to_stdstream)

    @wraps(printed)
    def sifted(data: dict[str, Any], ignore_prefix: bool) -> None:
        if data["pid"] == "autoscaler":  # its lines are an event each, which Ray picks out itself
            printed(data, ignore_prefix)
            return
        name = data.get("actor_name") or data.get("task_name") or ""
        writer = f"{name} pid={data['pid']} {'stderr' if data['is_err'] else 'stdout'}".strip()
        if lines := sift(writer, data["lines"]):
            printed({**data, "lines": lines}, ignore_prefix)

    worker.print_to_stdstream = sifted


def autoscales(nodes: Collection[str]) -> bool | None:
    """Whether the connected cluster has an autoscaler that starts machines; None where Ray has not told.

    nodes: the ids of those that are there. The monitor of a cluster that was put together by hand names a kind of
    machine after each node, or none.
    """
    from ray.autoscaler._private.util import format_readonly_node_type
    from ray.autoscaler.v2.utils import is_autoscaler_v2

    kinds = _kinds_of_v2() if is_autoscaler_v2() else _kinds_of_v1()
    return not kinds <= {"", *map(format_readonly_node_type, nodes)} if kinds else None


def _kinds_of_v1() -> set[str]:
    """As its report in the control service's table says, which comes some seconds after a start."""
    from ray._private.ray_constants import DEBUG_AUTOSCALING_STATUS
    from ray.experimental.internal_kv import _internal_kv_get

    report = json.loads(_internal_kv_get(DEBUG_AUTOSCALING_STATUS) or "{}").get("autoscaler_report") or {}
    return set(report.get("active_nodes") or {})


def _kinds_of_v2() -> set[str]:
    """`ray up` and KubeRay start this one, which writes no such report."""
    import ray
    from ray.autoscaler.v2 import sdk

    status = sdk.get_cluster_status(ray.get_runtime_context().gcs_address)
    return {node.ray_node_type_name for node in (*status.active_nodes, *status.idle_nodes, *status.pending_nodes)}


def is_alive(actor: str) -> bool:
    """Whether an actor is, by its id, as Ray's control service says."""
    from ray._private import state

    return bool(state.actors(actor).get("State") != "DEAD")


def _raylet() -> Any:
    """What Ray has written in Cython, of which mypy knows nothing."""
    import ray._raylet

    return ray._raylet
