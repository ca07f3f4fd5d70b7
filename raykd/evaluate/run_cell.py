"""Running cells: every seed that is missing is trained and scored, and its rows go to the cell's files.

A seed's rows are added as it is done, scores.parquet last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import safetensors.torch
import torch

from raykd.artifacts import ResultStore, SavedEncoder
from raykd.distill.models.load import set_dropout
from raykd.errors import InputError
from raykd.evaluate.cell import (
    AVERAGES,
    PREDICTIONS,
    SCORES,
    Cell,
    Seed,
    add_rows,
    is_complete,
    read_rows,
    seed_column,
    seeds_of,
)
from raykd.evaluate.classifier.encoder import check_positions, load_with_tokenizer, stored_states, trim_vocabulary
from raykd.evaluate.classifier.ragged import tokenise
from raykd.evaluate.classifier.train import Examples, Recipe, Trained, train_fine_tuned, train_frozen
from raykd.evaluate.labelled_splits import SPLITS, Split, check_train_rows, load_splits
from raykd.evaluate.metrics import averages, best_thresholds, decide, label_scores

FILES = {"predictions": PREDICTIONS, "averages": AVERAGES, "scores": SCORES}  # in the order in which they are written


@dataclass(frozen=True)
class WorkerSpec:
    """Where a cell runs. scratch_bytes: what the states of a frozen encoder may take on local disk; dtype: what an
    encoder computes in, and what its states are stored in."""

    scratch_bytes: int
    device: str = "cpu"
    dtype: torch.dtype = torch.float32

    @property
    def facts(self) -> dict[str, str | int]:
        """What the last digits of scores depend on, in a process whose threads are set."""
        precision = str(self.dtype).removeprefix("torch.")
        return {"precision": precision, "device": self.device, "threads": torch.get_num_threads()}


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


class _Running:
    """A cell, its rows, and what computing them has taken."""

    def __init__(self, store: ResultStore, cell: Cell, splits: dict[str, Split], worker: WorkerSpec) -> None:
        self.store, self.cell, self.splits, self.worker = store, cell, splits, worker
        self.rows = CellRows(store, cell, splits)
        self.computed, self.encode_seconds, self.train_seconds = 0, 0.0, 0.0
        self.mean_tokens: float | None = None
        store.reopen(cell.result)

    def compute(self, encoder: SavedEncoder, train_seed: Callable[[Cell, int], Trained], mean_tokens: float) -> None:
        """Every seed that is missing with this encoder."""
        self.mean_tokens = mean_tokens
        for seed in self.rows.missing(encoder.seed):
            began = time.perf_counter()
            trained = train_seed(self.cell, seed)
            self.train_seconds += time.perf_counter() - began
            self.rows.add((encoder.seed, seed), trained)
            self.computed += 1
        self.complete()

    def complete(self) -> None:
        """Declare the cell complete if it is. Raises RuntimeError where another process has added rows."""
        if any(self.rows.missing(encoder.seed) for encoder in self.cell.encoders):
            return
        self.rows.check_alone()
        facts = {
            "seeds": [list(seed) for seed in self.rows.seeds],
            **{f"{name}_rows": split.rows.num_rows for name, split in self.splits.items()},
            **({"train_rows": self.cell.train_rows} if self.cell.train_rows else {}),
            "computed_seeds": self.computed,  # by this run, which the seconds and what they were computed with are of
            **(self.worker.facts if self.computed else {}),
            "mean_tokens": self.mean_tokens,  # of a text, in all splits; None where nothing was computed
            "encode_seconds": round(self.encode_seconds, 2),  # 0 where another cell's states were used
            "train_seconds": round(self.train_seconds, 2),
        }
        self.store.complete(self.cell.result, facts, time.time() - self.encode_seconds - self.train_seconds)


def run_cells(store: ResultStore, cells: Sequence[Cell], worker: WorkerSpec) -> None:
    """Train, score and store every seed that is missing of cells that differ in train_rows alone.

    A frozen encoder encodes its task's texts once for all of them, and always the same texts, so that a cell's scores
    do not depend on what is computed beside it. Raises InputError where states would not fit into scratch, for an
    encoder that cannot be loaded or has too few positions, and for a task with fewer training rows than asked for; and,
    after the other cells are done, for one whose training comes to no finite number.
    """
    todo = [cell for cell in cells if not is_complete(store, cell)]
    if not todo:
        return
    check_train_rows(store, todo)
    splits = load_splits(store, todo[0])
    running = [_Running(store, cell, splits, worker) for cell in todo]
    for one in running:
        one.complete()  # a run may have been cut off between the last seed and the manifest
    problems: dict[str, InputError] = {}
    for encoder in todo[0].encoders:
        wanting = [one for one in running if one.rows.missing(encoder.seed) and one.cell.result.name not in problems]
        if not wanting:
            continue
        began = time.perf_counter()
        with _classifier(store, [one.cell for one in wanting], encoder, splits, worker) as (train_seed, mean_tokens):
            wanting[0].encode_seconds += time.perf_counter() - began
            for one in wanting:
                try:
                    one.compute(encoder, train_seed, mean_tokens)
                except InputError as error:
                    problems[one.cell.result.name] = error
    if problems:
        raise next(iter(problems.values()))


@contextmanager
def _classifier(
    store: ResultStore, cells: Sequence[Cell], saved: SavedEncoder, splits: dict[str, Split], worker: WorkerSpec
) -> Iterator[tuple[Callable[[Cell, int], Trained], float]]:
    """What trains and applies the classifier of one cell and seed, and the mean tokens of a text.

    All that cells and seeds share is done once, here.
    """
    cell = cells[0]
    tokenizer, encoder = load_with_tokenizer(saved, store.storage)
    for each in cells:
        _write_head_config(store, each, encoder.width)
    inputs = tokenise(tokenizer, [text for name in SPLITS for text in splits[name].texts], cell.max_length)
    check_positions(encoder, inputs)
    recipe = Recipe(cell.kind, cell.head, cell.training, worker.device, worker.dtype)
    cuts = np.cumsum([0, *(splits[name].rows.num_rows for name in SPLITS)]).tolist()
    with ExitStack() as scratch:
        if cell.weights == "frozen":
            states = stored_states(encoder, inputs, worker.scratch_bytes, worker.device, worker.dtype)
            inputs = scratch.enter_context(states)
        else:
            inputs = trim_vocabulary(encoder, inputs)
            set_dropout(encoder, cell.training.dropout)
        train, validation, test = (inputs.part(start, stop) for start, stop in pairwise(cuts))
        held_out = Examples(validation, splits["validation"].truth)

        def train_seed(cell: Cell, seed: int) -> Trained:
            rows = cell.train_rows or len(train)
            examples = Examples(train.part(0, rows), splits["train"].truth.part(0, rows))
            if cell.weights == "frozen":
                return train_frozen(examples, held_out, test, recipe, seed)
            return train_fine_tuned(encoder, examples, held_out, test, recipe, seed)

        yield train_seed, len(inputs.values) / len(inputs)


def _write_head_config(store: ResultStore, cell: Cell, width: int) -> None:
    config = {
        "width": width,
        "head": cell.head.model_dump(mode="json"),
        "labels": list(cell.labels),
        "kind": cell.kind,
        "positive": cell.positive,
        "max_length": cell.max_length,
    }
    store.storage.write_json(cell.head_config_file, config)


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
