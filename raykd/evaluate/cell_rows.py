"""The files of a cell that is being computed: a seed's rows are added as it is done, scores.parquet last."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import safetensors.torch

from raykd.artifacts import ResultStore
from raykd.evaluate.cell import AVERAGES, PREDICTIONS, SCORES, Cell, Seed, add_rows, read_rows, seed_column, seeds_of
from raykd.evaluate.classifier import Trained
from raykd.evaluate.metrics import averages, best_thresholds, decide, label_scores
from raykd.evaluate.splits import Split

FILES = {"predictions": PREDICTIONS, "averages": AVERAGES, "scores": SCORES}  # in the order in which they are written


class CellRows:
    """What a cell has on storage, and what is added to it. splits: of the cell's task."""

    def __init__(self, store: ResultStore, cell: Cell, splits: dict[str, Split]) -> None:
        self.store, self.cell, self.splits = store, cell, splits
        tables = {name: read_rows(store, cell, f"{name}.parquet", schema) for name, schema in FILES.items()}
        # A run that was interrupted between two files left rows of a seed that is not done.
        self.done = set(seed_column(tables["scores"]))
        self.tables = {name: table.filter(self._is_done(table)) for name, table in tables.items()}

    @property
    def seeds(self) -> list[Seed]:
        return seeds_of(self.tables["scores"])

    def missing(self, encoder_seed: int) -> list[int]:
        """Of the seeds asked for, those that are not done with this encoder."""
        return [seed for seed in range(self.cell.seeds) if (encoder_seed, seed) not in self.done]

    def add(self, seed: Seed, trained: Trained) -> None:
        """Raises RuntimeError where another process has added rows."""
        self.check_alone()
        storage, cell = self.store.storage, self.cell
        storage.write_bytes(cell.head_file(seed), safetensors.torch.save(trained.head))
        rows = _rows_of(cell, seed, self.splits, trained)
        for name in FILES:
            self.tables[name] = add_rows(self.tables[name], rows[name])
            storage.write_table(cell.file(f"{name}.parquet"), self.tables[name])
        self.done.add(seed)

    def check_alone(self) -> None:
        """Raises RuntimeError unless storage has these seeds: a trial that was given up, on a machine that could not be
        reached, may still be at work, and each of the two would write files without the other's rows."""
        stored = seeds_of(read_rows(self.store, self.cell, "scores.parquet", SCORES))
        if stored != self.seeds:
            raise RuntimeError(f"{self.cell.result.directory}: another process writes to it; its rows are kept")

    def _is_done(self, table: pa.Table) -> pa.Array:
        return pa.array([seed in self.done for seed in seed_column(table)], pa.bool_())


def _rows_of(cell: Cell, seed: Seed, splits: dict[str, Split], trained: Trained) -> dict[str, pa.Table]:
    """What a seed adds to each of FILES."""
    validation, test = splits["validation"], splits["test"]
    if cell.threshold is None:
        thresholds = best_thresholds(validation.labels, validation.known, trained.validation)
    else:
        thresholds = [cell.threshold] * len(cell.labels)
    chosen, tried = (
        decide(cell.kind, cell.labels, cell.positive, probabilities, thresholds)
        for probabilities in (trained.test, trained.validation)
    )
    scores = label_scores(cell.labels, test.labels, test.known, chosen, trained.test)
    validated = label_scores(cell.labels, validation.labels, validation.known, tried, trained.validation)
    for row, threshold, other in zip(scores, thresholds, validated, strict=True):
        row |= {"threshold": threshold, "validation_f1": other["f1"]}
    means = averages(cell.positive, scores, test.labels, test.known, chosen)
    return {
        "predictions": _prediction_rows(cell, seed, test, trained, chosen),
        "averages": _table(means, seed, AVERAGES),
        "scores": _table(scores, seed, SCORES),
    }


def _table(rows: list[dict[str, Any]], seed: Seed, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{"encoder_seed": seed[0], "seed": seed[1], **row} for row in rows], schema=schema)


def _prediction_rows(cell: Cell, seed: Seed, test: Split, trained: Trained, chosen: np.ndarray) -> pa.Table:
    def names(decisions: np.ndarray) -> list[list[str]]:
        return [[cell.labels[column] for column in np.flatnonzero(row)] for row in decisions]

    columns: dict[str, Any] = {
        "encoder_seed": [seed[0]] * test.rows.num_rows,
        "seed": [seed[1]] * test.rows.num_rows,
        "doc_id": test.rows["doc_id"],
        "group": test.rows["group"],
        "truth": names(test.labels),
        "unknown": names(~test.known),
        "predicted": names(chosen),
        "probabilities": list(trained.test),
    }
    return pa.table(columns, schema=PREDICTIONS)
