"""Running cells: train, score and store every seed that is missing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from raykd.artifacts import ResultStore, SavedEncoder
from raykd.corpus.tokenizer import open_tokenizer
from raykd.distill.models import set_dropout
from raykd.evaluate.cell import Cell, is_complete
from raykd.evaluate.cell_rows import CellRows
from raykd.evaluate.classifier import Examples, Recipe, Trained, train_fine_tuned, train_frozen
from raykd.evaluate.encoder import check_positions, load_encoder, trim_vocabulary
from raykd.evaluate.features import stored_states
from raykd.evaluate.ragged import tokenise
from raykd.evaluate.splits import SPLITS, Split, check_train_rows, load_splits


@dataclass(frozen=True)
class Machine:
    """Where a cell runs. scratch_bytes: what the states of a frozen encoder may take on local disk; dtype: what an
    encoder computes in, and what its states are stored in."""

    scratch_bytes: int
    device: str = "cpu"
    dtype: torch.dtype = torch.float32


@dataclass
class _Running:
    """A cell with its rows, and what its computing has taken."""

    cell: Cell
    rows: CellRows
    computed: int = 0
    encode_seconds: float = 0.0
    train_seconds: float = 0.0


def run_cells(store: ResultStore, cells: Sequence[Cell], machine: Machine) -> None:
    """Train, score and store every seed that is missing of cells that differ in train_rows alone.

    A frozen encoder encodes its task's texts once for all of them, and always the same texts, so that a cell's scores
    do not depend on what is computed beside it. Raises InputError where states would not fit into scratch, for an
    encoder that cannot be loaded or has too few positions, and for a task with fewer training rows than asked for.
    """
    todo = [cell for cell in cells if not is_complete(store, cell)]
    if not todo:
        return
    started, tokens = time.time(), None
    check_train_rows(store, todo)
    splits = load_splits(store, todo[0])
    for cell in todo:
        store.reopen(cell.result)
    running = [_Running(cell, CellRows(store, cell, splits)) for cell in todo]
    for encoder in todo[0].encoders:
        wanting = [one for one in running if one.rows.missing(encoder.seed)]
        if not wanting:
            continue
        began = time.perf_counter()
        with _classifier(store, [one.cell for one in wanting], encoder, splits, machine) as (train_seed, mean_tokens):
            tokens = mean_tokens
            wanting[0].encode_seconds += time.perf_counter() - began
            for one in wanting:
                _compute_missing(one, encoder.seed, train_seed)
    for one in running:
        facts = {
            "seeds": [list(seed) for seed in one.rows.seeds],
            **{f"{name}_rows": split.rows.num_rows for name, split in splits.items()},
            **({"train_rows": one.cell.train_rows} if one.cell.train_rows else {}),
            "computed_seeds": one.computed,  # by this run, which the seconds are of
            "mean_tokens": tokens,  # of a text, in all splits; None where nothing was computed
            "encode_seconds": round(one.encode_seconds, 2),  # 0 where another cell's states were used
            "train_seconds": round(one.train_seconds, 2),
        }
        store.complete(one.cell.result, facts, started)


def _compute_missing(one: _Running, encoder_seed: int, train_seed: Callable[[Cell, int], Trained]) -> None:
    for seed in one.rows.missing(encoder_seed):
        began = time.perf_counter()
        trained = train_seed(one.cell, seed)
        one.train_seconds += time.perf_counter() - began
        one.rows.add((encoder_seed, seed), trained)
        one.computed += 1


@contextmanager
def _classifier(
    store: ResultStore, cells: Sequence[Cell], saved: SavedEncoder, splits: dict[str, Split], machine: Machine
) -> Iterator[tuple[Callable[[Cell, int], Trained], float]]:
    """What trains and applies the classifier of one cell and seed, and the mean tokens of a text.

    All that cells and seeds share is done once, here.
    """
    cell = cells[0]
    with saved.local(store.storage) as location:
        tokenizer = open_tokenizer(location, saved.revision)
        encoder = load_encoder(location, saved.revision)
    for each in cells:
        _write_head_config(store, each, encoder.width)
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
    store.storage.write_json(cell.file("heads/config.json"), config)
