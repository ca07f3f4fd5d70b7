"""A Ray cluster that grows and shrinks on this machine, as `ray up` makes one: a head without CPUs, and machines of one
CPU that autoscaler v2 starts and ends. The cloud is Ray's fake multi-node provider, in which a machine is a raylet.

Beside other Rays of this machine: no fixed port, a directory of its own, and what ends is this cluster's process group
alone.
"""

import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from raykd.jobs.local_ray import LOCAL_ENVIRONMENT

ROOT = Path(__file__).parents[2]
HEAD = "fffffffffffffffffffffffffffffffffffffffffffffffffff00000"  # the id that the provider gives to its head
HEAD_KIND = "ray.head.default"
MACHINES = 2  # of one CPU, at most
OBJECT_STORE = 80_000_000  # bytes, of each machine
# Of a cluster's YAML, without use here and yet required.
EMPTY = (
    "setup_commands",
    "head_setup_commands",
    "worker_setup_commands",
    "initialization_commands",
    "cluster_synced_files",
)
LIMIT = 900  # seconds that anything is waited for: on a machine with much else to do, a start takes minutes

LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # with which no machine joins
ENVIRONMENT = {name: value for name, value in LOCAL_ENVIRONMENT.items() if name != LOOPBACK} | {
    "PYTHONPATH": str(ROOT),
    "RAY_agent_register_timeout_ms": "120000",
    "RAY_FAKE_CLUSTER": "1",
    "AUTOSCALER_UPDATE_INTERVAL_S": "1",
    # What `ray up` tells its head (ray/autoscaler/_private/commands.py).
    "RAY_enable_autoscaler_v2": "1",
    "RAY_CLOUD_INSTANCE_ID": HEAD,
    "RAY_NODE_TYPE_NAME": HEAD_KIND,
    # A dead machine is noticed within seconds, in place of half a minute: its port refuses. One that is only slow has
    # ten seconds for each answer.
    "RAY_health_check_initial_delay_ms": "1000",
    "RAY_health_check_period_ms": "1000",
    "RAY_health_check_failure_threshold": "2",
}

# How many machines with CPUs the cluster's node table has, a line whenever it changes.
WATCH = """
import sys, time
import ray
ray.init(logging_level="ERROR", log_to_driver=False)
table, seen = open(sys.argv[1], "w"), None  # Ray writes to the standard output too
while True:
    alive = sum(node["Alive"] and node["Resources"].get("CPU", 0) > 0 for node in ray.nodes())
    if alive != seen:
        print(alive, file=table, flush=True)
        seen = alive
    time.sleep(0.2)
"""


def wait_for(condition: Callable[[], Any], failed: Callable[[], str | None], what: str) -> Any:
    """The first true answer of `condition`. failed: why it will never come, once that is known."""
    end = time.monotonic() + LIMIT
    while not (found := condition()):
        if why := failed():
            pytest.fail(f"{what} did not come: {why}", pytrace=False)
        if time.monotonic() > end:
            pytest.fail(f"{what} did not come in {LIMIT} s", pytrace=False)
        time.sleep(0.05)
    return found


class Job:
    """A verb on a cluster, sent by jobs/submit.py, whose lines are the job's."""

    def __init__(self, cluster: "Cluster", verb: str, arguments: tuple[object, ...]) -> None:
        self.cluster, self.log = cluster, cluster.directory / "job.log"
        with self.log.open("w") as output:
            submit = [sys.executable, str(ROOT / "jobs/submit.py"), "--address", cluster.job_server, verb]
            command = [*submit, *map(str, arguments)]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=cluster.environment, stdout=output, stderr=subprocess.STDOUT
            )

    @property
    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        """What must come before the job ends."""

        def ended() -> str | None:
            status = self.process.poll()
            return self.cluster.broken() if status is None else f"the job ended with {status}\n{self.output[-4000:]}"

        return wait_for(condition, ended, what)

    def wait_for_line(self, part: str) -> None:
        self.wait_for(lambda: part in self.output, f"the line {part!r}")

    def succeed(self) -> str:
        """Its output, once it has ended with 0."""
        self.cluster.wait_for(lambda: self.process.poll() is not None, "the job's end")
        assert self.process.returncode == 0, self.output[-4000:]
        return self.output


class Cluster:
    """Whoever submits to its `job_server` needs the token of `environment`, in which its own processes run too."""

    def __init__(self) -> None:
        import ray.util  # brings psutil

        self.directory = Path(mkdtemp(prefix="raykd-cluster-", dir="/tmp"))  # short: a socket's path has 107 bytes
        self.table = self.directory / "machines"
        self.processes: list[subprocess.Popen[Any]] = []
        told = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        path = {"PATH": f"{Path(sys.executable).parent}:{told['PATH']}"}  # of the `python` that a job is started by
        self.environment = told | ENVIRONMENT | token | path
        self.began = time.monotonic()
        self.job_server = ""
        self.address = ray.util.get_node_ip_address()

    def start(self) -> None:
        import psutil

        end = time.monotonic() + LIMIT
        while True:
            port = free_port()
            head = self._start_head(port)
            log = self.directory / "head.log"
            while head.poll() is None and "Ray runtime started" not in log.read_text():
                time.sleep(0.1)
            if head.poll() is None:
                break
            # Something else took the port meanwhile, or the raylet was not up in Ray's half a minute.
            kill_group(head)
            if time.monotonic() > end:
                pytest.fail(f"no head in {LIMIT} s\n{log.read_text()[-4000:]}", pytrace=False)
        self.environment["RAY_ADDRESS"] = f"{self.address}:{port}"
        self.table.touch()
        with (self.directory / "watch.log").open("w") as output:
            watch = [sys.executable, "-c", WATCH, str(self.table)]
            self.watch = subprocess.Popen(watch, env=self.environment, stdout=output, stderr=subprocess.STDOUT)
        self.processes.append(self.watch)
        children = psutil.Process(head.pid).children()
        (self.autoscaler,) = [one for one in children if "autoscaler/v2/monitor.py" in " ".join(one.cmdline())]
        self.wait_for(self.machines, "the cluster's node table")
        self.tell("the cluster is up")

    def _start_head(self, port: int) -> subprocess.Popen[bytes]:
        config = self.directory / "autoscaling.json"
        config.write_text(json.dumps(autoscaling(f"{self.address}:{port}")))
        self.job_server = f"http://127.0.0.1:{(dashboard := free_port())}"
        options = {
            "port": port,
            "num-cpus": 0,
            "object-store-memory": OBJECT_STORE,
            "include-dashboard": "true",  # which serves jobs
            "dashboard-host": "127.0.0.1",
            "dashboard-port": dashboard,
            "dashboard-agent-listen-port": 0,
            "ray-client-server-port": free_port(),
            "min-worker-port": 0,
            "max-worker-port": 0,
            "temp-dir": self.directory / "r",
            "autoscaling-config": config,
        }
        ray = str(Path(sys.executable).parent / "ray")
        command = [ray, "start", "--head", "--block", "--disable-usage-stats"]
        with (self.directory / "head.log").open("w") as log:
            self.head = subprocess.Popen(
                [*command, *(f"--{name}={value}" for name, value in options.items())],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self.head

    def start_job(self, verb: str, *arguments: object) -> Job:
        job = Job(self, verb, arguments)
        self.processes.append(job.process)
        return job

    def machines(self) -> list[int]:
        """How many machines with CPUs there were, one moment after the other."""
        lines = self.table.read_text().splitlines(keepends=True)
        return [int(line) for line in lines if line.endswith("\n")]

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        return wait_for(condition, self.broken, what)

    def tell(self, what: str) -> None:
        """Shown with a failure, beside the job's own seconds."""
        print(f"[{time.monotonic() - self.began:5.0f} s of the cluster] {what}")

    def broken(self) -> str | None:
        """Why nothing will come of it any more."""
        log = self.directory / ("head.log" if self.head.poll() is not None else "watch.log")
        ended = self.head.poll() is not None or self.watch.poll() is not None
        return log.read_text()[-4000:] if ended else None

    def lose(self, work: str, job: Job) -> None:
        """SIGKILL to all processes of a machine that is at some work of the job.

        work: a pattern of the title that Ray gives to the process that does it.
        """

        import psutil

        def find() -> Any:
            """The raylet, which is the machine, and a child of the autoscaler."""
            for raylet in self.autoscaler.children():
                with suppress(psutil.Error):  # it ends while it is looked at
                    if any(re.match(work, " ".join(child.cmdline())) for child in raylet.children()):
                        return raylet
            return None

        raylet = job.wait_for(find, f"a machine at work on {work}")
        self.tell(f"a machine at work on {work} is lost")
        for process in (raylet, *raylet.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
        kill_group(self.head)
        shutil.rmtree(self.directory, ignore_errors=True)


def autoscaling(address: str) -> dict[str, Any]:
    """The cluster's YAML."""
    cpu = {"resources": {"CPU": 1, "object_store_memory": OBJECT_STORE}, "node_config": {}}
    return (
        {
            "cluster_name": "test",
            "max_workers": MACHINES,
            "upscaling_speed": 100,
            "idle_timeout_minutes": 0.4,  # longer than the job takes from one stage to the next
            "provider": {
                "type": "external",
                "module": "tests.cluster.machines.Machines",
                "gcs_address": address,
                "head_node_id": HEAD,
                "launch_multiple": True,
                "use_node_id_as_ip": True,
                "disable_node_updaters": True,
                "disable_launch_config_check": True,
            },
            "available_node_types": {
                HEAD_KIND: {"resources": {"CPU": 0}, "node_config": {}, "max_workers": 0},
                "cpu": cpu | {"min_workers": 0, "max_workers": MACHINES},
            },
            "head_node_type": HEAD_KIND,
        }
        | {key: [] for key in EMPTY}
        | {"file_mounts": {}}
    )


def kill_group(leader: subprocess.Popen[bytes]) -> None:
    """`ray start` and all that it has started: it is the leader of their group."""
    with suppress(ProcessLookupError):
        os.killpg(leader.pid, signal.SIGKILL)
    leader.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def started_cluster() -> Callable[..., AbstractContextManager[Cluster]]:
    """with started_cluster() as cluster: ..."""

    @contextmanager
    def started() -> Iterator[Cluster]:
        cluster = Cluster()
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.end()

    return started
