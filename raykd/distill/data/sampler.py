"""The sampler: groups of sequences, permuted anew each epoch and assigned to steps and workers.

A group is a run of rows of one token shard. Shards hold documents in the order of their shuffle keys, a uniform
shuffle, so that a group is a random sample of its language; permuting the groups of all languages mixes them in
proportion. Nothing here depends on the number of workers, but for which of a step's groups each takes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from raykd.artifacts import Result, ResultStore
from raykd.distill.data import counter_rng

KEYS_AT_ONCE = 1 << 20  # of a permutation: drawing them takes six arrays of this length


@dataclass(frozen=True)
class Group:
    """Rows [start, stop) of a token shard."""

    file: str
    start: int
    stop: int


@dataclass(frozen=True)
class Sampler:
    """The groups that each worker takes in each step of a training.

    Groups follow from the shards' sizes, so memory grows with the shards, and by 8 bytes a group while an epoch's
    permutation is in use. files: the token shards in stored order; rows: int64 [shards], how many of a shard's first
    sequences are trained on. All groups have `group_sequences`, but for the last of a shard, which may be smaller.
    fixed_steps: in place of epochs, as many of which follow each other as it takes.
    """

    files: Sequence[str]
    rows: np.ndarray
    group_sequences: int
    groups_per_step: int
    epochs: int
    seed: int
    fixed_steps: int | None = None

    @cached_property
    def _first(self) -> np.ndarray:
        """The number of each shard's first group, then that of all groups: int64 [shards + 1]."""
        return np.concatenate([[0], np.cumsum(-(-self.rows // self.group_sequences))])

    def __len__(self) -> int:
        """Groups in an epoch."""
        return int(self._first[-1])

    def __getitem__(self, index: int) -> Group:
        """A group by its number in stored order."""
        shard = int(np.searchsorted(self._first, index, side="right")) - 1
        start = (int(index) - int(self._first[shard])) * self.group_sequences
        return Group(self.files[shard], start, min(start + self.group_sequences, int(self.rows[shard])))

    @property
    def steps_per_epoch(self) -> int:
        return -(-len(self) // self.groups_per_step)

    @property
    def total_steps(self) -> int:
        return self.fixed_steps or self.steps_per_epoch * self.epochs

    def steps(self, rank: int, world_size: int, first_step: int = 0) -> Iterator[list[Group]]:
        """What worker `rank` reads in each step from `first_step` on: the step's groups rank, rank + W, ..., in order.

        A list may be empty.
        """
        order = np.empty(0, np.int64)
        for number in range(first_step, self.total_steps):
            epoch, step = divmod(number, self.steps_per_epoch)
            if not step or not len(order):
                order = epoch_order(len(self), self.seed, epoch)
            of_step = order[step * self.groups_per_step : (step + 1) * self.groups_per_step]
            yield [self[index] for index in of_step[rank::world_size]]


def training_sampler(
    store: ResultStore,
    tokens: Result,
    cutoffs: Mapping[str, int],
    group_sequences: int,
    groups_per_step: int,
    epochs: int,
    seed: int,
    steps: int | None = None,
) -> Sampler:
    """A sampler of all sequences up to the cut-offs, language -> highest shuffle key; steps: in place of epochs."""
    shards = store.facts(tokens)["shards"]
    rows = [sequences_up_to(store, tokens, shard, cutoffs.get(shard["language"], -1)) for shard in shards]
    files = [shard["file"] for shard in shards]
    return Sampler(files, np.array(rows, np.int64), group_sequences, groups_per_step, epochs, seed, steps)


def sequences_up_to(store: ResultStore, tokens: Result, shard: Mapping[str, Any], cutoff: int) -> int:
    """How many of a shard's sequences are of documents up to a cut-off shuffle key; they are its first."""
    if not shard["sequences"] or shard["first_rank"] > cutoff:
        return 0
    if shard["last_rank"] <= cutoff:
        return int(shard["sequences"])
    with store.storage.open_parquet(f"{tokens.directory}/{shard['file']}") as parquet:
        metadata = parquet.metadata
        rank = parquet.schema_arrow.get_field_index("rank")
        # A row group begins with its lowest rank, which the footer has: the border lies in the last that begins below.
        lowest = [metadata.row_group(group).column(rank).statistics.min for group in range(metadata.num_row_groups)]
        border = int(np.searchsorted(np.array(lowest, np.uint64), np.uint64(cutoff), side="right")) - 1
        before = sum(metadata.row_group(group).num_rows for group in range(border))
        ranks = parquet.read_row_group(border, columns=["rank"])["rank"].to_numpy()
    return before + int(np.searchsorted(ranks, np.uint64(cutoff), side="right"))


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of `count` groups that every (seed, epoch) has its own of: int64 [count]."""
    keys = np.empty(count)
    for start in range(0, count, KEYS_AT_ONCE):
        part = np.arange(start, min(start + KEYS_AT_ONCE, count))
        keys[part] = counter_rng.uniform(counter_rng.key(seed, epoch, part), np.zeros(len(part)))
    return np.argsort(keys, kind="stable")
