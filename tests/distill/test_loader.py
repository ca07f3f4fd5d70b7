import ast
import subprocess
import sys
import urllib.request

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import Storage
from raykd.corpus.schema import TOKENS
from raykd.corpus.tokens import ROW_GROUP
from raykd.distill.loader import COLUMNS, read_groups, read_steps
from raykd.distill.order import training_groups, worker_groups

EPOCHS, PER_STEP, GROUP = 2, 4, 6
LAST_STEP = 14  # 2 epochs of 7 steps: 26 groups, 4 a step, the last of 2
ALL = {"eng": 2**64 - 1, "spa": 2**64 - 1}


@pytest.fixture
def tokens(make_tokens):
    """Shards in row groups of 4, so that most groups of 6 lie in two or three of them."""
    return make_tokens(row_group=4, eng=[75, 40], spa=[35])


@pytest.mark.parametrize(("workers", "first_step"), [(1, 0), (1, 3), (2, 9), (3, 0)])
def test_steps_are_those_of_a_direct_read(local_ray, store, tokens, read_directly, workers, first_step):
    groups = training_groups(store, tokens, ALL, GROUP)
    assert len(groups) == 26 and {group.stop - group.start for group in groups} > {GROUP}
    without = 0
    for rank in range(workers):
        dealt = worker_groups(groups, PER_STEP, EPOCHS, 56, rank, workers, first_step)
        tables = list(read_steps(store.storage, tokens.directory, dealt, first_step, LAST_STEP))
        expected = list(read_directly(tokens, dealt, first_step, LAST_STEP))
        assert len(tables) == LAST_STEP - first_step
        for ours, theirs in zip(tables, expected, strict=True):
            assert ours.select(COLUMNS).to_pylist() == theirs.to_pylist()
            without += not ours.num_rows
    assert without == (2 if workers == 3 else 0)  # the third worker has nothing in the last step of an epoch


def test_each_sequence_comes_once_an_epoch_whatever_the_workers(local_ray, store, tokens):
    """Two workers, then one, then three, cut off in the middle of epochs: by the documents' ids."""
    groups = training_groups(store, tokens, ALL, GROUP)
    seen = {epoch: [] for epoch in range(EPOCHS)}
    for workers, first, last in ((2, 0, 3), (1, 3, 9), (3, 9, LAST_STEP)):
        for rank in range(workers):
            dealt = worker_groups(groups, PER_STEP, EPOCHS, 56, rank, workers, first)
            steps = read_steps(store.storage, tokens.directory, dealt, first, LAST_STEP)
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


def test_a_worker_may_have_nothing_at_all(store, tokens):
    tables = list(read_steps(store.storage, tokens.directory, [], 3, 7))
    assert [table.num_rows for table in tables] == [0] * 4
    assert tables[0].schema == TOKENS


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
    groups = [{"step": 0, "file": "shard", "start": start, "stop": start + ROW_GROUP} for start in starts.tolist()]
    for group in groups:  # each by itself, as if groups of other shards stood between
        (read,) = read_groups(pa.Table.from_pylist([group]), storage, "tokens")
        assert read.select(COLUMNS) == table.slice(group["start"], ROW_GROUP).select(COLUMNS)
    share = size * 20 / 350
    assert sent() - before < 2 * (share + footer)


def test_reading_processes_stay_free_of_torch():
    code = "import raykd.distill.loader, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
