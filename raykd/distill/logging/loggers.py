"""Training curves for TensorBoard and MLflow, written by worker 0; a resumed run writes each step's number once.

They are a view: nothing reads them back, and no result depends on them.
"""

from __future__ import annotations

import os
import tempfile
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

from raykd.artifacts import Storage
from raykd.distill.train.step import StepRow
from raykd.distill.train.timing import TimingRow
from raykd.distill.train.validation import ValidationRow

# Column of training.parquet -> name of its curve.
CURVES = {
    "loss": "loss/total",
    "kd": "loss/kd",
    "mlm": "loss/mlm",
    "cosine": "loss/cosine",
    "hidden_mse": "loss/hidden_mse",
    "relations": "loss/relations",
    "learning_rate": "learning_rate",
    "gradient_norm": "gradient_norm",
}


class Observer(ABC):
    """Is told of every step of worker 0."""

    @abstractmethod
    def log(self, row: StepRow, timing: TimingRow) -> None: ...

    def validated(self, found: Sequence[ValidationRow], best: bool) -> None:  # noqa: B027 (some have no use for it)
        """Told after the step that a validation came after; best: none before was as good."""

    def flush(self) -> None:  # noqa: B027 (most have nothing to do)
        """Called at every checkpoint: what must not be lost goes out now."""

    def close(self) -> None:
        """Called when the training is done."""
        self.flush()


def open_loggers(names: tuple[str, ...], storage: Storage, directory: str, first_step: int) -> list[Observer]:
    """directory: of the encoder on storage, which also names its curves; first_step: the next to be logged."""
    makers: dict[str, Callable[[], Observer]] = {
        "tensorboard": lambda: TensorBoardLogger(storage, directory, first_step),
        "mlflow": lambda: MlflowLogger(storage.name, directory, first_step),
    }
    made: list[Observer] = []
    for name in names:
        try:
            made.append(makers[name]())
        except Exception as error:  # as in `tell_all`
            warnings.warn(f"{name} is left out of this run: {error}", stacklevel=2)
    return made


def tell_all(observers: list[Observer], what: Callable[[Observer], None]) -> None:
    """One that fails is dropped with a warning: a server of curves that is away must not cost a training."""
    for observer in list(observers):
        try:
            what(observer)
        except Exception as error:
            observers.remove(observer)
            warnings.warn(f"{type(observer).__name__} is left out from here on: {error}", stacklevel=2)


def scalars(row: StepRow, timing: TimingRow) -> Iterator[tuple[str, float]]:
    """(name, value) of a step; losses that it has not are left out."""
    for column, name in CURVES.items():
        value = getattr(row, column)
        if value is not None:
            yield name, value
    yield "tokens_per_second", timing.tokens / timing.seconds
    yield "data_wait", timing.data_wait


def validation_scalars(found: Sequence[ValidationRow]) -> Iterator[tuple[str, float, int]]:
    """(name, value, step) of a validation, at the step that it came after, as the losses of that step are."""
    for row in found:
        yield f"validation/{row.language}", row.loss, row.step - 1


class TensorBoardLogger(Observer):
    """Event files in <storage>/<experiment>/tensorboard/<encoder>-<seed>-<hash8>/."""

    def __init__(self, storage: Storage, directory: str, first_step: int) -> None:
        from tensorboardX import SummaryWriter

        self.storage, self.directory = storage, f"tensorboard/{PurePosixPath(directory).name}"
        # An object store takes whole files only: they are written here and copied at each flush.
        self.copied = None if storage.is_local else tempfile.TemporaryDirectory(prefix="raykd-tensorboard-")
        place = self.copied.name if self.copied else storage.path(self.directory)
        # Steps that an interrupted run had logged beyond its checkpoint are hidden by purge_step; the suffix keeps two
        # runs that start in one second apart.
        self.writer: Any = SummaryWriter(place, purge_step=first_step, filename_suffix=f".from-{first_step}")

    def log(self, row: StepRow, timing: TimingRow) -> None:
        for name, value in scalars(row, timing):
            self.writer.add_scalar(name, value, row.step)

    def validated(self, found: Sequence[ValidationRow], best: bool) -> None:
        for name, value, step in validation_scalars(found):
            self.writer.add_scalar(name, value, step)

    def flush(self) -> None:
        self.writer.flush()
        if self.copied:
            self.storage.put_directory(self.copied.name, self.directory)

    def close(self) -> None:
        self.writer.close()  # unlike flush, waits for its own thread to have written all
        if self.copied:
            self.storage.put_directory(self.copied.name, self.directory)


class MlflowLogger(Observer):
    """A run of the experiment's name on the server of MLFLOW_TRACKING_URI, found again by the result that it is of."""

    def __init__(self, experiment: str, directory: str, first_step: int) -> None:
        from mlflow import MlflowClient

        self.client = MlflowClient(os.environ["MLFLOW_TRACKING_URI"])
        found = self.client.get_experiment_by_name(experiment)
        number = found.experiment_id if found else self.client.create_experiment(experiment)
        name = PurePosixPath(directory).name
        runs = self.client.search_runs([number], f"tags.raykd_result = '{directory}'")
        run = runs[0] if runs else self.client.create_run(number, tags={"raykd_result": directory}, run_name=name)
        self.run = run.info.run_id
        # MLflow keeps every value that a step is given: those logged beyond the checkpoint are not given twice.
        last = self.client.get_metric_history(self.run, CURVES["loss"])
        self.next_step = max([first_step, *(metric.step + 1 for metric in last)])
        self.waiting: list[Any] = []

    def log(self, row: StepRow, timing: TimingRow) -> None:
        self._add((name, value, row.step) for name, value in scalars(row, timing))

    def validated(self, found: Sequence[ValidationRow], best: bool) -> None:
        self._add(validation_scalars(found))

    def _add(self, values: Iterable[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self.waiting += [Metric(name, value, now, step) for name, value, step in values if step >= self.next_step]

    def flush(self) -> None:
        limit = 1000  # metrics that a server takes at once
        for start in range(0, len(self.waiting), limit):
            self.client.log_batch(self.run, metrics=self.waiting[start : start + limit])
        self.waiting = []
