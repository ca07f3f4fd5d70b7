"""A training run's state in a directory: weights and optimiser as safetensors, rows as parquet, position as JSON."""

from __future__ import annotations

import json
import warnings
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from safetensors.torch import load_file, save_file

from raykd.distill.engine import Engine, StepRow

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
    ]
)


def save(directory: str | Path, engine: Engine, rows: list[StepRow]) -> None:
    """Everything that the next step depends on, after `len(rows)` steps."""
    directory = Path(directory)
    weights = {str(index): parameter.detach() for index, parameter in enumerate(engine.parameters)}
    save_file(weights, directory / "weights.safetensors")
    moments = {
        f"{index}.{name}": value
        for index, parameter in enumerate(engine.parameters)
        for name, value in engine.optimizer.state[parameter].items()
    }
    save_file(moments, directory / "optimizer.safetensors")
    pq.write_table(training_table(rows), directory / "training.parquet")
    (directory / "position.json").write_text(json.dumps({"steps": len(rows), "precision": str(engine.dtype)}))


def load(directory: str | Path, engine: Engine) -> list[StepRow]:
    """Put an engine back to where it was saved; the rows of the steps done."""
    directory = Path(directory)
    weights = load_file(directory / "weights.safetensors", device=engine.device)
    moments = load_file(directory / "optimizer.safetensors", device=engine.device)
    with torch.no_grad():
        for index, parameter in enumerate(engine.parameters):
            parameter.copy_(weights[str(index)])
    for name, value in moments.items():
        number, key = name.split(".", 1)
        engine.optimizer.state[engine.parameters[int(number)]][key] = value
    rows = [StepRow(**row) for row in pq.read_table(directory / "training.parquet").to_pylist()]
    position = json.loads((directory / "position.json").read_text())
    assert len(rows) == position["steps"], f"{directory}: {len(rows)} rows for {position['steps']} steps"
    if position["precision"] != str(engine.dtype):
        warnings.warn(
            f"training goes on in {engine.dtype}, but began in {position['precision']}: not the run that it would have "
            "been; resources.train.precision fixes one",
            stacklevel=2,
        )
    return rows


def training_table(rows: list[StepRow]) -> pa.Table:
    return pa.Table.from_pylist([asdict(row) for row in rows], schema=TRAINING)
