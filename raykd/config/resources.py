"""Everything here decides how fast a run is and, but for rounding, never what it computes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ByteSize, Field

from raykd.config.types import Distinct, Node, Positive

READER_CPUS = 0.1  # logical CPUs that reading asks for beside each Train worker


class TrainResources(Node):
    workers: Positive = 1
    cpus_per_worker: Annotated[float, Field(gt=0)] = 1.0
    gpus_per_worker: Annotated[float, Field(ge=0)] = 0
    threads: Positive | None = None  # torch threads of a worker; none: the machine's cores shared by the workers
    micro_batch_tokens: Positive = 4096
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where the hardware has it
    checkpoint_steps: Positive = 50
    failures: Annotated[int, Field(ge=0)] = 2
    loggers: Annotated[tuple[Literal["tensorboard", "mlflow"], ...], Distinct] = ()  # curves beside training.parquet


class TrialResources(Node):
    cpus: Annotated[float, Field(gt=0)] = 1.0
    gpus: Annotated[float, Field(ge=0)] = 0
    failures: Annotated[int, Field(ge=0)] = 2


class Resources(Node):
    logical_cpus: Positive | None = None  # of a Ray started here; none: the machine's cores
    object_store: ByteSize = ByteSize(1_000_000_000)  # of a Ray started here
    scratch: ByteSize = ByteSize(20_000_000_000)  # hidden states that one trial may hold on local disk
    train: TrainResources = TrainResources()
    grid: TrialResources = TrialResources()
    sweep_trials: Positive = 1  # quantities that train at the same time
