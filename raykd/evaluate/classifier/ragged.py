"""Rows of different lengths in one tensor, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Ragged:
    """Row i is values[offsets[i] : offsets[i + 1]].

    values: token ids [tokens] or hidden states [tokens, width]; offsets: int64 [rows + 1]. No row is empty.
    """

    values: Tensor
    offsets: Tensor

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Tensor:
        return self.offsets.diff()

    def part(self, start: int, stop: int) -> Ragged:
        """Rows start to stop, without a copy of the values."""
        return Ragged(self.values, self.offsets[start : stop + 1])

    def positions(self, rows: Tensor) -> Tensor:
        """Where the values of some rows lie, one row after the other: int64 [rows] -> int64 [their tokens]."""
        lengths = self.lengths[rows]
        moved = self.offsets[rows] - (lengths.cumsum(0) - lengths)
        return torch.arange(int(lengths.sum())) + moved.repeat_interleave(lengths)

    def take(self, rows: Tensor) -> Ragged:
        """A copy of some rows, in the order given."""
        offsets = torch.nn.functional.pad(self.lengths[rows].cumsum(0), (1, 0))
        return Ragged(self.values.index_select(0, self.positions(rows)), offsets)

    def to(self, device: str) -> Ragged:
        return Ragged(self.values.to(device), self.offsets.to(device))

    def places(self) -> tuple[Tensor, Tensor]:
        """As if padded to the longest: indices into the values, int64 [rows, longest], and which are real, bool.

        Padding points at the row's own last value: always there, always finite, to be masked. For rows whose offsets
        begin with 0.
        """
        lengths = self.lengths.unsqueeze(1)
        steps = torch.arange(int(lengths.max()), device=self.offsets.device)
        return self.offsets[:-1].unsqueeze(1) + steps.minimum(lengths - 1), steps < lengths


def tokenise(tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], max_length: int) -> Ragged:
    """Token ids of each text with its special tokens, cut to max_length tokens in all."""
    encoded = tokenizer(
        list(texts),
        truncation=True,
        max_length=max_length,
        return_attention_mask=False,
        return_token_type_ids=False,
    )["input_ids"]
    offsets = np.cumsum([0, *map(len, encoded)])
    return Ragged(torch.from_numpy(np.concatenate(encoded).astype(np.int64)), torch.from_numpy(offsets))


def longest_first(lengths: Tensor, rows: Tensor) -> Tensor:
    """The row numbers given, the longest rows first."""
    return rows[lengths[rows].argsort(descending=True, stable=True)]


def length_batches(lengths: Tensor, budget: int) -> list[Tensor]:
    """Row numbers, longest first, in batches of at most `budget` tokens were they padded, or of a single row."""
    order = torch.argsort(lengths, descending=True, stable=True)
    sorted_lengths = lengths[order].tolist()
    batches, start = [], 0
    while start < len(order):
        stop = start + max(1, budget // sorted_lengths[start])
        batches.append(order[start:stop])
        start = stop
    return batches
