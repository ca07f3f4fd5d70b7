"""Training under Ray Train: workers, their data, sums over them, checkpoints and recovery."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import ray
import ray.train
import torch
import torch.distributed
from ray.exceptions import RayError
from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig
from ray.train.collective import broadcast_from_rank_zero
from ray.train.torch import TorchTrainer, get_device
from ray.train.v2._internal import constants
from ray.util.queue import Queue

from raykd.artifacts import Result
from raykd.artifacts.scratch import scratch_directory
from raykd.distill import timing
from raykd.distill.agreement import agreed, alone, each_alone, of_all
from raykd.distill.checkpoints import Checkpoints, steps_of
from raykd.distill.engine import StepRow
from raykd.distill.events import Event, Unreadable
from raykd.distill.loader import read_steps
from raykd.distill.loggers import Observer, open_loggers, tell_all
from raykd.distill.precision import compute_dtype
from raykd.distill.preemption import Notices, Preempted
from raykd.distill.progress import Display
from raykd.distill.reporting import FailureReport, Reporter, reason, shown_progress, worker_resources
from raykd.distill.training import Training, TrainingJob
from raykd.distill.validation import Selection
from raykd.errors import InputError, LimitReached

VERSION = 3


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
    with _named_cluster():
        answer: dict[str, Any] | Exception = trainer.fit().return_value  # type: ignore[attr-defined]
    return answer


@contextmanager
def _named_cluster() -> Iterator[None]:
    """Hands the address of this Ray on to Ray Train's processes.

    One of them (placement_group_cleaner.py, 2.60) looks for a Ray by itself, and where a machine runs two it asks the
    wrong one and says so every second.
    """
    name = "RAY_ADDRESS"
    before = os.environ.get(name)
    constants.ENV_VARS_TO_PROPAGATE.add(name)
    os.environ[name] = ray.get_runtime_context().gcs_address
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def _worker(config: dict) -> dict[str, Any] | Exception:
    """Train; returns facts of the encoder, or why it stopped where a retry would not help."""
    try:
        return _train(config["job"], config["queue"])
    except (InputError, LimitReached) as error:
        return error.with_traceback(None)
    except Preempted:
        logging.getLogger("ray.train").setLevel(logging.CRITICAL)  # which would show a traceback of what is no failure
        raise


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
    training = agreed(lambda: Training(job, rank, world_size, device, dtype), world_size)
    storage = job.store.storage
    checkpoints = Checkpoints(storage, job.directory, job.resources.checkpoints_kept)
    _resume(training, checkpoints, queue)

    observers: list[Observer] = []
    if rank == 0:
        with alone(world_size):
            training.usage.record()
        checkpoints.prune(job.resources.checkpoints_kept)
        loggers = open_loggers(job.resources.loggers, storage, job.directory, len(training.rows))
        observers = [Reporter(training, queue), *loggers]

    def observe(row: StepRow, took: timing.TimingRow) -> None:
        tell_all(observers, lambda observer: observer.log(row, took))
        if rank == 0:
            with alone(world_size):
                training.usage.record_now_and_then()

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
            with alone(world_size):
                training.usage.record()
                checkpoints.wait()  # before there is a second copy of all
                checkpoints.save(current.copy_state())

    dealt, done = training.worker_groups(), len(training.rows)
    cpus = job.resources.reader_cpus
    steps = each_alone(read_steps(storage, job.tokens.directory, dealt, done, training.total_steps, cpus), world_size)
    notices = Notices()
    try:
        completed = training.run(steps, reduce, save, observe, validated, leaving=notices.any)
    finally:
        with alone(world_size):
            checkpoints.wait()
        tell_all(observers, lambda observer: observer.close())
    if not completed:
        if rank == 0:
            _tell(queue, notices.leaving(len(training.rows)))
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
        "precision": str(engine.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        **kept_weights,
    }


def _resume(training: Training, checkpoints: Checkpoints, queue: Queue) -> None:
    """Go on from the newest checkpoint that all workers can load, if there is any.

    Raises RuntimeError where there are some and none can be loaded.
    """
    rank, world_size, unreadable = training.rank, training.world_size, list[str]()
    # All from the same: another worker might see one that has just become whole.
    for path in broadcast_from_rank_zero(checkpoints.whole() if rank == 0 else None):
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
        raise RuntimeError(f"{where}: no checkpoint can be read; remove them, and training begins anew")


def _load(training: Training, checkpoint: str) -> str | None:
    """Why a checkpoint cannot be loaded; none where it is. Raises InputError where no other could be either."""
    try:
        with training.job.store.storage.local_directory(checkpoint) as directory:
            training.resume(directory)
    except InputError:
        raise
    except Exception as error:  # what a damaged file leads to depends on the file
        return reason(error)
    return None


def _tell(queue: Queue, event: Event) -> None:
    with suppress(RayError):  # nobody watches any more
        queue.put(event)
