"""Scratch files in partitions: every row in the one it belongs to, whoever wrote it."""

import numpy as np
import pyarrow as pa
import pytest

from raykd.corpus.partitions import range_of, read_partition, write_partitions

SCHEMA = pa.schema([("number", pa.int64()), ("text", pa.string())])


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_partition_is_read_from_all_files_in_order(store, count):
    generator = np.random.default_rng(0)
    rows = []
    for file in range(3):
        partition = generator.integers(0, count, 25)
        table = pa.table({"number": range(25 * file, 25 * file + 25), "text": ["日本"] * 25}, schema=SCHEMA)
        write_partitions(store.storage, f"scratch/{file}.arrow", table, partition, count)
        rows += zip(partition.tolist(), table["number"].to_pylist(), strict=True)
    for index in range(count):
        found = read_partition(store.storage, "scratch", index, SCHEMA)
        assert found.schema == SCHEMA
        assert found["number"].to_pylist() == [number for at, number in rows if at == index]


def test_what_a_killed_worker_left_is_not_read(store):
    table = pa.table({"number": [1, 2], "text": ["a", "b"]}, schema=SCHEMA)
    write_partitions(store.storage, "scratch/0.arrow", table, np.zeros(2, np.int64), 1)
    whole = store.storage.read_bytes("scratch/0.arrow")
    store.storage.write_bytes("scratch/0.arrow.0123abcd.tmp", whole)
    store.storage.write_bytes("scratch/1.arrow.0123abcd.tmp", whole[:100])
    assert read_partition(store.storage, "scratch", 0, SCHEMA).equals(table)


def test_nothing_written_is_an_empty_partition(store):
    assert read_partition(store.storage, "scratch", 0, SCHEMA).num_rows == 0
    write_partitions(store.storage, "scratch/0.arrow", SCHEMA.empty_table(), np.empty(0, np.int64), 2)
    assert read_partition(store.storage, "scratch", 1, SCHEMA).num_rows == 0


@pytest.mark.parametrize("ranges", [1, 3, 64, 65, 1000])
def test_ranges_are_equal_and_ascend(ranges):
    keys = np.sort(np.random.default_rng(0).integers(0, 2**64, 20_000, np.uint64))
    keys[0], keys[-1] = 0, 2**64 - 1
    found = range_of(keys, ranges)
    assert (found[0], found[-1]) == (0, ranges - 1)
    assert (np.diff(found) >= 0).all()
    assert np.bincount(found, minlength=ranges).min() > 0
    assert [int(one) for one in found[::997]] == [int(one) * ranges >> 64 for one in (keys[::997] >> 32 << 32)]
