"""What a job says or refuses on a cluster that has too little: a real Ray that was put together by hand."""

import json
import time
from pathlib import Path

import pytest
from ray.experimental import internal_kv

from raykd.errors import InputError
from raykd.planning.load import load_experiment as load

ROOT = Path(__file__).parents[2]


@pytest.fixture
def machines(local_ray):
    """The checks, connected to a Ray of one machine with two CPUs."""
    from raykd.jobs import preflight

    return preflight


@pytest.fixture
def demo():
    return lambda *overrides: load(ROOT / "configs/demo.yaml", [f"resources.{one}" for one in overrides])


def wait_for_report():
    """Ray's monitor writes its first some seconds after a start."""
    for _ in range(60):
        if json.loads(internal_kv._internal_kv_get("__autoscaling_status") or "{}").get("autoscaler_report"):
            return
        time.sleep(0.5)
    raise TimeoutError("no report of the autoscaler")


def test_what_nothing_can_bring_is_refused(machines, demo):
    wait_for_report()
    assert machines.check_cluster(demo()) is None
    with pytest.raises(
        InputError, match=r"2 worker\(s\) of 3 CPU, .* of 2 CPU .* x 0 = 0; .* or add machines; nothing"
    ):
        machines.check_cluster(demo("train.workers=2", "train.cpus_per_worker=3"))
    with pytest.raises(
        InputError, match=r"grid: a trial of 1 CPU and 1 GPU, but there is room .* of 2 CPU and 0 GPU x 0 = 0"
    ):
        machines.check_cluster(demo("grid.gpus=1"))


def test_the_other_autoscaler_is_asked_where_it_is_at_work(machines, demo, monkeypatch):
    """v2, of `ray up` and KubeRay: here the real answer of a cluster without one, and one with a kind of machine."""
    from ray.autoscaler.v2 import sdk, utils
    from ray.autoscaler.v2.schema import ClusterStatus, NodeInfo

    monkeypatch.setattr(utils, "is_autoscaler_v2", lambda: True)
    with pytest.raises(InputError, match="nothing adds machines to this cluster by itself"):
        machines.check_cluster(demo("grid.gpus=1"))
    head = NodeInfo("m6i.xlarge", "head", "i-1", "10.0.0.1")
    monkeypatch.setattr(sdk, "get_cluster_status", lambda address: ClusterStatus(idle_nodes=[head]))
    assert machines.check_cluster(demo("grid.gpus=1")).startswith("this waits for the cluster's autoscaler")


@pytest.mark.parametrize(
    ("report", "line"),
    [
        ({"autoscaler_report": {"active_nodes": {"head": 1}}}, "this waits for the cluster's autoscaler"),
        ({"autoscaler_report": None}, "this waits for machines, if something adds them, which Ray does not tell"),
        (None, "this waits for machines, if something adds them, which Ray does not tell"),
    ],
)
def test_what_may_come_is_waited_for(machines, demo, monkeypatch, report, line):
    told = json.dumps(report).encode() if report else None
    monkeypatch.setattr(internal_kv, "_internal_kv_get", lambda key: told)
    assert machines.check_cluster(demo("grid.gpus=1")).startswith(line)
    assert "resources.grid: a trial of 1 CPU and 1 GPU" in machines.check_cluster(demo("grid.gpus=1"))
