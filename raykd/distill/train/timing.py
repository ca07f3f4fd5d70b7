"""What each step took: kept apart from training.parquet, whose rows are the same in every run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FILE = "timing.parquet"
TIMING = pa.schema(
    [
        ("step", pa.int64()),
        ("seconds", pa.float64()),
        ("data_wait", pa.float64()),
        ("tokens", pa.int64()),
        ("padding", pa.float64()),
        ("attended", pa.float64()),
        ("workers", pa.int64()),
    ]
)


@dataclass(frozen=True)
class TimingRow:
    """One step as worker 0 saw it; `tokens` are the whole step's, `padding` and `attended` its own part's."""

    step: int
    seconds: float  # from the end of the step before to the end of this one
    data_wait: float  # seconds of these spent waiting for text, by the worker that waited longest
    tokens: int
    padding: float  # share of the positions in attention that hold no token; all else computes tokens alone
    attended: float  # tokens that a token attends to (the length of its sequence), mean over tokens
    workers: int = 1


def timing_row(
    step: int, tokens: int, lengths: np.ndarray, positions: int, seconds: float, data_wait: float, workers: int = 1
) -> TimingRow:
    """lengths: int64 [sequences] of this worker's part, special tokens included; positions: in attention."""
    own = int(lengths.sum())
    return TimingRow(
        step=step,
        seconds=seconds,
        data_wait=data_wait,
        tokens=tokens,
        padding=1 - own / positions if positions else 0.0,
        attended=float((lengths**2).sum()) / own if own else 0.0,
        workers=workers,
    )


def write_timing(directory: str | Path, rows: list[TimingRow]) -> None:
    pq.write_table(pa.Table.from_pylist([asdict(row) for row in rows], schema=TIMING), Path(directory) / FILE)


def read_timing(directory: str | Path) -> list[TimingRow]:
    return [TimingRow(**row) for row in pq.read_table(Path(directory) / FILE).to_pylist()]
