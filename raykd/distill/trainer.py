"""Training under Ray Train: workers, their data, sums over them, checkpoints and recovery."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import ray.train
import torch
import torch.distributed
from ray.exceptions import RayError
from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig
from ray.train.collective import broadcast_from_rank_zero
from ray.train.torch import TorchTrainer, get_device
from ray.util.queue import Queue

from raykd.artifacts import Result
from raykd.artifacts.scratch import scratch_directory
from raykd.distill import timing
from raykd.distill.checkpoints import Checkpoints
from raykd.distill.engine import StepRow
from raykd.distill.events import Leaving
from raykd.distill.loader import read_steps
from raykd.distill.loggers import Observer, open_loggers, tell_all
from raykd.distill.precision import compute_dtype
from raykd.distill.progress import Display
from raykd.distill.reporting import FailureReport, Reporter, shown_progress, worker_resources
from raykd.distill.training import Training, TrainingJob
from raykd.distill.validation import Selection
from raykd.errors import InputError, LimitReached

VERSION = 3

T = TypeVar("T")


def train_encoder(job: TrainingJob, result: Result) -> None:
    """Write encoders/<encoder>-<seed>-<hash8>/ and its manifest; a run that was cut off goes on from its checkpoint.

    Ray must be running. Raises what a worker raised once the failures that resources allow are used up; LimitReached
    where one of resources.train.limits is, and then the checkpoint stays and there is no manifest.
    """
    started, storage = time.time(), job.store.storage
    with shown_progress(Display(), job) as queue:
        answer = _fit(job, result, queue)
    if isinstance(answer, Exception):
        raise answer
    rows = storage.read_table(f"{result.directory}/training.parquet")
    last = rows.slice(rows.num_rows - 1).to_pylist()[0]
    facts = {
        "steps": rows.num_rows,
        "tokens": pc.sum(rows["tokens"]).as_py(),
        "sequences": pc.sum(rows["sequences"]).as_py(),
        "loss": last["loss"],
        **answer,
        **_speed(storage.read_table(f"{result.directory}/{timing.FILE}")),
    }
    # In this order: were the checkpoints gone first, a driver that dies here would have to train anew.
    job.store.complete(result, facts, started)
    storage.remove(f"{result.directory}/checkpoints")


def _speed(table: pa.Table) -> dict[str, float]:
    """Over the whole training but its first step, in which the reader and the caches start."""
    later = table.slice(min(1, table.num_rows - 1))
    tokens, seconds, waited = (pc.sum(later[name]).as_py() for name in ("tokens", "seconds", "data_wait"))
    return {"tokens_per_second": round(tokens / seconds, 1), "data_wait": round(waited / seconds, 4)}


def _fit(job: TrainingJob, result: Result, queue: Queue) -> dict[str, Any] | Exception:
    """What `_worker` returned. Training's own files are on storage then."""
    train = job.resources
    fewest, most = train.fewest_workers, train.most_workers
    # mypy sees the older Ray Train, whose workers return nothing and are of a fixed number.
    trainer = TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": job, "queue": queue},
        scaling_config=ScalingConfig(
            num_workers=most if fewest == most else (fewest, most),  # type: ignore[arg-type]
            use_gpu=train.gpus_per_worker > 0,
            resources_per_worker=worker_resources(train),
        ),
        run_config=RunConfig(
            name="run",
            # Ray keeps next to nothing there, since checkpoints are not reported to it (checkpoints.py).
            **job.store.storage.ray_location(f"{result.directory}/checkpoints"),
            failure_config=FailureConfig(
                max_failures=train.failures,
                max_preemption_failures=-1 if train.preemptions is None else train.preemptions,  # type: ignore[call-arg]
            ),
            callbacks=[FailureReport(queue)],  # type: ignore[list-item]
            logging_config=LoggingConfig(log_level="WARNING"),
        ),
    )
    answer: dict[str, Any] | Exception = trainer.fit().return_value  # type: ignore[attr-defined]
    return answer


def _worker(config: dict) -> dict[str, Any] | Exception:
    """Train; returns facts of the encoder, or why it stopped where a retry would not help."""
    try:
        return _train(config["job"], config["queue"])
    except (InputError, LimitReached) as error:
        return error.with_traceback(None)


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _common_precision(job: TrainingJob, device: str, world_size: int) -> torch.dtype:
    """bfloat16 if all workers compute in it: their gradients are summed, and their machines may differ."""
    rounds = torch.tensor(float(compute_dtype(job.resources.precision, device) == torch.bfloat16), device=device)
    if world_size > 1:
        torch.distributed.all_reduce(rounds, op=torch.distributed.ReduceOp.MIN)
    return torch.bfloat16 if rounds.item() else torch.float32


def _train(job: TrainingJob, queue: Queue) -> dict[str, Any]:
    # Ray tells of every report on the root logger, and warns of every dataset that its progress bars are off.
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.train.get_context()
    rank, world_size = context.get_world_rank(), context.get_world_size()
    torch.set_num_threads(job.resources.threads or max(1, _cores() // context.get_local_world_size()))
    device = str(get_device())
    dtype = _common_precision(job, device, world_size)
    training = _agreed(lambda: Training(job, rank, world_size, device, dtype), world_size)
    storage = job.store.storage
    checkpoints = Checkpoints(storage, job.directory, job.resources.checkpoints_kept)
    # All from the same: another worker might see one that has just become whole.
    if latest := broadcast_from_rank_zero(checkpoints.latest() if rank == 0 else None):
        _agreed(lambda: _resume(training, latest), world_size)

    observers: list[Observer] = []
    if rank == 0:
        checkpoints.prune(job.resources.checkpoints_kept)
        loggers = open_loggers(job.resources.loggers, storage, job.directory, len(training.rows))
        observers = [Reporter(training, queue), *loggers]

    def observe(row: StepRow, took: timing.TimingRow) -> None:
        tell_all(observers, lambda observer: observer.log(row, took))

    def validated(selection: Selection) -> None:
        step, best = len(training.rows), selection.best == len(training.rows)
        found = [row for row in selection.rows if row.step == step]
        tell_all(observers, lambda observer: observer.validated(found, best))

    def reduce(tensor: torch.Tensor) -> None:
        if world_size > 1:
            torch.distributed.all_reduce(tensor)

    def save(current: Training) -> None:
        if rank == 0:
            tell_all(observers, lambda observer: observer.flush())
            with _alone(world_size):
                checkpoints.wait()  # before there is a second copy of all
                checkpoints.save(current.copy_state())

    dealt, done = training.worker_groups(), len(training.rows)
    cpus = job.resources.reader_cpus
    steps = read_steps(storage, job.tokens.directory, dealt, done, training.total_steps, cpus)
    try:
        training.run(steps, reduce, save, observe, validated, leaving=_Notices(queue, rank).new)
    finally:
        with _alone(world_size):
            checkpoints.wait()
        tell_all(observers, lambda observer: observer.close())
    if rank == 0:
        with _alone(world_size), scratch_directory() as directory:
            training.save_encoder(directory)
            storage.put_directory(directory, job.directory)
    engine, selection = training.engine, training.selection
    kept_weights = {}
    if selection and selection.best is not None:
        kept = selection.best if selection.settings.keep == "best" else len(training.rows)
        kept_weights = {"kept_step": kept, "best_step": selection.best, "validation_loss": selection.means[kept]}
    return {
        "parameters": int(engine.model.base_model.num_parameters()),
        "precision": str(engine.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        **kept_weights,
    }


def _resume(training: Training, checkpoint: str) -> None:
    with training.job.store.storage.local_directory(checkpoint) as directory:
        training.resume(directory)


def _agreed(work: Callable[[], T], world_size: int) -> T:
    """What `work` returns. Bad input of one worker is that of all: else those that go on would wait for it."""
    result, problem = None, None
    try:
        result = work()
    except InputError as error:
        problem = str(error)
    problems: list[str | None] = [problem]
    if world_size > 1:
        problems *= world_size
        torch.distributed.all_gather_object(problems, problem)
    for found in filter(None, problems):
        raise InputError(found)
    return result  # type: ignore[return-value]


@contextmanager
def _alone(world_size: int) -> Iterator[None]:
    """For what worker 0 does by itself: bad input is then a failure, since Ray waits for a worker that only returns."""
    try:
        yield
    except InputError as error:
        if world_size == 1:
            raise
        raise RuntimeError(str(error)) from error


class _Notices:
    """What the cluster announces of machines that will be taken away."""

    def __init__(self, queue: Queue, rank: int) -> None:
        self.queue, self.rank, self.known = queue, rank, set[str]()

    def new(self) -> bool:
        """Whether there is a notice that was not there before: the same on all workers, all of which must ask."""
        info = ray.train.get_preemption_info()
        added = set(info.preempted_node_ids) - self.known if info else set()
        self.known |= added
        if added and self.rank == 0:
            with suppress(RayError):  # nobody watches any more
                self.queue.put(Leaving(len(added), len(info.preempted_ranks)))
        return bool(added)
