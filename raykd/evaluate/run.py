"""Running a cell: train, score and store every seed that is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import safetensors.torch
import torch

from raykd.artifacts import ResultStore, SavedEncoder
from raykd.corpus.tokenizer import open_tokenizer
from raykd.distill.models import set_dropout
from raykd.evaluate.cell import (
    AVERAGES,
    PREDICTIONS,
    SCORES,
    Cell,
    Seed,
    add_rows,
    is_complete,
    missing_seeds,
    read_rows,
    seed_column,
    seeds_of,
)
from raykd.evaluate.classifier import Examples, Recipe, Trained, train_fine_tuned, train_frozen
from raykd.evaluate.encoder import check_positions, load_encoder, trim_vocabulary
from raykd.evaluate.features import stored_states
from raykd.evaluate.metrics import averages, best_thresholds, decide, label_scores
from raykd.evaluate.ragged import tokenise
from raykd.evaluate.splits import SPLITS, Split, load_splits

FILES = {"predictions": PREDICTIONS, "averages": AVERAGES, "scores": SCORES}  # in the order in which they are written


@dataclass(frozen=True)
class Machine:
    """Where a cell runs. scratch_bytes: what the states of a frozen encoder may take on local disk; dtype: what an
    encoder computes in, and what its states are stored in."""

    scratch_bytes: int
    device: str = "cpu"
    dtype: torch.dtype = torch.float32


def run_cell(store: ResultStore, cell: Cell, machine: Machine) -> None:
    """Train, score and store every missing seed; a complete cell is left alone.

    Raises InputError where states would not fit into scratch, for an encoder that cannot be loaded or has too few
    positions, and for a task with fewer training rows than asked for.
    """
    if is_complete(store, cell):
        return
    started, encode_seconds, train_seconds = time.time(), 0.0, 0.0
    mean_tokens: float | None = None
    missing = len(missing_seeds(store, cell))
    splits = load_splits(store, cell)
    tables = {name: read_rows(store, cell, f"{name}.parquet", schema) for name, schema in FILES.items()}
    # A run that was interrupted between two files left rows of a seed that is not done.
    done = set(seed_column(tables["scores"]))
    for name in FILES:
        tables[name] = tables[name].filter(pa.array([seed in done for seed in seed_column(tables[name])], pa.bool_()))
    for encoder in cell.encoders:
        seeds = [seed for seed in range(cell.seeds) if (encoder.seed, seed) not in done]
        if not seeds:
            continue
        began = time.perf_counter()
        with _classifier(store, cell, encoder, splits, machine) as (train_seed, tokens):
            mean_tokens = tokens
            encode_seconds += time.perf_counter() - began
            for seed in seeds:
                began = time.perf_counter()
                trained = train_seed(seed)
                train_seconds += time.perf_counter() - began
                store.storage.write_bytes(cell.head_file((encoder.seed, seed)), safetensors.torch.save(trained.head))
                rows = _rows_of(cell, (encoder.seed, seed), splits, trained)
                for name in FILES:
                    tables[name] = add_rows(tables[name], rows[name])
                    store.storage.write_table(cell.file(f"{name}.parquet"), tables[name])
    facts = {
        "seeds": [list(seed) for seed in seeds_of(tables["scores"])],
        **{f"{name}_rows": split.rows.num_rows for name, split in splits.items()},
        "computed_seeds": missing,  # by this run, which the seconds are of
        "mean_tokens": mean_tokens,  # of a text, in all splits; None where nothing was computed
        "encode_seconds": round(encode_seconds, 2),
        "train_seconds": round(train_seconds, 2),
    }
    store.complete(cell.result, facts, started)


@contextmanager
def _classifier(
    store: ResultStore, cell: Cell, saved: SavedEncoder, splits: dict[str, Split], machine: Machine
) -> Iterator[tuple[Callable[[int], Trained], float]]:
    """What trains and applies the classifier of one seed, and the mean tokens of a text.

    All that the seeds share is done once, here.
    """
    with saved.local(store.storage) as location:
        tokenizer = open_tokenizer(location, saved.revision)
        encoder = load_encoder(location, saved.revision)
    _write_head_config(store, cell, encoder.width)
    inputs = tokenise(tokenizer, [text for name in SPLITS for text in splits[name].texts], cell.max_length)
    check_positions(encoder, inputs)
    recipe = Recipe(cell.kind, cell.head, cell.training, machine.device, machine.dtype)
    cuts = np.cumsum([0, *(splits[name].rows.num_rows for name in SPLITS)]).tolist()
    with ExitStack() as scratch:
        if cell.weights == "frozen":
            states = stored_states(encoder, inputs, machine.scratch_bytes, machine.device, machine.dtype)
            inputs = scratch.enter_context(states)
        else:
            inputs = trim_vocabulary(encoder, inputs)
            set_dropout(encoder, cell.training.dropout)
        train, validation, test = (inputs.part(start, stop) for start, stop in pairwise(cuts))
        examples = Examples(train, splits["train"].truth), Examples(validation, splits["validation"].truth)

        def train_seed(seed: int) -> Trained:
            if cell.weights == "frozen":
                return train_frozen(*examples, test, recipe, seed)
            return train_fine_tuned(encoder, *examples, test, recipe, seed)

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
    store.storage.write_json(cell.file("heads/config.json"), config)


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
