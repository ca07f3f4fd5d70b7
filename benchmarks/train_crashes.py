"""A training whose workers, driver and machines are killed at random moments, against one that runs through.

`python benchmarks/train_crashes.py --moments 10`: a Ray cluster of several nodes on this machine, one of them a spare;
SIGKILL in turn to the training worker, the driver and the raylet that the worker is under; then a machine whose loss is
announced NOTICE_SECONDS before, as clouds do with spot machines. Exit 0 where the encoder's weights and
training.parquet have the same bytes as those of the training that nothing happened to. What is announced must count
against the budget of announced losses: with `--victims notice` no failure is allowed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
import random
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from ray._raylet import GcsClient
from ray.core.generated import autoscaler_pb2
from train_job import make_job, result_of

VICTIMS = ("worker", "driver", "raylet", "notice")
NOTICE_SECONDS = 10  # a training asks every five
EPOCH = 32  # steps, two to three seconds
EPOCHS_OF = {"notice": 15}  # and one of the others, so that the training does not end before
CHECKPOINT_STEPS = 10
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
}
COMPARED = ("model.safetensors", "training.parquet")


def drive(job_file: str) -> None:
    """The driver: what jobs/distill.py does for one encoder."""
    import ray

    from raykd.distill.trainer import train_encoder

    # Without the address Ray's own helpers look for a Ray on this machine, and there may be several.
    here = {"env_vars": {"RAY_ADDRESS": os.environ["RAY_ADDRESS"]}}
    ray.init(address=os.environ["RAY_ADDRESS"], logging_level="WARNING", runtime_env=here)
    train_encoder(pickle.loads(Path(job_file).read_bytes()), result_of())


def start_driver(root: Path, address: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, **ENVIRONMENT, "RAY_ADDRESS": address}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parent)])
    return subprocess.Popen([sys.executable, __file__, "--drive", str(root / "job.pickle")], env=environment)


def prepare(root: Path, epochs: int, failures: int, workers: int) -> None:
    """Dropout is on: its random numbers must come back too. failures: how many unannounced ones are allowed."""
    spec = {"layers": 2, "width": 64, "heads": 2, "intermediate": 256, "dropout": 0.1, "epochs": epochs}
    spec |= {"step_sequences": 32, "group_sequences": 8}
    resources = {"workers": workers, "cpus_per_worker": 1.5, "checkpoint_steps": CHECKPOINT_STEPS, "failures": failures}
    root.mkdir()
    job = make_job(root / "storage", 2000, 1024, spec, resources)
    (root / "job.pickle").write_bytes(pickle.dumps(job))


def checkpointed(root: Path) -> int:
    """Steps of the newest checkpoint."""
    found = (root / "storage" / result_of().directory).glob("checkpoints/step-*/complete.json")
    return max((int(path.parent.name.split("-")[1]) for path in found), default=0)


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


class Crashes:
    """A cluster with a spare node, and the kills."""

    def __init__(self, workers: int) -> None:
        from ray.cluster_utils import Cluster

        # A dead node is noticed within ten seconds, in place of half a minute.
        health = {"health_check_initial_delay_ms": 1000, "health_check_period_ms": 1000}
        head = {
            "num_cpus": 0,
            "object_store_memory": 80_000_000,
            "include_dashboard": True,
            "dashboard_port": free_port(),
        }
        self.cluster = Cluster(initialize_head=True, head_node_args=head | {"_system_config": health})
        self.nodes = [self.cluster.add_node(**NODE) for _ in range(workers + 1)]

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
            self.nodes.remove(node)  # type: ignore[arg-type]
            self.cluster.remove_node(node, allow_graceful=False)
            self.nodes.append(self.cluster.add_node(**NODE))  # the next spare
        return True

    def announce(self, node: Any) -> None:
        """That a node will be gone in NOTICE_SECONDS; returns then. What `ray drain-node` does."""
        gone = time.time() + NOTICE_SECONDS
        client = GcsClient(address=self.cluster.address)
        preempted = autoscaler_pb2.DRAIN_NODE_REASON_PREEMPTION
        accepted, why = client.drain_node(node.node_id, preempted, "preempted", int(gone * 1000))
        if not accepted:
            raise RuntimeError(f"Ray does not take the notice: {why}")
        time.sleep(gone - time.time())

    def train(self, root: Path, victims: Mapping[int, str], seed: int = 0) -> list[str]:
        """Run a training to its end; what was killed, and when. victims: by the step after which they are."""
        address, waits, told = self.cluster.address, random.Random(seed), list[str]()
        driver = start_driver(root, address)
        for moment, victim in victims.items():
            while checkpointed(root) < moment:
                if driver.poll() is not None:
                    raise RuntimeError(f"the driver ended with {driver.returncode} before step {moment}")
                time.sleep(0.02)
            time.sleep(waits.uniform(0, 2))  # anywhere in a step or a checkpoint
            while not self.kill(victim, driver):
                time.sleep(0.1)
            told.append(f"{victim} after step {moment}")
            print(f"killed {told[-1]}", flush=True)
            if victim == "driver":
                driver = start_driver(root, address)
        if driver.wait() != 0:
            raise RuntimeError(f"the driver ended with {driver.returncode}")
        return told


def free_port() -> int:
    """The dashboard's usual one may be another Ray's."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def digests(root: Path) -> dict[str, str]:
    directory = root / "storage" / result_of().directory
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in COMPARED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=VICTIMS, help="in turn")
    parser.add_argument("--workers", type=int, default=1, help="each on a machine of its own")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--drive", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.drive:
        return drive(arguments.drive)
    os.environ.update(ENVIRONMENT)
    victims = [arguments.victims[number % len(arguments.victims)] for number in range(arguments.moments)]
    pick, moments, epochs = random.Random(arguments.seed), list[int](), 0
    for victim in victims:
        moments.append(int(EPOCH * (epochs + pick.random())))
        epochs += EPOCHS_OF.get(victim, 1)
    epochs += 1  # the last kill, too, comes well before the end
    with TemporaryDirectory() as directory:
        whole, cut = Path(directory, "whole"), Path(directory, "cut")
        for root in (whole, cut):
            prepare(root, epochs, failures=0 if {*victims} == {"notice"} else 100, workers=arguments.workers)
        started, crashes = time.monotonic(), Crashes(arguments.workers)
        try:
            crashes.train(whole, {})
            middle = time.monotonic()
            told = crashes.train(cut, dict(zip(moments, victims, strict=True)), arguments.seed)
        finally:
            crashes.cluster.shutdown()
        same = [name for name, digest in digests(whole).items() if digests(cut)[name] == digest]
        seconds = middle - started, time.monotonic() - middle
        print(
            f"summary: {len(told)} kills ({', '.join(told)}); {' and '.join(same) or 'nothing'} bit-identical; "
            f"{seconds[0]:.0f} s uninterrupted, {seconds[1]:.0f} s with the kills"
        )
        sys.exit(0 if len(same) == len(COMPARED) else 1)


if __name__ == "__main__":
    main()
