"""The order of training: groups of sequences, permuted anew each epoch, dealt to steps and workers.

A group is a run of rows of one token shard. Shards hold documents in rank order, which is a uniform shuffle, so that a
group is a random sample of its language; permuting the groups of all languages mixes them in proportion. Nothing here
depends on the number of workers, but for which of a step's groups each takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raykd.artifacts import Result, ResultStore
from raykd.distill import random_numbers


@dataclass(frozen=True)
class Group:
    """Rows [start, stop) of a token shard."""

    file: str
    start: int
    stop: int


def training_groups(
    store: ResultStore, tokens: Result, cutoffs: Mapping[str, int], group_sequences: int
) -> list[Group]:
    """The groups of all sequences up to the cut-offs, in stored order; the last of a shard may be smaller."""
    groups: list[Group] = []
    for shard in store.facts(tokens)["shards"]:
        rows = sequences_up_to(store, tokens, shard, cutoffs.get(shard["language"], -1))
        starts = range(0, rows, group_sequences)
        groups += [Group(shard["file"], start, min(start + group_sequences, rows)) for start in starts]
    return groups


def sequences_up_to(store: ResultStore, tokens: Result, shard: Mapping[str, Any], cutoff: int) -> int:
    """How many of a shard's sequences are of documents up to a cut-off rank; they are its first."""
    if not shard["sequences"] or shard["first_rank"] > cutoff:
        return 0
    if shard["last_rank"] <= cutoff:
        return int(shard["sequences"])
    ranks = store.storage.read_table(f"{tokens.directory}/{shard['file']}", columns=["rank"])["rank"].to_numpy()
    return int(np.searchsorted(ranks, np.uint64(cutoff), side="right"))


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """A permutation of `count` groups that every (seed, epoch) has its own of: int64 [count]."""
    keys = random_numbers.uniform(random_numbers.key(seed, epoch, np.arange(count)), np.zeros(count))
    return np.argsort(keys, kind="stable")


def steps_of_epoch(count: int, groups_per_step: int) -> int:
    return -(-count // groups_per_step)


def worker_groups(
    groups: Sequence[Group],
    groups_per_step: int,
    epochs: int,
    seed: int,
    rank: int,
    world_size: int,
    first_step: int = 0,
) -> list[tuple[int, Group]]:
    """(step, group) in the order in which worker `rank` reads them from `first_step` on: groups rank, rank + W, ..."""
    steps = steps_of_epoch(len(groups), groups_per_step)
    dealt: list[tuple[int, Group]] = []
    for epoch in range(first_step // steps, epochs):
        order = epoch_order(len(groups), seed, epoch)
        for step in range(max(0, first_step - epoch * steps), steps):
            chosen = order[step * groups_per_step : (step + 1) * groups_per_step][rank::world_size]
            dealt += [(epoch * steps + step, groups[index]) for index in chosen]
    return dealt
