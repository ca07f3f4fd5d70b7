"""What the job's own process says of a training elsewhere."""

import io
import time
from types import SimpleNamespace

import pytest
from ray.exceptions import RayActorError
from ray.train.v2._internal.exceptions import WorkerHealthCheckFailedError
from rich.console import Console

from raykd.artifacts import Storage
from raykd.config import TrainResources
from raykd.distill.logging.events import Lost, Started
from raykd.distill.logging.progress import Display
from raykd.distill.ray_train.preemption import Preempted
from raykd.distill.ray_train.reporting import reason, shown_progress, what_was_lost, worker_resources


class Job:
    name, seed = "student", 1
    store = SimpleNamespace(storage=Storage("memory://demo"))
    resources = TrainResources(silence_minutes=0.02)


def test_a_reason_is_one_sentence():
    error = RuntimeError("Traceback:\n  file\nThe actor is dead because its node has died. Exit type: SYSTEM.\n")
    assert reason(error) == "The actor is dead because its node has died"
    assert reason(ValueError()) == "ValueError"


CLOSED = RuntimeError(
    "[/pytorch/third_party/gloo/gloo/transport/tcp/pair.cc:553] Connection closed by peer [10.0.0.1]:9"
)
DEAD = WorkerHealthCheckFailedError("A worker health check failed.", RayActorError(error_msg="Its node has died."))


def test_a_dead_worker_is_named_before_its_neighbours():
    lost = what_was_lost({0: CLOSED, 1: DEAD})
    assert lost == Lost({1: "Its node has died."}) and not lost.seen
    assert what_was_lost({0: ValueError("no"), 1: CLOSED, 2: CLOSED}) == Lost({0: "no"})


def test_neighbours_alone_are_said_to_have_seen_it():
    lost = what_was_lost({0: CLOSED})
    assert lost.seen and "Connection closed by peer" in lost.reasons[0]


def test_workers_that_end_for_a_notice_are_not_lost():
    assert what_was_lost({0: Preempted(), 1: Preempted()}) is None
    assert what_was_lost({0: Preempted(), 1: DEAD}) == Lost({1: "Its node has died."})


def test_a_worker_asks_for_what_resources_say():
    assert worker_resources(TrainResources(cpus_per_worker=2)) == {"CPU": 2}
    assert worker_resources(TrainResources(gpus_per_worker=0.5)) == {"CPU": 1, "GPU": 0.5}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("in_process", [False, True])
def test_events_and_silence_become_lines(local_ray, in_process):
    out = io.StringIO()
    with shown_progress(Display(Console(file=out)), Job(), in_process) as queue:
        queue.put(Started(0, 480, 2))
        queue.put(Lost({1: "gone"}))
        end = time.monotonic() + 30
        while "no step for" not in out.getvalue() and time.monotonic() < end:
            time.sleep(0.1)
        queue.put(Started(120, 480, 1))
    lines = out.getvalue().splitlines()
    assert lines[0] == "student: worker 1 of 2 lost after step 0 (gone)"
    assert lines[1].startswith("student: no step for 0.02 minutes; its workers have not started though there is room")
    assert lines[-1] == "student: resuming after step 120 of 480 with 1 worker"
