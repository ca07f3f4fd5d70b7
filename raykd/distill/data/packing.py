"""From the sequences of a step to micro-batches without padding: one after the other, those of equal length side by
side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import torch

from raykd.distill.data import counter_rng
from raykd.distill.data.masking import NOT_MASKED, Masker

Runs = tuple[tuple[int, int], ...]  # (length, number of sequences of that length), longest first


@dataclass(frozen=True)
class Sequences:
    """Some sequences of one step, as token shards hold them.

    ids: int32 [tokens], one sequence after the other, no special tokens; offsets: int64 [sequences + 1]; keys:
    uint64 [sequences], one for each (document, chunk).
    """

    ids: np.ndarray
    offsets: np.ndarray
    keys: np.ndarray

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each, with one special token at either end: int64 [sequences]."""
        return np.diff(self.offsets) + 2

    @staticmethod
    def from_table(table: pa.Table) -> Sequences:
        """Rows of `schema.TOKENS`, whatever its chunks."""
        lists = table["input_ids"].combine_chunks()
        lengths = lists.value_lengths().to_numpy().astype(np.int64)
        documents = np.array([int(doc_id[:16], 16) for doc_id in table["doc_id"].to_pylist()], np.uint64)
        keys = counter_rng.key(documents, table["piece"].to_numpy()) if len(documents) else documents
        return Sequences(lists.flatten().to_numpy(), np.concatenate([[0], np.cumsum(lengths)]), keys)


@dataclass(frozen=True)
class SpecialIds:
    start: int
    end: int
    pad: int


@dataclass(frozen=True)
class PackedBatch:
    """Some sequences of a step; every position is a real token.

    input_ids, position_ids, labels: int64 [tokens], position ids counting from 0 in each sequence, labels NOT_MASKED
    where nothing is predicted. runs: (length, number of sequences of that length), in the order in which they stand.
    order: int64 [tokens], all places of the batch, the masked ones first. masked: how many those are.
    """

    input_ids: torch.Tensor
    position_ids: torch.Tensor
    labels: torch.Tensor
    order: torch.Tensor
    runs: Runs
    masked: int

    @property
    def tokens(self) -> int:
        return len(self.input_ids)

    @property
    def sequences(self) -> int:
        return sum(count for _, count in self.runs)

    def to(self, device: str) -> PackedBatch:
        return replace(
            self,
            input_ids=self.input_ids.to(device),
            position_ids=self.position_ids.to(device),
            labels=self.labels.to(device),
            order=self.order.to(device),
        )


def micro_batches(
    sequences: Sequences, masker: Masker, epoch: int, special: SpecialIds, budget: int
) -> Iterator[PackedBatch]:
    """[start] text [end], longest first, cut where a batch would exceed `budget` tokens; at least a sequence each.

    The losses are sums, so the cut changes the speed and, but for rounding and dropout, not the result.
    """
    shown, labels = masker(sequences.ids, np.repeat(sequences.keys, np.diff(sequences.offsets)), epoch)
    lengths = sequences.lengths
    longest_first = np.argsort(-lengths, kind="stable")
    for rows in _cut(longest_first, lengths, budget):
        sizes = lengths[rows]
        starts = np.cumsum(sizes) - sizes
        position_ids = np.arange(sizes.sum()) - np.repeat(starts, sizes)
        text = (position_ids > 0) & (position_ids < np.repeat(sizes - 1, sizes))
        source = (np.repeat(sequences.offsets[rows] - 1, sizes) + position_ids)[text]
        input_ids = np.where(position_ids == 0, special.start, special.end)
        input_ids[text] = shown[source]
        targets = np.full(len(position_ids), NOT_MASKED)
        targets[text] = labels[source]
        yield pack(input_ids, position_ids, targets, sizes)


def pack(input_ids: np.ndarray, position_ids: np.ndarray, labels: np.ndarray, lengths: np.ndarray) -> PackedBatch:
    """Arrays [tokens] of sequences whose lengths, [sequences], are such that equal ones are neighbours."""
    masked = labels != NOT_MASKED
    borders = np.flatnonzero(np.diff(lengths)) + 1
    runs = tuple((int(run[0]), len(run)) for run in np.split(lengths, borders) if len(run))
    order = np.argsort(~masked, kind="stable")
    ids, places, targets, ordered = (
        torch.from_numpy(array.astype(np.int64)) for array in (input_ids, position_ids, labels, order)
    )
    return PackedBatch(ids, places, targets, ordered, runs, int(masked.sum()))


def pack_padded(input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor) -> PackedBatch:
    """The real positions of a padded batch; all [batch, length]."""
    real = attention_mask.cpu().numpy().astype(bool)
    rows = np.argsort(-real.sum(1), kind="stable")
    real = real[rows]
    ids, targets = (tensor.cpu().numpy()[rows][real] for tensor in (input_ids, labels))
    return pack(ids, np.nonzero(real)[1], targets, real.sum(1)).to(str(input_ids.device))


def _cut(order: np.ndarray, lengths: np.ndarray, budget: int) -> Iterator[np.ndarray]:
    """Runs of `order` whose lengths sum to at most `budget`."""
    ends = np.cumsum(lengths[order])
    start = 0
    while start < len(order):
        taken = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, taken + budget, side="right")))
        yield order[start:stop]
        start = stop
