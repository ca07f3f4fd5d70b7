"""A task's splits as a classifier takes them: texts, and which labels each has or may have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from raykd.artifacts import ResultStore
from raykd.config import SPLITS
from raykd.corpus.values import truth_matrix
from raykd.errors import InputError
from raykd.evaluate.cell import Cell
from raykd.evaluate.classifier.head import Truth


@dataclass(frozen=True)
class Split:
    """labels: which each row has; known: which of them are known to be there or not; bool [rows, labels]."""

    rows: pa.Table
    labels: np.ndarray
    known: np.ndarray

    @property
    def texts(self) -> list[str]:
        return list(self.rows["text"].to_pylist())

    @property
    def truth(self) -> Truth:
        return Truth(torch.from_numpy(self.labels), torch.from_numpy(self.known))


def load_splits(store: ResultStore, cell: Cell) -> dict[str, Split]:
    """train (all of its rows), validation and test. Raises InputError for unknown labels where a text has just one."""
    return {name: _load(store, cell, name) for name in SPLITS}


def check_train_rows(store: ResultStore, cells: Iterable[Cell]) -> None:
    """Raises InputError where a cell asks for more training rows than its task, which must be there, has."""
    for cell in cells:
        if not cell.train_rows:
            continue
        with store.storage.open_parquet(_file(cell, "train")) as file:
            rows = file.metadata.num_rows
        if cell.train_rows > rows:
            raise InputError(
                f"evaluate.train_sizes: {cell.train_rows:,} rows asked, but tasks.{cell.task} has {rows:,} training "
                f"rows in {cell.language}"
            )


def _file(cell: Cell, split: str) -> str:
    return f"{cell.task_result.directory}/language={cell.language}/{split}.parquet"


def _load(store: ResultStore, cell: Cell, name: str) -> Split:
    rows = store.storage.read_table(_file(cell, name))
    unknown = truth_matrix(rows["unknown"].to_pylist(), cell.labels)
    if unknown.any() and cell.kind != "multi-label":
        raise InputError(f"tasks.{cell.task}: only a multi-label task can have unknown labels")
    return Split(rows, truth_matrix(rows["labels"].to_pylist(), cell.labels), ~unknown)
