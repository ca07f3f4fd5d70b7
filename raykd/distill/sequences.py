"""Sequences of one step, and the padded micro-batches that they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch

from raykd.distill import random_numbers
from raykd.distill.masking import NOT_MASKED, Masker


@dataclass(frozen=True)
class Sequences:
    """ids: int32 [tokens], one sequence after the other, no special tokens; offsets: int64 [sequences + 1]; keys:
    uint64 [sequences], one for each (document, piece)."""

    ids: np.ndarray
    offsets: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)

    @staticmethod
    def from_table(table: pa.Table) -> Sequences:
        """Rows of `schema.TOKENS`, whatever its chunks."""
        lists = table["input_ids"].combine_chunks()
        lengths = lists.value_lengths().to_numpy().astype(np.int64)
        documents = np.array([int(doc_id[:16], 16) for doc_id in table["doc_id"].to_pylist()], np.uint64)
        keys = random_numbers.key(documents, table["piece"].to_numpy()) if len(documents) else documents
        return Sequences(lists.flatten().to_numpy(), np.concatenate([[0], np.cumsum(lengths)]), keys)


@dataclass(frozen=True)
class MicroBatch:
    """input_ids, attention_mask, labels: int64 [batch, length], padded on the right."""

    input_ids: torch.Tensor
    attention_mask: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True)
class SpecialIds:
    start: int
    end: int
    pad: int


def micro_batches(
    sequences: Sequences, masker: Masker, epoch: int, special: SpecialIds, budget: int
) -> Iterator[MicroBatch]:
    """[start] text [end], sorted by length and cut where a batch would exceed `budget` tokens, padding included.

    The losses are sums, so the cut changes the speed and, but for rounding and dropout, not the result.
    """
    lengths = np.diff(sequences.offsets)
    shown, labels = masker(sequences.ids, np.repeat(sequences.keys, lengths), epoch)
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        longest = int(lengths[order[start]]) + 2
        rows = order[start : start + max(1, budget // longest)]
        start += len(rows)
        batch = np.full((3, len(rows), longest), special.pad, np.int64)
        batch[1], batch[2] = 0, NOT_MASKED
        for row, index in enumerate(rows):
            begin, stop = sequences.offsets[index], sequences.offsets[index + 1]
            size = stop - begin
            batch[0, row, 0], batch[0, row, size + 1] = special.start, special.end
            batch[0, row, 1 : size + 1] = shown[begin:stop]
            batch[1, row, : size + 2] = 1
            batch[2, row, 1 : size + 1] = labels[begin:stop]
        yield MicroBatch(*torch.from_numpy(batch))
