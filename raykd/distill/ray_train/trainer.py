"""Training under Ray Train: workers, their data, sums over them, checkpoints and recovery."""

from __future__ import annotations

import logging
import signal
import threading
import time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from ray.train import FailureConfig, LoggingConfig, RunConfig, ScalingConfig, get_context
from ray.train.torch import TorchTrainer
from ray.util.queue import Queue

from raykd.artifacts import Result
from raykd.corpus.budget import sum_counts
from raykd.distill.logging.progress import Display, Shows
from raykd.distill.ray_train.preemption import Preempted
from raykd.distill.ray_train.reporting import FailureReport, Reports, shown_progress, worker_resources
from raykd.distill.train.job import TrainingJob
from raykd.distill.train.timing import FILE as TIMING_FILE
from raykd.distill.train.usage import hours_used
from raykd.errors import InputError, LimitReached
from raykd.ray_internals.train import needed_callbacks
from raykd.wording import named_logs


def train_encoder(job: TrainingJob, result: Result, display: Shows | None = None, in_process: bool = False) -> None:
    """Write encoders/<encoder>-<seed>-<hash8>/ and its manifest; an interrupted run resumes from its last checkpoint.

    Ray must be running. Raises what a worker raised once the failures that resources allow are used up; LimitReached
    where one of resources.train.limits is, and then the checkpoint stays and there is no manifest. display: where it is
    shown; none: here. in_process: whether this process, which has what a worker asks for, is the only worker; what is
    raised then is raised at once, and whoever gave it this process tries again.
    """
    started, storage = time.time(), job.store.storage
    sum_counts(job.store, job.tokens, job.cutoffs)  # once, before all workers ask for them
    with shown_progress(display or Display(), job, in_process) as queue:
        answer = _fit_in_process(job, queue) if in_process else _fit(job, result, queue)  # type: ignore[arg-type]
    if isinstance(answer, Exception):
        raise answer
    rows = storage.read_table(f"{result.directory}/training.parquet")
    last = rows.slice(rows.num_rows - 1).to_pylist()[0]
    hours, worker_hours = hours_used(storage, result.directory)  # before checkpoints and their records go
    facts = {
        "hours": round(hours, 4),
        "worker_hours": round(worker_hours, 4),
        "steps": rows.num_rows,
        "tokens": pc.sum(rows["tokens"]).as_py(),
        "sequences": pc.sum(rows["sequences"]).as_py(),
        "loss": last["loss"],
        **answer,
        **_speed(storage.read_table(f"{result.directory}/{TIMING_FILE}")),
    }
    # In this order: were the checkpoints gone first, a driver that dies here would have to train anew.
    job.store.complete(result, facts, started)
    storage.remove(f"{result.directory}/checkpoints")


def _speed(table: pa.Table) -> dict[str, float]:
    """Over the whole training but its first step, in which readers and caches start."""
    later = table.slice(min(1, table.num_rows - 1))
    tokens, seconds, waited = (pc.sum(later[name]).as_py() for name in ("tokens", "seconds", "data_wait"))
    return {"tokens_per_second": round(tokens / seconds, 1), "data_wait": round(waited / seconds, 4)}


def _fit_in_process(job: TrainingJob, queue: Reports) -> dict[str, Any] | Exception:
    """What `_worker` returned, by Ray Train's local mode: it starts no process of its own and looks after none."""
    logging.getLogger("ray.train").setLevel(logging.WARNING)
    # mypy sees the older Ray Train, whose workers return nothing.
    trainer: Any = TorchTrainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": job, "queue": queue},
        scaling_config=ScalingConfig(num_workers=0, use_gpu=job.resources.gpus_per_worker > 0),
        run_config=RunConfig(name="run"),
    )
    answer: dict[str, Any] | Exception = trainer.fit().return_value
    return answer


def _fit(job: TrainingJob, result: Result, queue: Queue) -> dict[str, Any] | Exception:
    """What `_worker` returned. Training's own files are on storage then."""
    train = job.resources
    fewest, most = train.fewest_workers, train.most_workers
    # Here they are of a fixed number to mypy, too.
    trainer = Trainer(
        _worker,  # type: ignore[arg-type]
        train_loop_config={"job": job, "queue": queue},
        scaling_config=ScalingConfig(
            num_workers=most if fewest == most else (fewest, most),  # type: ignore[arg-type]
            use_gpu=train.gpus_per_worker > 0,
            resources_per_worker=worker_resources(train),
        ),
        run_config=RunConfig(
            name="run",
            # Ray keeps next to nothing there, since checkpoints are not reported to it (checkpoint_store.py).
            **job.store.storage.ray_location(f"{result.directory}/checkpoints"),
            failure_config=FailureConfig(
                max_failures=train.failures,
                max_preemption_failures=-1 if train.preemptions is None else train.preemptions,  # type: ignore[call-arg]
            ),
            callbacks=[FailureReport(queue)],  # type: ignore[list-item]
            logging_config=LoggingConfig(log_level="WARNING"),
        ),
    )
    answer: dict[str, Any] | Exception = trainer.fit().return_value
    return answer


class Trainer(TorchTrainer):
    """Ray Train's, which starts no process that nothing here needs, and leaves SIGINT as it was: its own handler would
    swallow the first two Ctrl-C of whatever comes after the training."""

    def fit(self) -> Any:
        before = signal.getsignal(signal.SIGINT)
        try:
            return super().fit()
        finally:
            if threading.current_thread() is threading.main_thread() and before is not None:
                signal.signal(signal.SIGINT, before)

    def _create_default_callbacks(self) -> list[Any]:
        return needed_callbacks(super()._create_default_callbacks())  # type: ignore[misc]


def _worker(config: dict) -> dict[str, Any] | Exception:
    """Train; returns facts of the encoder, or why it stopped where a retry would not help."""
    # Here, since Ray Train's controller imports this module too and needs none of a worker's seconds of imports.
    from raykd.distill.ray_train.worker import train

    job, rank = config["job"], get_context().get_world_rank()
    try:
        with named_logs(f"{job.name} seed {job.seed}, worker {rank}"):
            return train(job, config["queue"])
    except (InputError, LimitReached) as error:
        return error.with_traceback(None)
    except Preempted:
        logging.getLogger("ray.train").setLevel(logging.CRITICAL)  # which would show a traceback of what is no failure
        raise
