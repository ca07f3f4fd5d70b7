"""A training as a worker of Ray Train runs it: its data, sums over workers, checkpoints, announced preemptions."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from functools import partial
from typing import Any

import ray
import ray.train
import torch
import torch.distributed
from ray.exceptions import RayError
from ray.train.collective import broadcast_from_rank_zero
from ray.train.torch import get_device

from raykd.artifacts.scratch import scratch_directory
from raykd.distill.logging.events import Event, Unreadable
from raykd.distill.logging.loggers import Observer, open_loggers, tell_all
from raykd.distill.models.mixed_precision import compute_dtype
from raykd.distill.ray_train.collectives import agreed, alone, each_alone, of_all
from raykd.distill.ray_train.loader import read_steps
from raykd.distill.ray_train.preemption import Notices, Preempted
from raykd.distill.ray_train.reporter import Reporter
from raykd.distill.ray_train.reporting import Reports, reason
from raykd.distill.train.checkpoint_files import OtherFormat
from raykd.distill.train.checkpoint_store import Checkpoints, steps_of
from raykd.distill.train.loop import Hooks, Training, TrainingJob
from raykd.distill.train.step import StepRow
from raykd.distill.train.timing import TimingRow
from raykd.distill.train.validation import Selection
from raykd.errors import InputError


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _common_precision(job: TrainingJob, device: str, world_size: int) -> torch.dtype:
    """bfloat16 if all workers compute in it: their gradients are summed, and their machines may differ."""
    rounds = torch.tensor(float(compute_dtype(job.resources.precision, device) == torch.bfloat16), device=device)
    if world_size > 1:
        torch.distributed.all_reduce(rounds, op=torch.distributed.ReduceOp.MIN)
    return torch.bfloat16 if rounds.item() else torch.float32


def train(job: TrainingJob, queue: Reports) -> dict[str, Any]:
    """In each worker; returns facts of the encoder. Raises Preempted once all is saved for a machine that is to go."""
    logging.getLogger().setLevel(logging.WARNING)  # Ray tells of every report on the root logger
    context = ray.train.get_context()
    rank, world_size = context.get_world_rank(), context.get_world_size()
    torch.set_num_threads(job.resources.threads or max(1, _cores() // context.get_local_world_size()))
    device = str(get_device())
    dtype = _common_precision(job, device, world_size)
    training = agreed(lambda: Training(job, rank, world_size, device, dtype), world_size)
    storage = job.store.storage
    checkpoints = Checkpoints(storage, job.directory, job.resources.checkpoints_kept)
    _resume(training, checkpoints, queue)

    surroundings = _Surroundings(training, checkpoints, queue)
    steps = each_alone(read_steps(storage, job.tokens.directory, training.steps_to_read()), world_size)
    try:
        completed = training.run(steps, surroundings.reduce, surroundings)
    finally:
        surroundings.close()
    if not completed:
        if rank == 0:
            _tell(queue, surroundings.notices.leaving(len(training.rows)))
        raise Preempted
    if rank == 0:
        with alone(world_size), scratch_directory() as directory:
            training.save_encoder(directory)
            storage.put_directory(directory, job.directory)
    engine, selection = training.engine, training.selection
    kept_weights = {}
    if selection and selection.best is not None:
        kept = selection.best if selection.settings.keep == "best" else len(training.rows)
        kept_weights = {"kept_step": kept, "best_step": selection.best, "validation_loss": selection.means[kept]}
    return {
        "parameters": int(engine.model.base_model.num_parameters()),
        "epochs": round(len(training.rows) / training.steps_per_epoch, 3),
        "precision": str(engine.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "vocabulary_head": engine.has_head,
        **kept_weights,
    }


class _Surroundings(Hooks):
    """Ray Train around a training: progress and curves on worker 0, checkpoints on storage, announced preemptions."""

    def __init__(self, training: Training, checkpoints: Checkpoints, queue: Reports) -> None:
        self.training, self.checkpoints, self.notices = training, checkpoints, Notices()
        self.is_first, self.workers = training.rank == 0, training.world_size
        self.observers: list[Observer] = []
        if self.is_first:
            job = training.job
            with alone(self.workers):
                training.usage.record()
            checkpoints.prune(job.resources.checkpoints_kept)
            loggers = open_loggers(job.resources.loggers, job.store.storage, job.directory, len(training.rows))
            self.observers = [Reporter(training, queue), *loggers]

    def reduce(self, tensor: torch.Tensor) -> None:
        """Sum a tensor over all workers, in place."""
        if self.workers > 1:
            torch.distributed.all_reduce(tensor)

    def stepped(self, row: StepRow, took: TimingRow) -> None:
        tell_all(self.observers, lambda observer: observer.log(row, took))
        if self.is_first:
            with alone(self.workers):
                self.training.usage.record_now_and_then()

    def validated(self, selection: Selection) -> None:
        step = len(self.training.rows)
        found = [row for row in selection.rows if row.step == step]
        tell_all(self.observers, lambda observer: observer.validated(found, selection.best == step))

    def checkpoint(self, training: Training) -> None:
        if self.is_first:
            tell_all(self.observers, lambda observer: observer.flush())
            with alone(self.workers):
                training.usage.record()
                self.checkpoints.wait()  # before there is a second copy of all
                self.checkpoints.save(training.copy_state())

    def preempted(self) -> bool:
        return self.notices.any()

    def close(self) -> None:
        """Wait until the last checkpoint is written."""
        with alone(self.workers):
            self.checkpoints.wait()
        tell_all(self.observers, lambda observer: observer.close())


def _resume(training: Training, checkpoints: Checkpoints, queue: Reports) -> None:
    """Resume from the newest checkpoint that all workers can load, if there is any.

    Raises InputError where there are some and none can be loaded: another try would end alike.
    """
    rank, world_size, unreadable = training.rank, training.world_size, list[str]()
    # All from the same: another worker might see one that has just become complete.
    for path in broadcast_from_rank_zero(checkpoints.complete() if rank == 0 else None):
        problems = of_all(agreed(partial(_load, training, path), world_size), world_size)
        problem = next(filter(None, problems), None)
        if problem is None:
            if rank == 0:
                for each in unreadable:  # which would be taken for newer than what is written from here on
                    checkpoints.remove(each)
            return
        unreadable.append(path)
        if rank == 0:
            _tell(queue, Unreadable(steps_of(path), problem))
    if unreadable:
        where = training.job.store.storage.address(checkpoints.directory)
        raise InputError(
            f"{where}: no checkpoint can be read ({problem}), as where another version of raykd wrote them; remove "
            "them, and training begins anew"
        )


def _load(training: Training, checkpoint: str) -> str | None:
    """Why a checkpoint cannot be loaded; none where it is. Raises InputError where no other could be either."""
    try:
        with training.job.store.storage.local_directory(checkpoint) as directory:
            training.resume(directory)
    except InputError:
        raise
    except OtherFormat as error:  # not damaged: whoever wrote it can go on from it
        where = training.job.store.storage.address(checkpoint)
        raise InputError(f"{where}: {error}; go on with the version that wrote it, or remove it") from error
    except Exception as error:  # what a damaged file leads to depends on the file
        return reason(error)
    return None


def _tell(queue: Reports, event: Event) -> None:
    with suppress(RayError):  # nobody watches any more
        queue.put(event)
