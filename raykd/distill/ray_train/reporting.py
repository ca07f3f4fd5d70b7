"""Progress from a training worker to the process that shows it, over a Ray queue.

What a worker prints reaches the driver as a line of its log, with the worker's name before it; a queue lets the driver
draw it in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

import ray
import torch.distributed
from ray.exceptions import RayError
from ray.train import UserCallback
from ray.util.queue import Queue
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from raykd.config import TrainResources
from raykd.distill.logging.events import Lost, Story, silence
from raykd.distill.logging.progress import Progress, Shows
from raykd.distill.ray_train.preemption import Preempted
from raykd.distill.train.job import TrainingJob
from raykd.prometheus import Gauges

Reports = Queue | SimpleQueue[Any]


@contextmanager
def shown_progress(display: Shows, job: TrainingJob, in_process: bool = False) -> Iterator[Reports]:
    """A queue whose progress and events are shown here while a training runs. in_process: in this process."""
    listened = _listened_to_in_process if in_process else listened_to
    with display, listened(lambda queue: _show(queue, display, job)) as queue:
        yield queue


@contextmanager
def _listened_to_in_process(show: Callable[[SimpleQueue[Any]], None]) -> Iterator[SimpleQueue[Any]]:
    queue = SimpleQueue[Any]()
    thread = Thread(target=show, args=(queue,), daemon=True)
    thread.start()
    try:
        yield queue
    finally:
        queue.put(None)
        thread.join()


@contextmanager
def listened_to(show: Callable[[Queue], None]) -> Iterator[Queue]:
    """A queue that `show` reads in a thread of this process, until it gets None."""
    # Beside whoever reads it: a queue on a machine that is taken away would take the training's display with it.
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    queue = Queue(actor_options={"num_cpus": 0, "scheduling_strategy": here})
    thread = Thread(target=show, args=(queue,), daemon=True)
    thread.start()
    try:
        yield queue
    finally:
        with suppress(RayError):
            queue.put(None)
            thread.join()
            queue.shutdown(force=True)


def _show(queue: Reports, display: Shows, job: TrainingJob) -> None:
    story, patience = Story(job.name), job.resources.silence_minutes
    gauges = Gauges(job.store.storage.name, "train", f"{job.name} seed {job.seed}")
    silent, wait = 0.0, patience
    with suppress(RayError):
        while True:
            try:
                heard = queue.get(timeout=60 * wait)
            except Empty:
                silent += wait
                display.say(_silence(story, silent, job.resources))
                wait *= 2
                continue
            if heard is None:
                return
            silent, wait = 0.0, patience
            if isinstance(heard, Progress):
                story.step = heard.step
                gauges.set(parts=heard.steps, parts_done=heard.step)
                gauges.set(loss=heard.losses[0][1], tokens_per_second=heard.tokens_per_second)
                display.show(heard)
            elif told := story.tell(heard):
                display.say(told)


def _silence(story: Story, minutes: float, resources: TrainResources) -> str:
    asked = {name: amount * resources.fewest_workers for name, amount in worker_resources(resources).items()}
    return silence(story, minutes, asked, ray.cluster_resources(), ray.available_resources())


def worker_resources(resources: TrainResources) -> dict[str, float]:
    """What one worker asks of Ray."""
    gpus = {"GPU": resources.gpus_per_worker} if resources.gpus_per_worker else {}
    return {"CPU": resources.cpus_per_worker} | gpus


class FailureReport(UserCallback):
    """Tells from Ray Train's controller which workers were lost."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def after_exception(self, run_context: Any, worker_exceptions: dict[int, Exception]) -> None:
        if lost := what_was_lost(worker_exceptions):
            with suppress(RayError):  # whoever watched is gone
                self.queue.put(lost)


def what_was_lost(errors: Mapping[int, Exception]) -> Lost | None:
    """errors: by rank. None where nothing was: workers that end for a notice."""
    reasons = {rank: reason(error) for rank, error in errors.items() if not isinstance(error, Preempted)}
    # Those of a lost worker's neighbours often come first: they see their connections close at once.
    causes = {rank: why for rank, why in reasons.items() if not speaks_of_others(errors[rank])}
    return Lost(causes or reasons, seen=not causes) if reasons else None


def speaks_of_others(error: Exception) -> bool:
    """Whether an error is that other workers do not answer, as gloo and NCCL tell it."""

    return isinstance(error, torch.distributed.DistError) or "/gloo/" in str(error)


def reason(error: BaseException) -> str:
    """An error in one sentence: the first of the last line, where Ray and Python put what went wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].split(". ")[0] if lines else type(error).__name__
