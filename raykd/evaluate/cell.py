"""One cell of the grid: a task in one language, an encoder and a choice of weights; its seeds are rows.

scores/<task>-<language>-<encoder>-<weights>-<hash8>/ holds scores.parquet (a row a seed and label),
predictions.parquet (a row a seed and test text), heads/ and the manifest. scores.parquet is the commit point:
a seed is done when it is there, and is never computed again. How many seeds there are is not part of the
hash: more of them add rows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import safetensors.torch
import torch

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.config import ClassifierTraining, Head
from raykd.corpus.tokenizer import open_tokenizer
from raykd.distill.models import set_dropout
from raykd.evaluate.classifier import Examples, Kind, Recipe, Trained, train_fine_tuned, train_frozen
from raykd.evaluate.features import (
    check_positions,
    load_encoder,
    stored_states,
    tokenise,
    trim_vocabulary,
)
from raykd.evaluate.metrics import decide, headline, label_scores

VERSION = 1

SCORES = pa.schema(
    [
        ("encoder_seed", pa.int64()),
        ("seed", pa.int64()),
        ("label", pa.string()),
        ("precision", pa.float64()),
        ("recall", pa.float64()),
        ("f1", pa.float64()),
        ("support", pa.int64()),
    ]
)
PREDICTIONS = pa.schema(
    [
        ("encoder_seed", pa.int64()),
        ("seed", pa.int64()),
        ("doc_id", pa.string()),
        ("group", pa.string()),
        ("truth", pa.list_(pa.string())),
        ("predicted", pa.list_(pa.string())),
        ("probabilities", pa.list_(pa.float32())),  # in the order of the task's labels
    ]
)

Seed = tuple[int, int]  # the encoder's and the classifier's


@dataclass(frozen=True)
class Cell:
    """encoders: one for each distillation seed; seeds: classifiers for each of them, numbered from 0."""

    result: Result
    task: str
    kind: Kind
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
    threshold: float
    max_length: int

    def file(self, name: str) -> str:
        return f"{self.result.directory}/{name}"

    @property
    def asked(self) -> list[Seed]:
        return [(encoder.seed, seed) for encoder in self.encoders for seed in range(self.seeds)]


@dataclass(frozen=True)
class Split:
    """The rows of one split; truth: bool [rows, labels]."""

    rows: pa.Table
    truth: np.ndarray


def missing_seeds(store: ResultStore, cell: Cell) -> list[Seed]:
    """The seeds asked for that have no scores yet, in the order in which they will be computed."""
    done = set(_seeds_of(_read(store, cell, "scores.parquet", SCORES)))
    return [seed for seed in cell.asked if seed not in done]


def is_complete(store: ResultStore, cell: Cell) -> bool:
    """Whether the manifest is there and names every seed asked for."""
    manifest = store.manifest(cell.result)
    return manifest is not None and {tuple(seed) for seed in manifest["facts"]["seeds"]}.issuperset(cell.asked)


def headline_scores(store: ResultStore, cell: Cell) -> np.ndarray:
    """The headline score (`metrics.headline`) of every seed of a cell, float64 [seeds]."""
    rows = store.storage.read_table(cell.file("scores.parquet")).to_pylist()
    by_seed: dict[Seed, dict[str, float]] = {}
    for row in rows:
        by_seed.setdefault((row["encoder_seed"], row["seed"]), {})[row["label"]] = row["f1"]
    return np.array([headline(cell.positive, f1) for f1 in by_seed.values()])


def run_cell(store: ResultStore, cell: Cell, scratch_bytes: int, device: str = "cpu") -> None:
    """Train, score and store every missing seed; a complete cell is left alone.

    scratch_bytes: what the hidden states of a frozen encoder may take on local disk.
    Raises InputError where they would not fit, and for an encoder that cannot be loaded or has too few positions.
    """
    if is_complete(store, cell):
        return
    started = time.time()
    train, test = _load_split(store, cell, "train"), _load_split(store, cell, "test")
    scores = _read(store, cell, "scores.parquet", SCORES)
    predictions = _read(store, cell, "predictions.parquet", PREDICTIONS)
    # A run that was interrupted between the two files left predictions of a seed that is not done.
    done = set(_seed_column(scores))
    predictions = predictions.filter(pa.array([seed in done for seed in _seed_column(predictions)], pa.bool_()))
    encode_seconds = train_seconds = 0.0
    for encoder in cell.encoders:
        seeds = [seed for seed in range(cell.seeds) if (encoder.seed, seed) not in done]
        if not seeds:
            continue
        clock = time.perf_counter()
        with _classifier(store, cell, encoder, train, test, scratch_bytes, device) as train_seed:
            encode_seconds += time.perf_counter() - clock
            for seed in seeds:
                clock = time.perf_counter()
                trained = train_seed(seed)
                train_seconds += time.perf_counter() - clock
                chosen = decide(cell.kind, cell.labels, cell.positive, trained.probabilities, cell.threshold)
                predictions = _add(predictions, _prediction_rows(cell, (encoder.seed, seed), test, trained, chosen))
                scores = _add(scores, _score_rows(cell, (encoder.seed, seed), test, chosen))
                head = f"heads/{encoder.seed}-{seed}.safetensors"
                store.storage.write_bytes(cell.file(head), safetensors.torch.save(trained.head))
                store.storage.write_table(cell.file("predictions.parquet"), predictions)
                store.storage.write_table(cell.file("scores.parquet"), scores)
    facts = {
        "seeds": [list(seed) for seed in _seeds_of(scores)],
        "train_rows": train.rows.num_rows,
        "test_rows": test.rows.num_rows,
        "encode_seconds": round(encode_seconds, 2),
        "train_seconds": round(train_seconds, 2),
    }
    store.complete(cell.result, facts, started)


@contextmanager
def _classifier(
    store: ResultStore,
    cell: Cell,
    saved: SavedEncoder,
    train: Split,
    test: Split,
    scratch_bytes: int,
    device: str,
) -> Iterator[Callable[[int], Trained]]:
    """What trains and applies the classifier of one seed; all that the seeds share is done once, here."""
    with saved.local(store.storage) as location:
        tokenizer = open_tokenizer(location, saved.revision)
        encoder = load_encoder(location, saved.revision)
    recipe = Recipe(cell.kind, cell.head, cell.training, device)
    _write_head_config(store, cell, encoder.config.hidden_size)
    texts = train.rows["text"].to_pylist() + test.rows["text"].to_pylist()
    inputs = tokenise(tokenizer, texts, cell.max_length)
    check_positions(encoder, inputs)
    cut, truth = train.rows.num_rows, torch.from_numpy(train.truth)
    with ExitStack() as scratch:
        if cell.weights == "frozen":
            inputs = scratch.enter_context(stored_states(encoder, inputs, scratch_bytes, device))
        else:
            inputs = trim_vocabulary(encoder, inputs)
            set_dropout(encoder, cell.training.dropout)
        examples, test_inputs = Examples(inputs.part(0, cut), truth), inputs.part(cut, len(texts))

        def train_seed(seed: int) -> Trained:
            if cell.weights == "frozen":
                return train_frozen(examples, test_inputs, recipe, seed)
            return train_fine_tuned(encoder, examples, test_inputs, recipe, seed)

        yield train_seed


def _load_split(store: ResultStore, cell: Cell, split: str) -> Split:
    rows = store.storage.read_table(f"{cell.task_result.directory}/language={cell.language}/{split}.parquet")
    truth = np.array([[label in labels for label in cell.labels] for labels in rows["labels"].to_pylist()])
    return Split(rows, truth)


def _write_head_config(store: ResultStore, cell: Cell, width: int) -> None:
    config = {
        "width": width,
        "hidden": cell.head.hidden or width,
        "hops": cell.head.hops,
        "labels": list(cell.labels),
        "kind": cell.kind,
        "positive": cell.positive,
        "threshold": cell.threshold,
        "max_length": cell.max_length,
    }
    store.storage.write_json(cell.file("heads/config.json"), config)


def _score_rows(cell: Cell, seed: Seed, test: Split, chosen: np.ndarray) -> pa.Table:
    rows = label_scores(cell.labels, test.truth, chosen)
    return pa.Table.from_pylist([{"encoder_seed": seed[0], "seed": seed[1], **row} for row in rows], schema=SCORES)


def _prediction_rows(cell: Cell, seed: Seed, test: Split, trained: Trained, chosen: np.ndarray) -> pa.Table:
    def names(decisions: np.ndarray) -> list[list[str]]:
        return [[cell.labels[column] for column in np.flatnonzero(row)] for row in decisions]

    columns: dict[str, Any] = {
        "encoder_seed": [seed[0]] * test.rows.num_rows,
        "seed": [seed[1]] * test.rows.num_rows,
        "doc_id": test.rows["doc_id"],
        "group": test.rows["group"],
        "truth": names(test.truth),
        "predicted": names(chosen),
        "probabilities": list(trained.probabilities),
    }
    return pa.table(columns, schema=PREDICTIONS)


def _read(store: ResultStore, cell: Cell, name: str, schema: pa.Schema) -> pa.Table:
    path = cell.file(name)
    return store.storage.read_table(path).cast(schema) if store.storage.exists(path) else schema.empty_table()


def _add(table: pa.Table, rows: pa.Table) -> pa.Table:
    """Both, by seed; a stable sort in one chunk, so that the order of computing leaves no trace in the file."""
    both = pa.concat_tables([table, rows])
    keys = np.stack([both["seed"].to_numpy(), both["encoder_seed"].to_numpy()])
    return both.take(np.lexsort(keys)).combine_chunks()


def _seed_column(table: pa.Table) -> list[Seed]:
    return list(zip(table["encoder_seed"].to_pylist(), table["seed"].to_pylist(), strict=True))


def _seeds_of(table: pa.Table) -> list[Seed]:
    return sorted(set(_seed_column(table)))
