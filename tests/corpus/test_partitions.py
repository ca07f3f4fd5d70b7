"""Files in partitions: every row in the part it belongs to, whoever wrote it, and a bucket in one read a file."""

import errno

import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import Storage
from raykd.corpus import partitions
from raykd.corpus.partitions import Layout, PartitionWriter, offsets_of, range_of, read_bucket, write_index
from raykd.errors import InputError

SCHEMA = pa.schema([("number", pa.int64()), ("text", pa.string())])


def rows(first: int, count: int) -> pa.Table:
    return pa.table({"number": range(first, first + count), "text": ["日本"] * count}, schema=SCHEMA)


@pytest.mark.parametrize(("parts", "bucket_parts"), [(1, 1), (3, 1), (40, 1), (40, 7), (40, 40)])
@pytest.mark.parametrize("file_bytes", [1, 1 << 30])
def test_a_bucket_is_read_from_all_files_part_by_part(store, monkeypatch, parts, bucket_parts, file_bytes):
    monkeypatch.setattr(partitions, "FILE_BYTES", file_bytes)
    generator, layout = np.random.default_rng(0), Layout(parts, bucket_parts)
    expected: dict[int, list[int]] = {}
    files = []
    for file in range(3):
        with PartitionWriter(store.storage, f"scratch/{file}", SCHEMA, layout) as writer:
            for spill in range(4):
                part = generator.integers(0, parts, 25)
                table = rows(100 * file + 25 * spill, 25)
                writer.add(table, part)
                for at, number in zip(part.tolist(), table["number"].to_pylist(), strict=True):
                    expected.setdefault(at, []).append(number)
        files += writer.files
    assert len(files) == (12 if file_bytes == 1 else 3)
    write_index(store.storage, "scratch", files, layout)
    found = []
    for bucket in range(layout.buckets):
        for part, table in read_bucket(store.storage, "scratch", bucket, SCHEMA):
            assert part in layout.parts_of(bucket) and table.schema == SCHEMA
            found.append((part, table["number"].to_pylist()))
    assert found == sorted(expected.items())


def test_a_bucket_is_one_ranged_read_a_file_and_nothing_is_read_of_files_without_it(store, monkeypatch):
    layout = Layout(12, 4)
    files = []
    for file, parts in enumerate(([0, 1, 2, 3, 11], [2, 3], [8])):
        with PartitionWriter(store.storage, f"scratch/{file}", SCHEMA, layout) as writer:
            for part in parts:
                writer.add(rows(0, 5), np.full(5, part))
        files += writer.files
    write_index(store.storage, "scratch", files, layout)
    reads, read_range = [], Storage.read_range
    monkeypatch.setattr(
        Storage, "read_range", lambda self, path, *ends: reads.append((path, *ends)) or read_range(self, path, *ends)
    )
    buckets = [list(read_bucket(store.storage, "scratch", bucket, SCHEMA)) for bucket in range(layout.buckets)]
    assert [[part for part, _ in bucket] for bucket in buckets] == [[0, 1, 2, 3], [], [8, 11]]
    ranges = [read for read in reads if not read[0].endswith("index")]
    assert [path for path, _, _ in ranges] == [f"scratch/{file}-0.arrow" for file in (0, 1, 0, 2)]
    # The files hold nothing else but their schema and the mark of their end.
    fetched = sum(stop - start for _, start, stop in ranges)
    size = sum(store.storage.size(file["name"]) - int(offsets_of(file)[0]) for file in files)
    assert 0 <= size - fetched <= 16 * len(files)


def test_what_no_report_names_is_not_read(store):
    layout = Layout(1)
    with PartitionWriter(store.storage, "scratch/0", SCHEMA, layout) as writer:
        writer.add(rows(0, 2), np.zeros(2, np.int64))
    write_index(store.storage, "scratch", writer.files, layout)
    whole = store.storage.read_bytes("scratch/0-0.arrow")
    store.storage.write_bytes("scratch/0-0.arrow.0123abcd.tmp", whole)
    store.storage.write_bytes("scratch/1-0.arrow", whole[:100])
    assert [table for _, table in read_bucket(store.storage, "scratch", 0, SCHEMA)] == [rows(0, 2)]


def test_nothing_written_is_nothing_read(store):
    layout = Layout(2)
    with PartitionWriter(store.storage, "scratch/0", SCHEMA, layout) as writer:
        writer.add(SCHEMA.empty_table(), np.empty(0, np.int64))
    assert writer.files == []
    write_index(store.storage, "scratch", writer.files, layout)
    assert list(read_bucket(store.storage, "scratch", 1, SCHEMA)) == []


def test_a_writer_that_fails_leaves_nothing(store):
    with pytest.raises(RuntimeError), PartitionWriter(store.storage, "scratch/0", SCHEMA, Layout(1)) as writer:
        writer.add(rows(0, 2), np.zeros(2, np.int64))
        raise RuntimeError
    assert store.storage.list("scratch") == []


def test_a_full_local_disk_is_told(store, monkeypatch):
    def full(stream, table):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(partitions._Stream, "write", full)
    writer = PartitionWriter(store.storage, "scratch/0", SCHEMA, Layout(1))
    with pytest.raises(InputError, match="the disk is full"), writer:
        writer.add(rows(0, 2), np.zeros(2, np.int64))


@pytest.mark.parametrize("ranges", [1, 3, 64, 65, 1000])
def test_ranges_are_equal_and_ascend(ranges):
    keys = np.sort(np.random.default_rng(0).integers(0, 2**64, 20_000, np.uint64))
    keys[0], keys[-1] = 0, 2**64 - 1
    found = range_of(keys, ranges)
    assert (found[0], found[-1]) == (0, ranges - 1)
    assert (np.diff(found) >= 0).all()
    assert np.bincount(found, minlength=ranges).min() > 0
    assert [int(one) for one in found[::997]] == [int(one) * ranges >> 64 for one in (keys[::997] >> 32 << 32)]
