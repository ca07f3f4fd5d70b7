"""Masked-language loss on documents that training does not see, per language, and which weights were best on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch

from raykd.artifacts import Result, ResultStore
from raykd.config import Validation
from raykd.corpus.schema import TOKENS
from raykd.distill.data.masking import Masker
from raykd.distill.data.packing import PackedBatch, Sequences, SpecialIds, micro_batches
from raykd.distill.train.step import Engine, Reduce
from raykd.errors import InputError

EPOCH = 2**62  # that masks are drawn for: fixed, and none that a training comes to
FILE = "validation.parquet"
VALIDATION = pa.schema(
    [("step", pa.int64()), ("language", pa.string()), ("loss", pa.float64()), ("masked", pa.int64())]
)


@dataclass(frozen=True)
class ValidationRow:
    """loss: mean over the masked positions of a language, nats, after `step` steps; masked: how many those are."""

    step: int
    language: str
    loss: float
    masked: int


@dataclass
class Selection:
    """The losses so far, and the weights after the step that was best: the lowest mean over languages, each of which
    counts the same however much text it has.

    weights: copies in main memory on worker 0, by number; empty elsewhere, and where the best are the last.
    """

    settings: Validation
    rows: list[ValidationRow] = field(default_factory=list)
    weights: dict[str, torch.Tensor] = field(default_factory=dict)

    @property
    def means(self) -> dict[int, float]:
        """Step -> mean over languages, in the order of the steps."""
        losses: dict[int, list[float]] = {}
        for row in self.rows:
            losses.setdefault(row.step, []).append(row.loss)
        return {step: float(np.mean(values)) for step, values in losses.items()}

    @property
    def best(self) -> int | None:
        """The first step of the lowest mean."""
        means = self.means
        return min(means, key=lambda step: (means[step], step)) if means else None

    @property
    def exhausted(self) -> bool:
        """Whether `patience` validations have brought nothing better."""
        if self.settings.patience is None or self.best is None:
            return False
        return sum(step > self.best for step in self.means) >= self.settings.patience


class HeldOut:
    """A worker's part of the held-out sequences, masked and packed once: every validation guesses the same tokens."""

    def __init__(self, parts: dict[str, pa.Table], masker: Masker, special: SpecialIds, budget: int) -> None:
        """parts: the sequences of each language (`schema.TOKENS`); budget: tokens of a micro-batch."""
        self.batches: dict[str, list[PackedBatch]] = {
            language: list(micro_batches(Sequences.from_table(table), masker, EPOCH, special, budget))
            for language, table in sorted(parts.items())
        }

    def losses(self, engine: Engine, step: int, reduce: Reduce) -> list[ValidationRow]:
        """Over all workers' parts: the same rows on every worker."""
        own = [engine.masked_loss(batches) for batches in self.batches.values()]
        sums = torch.tensor(own, dtype=torch.float64, device=engine.device)
        reduce(sums)
        return [
            ValidationRow(step, language, total / max(1.0, masked), int(masked))
            for language, (total, masked) in zip(self.batches, sums.tolist(), strict=True)
        ]


def held_out_parts(
    store: ResultStore, tokens: Result, floors: Mapping[str, int], rank: int, world_size: int
) -> dict[str, pa.Table]:
    """The sequences of documents above the floors, those that worker `rank` takes: language -> `schema.TOKENS`.

    Raises InputError where a language has none: its documents are too short or unknown to the tokenizer.
    """
    parts: dict[str, list[pa.Table]] = {language: [] for language in floors}
    for shard in store.facts(tokens)["shards"]:
        language = shard["language"]
        if language in floors and shard["sequences"] and shard["last_rank"] > floors[language]:
            table = store.storage.read_table(f"{tokens.directory}/{shard['file']}")
            parts[language].append(table.filter(pc.greater(table["rank"], pa.scalar(floors[language], pa.uint64()))))
    empty = [language for language, tables in parts.items() if not sum(map(len, tables))]
    if empty:
        raise InputError(f"validation.documents: {tokens.name} has no held-out sequence of {empty[0]}; raise it")
    return {language: _take(pa.concat_tables(tables), rank, world_size) for language, tables in parts.items()}


def _take(table: pa.Table, rank: int, world_size: int) -> pa.Table:
    return table.take(pa.array(range(rank, len(table), world_size), pa.int64())).cast(TOKENS)


def validation_table(rows: Sequence[ValidationRow]) -> pa.Table:
    return pa.Table.from_pylist([asdict(row) for row in rows], schema=VALIDATION)
