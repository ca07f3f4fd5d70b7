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
from raykd.errors import InputError
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

    @property
    def facts(self) -> dict[str, str | int]:
        """What the last digits of scores depend on, in a process whose threads are set."""
        precision = str(self.dtype).removeprefix("torch.")
        return {"precision": precision, "device": self.device, "threads": torch.get_num_threads()}


class _Running:
    """A cell, its rows, and what computing them has taken."""

    def __init__(self, store: ResultStore, cell: Cell, splits: dict[str, Split], machine: Machine) -> None:
        self.store, self.cell, self.splits, self.machine = store, cell, splits, machine
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
            **(self.machine.facts if self.computed else {}),
            "mean_tokens": self.mean_tokens,  # of a text, in all splits; None where nothing was computed
            "encode_seconds": round(self.encode_seconds, 2),  # 0 where another cell's states were used
            "train_seconds": round(self.train_seconds, 2),
        }
        self.store.complete(self.cell.result, facts, time.time() - self.encode_seconds - self.train_seconds)


def run_cells(store: ResultStore, cells: Sequence[Cell], machine: Machine) -> None:
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
    running = [_Running(store, cell, splits, machine) for cell in todo]
    for one in running:
        one.complete()  # a run may have been cut off between the last seed and the manifest
    problems: dict[str, InputError] = {}
    for encoder in todo[0].encoders:
        wanting = [one for one in running if one.rows.missing(encoder.seed) and one.cell.result.name not in problems]
        if not wanting:
            continue
        began = time.perf_counter()
        with _classifier(store, [one.cell for one in wanting], encoder, splits, machine) as (train_seed, mean_tokens):
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
