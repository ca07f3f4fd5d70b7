"""Training under Ray Train: workers, their data, sums over them, checkpoints and recovery."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import ray.train
import torch
import torch.distributed
from ray.train import Checkpoint, CheckpointConfig, FailureConfig, LoggingConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer, get_device
from ray.util.queue import Queue

from raykd.artifacts import Result
from raykd.distill import checkpoint, timing
from raykd.distill.engine import StepRow
from raykd.distill.loader import read_steps
from raykd.distill.loggers import Observer, open_loggers, tell_all
from raykd.distill.precision import compute_dtype
from raykd.distill.progress import Display
from raykd.distill.reporting import Reporter, shown_progress
from raykd.distill.training import Training, TrainingJob
from raykd.errors import InputError

VERSION = 2


def train_encoder(job: TrainingJob, result: Result) -> None:
    """Write encoders/<encoder>-<seed>-<hash8>/ and its manifest; a run that was cut off goes on from its checkpoint.

    Ray must be running. Raises what a worker raised once the failures that resources allow are used up.
    """
    started, storage = time.time(), job.store.storage
    with shown_progress(Display()) as queue:
        answer = _fit(job, result, queue)
    if isinstance(answer, str):
        raise InputError(answer)
    rows = storage.read_table(f"{result.directory}/training.parquet")
    last = rows.slice(rows.num_rows - 1).to_pylist()[0]
    facts = {
        "steps": rows.num_rows,
        "tokens": pc.sum(rows["tokens"]).as_py(),
        "sequences": pc.sum(rows["sequences"]).as_py(),
        "loss": last["loss"],
        **answer,
        "tokens_per_second": round(_tokens_per_second(storage.read_table(f"{result.directory}/{timing.FILE}")), 1),
    }
    # In this order: were the checkpoints gone first, a driver that dies here would have to train anew.
    job.store.complete(result, facts, started)
    storage.remove(f"{result.directory}/checkpoints")


def _tokens_per_second(table: pa.Table) -> float:
    """Over the whole training but its first step, in which the reader and the caches start."""
    later = table.slice(min(1, table.num_rows - 1))
    return float(pc.sum(later["tokens"]).as_py() / pc.sum(later["seconds"]).as_py())


def _fit(job: TrainingJob, result: Result, queue: Queue) -> dict[str, Any] | str:
    """What `_worker` returned. Training's own files are on storage then."""
    train = job.resources
    # mypy sees the older Ray Train, whose workers return nothing.
    trainer = TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": job, "queue": queue},
        scaling_config=ScalingConfig(
            num_workers=train.workers,
            use_gpu=train.gpus_per_worker > 0,
            resources_per_worker={"CPU": train.cpus_per_worker}
            | ({"GPU": train.gpus_per_worker} if train.gpus_per_worker else {}),
        ),
        run_config=RunConfig(
            name="run",
            storage_path=job.store.storage.address(result.directory, "checkpoints"),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
            failure_config=FailureConfig(max_failures=train.failures),
            logging_config=LoggingConfig(log_level="WARNING"),  # type: ignore[call-arg]
        ),
    )
    answer: dict[str, Any] | str = trainer.fit().return_value  # type: ignore[attr-defined]
    return answer


def _worker(config: dict) -> dict[str, Any] | str:
    """Train; returns facts of the encoder, or the bad input that makes it impossible (a retry would not help)."""
    try:
        return _train(config["job"], config["queue"])
    except InputError as error:
        return str(error)


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
    training = Training(job, rank, world_size, device, _common_precision(job, device, world_size))
    if latest := ray.train.get_checkpoint():
        with latest.as_directory() as directory:
            training.rows = checkpoint.load(directory, training.engine)
            training.timing = timing.read_timing(directory)

    observers: list[Observer] = []
    if rank == 0:
        loggers = open_loggers(job.resources.loggers, job.store.storage, job.directory, len(training.rows))
        observers = [Reporter(training, queue), *loggers]

    def observe(row: StepRow, took: timing.TimingRow) -> None:
        tell_all(observers, lambda observer: observer.log(row, took))

    def reduce(tensor: torch.Tensor) -> None:
        if world_size > 1:
            torch.distributed.all_reduce(tensor)

    def save(current: Training) -> None:
        with tempfile.TemporaryDirectory() as directory:
            if rank == 0:
                checkpoint.save(directory, current.engine, current.rows)
                timing.write_timing(directory, current.timing)
            tell_all(observers, lambda observer: observer.flush())
            ray.train.report(
                {"step": len(current.rows)},
                checkpoint=Checkpoint.from_directory(directory) if rank == 0 else None,
            )

    steps = read_steps(
        job.store.storage,
        job.tokens.directory,
        training.worker_groups(),
        len(training.rows),
        training.total_steps,
    )
    training.run(steps, reduce, save, observe)
    tell_all(observers, lambda observer: observer.close())
    if rank == 0:
        with tempfile.TemporaryDirectory() as directory:
            training.save_encoder(directory)
            job.store.storage.put_directory(directory, job.directory)
    engine = training.engine
    return {
        "parameters": int(engine.model.base_model.num_parameters()),
        "precision": str(engine.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
    }
