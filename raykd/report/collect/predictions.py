"""What each cell's classifiers decided, from predictions.parquet into arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute

from raykd.evaluate.cell import Cell
from raykd.evaluate.cell_files import read_rows, seeds_of
from raykd.planning.plan import Plan
from raykd.report.inputs import Predictions
from raykd.statistics.item_bootstrap import Decisions

COLUMNS = ["encoder_seed", "seed", "doc_id", "group", "truth", "unknown", "predicted"]


def read_predictions(plan: Plan, cell: Cell) -> Predictions | None:
    """The decisions of the seeds that are asked for and scored, on the labels that count; None where there are none."""
    asked, table = set(cell.asked), read_rows(plan.store, cell, "predictions", COLUMNS)
    table = table.filter(pa.array([seed in asked for seed in seeds_of(table)], pa.bool_())).combine_chunks()
    if not table.num_rows:
        return None
    pairs = list(dict.fromkeys(seeds_of(table)))
    seeds = len(pairs)
    texts = table.num_rows // seeds
    first = table.slice(0, texts)
    counted = [cell.positive] if cell.positive else list(cell.labels)
    # A label that nobody knows of counts neither as right nor as wrong.
    known = ~label_matrix(first["unknown"], counted)
    predicted = label_matrix(table["predicted"], counted).reshape(seeds, texts, len(counted)) & known
    return Predictions(
        doc_ids=first["doc_id"].to_numpy(),
        groups=first["group"].to_numpy(),
        decisions=Decisions(
            label_matrix(first["truth"], counted) & known, predicted, np.array([encoder for encoder, _ in pairs])
        ),
    )


def label_matrix(lists: pa.ChunkedArray, labels: list[str]) -> np.ndarray:
    """Which of `labels` each list of labels holds: bool [rows, labels]."""
    rows = lists.combine_chunks()
    lengths = rows.value_lengths().fill_null(0).to_numpy()
    values = rows.flatten()
    matrix = np.zeros((len(rows), len(labels)), dtype=bool)
    owners = np.repeat(np.arange(len(rows)), lengths)
    for column, label in enumerate(labels):
        matrix[owners[pa.compute.equal(values, label).to_numpy(zero_copy_only=False)], column] = True
    return matrix
