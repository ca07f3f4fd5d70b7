"""A training run's state in a directory: weights and optimiser as safetensors, rows as parquet, position as JSON."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file, save_file

from raykd.distill.train.step import Engine, StepRow
from raykd.distill.train.timing import TimingRow, read_timing, write_timing
from raykd.distill.train.validation import FILE as VALIDATION_FILE
from raykd.distill.train.validation import Selection, ValidationRow, validation_table

# Raised with every change after which the same files mean something else: weights are known by their number alone.
FORMAT = 1
TRAINING = pa.schema(
    [
        ("step", pa.int64()),
        ("epoch", pa.int64()),
        ("sequences", pa.int64()),
        ("tokens", pa.int64()),
        ("masked", pa.int64()),
        ("loss", pa.float64()),
        ("mlm", pa.float64()),
        ("kd", pa.float64()),
        ("cosine", pa.float64()),
        ("learning_rate", pa.float64()),
        ("gradient_norm", pa.float64()),
        ("hidden_mse", pa.float64()),
        ("relations", pa.float64()),
    ]
)


class OtherFormat(Exception):
    """A checkpoint of another format than FORMAT."""


@dataclass(frozen=True)
class State:
    """Copies, in main memory, of everything that the next step depends on, and of the rows of the steps done: what is
    written in the background. Three times the weights' size, 4 bytes each; with the best weights four times."""

    weights: dict[str, torch.Tensor]
    moments: dict[str, torch.Tensor]
    best: dict[str, torch.Tensor]
    validation: list[ValidationRow]
    rows: list[StepRow]
    timing: list[TimingRow]
    precision: str

    @property
    def steps(self) -> int:
        return len(self.rows)


def copy_state(
    engine: Engine, rows: list[StepRow], timing: list[TimingRow], selection: Selection | None = None
) -> State:
    """The state after `len(rows)` steps."""
    return State(
        copy_weights(engine),
        {
            f"{index}.{name}": _copy(value)
            for index, parameter in enumerate(engine.parameters)
            for name, value in engine.optimizer.state[parameter].items()
        },
        dict(selection.weights) if selection else {},
        list(selection.rows) if selection else [],
        list(rows),
        list(timing),
        str(engine.dtype),
    )


def copy_weights(engine: Engine) -> dict[str, torch.Tensor]:
    """By number, in main memory."""
    return {str(index): _copy(parameter) for index, parameter in enumerate(engine.parameters)}


def set_weights(engine: Engine, weights: Mapping[str, torch.Tensor]) -> None:
    """Raises ValueError for those of another encoder."""
    if len(weights) != len(engine.parameters):
        raise ValueError(f"it has {len(weights)} weights, the encoder {len(engine.parameters)}")
    with torch.no_grad():
        for index, parameter in enumerate(engine.parameters):
            parameter.copy_(_fitting(weights[str(index)], parameter, f"weight {index}"))


def _fitting(value: torch.Tensor, parameter: torch.Tensor, what: str) -> torch.Tensor:
    """The value, which copying would stretch to the parameter's shape where it has another."""
    if value.shape != parameter.shape:
        raise ValueError(f"{what} has the shape {tuple(value.shape)}, the encoder's {tuple(parameter.shape)}")
    return value


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().to("cpu", copy=True)


def save(directory: str | Path, state: State) -> None:
    directory = Path(directory)
    save_file(state.weights, directory / "weights.safetensors")
    save_file(state.moments, directory / "optimizer.safetensors")
    pq.write_table(training_table(state.rows), directory / "training.parquet")
    write_timing(directory, state.timing)
    if state.validation:
        save_file(state.best, directory / "best.safetensors")
        pq.write_table(validation_table(state.validation), directory / VALIDATION_FILE)
    position = {"format": FORMAT, "steps": state.steps, "precision": state.precision}
    (directory / "position.json").write_text(json.dumps(position))


def load(directory: str | Path, engine: Engine) -> tuple[list[StepRow], list[TimingRow]]:
    """Set an engine to the state that was saved; the rows and times of the steps done.

    Raises OtherFormat, ValueError for one of another encoder, and whatever reading raises where a file is damaged; the
    engine may be anything then.
    """
    directory = Path(directory)
    position = json.loads((directory / "position.json").read_text())
    if (found := position.get("format", 1)) != FORMAT:  # the first ones do not name theirs
        raise OtherFormat(f"a checkpoint of format {found}, and this version of raykd reads format {FORMAT}")
    set_weights(engine, load_file(directory / "weights.safetensors", device=engine.device))
    for name, value in load_file(directory / "optimizer.safetensors", device=engine.device).items():
        number, key = name.split(".", 1)
        parameter = engine.parameters[int(number)]
        engine.optimizer.state[parameter][key] = _fitting(value, parameter, name) if value.ndim else value
    rows = [StepRow(**row) for row in pq.read_table(directory / "training.parquet").to_pylist()]
    assert len(rows) == position["steps"], f"{directory}: {len(rows)} rows for {position['steps']} steps"
    if position["precision"] != str(engine.dtype):
        warnings.warn(
            f"training resumes in {engine.dtype}, but began in {position['precision']}: not the run that it would have "
            "been; resources.train.precision fixes one",
            stacklevel=2,
        )
    return rows, read_timing(directory)


def load_selection(directory: str | Path) -> tuple[list[ValidationRow], dict[str, torch.Tensor]]:
    """Validation rows and the best weights; none where nothing had been validated yet."""
    directory = Path(directory)
    if not (directory / VALIDATION_FILE).exists():
        return [], {}
    rows = [ValidationRow(**row) for row in pq.read_table(directory / VALIDATION_FILE).to_pylist()]
    return rows, load_file(directory / "best.safetensors")


def training_table(rows: list[StepRow]) -> pa.Table:
    return pa.Table.from_pylist([asdict(row) for row in rows], schema=TRAINING)
