"""Training under Ray Train: workers, their data, sums over them, checkpoints and recovery."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable

import pyarrow.compute as pc
import ray.train
import torch
import torch.distributed
from ray.train import Checkpoint, CheckpointConfig, FailureConfig, LoggingConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchTrainer, get_device

from raykd.artifacts import Result
from raykd.distill import checkpoint
from raykd.distill.loader import read_steps
from raykd.distill.training import Training, TrainingJob
from raykd.errors import InputError

VERSION = 1


def train_encoder(job: TrainingJob, result: Result) -> None:
    """Write encoders/<encoder>-<seed>-<hash8>/ and its manifest; a run that was cut off goes on from its checkpoint.

    Ray must be running. Raises what a worker raised once the failures that resources allow are used up.
    """
    started = time.time()
    train, storage = job.resources, job.store.storage
    # mypy sees the older Ray Train, whose workers return nothing.
    trainer = TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": job},
        scaling_config=ScalingConfig(
            num_workers=train.workers,
            use_gpu=train.gpus_per_worker > 0,
            resources_per_worker={"CPU": train.cpus_per_worker}
            | ({"GPU": train.gpus_per_worker} if train.gpus_per_worker else {}),
        ),
        run_config=RunConfig(
            name="run",
            storage_path=storage.address(result.directory, "checkpoints"),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
            failure_config=FailureConfig(max_failures=train.failures),
            logging_config=LoggingConfig(log_level="WARNING"),  # type: ignore[call-arg]
        ),
    )
    answer = trainer.fit().return_value  # type: ignore[attr-defined]
    if isinstance(answer, str):
        raise InputError(answer)
    rows = storage.read_table(f"{result.directory}/training.parquet")
    last = rows.slice(rows.num_rows - 1).to_pylist()[0]
    facts = {
        "steps": rows.num_rows,
        "tokens": pc.sum(rows["tokens"]).as_py(),
        "sequences": pc.sum(rows["sequences"]).as_py(),
        "loss": last["loss"],
        "parameters": answer,
    }
    # In this order: were the checkpoints gone first, a driver that dies here would have to train anew.
    job.store.complete(result, facts, started)
    storage.remove(f"{result.directory}/checkpoints")


def _worker(config: dict) -> int | str:
    """Train; returns the encoder's parameters, or the bad input that makes it impossible (a retry would not help)."""
    try:
        return _train(config["job"])
    except InputError as error:
        return str(error)


def _train(job: TrainingJob) -> int:
    # Ray tells of every report on the root logger, and warns of every dataset that its progress bars are off.
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.train.get_context()
    rank, world_size = context.get_world_rank(), context.get_world_size()
    torch.set_num_threads(job.resources.threads or max(1, (os.cpu_count() or 1) // context.get_local_world_size()))
    training = Training(job, rank, world_size, str(get_device()))
    if latest := ray.train.get_checkpoint():
        with latest.as_directory() as directory:
            training.rows = checkpoint.load(directory, training.engine)

    def reduce(tensor: torch.Tensor) -> None:
        if world_size > 1:
            torch.distributed.all_reduce(tensor)

    def save(current: Training) -> None:
        with tempfile.TemporaryDirectory() as directory:
            if rank == 0:
                checkpoint.save(directory, current.engine, current.rows)
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
    training.run(steps, reduce, save, _reporter(rank))
    if rank == 0:
        with tempfile.TemporaryDirectory() as directory:
            training.save_encoder(directory)
            job.store.storage.put_directory(directory, job.directory)
    return int(training.engine.model.base_model.num_parameters())


def _reporter(rank: int) -> Callable[[str], None]:
    return (lambda line: print(line, flush=True)) if rank == 0 else (lambda line: None)
