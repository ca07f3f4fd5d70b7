"""Everything here decides how fast a run is and, but for rounding, never what it computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import ByteSize, Discriminator, Field, Tag, model_validator

from raykd.config.translate import TranslateResources
from raykd.config.types import LATER, Distinct, Gpus, Node, Positive, Size


class Elastic(Node):
    """As many workers as there is room for, from `minimum` to `maximum`.

    Training goes on with fewer when some are lost, and with more when machines come: from the last checkpoint then too,
    since Ray starts all workers anew."""

    minimum: Positive
    maximum: Positive

    @model_validator(mode="after")
    def in_order(self) -> Elastic:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class Limits(Node):
    """Where a training stops, its checkpoint kept; the same command with a higher limit goes on from there.

    hours and money count the time by the clock that all of a training's runs took, from the start of their workers on:
    the loading of models and steps that were lost and done again too. Of a run that is killed, at most the last minute
    is not counted.
    """

    hours: Annotated[float, Field(gt=0)] | None = None
    money: Annotated[float, Field(gt=0)] | None = None
    worker_hour: Annotated[float, Field(gt=0)] | None = None  # what one worker costs an hour, in the same currency
    steps: Positive | None = None

    @model_validator(mode="after")
    def priced(self) -> Limits:
        if self.money and not self.worker_hour:
            raise ValueError("money needs worker_hour, what one worker costs an hour")
        return self


class SweepLimits(Node):
    """What distilling all students of the sweep may use together, over all runs and drivers: at it every training
    stops, its checkpoint kept, and what is queued does not begin; the same command with a higher limit goes on. What
    scoring them takes is not counted."""

    worker_hours: Annotated[float, Field(gt=0)] | None = None
    money: Annotated[float, Field(gt=0)] | None = None  # at the price of train.limits.worker_hour


class TrainResources(Node):
    # A number, or {minimum: 1, maximum: 4}; told apart by its form, so that an error names what was meant.
    workers: Annotated[
        Annotated[Positive, Tag("number")] | Annotated[Elastic, Tag("elastic")],
        Discriminator(lambda value: "elastic" if isinstance(value, Elastic | Mapping) else "number"),
    ] = 1
    cpus_per_worker: Annotated[float, Field(gt=0)] = 1.0
    gpus_per_worker: Gpus = 0
    threads: Positive | None = None  # torch threads of a worker; none: the machine's cores shared by the workers
    micro_batch_tokens: Positive = 4096
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where the hardware has it
    # Whichever comes first. Ten minutes are what a lost worker may cost; the copies that are saved cost seconds.
    checkpoint_steps: Positive = 50
    checkpoint_minutes: Annotated[float, Field(gt=0)] = 10
    checkpoints_kept: Positive = 2
    failures: Annotated[int, Field(ge=0)] = 2  # how often lost or failing workers are started again
    preemptions: Annotated[int, Field(ge=0)] | None = None  # the same for announced losses; none: always
    silence_minutes: Annotated[float, Field(gt=0)] = 5  # without a step, after which the job says what may be wrong
    limits: Limits = Limits()
    # For plans alone, where no finished training of the same kind tells: what one worker computes in a second.
    operations_per_second: Annotated[float, Field(gt=0)] | None = None
    loggers: Annotated[tuple[Literal["tensorboard", "mlflow"], ...], Distinct] = ()  # curves beside training.parquet

    @property
    def fewest_workers(self) -> int:
        return self.workers.minimum if isinstance(self.workers, Elastic) else self.workers

    @property
    def most_workers(self) -> int:
        return self.workers.maximum if isinstance(self.workers, Elastic) else self.workers


class PrepareResources(Node):
    """For plans alone, where nothing finished tells: what one CPU does in a second, how large text is, and what an hour
    of a CPU costs."""

    source_bytes: Size | None = None  # that all corpora and tasks read together, where a file is not there yet
    bytes_per_second: Size | None = None  # of sources, uncompressed: read, cleaned and shuffled
    tokenised_per_second: Size | None = None  # bytes of clean text
    bytes_per_token: Annotated[float, Field(gt=0)] | None = None  # of clean text
    hour: Annotated[float, Field(gt=0)] | None = None  # what a CPU costs an hour, in the currency of all prices


class TrialResources(Node):
    cpus: Annotated[float, Field(gt=0)] = 1.0
    gpus: Gpus = 0
    # Of a trial of a frozen encoder, whose heads are small; none: a quarter of one of `gpus`.
    frozen_gpus: Gpus | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "auto"  # auto: bfloat16 where the hardware has it
    failures: Annotated[int, Field(ge=0)] = 2
    # For plans alone, where no finished cell tells: what a trial computes in a second.
    operations_per_second: Annotated[float, Field(gt=0)] | None = None
    hour: Annotated[float, Field(gt=0)] | None = None  # what a trial costs an hour
    tokens_per_text: Positive | None = None  # for plans alone, as before; none: evaluate.max_length

    def gpus_of(self, weights: str) -> float:
        if weights != "frozen":
            return self.gpus
        return min(self.gpus, 1) / 4 if self.frozen_gpus is None else self.frozen_gpus

    def gpu_share(self, weights: str) -> float:
        """Of the GPUs of a trial, and so of its hour; 1 without GPUs."""
        return self.gpus_of(weights) / self.gpus if self.gpus else 1.0


class Resources(Node):
    RENAMED: ClassVar[Mapping[str, str]] = {"sweep_trials": "trainings now, and counts those of distill too"}

    logical_cpus: Positive | None = None  # of a Ray started here; none: the machine's cores
    object_store: ByteSize = ByteSize(1_000_000_000)  # of a Ray started here
    dashboard: bool = False  # of a Ray started here, on this machine's loopback and with a token
    # Who may read what is written on a local disk, by its permissions (docs/storage.md).
    readable_by: Annotated[Literal["owner", "group", "everyone"], LATER] = "owner"
    scratch: ByteSize = ByteSize(20_000_000_000)  # hidden states that one trial may hold on local disk
    prepare: PrepareResources = PrepareResources()
    train: TrainResources = TrainResources()
    grid: TrialResources = TrialResources()
    translate: TranslateResources = TranslateResources()
    classify_workers: Positive = 1  # encoders at the same time, each with the CPUs and GPUs of a grid trial
    # Encoders that are trained at the same time, of distill and of the sweep; none: as many as the machines that are
    # there when it begins have room for, one a machine where train.threads lets its workers take all cores.
    trainings: Positive | None = None
    sweep_limits: SweepLimits = SweepLimits()
    # One driver at a time on an experiment (docs/storage.md). false: for a store that cannot create a file only where
    # there is none; nothing keeps two drivers apart then.
    lease: bool = True

    @model_validator(mode="after")
    def sweep_is_priced(self) -> Resources:
        if self.sweep_limits.money and not self.train.limits.worker_hour:
            raise ValueError("sweep_limits.money needs train.limits.worker_hour, what one worker costs an hour")
        return self
