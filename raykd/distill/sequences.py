"""Sequences of one step, as they come from the token shards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from raykd.distill import random_numbers


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
class SpecialIds:
    start: int
    end: int
    pad: int
