"""What breaks where a release of Ray has moved what it keeps to itself, a line for each; and the one error line that is
kept from users, from a real Ray."""

import importlib
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from raykd.ray_internals import core

ROOT = Path(__file__).parents[1]
CLEANER = "ray.train.v2._internal.execution.controller.placement_group_cleaner"
GROUP = "ray.train.v2._internal.execution.worker_group.worker_group"
CALLBACKS = "ray.train.v2._internal.callbacks"
TOKENS = "a Ray of its own would ask for another token than the job was told, or for none (raykd/jobs/local_ray.py)"
WAITING = "a job cannot tell whether its cluster grows, and waits for ever or refuses (raykd/jobs/preflight.py)"
CLEANING = "Ray Train's cleaner warns each second where there is no dashboard (raykd/ray_internals/train.py)"
WATCHING = (
    "an error line of Ray's core at each training, or no notice of machines that go (raykd/ray_internals/train.py)"
)
FOLDING = "Ray's noise stands between a job's lines (raykd/jobs/ray_messages.py)"
BEGINNING = "a training ends whose machine is lost as its worker begins (raykd/ray_internals/train.py)"
DATASETS = "a process that takes a second of a core at each training (raykd/ray_internals/train.py)"

# module, name in it, parameters that are given, what breaks
USED = [
    ("ray._private.ray_constants", "ENABLE_RAY_CLUSTER", [], "a local Ray listens on all interfaces"),
    ("ray._raylet", "get_authentication_mode", [], TOKENS),
    ("ray._raylet", "AuthenticationMode.TOKEN", [], TOKENS),
    ("ray._raylet", "Config.initialize", [], TOKENS),
    ("ray._raylet", "AuthenticationTokenLoader.instance", [], TOKENS),
    ("ray._private.ray_constants", "DEBUG_AUTOSCALING_STATUS", [], WAITING),
    ("ray.experimental.internal_kv", "_internal_kv_get", ["key"], WAITING),
    ("ray.autoscaler._private.util", "format_readonly_node_type", ["node_id"], WAITING),
    ("ray.autoscaler.v2.utils", "is_autoscaler_v2", [], WAITING),
    ("ray.autoscaler.v2.sdk", "get_cluster_status", ["gcs_address"], WAITING),
    ("ray._private.worker", "print_to_stdstream", ["data", "ignore_prefix"], FOLDING),
    ("ray._private.state", "actors", ["actor_id"], CLEANING),
    (CLEANER, "PlacementGroupCleaner.start_monitoring", ["self"], CLEANING),
    (CLEANER, "is_actor_alive", ["actor_id", "timeout"], CLEANING),
    (f"{CALLBACKS}.placement_group_callback", "PlacementGroupCleaner", [], CLEANING),
    (f"{CALLBACKS}.placement_group_callback", "PlacementGroupCleanerCallback.after_controller_start", [], CLEANING),
    (f"{CALLBACKS}.datasets", "DatasetsCallback", [], DATASETS),
    ("ray.train.torch", "TorchTrainer._create_default_callbacks", ["self"], DATASETS),
    (f"{CALLBACKS}.preemption_callback", "PreemptionCallback.after_worker_group_start", ["worker_group"], WATCHING),
    (f"{CALLBACKS}.preemption_callback", "PreemptionCallback._stop_watcher", ["self"], WATCHING),
    (GROUP, "WorkerGroup.create", ["train_run_context", "worker_group_context", "callbacks"], BEGINNING),
    (GROUP, "WorkerGroup._start", ["self"], BEGINNING),
    (GROUP, "WorkerGroup.has_started", ["self"], BEGINNING),
    ("ray.train.v2.api.exceptions", "WorkerGroupError", ["error_message", "worker_failures"], BEGINNING),
    (
        f"{CALLBACKS}.preemption_callback",
        "PreemptionWatcher",
        ["node_to_ranks", "poll_interval_s", "worker_actors_by_rank"],
        WATCHING,
    ),
]


@pytest.mark.parametrize(("module", "name", "parameters", "breaks"), USED, ids=[f"{one[0]}:{one[1]}" for one in USED])
def test_ray_has_what_is_used_of_its_own(module, name, parameters, breaks):
    told = f"Ray {ray.__version__} has no {module}.{name} as it is used: {breaks}"
    try:
        found = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        missing = set(parameters) - set(inspect.signature(found).parameters if parameters else [])
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{told} ({error})")
    assert not missing, f"{told} (without {missing})"


def test_ray_init_takes_its_directory():
    """Among its unnamed parameters. Without it others could read a local Ray's files (raykd/jobs/local_ray.py)."""
    assert '"_temp_dir"' in inspect.getsource(inspect.unwrap(ray.init))


def test_an_actor_is_alive_until_it_has_ended(local_ray):
    actor = ray.remote(num_cpus=0)(type("Actor", (), {"work": lambda self: ray.get_runtime_context().get_actor_id()}))
    handle = actor.remote()
    name = ray.get(handle.work.remote())
    assert core.is_alive(name)


# A controller and one worker, as Ray Train has them; the watcher is given the worker's handle.
WATCHED = """
import time
from types import SimpleNamespace
import ray
from raykd.config import Resources
from raykd.jobs import local_ray
from ray.train.v2._internal.callbacks.preemption_callback import PreemptionCallback
from raykd.ray_internals.train import start_watcher

class Controller:
    def start(self, ours):
        class Worker:
            def node(self):
                return ray.get_runtime_context().get_node_id()
        worker = ray.remote(num_cpus=0)(Worker).remote()
        placed = SimpleNamespace(
            actor=worker,
            distributed_context=SimpleNamespace(world_rank=0),
            metadata=SimpleNamespace(node_id=ray.get(worker.node.remote())),
        )
        group = SimpleNamespace(get_workers=lambda: [placed])
        callback = PreemptionCallback()
        (start_watcher if ours else PreemptionCallback.after_worker_group_start)(callback, group)
        info = ray.get(callback._watcher.get_latest_preemption_info.remote())
        callback.before_worker_group_shutdown(group)
        return info

if __name__ == "__main__":
    local_ray.set_environment()
    resources = Resources(logical_cpus=1, object_store=100_000_000)
    local_ray.start_ray(SimpleNamespace(resources=resources), print, verbose=True)
    controller = ray.remote(num_cpus=0)(Controller).remote()
    for ours in (True, False):
        print("info", ray.get(controller.start.remote(ours)), flush=True)
        time.sleep(5)  # what actors write comes later
        print("told by", "ours" if ours else "Ray's", flush=True)
    local_ray.stop_ray(failed=False)
"""


@pytest.mark.ray
def test_the_watcher_of_announced_machines_starts_without_an_error_line(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("RAY_ADDRESS", None)
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    done = subprocess.run(
        [sys.executable, script],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    ours, rays = done.stdout.split("told by ours")
    assert done.stdout.count("info None") == 2
    assert "core_worker.cc" not in ours
    # Where this fails, Ray has no such line any more, and needs no replacement for its callback.
    assert "PreemptionWatcher' and ID" in rays and "constructor arguments in the object store" in rays
