import ast
import itertools
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import Storage
from raykd.corpus.schema import TOKENS
from raykd.corpus.token_shards import ROW_GROUP
from raykd.distill.data.sampler import Group, training_sampler
from raykd.distill.ray_train.loader import COLUMNS, EMPTY, contiguous, read_steps

EPOCHS, PER_STEP, GROUP = 2, 4, 6
LAST_STEP = 14  # 2 epochs of 7 steps: 26 groups, 4 a step, the last of 2
ALL = {"eng": 2**64 - 1, "spa": 2**64 - 1}


@pytest.fixture
def tokens(make_tokens):
    """Shards in row groups of 4, so that most groups of 6 lie in two or three of them."""
    return make_tokens(row_group=4, eng=[75, 40], spa=[35])


@pytest.fixture
def sampler(store, tokens):
    return training_sampler(store, tokens, ALL, GROUP, PER_STEP, EPOCHS, seed=56)


@pytest.mark.parametrize("ahead", [1, 16, 1000])
@pytest.mark.parametrize(("workers", "first_step"), [(1, 0), (1, 3), (2, 9), (3, 0), (6, 0)])
def test_steps_are_those_of_a_direct_read(
    store, tokens, sampler, read_directly, workers, first_step, ahead, monkeypatch
):
    monkeypatch.setattr("raykd.distill.ray_train.loader.READS_AHEAD", ahead)
    assert len(sampler) == 26 and {group.stop - group.start for group in sampler} > {GROUP}
    without = 0
    for rank in range(workers):
        tables = list(read_steps(store.storage, tokens.directory, sampler.steps(rank, workers, first_step)))
        expected = list(read_directly(tokens, sampler.steps(rank, workers, first_step)))
        assert len(tables) == LAST_STEP - first_step
        for ours, theirs in zip(tables, expected, strict=True):
            assert ours.schema == EMPTY.schema and ours.to_pylist() == theirs.to_pylist()
            without += not ours.num_rows
    # Of the last step of an epoch, the third worker has nothing; of a step of four groups, the fifth and sixth.
    assert without == {1: 0, 2: 0, 3: 2, 6: 2 * (2 * 6 + 4)}[workers]


def test_each_sequence_comes_once_an_epoch_whatever_the_workers(store, tokens, sampler):
    """Two workers, then one, then three, cut off in the middle of epochs: by the documents' ids."""
    seen = {epoch: [] for epoch in range(EPOCHS)}
    for workers, first, last in ((2, 0, 3), (1, 3, 9), (3, 9, LAST_STEP)):
        for rank in range(workers):
            steps = read_steps(store.storage, tokens.directory, sampler.steps(rank, workers, first))
            for step in range(first, last):
                seen[step // (LAST_STEP // EPOCHS)] += next(steps)["doc_id"].to_pylist()
    shards = store.facts(tokens)["shards"]
    every = [
        doc_id
        for shard in shards
        for doc_id in store.storage.read_table(f"{tokens.directory}/{shard['file']}")["doc_id"].to_pylist()
    ]
    assert len(set(every)) == len(every) == 150
    for epoch in range(EPOCHS):
        assert sorted(seen[epoch]) == sorted(every)
    assert seen[0] != seen[1]


def test_neighbouring_groups_are_one_read():
    first, second, third, other = Group("a", 0, 6), Group("a", 6, 12), Group("a", 18, 24), Group("b", 24, 30)
    assert contiguous([other, second, third, first]) == [[first, second], [third], [other]]
    assert contiguous([]) == []


def test_no_more_is_read_ahead_than_told(store, tokens, sampler, monkeypatch):
    """Before a step is given, reads of 10 groups are asked for, or of the step after it where that is more."""
    monkeypatch.setattr("raykd.distill.ray_train.loader.READS_AHEAD", 10)
    asked = []

    def steps():
        for groups in sampler.steps(0, 1):
            asked.append(groups)
            yield groups

    tables = read_steps(store.storage, tokens.directory, steps())
    assert not asked
    next(tables)
    assert 10 < sum(len(contiguous(groups)) for groups in asked) <= 10 + PER_STEP
    monkeypatch.setattr("raykd.distill.ray_train.loader.READS_AHEAD", 0)
    asked.clear()
    tables = read_steps(store.storage, tokens.directory, steps())
    next(tables)
    assert len(asked) == 2
    tables.close()


def test_reading_that_ends_early_leaves_no_thread(store, tokens, sampler):
    before = {thread.ident for thread in threading.enumerate()}
    tables = read_steps(store.storage, tokens.directory, sampler.steps(0, 1))
    next(tables)
    readers = [thread for thread in threading.enumerate() if thread.ident not in before]
    assert readers and all(thread.name.startswith("reader") for thread in readers)
    tables.close()
    for thread in readers:
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_a_read_that_a_store_fails_at_is_tried_again(store, tokens, sampler, read_directly, new_storage, monkeypatch):
    """Footers and groups; what is not there is an answer, and what goes on failing is told at its step."""
    expected = list(read_directly(tokens, sampler.steps(0, 1)))
    monkeypatch.setattr("raykd.artifacts.retry.WAITS", (0.0,) * 12)
    storage = new_storage("memory")
    for name in store.storage.sizes(tokens.directory):
        path = f"{tokens.directory}/{name}"
        storage.write_bytes(path, store.storage.read_bytes(path))
    failing = Failing(storage.filesystem.cat_file, every=2)
    monkeypatch.setattr(storage.filesystem, "cat_file", failing)
    tables = list(read_steps(storage, tokens.directory, sampler.steps(0, 1)))
    assert [table.to_pylist() for table in tables] == [table.to_pylist() for table in expected]

    failing.every = 1
    with pytest.raises(OSError, match="the store is tired"):
        next(read_steps(storage, tokens.directory, sampler.steps(0, 1)))


class Failing:
    """A call that fails every so many times."""

    def __init__(self, call, every: int) -> None:
        self.call, self.every, self.count = call, every, itertools.count(1)

    def __call__(self, *arguments, **options):
        if next(self.count) % self.every == 0:
            raise OSError("the store is tired")
        return self.call(*arguments, **options)


def test_reads_wait_for_a_store_at_the_same_time(store, tokens, sampler):
    slow = Storage(store.storage.uri)
    opened, waiting, most = slow.open_parquet, [], 0

    @contextmanager
    def late(*arguments, **options):
        nonlocal most
        waiting.append(None)
        most = max(most, len(waiting))
        time.sleep(0.04)
        waiting.pop()
        with opened(*arguments, **options) as parquet:
            yield parquet

    slow.open_parquet = late
    assert sum(table.num_rows for table in read_steps(slow, tokens.directory, sampler.steps(0, 1))) == 300
    assert most > 2


def test_little_more_than_the_groups_comes_from_a_store(s3):
    """Of a shard of 5 MB; with the buffers of s3fs 20 groups of 15 kB were 50 MB."""
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    storage, random, sequences, length = Storage("s3://tests/loader"), np.random.default_rng(0), 350 * ROW_GROUP, 128
    ids = random.zipf(1.2, sequences * length).clip(0, 119_546).astype(np.int32)
    columns = {
        "doc_id": [random.bytes(16).hex() for _ in range(sequences)],
        "piece": np.zeros(sequences, np.int64),
        "rank": np.arange(sequences, dtype=np.uint64),
        "bytes": np.full(sequences, 500),
        "input_ids": pa.ListArray.from_arrays(np.arange(0, sequences * length + 1, length, dtype=np.int32), ids),
    }
    table = pa.table(columns).cast(TOKENS)
    storage.write_table("tokens/shard", table, row_group_size=ROW_GROUP, dictionary=False)
    size = storage.sizes("tokens")["shard"]
    assert size > 4_000_000
    with storage.open_parquet("tokens/shard") as parquet:
        footer = parquet.metadata.serialized_size

    def sent() -> int:
        with urllib.request.urlopen(s3["AWS_ENDPOINT_URL"] + "/-counts") as answer:
            return ast.literal_eval(answer.read().decode())["sent"]

    starts, before = random.permutation(350)[:20] * ROW_GROUP, sent()
    groups = [[Group("shard", start, start + ROW_GROUP)] for start in starts.tolist()]  # a step each
    for (group,), read in zip(groups, read_steps(storage, "tokens", groups), strict=True):
        assert read == table.slice(group.start, ROW_GROUP).select(COLUMNS)
    share = size * 20 / 350
    assert sent() - before < 2 * (share + footer)


def test_reading_needs_neither_ray_nor_torch():
    code = "import raykd.distill.ray_train.loader, sys; sys.exit('torch' in sys.modules or 'ray' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
