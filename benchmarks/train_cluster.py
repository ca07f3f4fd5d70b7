"""A Ray cluster of several nodes on this machine, whose parts are lost, and a training's driver on it."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq
from ray._raylet import GcsClient  # type: ignore[attr-defined]
from ray.cluster_utils import Cluster
from ray.core.generated import autoscaler_pb2
from train_job import result_of

NOTICE_SECONDS = 10  # a training asks every five
NODE = {"num_cpus": 2, "object_store_memory": 80_000_000}  # a worker takes 1.5 of the CPUs
ENVIRONMENT = {
    "RAY_AUTH_MODE": "disabled",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.5",
    "RAY_TRAIN_PREEMPTION_POLL_INTERVAL_S": "1",
    "RAY_TRAIN_ENABLE_PRINT_PATCH": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "OMP_NUM_THREADS": "1",
    # Elastic workers are waited for on a machine that is gone for as long, in place of a minute.
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "20",
}


def drive(job_file: str) -> None:
    """The driver: what jobs/distill.py does for one encoder."""
    import ray

    from raykd.distill.ray_train import trainer

    # Without the address Ray's own helpers look for a Ray on this machine, and there may be several.
    here = {"env_vars": {"RAY_ADDRESS": os.environ["RAY_ADDRESS"]}}
    ray.init(address=os.environ["RAY_ADDRESS"], logging_level="WARNING", runtime_env=here)
    # Ray looks for machines that have come once a minute.
    trainer.ScalingConfig = partial(trainer.ScalingConfig, elastic_resize_monitor_interval_s=5)
    trainer.train_encoder(pickle.loads(Path(job_file).read_bytes()), result_of())


def start_driver(root: Path, address: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **ENVIRONMENT, "RAY_ADDRESS": address}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parent)])
    return subprocess.Popen([sys.executable, __file__, str(root / "job.pickle")], env=environment)


def checkpointed(root: Path) -> int:
    """Steps of the newest checkpoint."""
    return max((int(path.name.split("-")[1]) for path in checkpoints(root)), default=0)


def checkpoints(root: Path) -> list[Path]:
    """Oldest first."""
    found = (root / "storage" / result_of().directory).glob("checkpoints/step-*/complete.json")
    return sorted(path.parent for path in found)


def worker_numbers(directory: Path) -> list[int]:
    """With how many workers the steps were done, one after the other: [2, 1] where some were with two, the rest one."""
    return [number for number, _ in groupby(pq.read_table(directory / "timing.parquet")["workers"].to_pylist())]


def newest_worker_numbers(root: Path) -> list[int]:
    with suppress(FileNotFoundError, IndexError):  # none yet, or removed meanwhile
        return worker_numbers(checkpoints(root)[-1])
    return []


def wait_until(true: Callable[[], bool], driver: subprocess.Popen[bytes], what: str) -> None:
    """Raises RuntimeError where the driver ends before."""
    while not true():
        if driver.poll() is not None:
            raise RuntimeError(f"the driver ended with {driver.returncode} before {what}")
        time.sleep(0.05)


def train_worker(raylets: dict[int, object]) -> psutil.Process | None:
    """The process of the training worker under one of these raylets (by process id)."""
    for raylet in raylets:
        for child in psutil.Process(raylet).children() if psutil.pid_exists(raylet) else []:
            try:
                if "TrainWorker" in " ".join(child.cmdline()):
                    return child
            except psutil.Error:
                continue  # it has just ended
    return None


class Machines:
    """A cluster of so many nodes that each have room for a worker, and the kills."""

    def __init__(self, nodes: int) -> None:
        # A dead node is noticed within ten seconds, in place of half a minute.
        health = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 1000}
        # All nodes share this machine: no processes that wait for tasks, and no metrics that nobody reads.
        unneeded = {"prestart_worker_first_driver": False, "enable_metrics_collection": False}
        head = {
            "num_cpus": 0,
            "object_store_memory": 80_000_000,
            "include_dashboard": False,
            "dashboard_port": free_port(),
        }
        self.cluster = Cluster(initialize_head=True, head_node_args=head | {"_system_config": health | unneeded})
        self.nodes = [self.cluster.add_node(**NODE) for _ in range(nodes)]

    def raylets(self) -> dict[int, object]:
        return {node.all_processes["raylet"][0].process.pid: node for node in self.nodes}

    def kill(self, victim: str, driver: subprocess.Popen[bytes]) -> bool:
        """Whether there was one to kill."""
        if victim == "driver":
            driver.kill()
            driver.wait()
            return True
        raylets = self.raylets()
        worker = train_worker(raylets)
        if worker is None:
            return False
        if victim == "worker":
            worker.kill()
        else:
            node = raylets[worker.ppid()]
            if victim == "notice":
                self.announce(node)
            self.lose(node)
            self.join()  # the next spare
        return True

    def lose(self, node: Any) -> None:
        self.nodes.remove(node)
        self.cluster.remove_node(node, allow_graceful=False)

    def join(self) -> None:
        self.nodes.append(self.cluster.add_node(**NODE))

    def announce(self, node: Any) -> None:
        """That a node will be gone in NOTICE_SECONDS; returns then. What `ray drain-node` does."""
        gone = time.time() + NOTICE_SECONDS
        client = GcsClient(address=self.cluster.address)
        preempted = autoscaler_pb2.DRAIN_NODE_REASON_PREEMPTION  # type: ignore[attr-defined]
        accepted, why = client.drain_node(node.node_id, preempted, "preempted", int(gone * 1000))
        if not accepted:
            raise RuntimeError(f"Ray does not take the notice: {why}")
        time.sleep(gone - time.time())


def free_port() -> int:
    """The dashboard's usual one may be another Ray's."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    drive(sys.argv[1])
