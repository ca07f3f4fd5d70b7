"""Running cells: every seed that is missing is trained and scored, and its rows go to a file of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
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
from raykd.evaluate.cell import AVERAGES, PREDICTIONS, SCORES, Cell, Seed, is_complete
from raykd.evaluate.cell_files import SeedFacts, SeedRows, merge_seeds, missing_seeds, write_seed
from raykd.evaluate.classifier.encoder import check_positions, load_with_tokenizer, stored_states, trim_vocabulary
from raykd.evaluate.classifier.ragged import tokenise
from raykd.evaluate.classifier.train import Examples, Recipe, Trained, train_fine_tuned, train_frozen
from raykd.evaluate.labelled_splits import SPLITS, Split, check_train_rows, load_splits
from raykd.evaluate.metrics import averages, best_thresholds, decide, label_scores


@dataclass(frozen=True)
class WorkerSpec:
    """Where a cell runs. scratch_bytes: what the states of a frozen encoder may take on local disk; dtype: what an
    encoder computes in, and what its states are stored in; gpu_share: of a trial's GPUs that it has."""

    scratch_bytes: int
    device: str = "cpu"
    dtype: torch.dtype = torch.float32
    gpu_share: float = 1.0

    @property
    def facts(self) -> dict[str, Any]:
        """What the last digits of scores depend on, and their cost, in a process whose threads are set."""
        return {
            "precision": str(self.dtype).removeprefix("torch."),
            "device": self.device,
            "threads": torch.get_num_threads(),
            "gpu_share": self.gpu_share,
        }


def run_cells(
    store: ResultStore, cells: Sequence[Cell], worker: WorkerSpec, only: Collection[Seed] | None = None
) -> None:
    """Train, score and store every seed that is missing of cells that differ in train_rows alone.

    A frozen encoder encodes its task's texts once for all of them, and always the same texts, so that a cell's scores
    do not depend on what is computed beside it. only: these seeds, the others are other processes'; whichever ends
    last merges them (cell_files.py). Raises InputError where states would not fit into scratch, for an encoder that
    cannot be loaded or has too few positions, and for a task with fewer training rows than asked for; and, after the
    other cells are done, for one whose training comes to no finite number.
    """
    todo = [cell for cell in cells if not is_complete(store, cell)]
    if not todo:
        return
    check_train_rows(store, todo)
    splits = load_splits(store, todo[0])
    missing = [(cell, seed) for cell in todo for seed in missing_seeds(store, cell) if only is None or seed in only]
    problems: list[InputError] = []
    for encoder in todo[0].encoders:
        if own := [(cell, seed) for cell, seed in missing if seed[0] == encoder.seed]:
            problems += _run_seeds(store, own, encoder, splits, worker)
    for cell in todo:
        rows = {f"{name}_rows": split.rows.num_rows for name, split in splits.items()}
        merge_seeds(store, cell, rows | ({"train_rows": cell.train_rows} if cell.train_rows else {}))
    if problems:
        raise problems[0]


def _run_seeds(
    store: ResultStore,
    missing: Sequence[tuple[Cell, Seed]],
    encoder: SavedEncoder,
    splits: dict[str, Split],
    worker: WorkerSpec,
) -> list[InputError]:
    """Seeds of one encoder, by cell; the bad input of cells of which the rest is left."""
    problems: dict[str, InputError] = {}
    began = time.perf_counter()
    cells = {cell.result.directory: cell for cell, _ in missing}
    with _classifier(store, [*cells.values()], encoder, splits, worker) as (train_seed, mean_tokens):
        encode_seconds = time.perf_counter() - began
        for cell, seed in missing:
            if cell.result.directory in problems:
                continue
            began = time.perf_counter()
            try:
                trained = train_seed(cell, seed[1])
            except InputError as error:
                problems[cell.result.directory] = error
                continue
            facts = SeedFacts(encode_seconds, time.perf_counter() - began, mean_tokens, **worker.facts)
            encode_seconds = 0.0
            store.storage.write_bytes(cell.head_file(seed), safetensors.torch.save(trained.head))
            write_seed(store, cell, seed, SeedRows(_rows_of(cell, seed, splits, trained), facts))
    return [*problems.values()]


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
    """What a seed adds to each of `cell_files.FILES`."""
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
