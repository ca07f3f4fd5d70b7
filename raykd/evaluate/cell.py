"""One cell of the grid: a task in one language, an encoder and a choice of weights; its seeds are rows.

scores/<task>-<language>-<encoder>-<weights>-<hash8>/ holds scores.parquet (a row a seed and label), averages.parquet
(a row a seed and average), predictions.parquet (a row a seed and test text), heads/ and the manifest; while it is not
complete, a file for each seed that is done (cell_files.py). How many seeds there are is not part of the hash: more of
them add rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.artifacts.storage import at_once
from raykd.config import ClassifierTraining, Head, TaskKind

SEED = [("encoder_seed", pa.int64()), ("seed", pa.int64())]
SCORES = pa.schema(
    [
        *SEED,
        ("label", pa.string()),
        ("precision", pa.float64()),
        ("recall", pa.float64()),
        ("f1", pa.float64()),
        ("average_precision", pa.float64()),  # null where no test row has the label
        ("support", pa.int64()),
        ("threshold", pa.float64()),  # a multi-class task decides without
        ("validation_f1", pa.float64()),
    ]
)
AVERAGES = pa.schema(
    [
        *SEED,
        ("average", pa.string()),  # macro, micro; positive: that label of a binary task alone
        ("precision", pa.float64()),
        ("recall", pa.float64()),
        ("f1", pa.float64()),
        ("average_precision", pa.float64()),  # null for micro
    ]
)
PREDICTIONS = pa.schema(
    [
        *SEED,
        ("doc_id", pa.string()),
        ("group", pa.string()),
        ("truth", pa.list_(pa.string())),
        ("unknown", pa.list_(pa.string())),  # labels of which nobody knows: in no score
        ("predicted", pa.list_(pa.string())),
        ("probabilities", pa.list_(pa.float32())),  # in the order of the task's labels
    ]
)

Seed = tuple[int, int]  # the encoder's and the classifier's


@dataclass(frozen=True)
class Cell:
    """encoders: one for each distillation seed; seeds: classifiers for each of them, numbered from 0; train_rows: how
    many of the training rows are used, the first, None for all; threshold: None where validation chooses."""

    result: Result
    task: str
    kind: TaskKind
    labels: tuple[str, ...]
    positive: str | None
    language: str
    encoder: str
    weights: Literal["frozen", "fine-tuned"]
    encoders: tuple[SavedEncoder, ...]
    task_result: Result
    seeds: int
    head: Head
    training: ClassifierTraining
    threshold: float | None
    max_length: int
    train_rows: int | None = None

    def file(self, name: str) -> str:
        return f"{self.result.directory}/{name}"

    def head_file(self, seed: Seed) -> str:
        return self.file(f"heads/{seed[0]}-{seed[1]}.safetensors")

    @property
    def head_config_file(self) -> str:
        """What the heads of all seeds share: width, labels, kind, ..."""
        return self.file("heads/config.json")

    @property
    def asked(self) -> list[Seed]:
        return [(encoder.seed, seed) for encoder in self.encoders for seed in range(self.seeds)]


def sharing_states(cells: Iterable[Cell]) -> list[list[Cell]]:
    """Frozen cells that differ in their training rows alone, together: they use the same states. Any other, alone."""
    groups: dict[Hashable, list[Cell]] = {}
    for cell in cells:
        states = (cell.task_result.directory, cell.language, cell.encoders)
        groups.setdefault(states if cell.weights == "frozen" else cell.result.directory, []).append(cell)
    return list(groups.values())


def is_complete(store: ResultStore, cell: Cell) -> bool:
    """Whether the manifest is there and names every seed asked for."""
    manifest = store.manifest(cell.result)
    return manifest is not None and {tuple(seed) for seed in manifest["facts"]["seeds"]}.issuperset(cell.asked)


def missing_cells(store: ResultStore, cells: Sequence[Cell]) -> list[Cell]:
    """Those that are not complete; two requests to the store each, several cells at a time."""
    done = at_once(lambda cell: is_complete(store, cell), cells)
    return [cell for cell, complete in zip(cells, done, strict=True) if not complete]


def headline_scores(store: ResultStore, cell: Cell, column: str = "f1") -> dict[Seed, float]:
    """The headline score (`headline`) of every seed of a cell, on test or ("validation_f1") on validation."""
    rows = store.storage.read_table(cell.file("scores.parquet")).to_pylist()
    by_seed: dict[Seed, dict[str, float]] = {}
    for row in rows:
        by_seed.setdefault((row["encoder_seed"], row["seed"]), {})[row["label"]] = row[column]
    return {seed: headline(cell.positive, f1) for seed, f1 in by_seed.items()}


def headline(positive: str | None, f1: dict[str, float]) -> float:
    """The one number of a seed: the positive label's F1 in a binary task, else the mean over labels (macro F1)."""
    return f1[positive] if positive is not None else float(np.mean(list(f1.values())))
