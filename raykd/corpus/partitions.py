"""Rows handed from one pass of tasks to the next: a few large files, of which a reader fetches one range each.

Every row belongs to a part (a shard, a range of keys), and neighbouring parts to a bucket, which is what one task of
the next pass reads. A file holds its rows by ascending part, each part a record batch (Arrow's IPC stream) and none
where there is nothing, so that a bucket is one contiguous range of bytes. Where it lies is told by offsets in the
writer's report; all reports together are the index, of which a reader fetches two rows. So a pass costs files x buckets
ranged reads. With a file for each unit of 32 MB and a read for each shard it would be units x shards: 931 million for 1
TB.

A writer sorts through a local file: what a task writes may be larger than its memory.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from raykd.artifacts import Storage
from raykd.artifacts.local_files import told_if_full
from raykd.artifacts.scratch import scratch_directory
from raykd.artifacts.storage import at_once

FILE_BYTES = 1 << 30  # that a file has, about; a task that writes more leaves several
PART = pa.field("part", pa.int32())
OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")  # read once, and soon
INDEX, NAMES = "index", "names.json"
OFFSET = np.dtype("<i8")


def range_of(keys: np.ndarray, ranges: int) -> np.ndarray:
    """Which of equal ranges of the upper 32 bits each key lies in: uint64 [n] -> int64 [n]."""
    return (((keys >> np.uint64(32)) * np.uint64(ranges)) >> np.uint64(32)).astype(np.int64)


@dataclass(frozen=True)
class Layout:
    """So many parts, and how many neighbouring ones are a bucket."""

    parts: int
    bucket_parts: int = 1

    @property
    def buckets(self) -> int:
        return -(-self.parts // self.bucket_parts)

    def parts_of(self, bucket: int) -> range:
        return range(bucket * self.bucket_parts, min((bucket + 1) * self.bucket_parts, self.parts))


class _Stream:
    """A local file of record batches, and its length so far."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_stream(self._file, schema, options=OPTIONS)
        self.write(schema.empty_table().slice(0))

    def write(self, table: pa.Table) -> None:
        for batch in table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]:
            self._writer.write_batch(batch)

    @property
    def length(self) -> int:
        return int(self._file.tell())

    def close(self) -> None:
        self._writer.close()
        self._file.close()


class _Spill(NamedTuple):
    """Where a spill's rows of each bucket that it has lie in the local file. offsets: one more than buckets."""

    buckets: list[int]
    offsets: list[int]


class PartitionWriter:
    """Writes the rows of one task to `<path>-<n>.arrow`; `files` are their reports: name, and offsets of the buckets.

    A context: on leaving it without an error the last file is written.
    """

    def __init__(self, storage: Storage, path: str, schema: pa.Schema, layout: Layout) -> None:
        self.files: list[dict[str, Any]] = []
        self._storage, self._path, self._layout = storage, path, layout
        self._schema = schema.append(PART)
        self._spills: list[_Spill] = []
        self._stream: _Stream | None = None
        self._context = ExitStack()

    def __enter__(self) -> PartitionWriter:
        self._directory = self._context.enter_context(scratch_directory())
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._context:
            if kind is None:
                with told_if_full(str(self._directory)):
                    self._finish_file()

    def add(self, table: pa.Table, part: np.ndarray) -> None:
        """Rows of the writer's schema. part: int [rows]. Raises InputError where the local disk is full."""
        if table.num_rows:
            with told_if_full(str(self._directory)):
                self._add(table, part)

    def _add(self, table: pa.Table, part: np.ndarray) -> None:
        if self._stream is None:
            self._stream = _Stream(self._directory / "spilled", self._schema)
        table, part = _sorted(table.append_column(PART, pa.array(part.astype(np.int32))))
        buckets, first = np.unique(part // self._layout.bucket_parts, return_index=True)
        offsets = [self._stream.length]
        for start, stop in pairwise([*first.tolist(), table.num_rows]):
            self._stream.write(table.slice(start, stop - start))
            offsets.append(self._stream.length)
        self._spills.append(_Spill(buckets.tolist(), offsets))
        if self._stream.length >= FILE_BYTES:
            self._finish_file()

    def _finish_file(self) -> None:
        """Merge the spills, bucket by bucket, into a file on storage."""
        if self._stream is None:
            return
        self._stream.close()
        merged = self._directory / "merged"
        stream = _Stream(merged, self._schema)
        offsets = np.full(self._layout.buckets + 1, stream.length, OFFSET)
        for bucket, batches in self._merged():
            table, part = _sorted(pa.Table.from_batches(batches, self._schema))
            first = np.flatnonzero(np.diff(part, prepend=-1)).tolist()
            for start, stop in pairwise([*first, table.num_rows]):
                stream.write(table.slice(start, stop - start))
            offsets[bucket + 1 :] = stream.length
        stream.close()
        name = f"{self._path}-{len(self.files)}.arrow"
        self._storage.put_file(merged, name)
        # Of 10 TB there are 50 million offsets in all reports: as numbers of JSON they would be 2 GB in the driver.
        self.files.append({"name": name, "offsets": base64.b64encode(offsets.tobytes()).decode()})
        self._stream, self._spills = None, []

    def _merged(self) -> Iterator[tuple[int, list[pa.RecordBatch]]]:
        """Each bucket of the spills with its batches, in the order in which they came."""
        places = (
            [(bucket, number, *bounds) for bucket, bounds in zip(buckets, pairwise(offsets), strict=True)]
            for number, (buckets, offsets) in enumerate(self._spills)
        )
        with open(self._directory / "spilled", "rb") as spilled:
            for bucket, found in groupby(merge(*places), key=itemgetter(0)):
                batches: list[pa.RecordBatch] = []
                for _, _, start, stop in found:
                    spilled.seek(start)
                    batches += _batches(spilled.read(stop - start), self._schema)
                yield bucket, batches


def _sorted(table: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """By part, rows of one in their order; and the parts, int32 [rows]."""
    part = table[PART.name].to_numpy()
    order = np.argsort(part, kind="stable")
    return table.take(order).combine_chunks(), part[order]


def offsets_of(file: dict[str, Any]) -> np.ndarray:
    """Where each bucket of a file begins, and where the last ends: int64 [buckets + 1]."""
    return np.frombuffer(base64.b64decode(file["offsets"]), OFFSET)


def write_index(storage: Storage, folder: str, files: Sequence[dict[str, Any]], layout: Layout) -> None:
    """Write where the buckets of all files lie, for readers: int64 [buckets + 1, files], and the files' names."""
    offsets = np.empty((layout.buckets + 1, len(files)), OFFSET)
    for number, file in enumerate(files):
        offsets[:, number] = offsets_of(file)
    storage.write_json(f"{folder}/{NAMES}", [file["name"] for file in files])
    storage.write_bytes(f"{folder}/{INDEX}", offsets.tobytes())


def read_bucket(storage: Storage, folder: str, bucket: int, schema: pa.Schema) -> Iterator[tuple[int, pa.Table]]:
    """(part, its rows of all files, in the files' order) by ascending part, those without a row left out.

    One ranged read for each file that has any. What is held is the bucket as it is stored, and one part of it.
    """
    names = storage.read_json(f"{folder}/{NAMES}")
    if not names:
        return
    width = len(names) * OFFSET.itemsize
    rows = np.frombuffer(storage.read_range(f"{folder}/{INDEX}", bucket * width, (bucket + 2) * width), OFFSET)
    places = [
        (name, start, stop)
        for name, start, stop in zip(names, *rows.reshape(2, -1).tolist(), strict=True)
        if stop > start
    ]
    contents = list(at_once(lambda place: storage.read_range(*place), places))
    whole = schema.append(PART)
    streams = [
        ((batch.column(PART.name)[0].as_py(), number, batch) for batch in _batches(content, whole))
        for number, content in enumerate(contents)
    ]
    for part, found in groupby(merge(*streams, key=itemgetter(0, 1)), key=itemgetter(0)):
        yield part, pa.Table.from_batches([batch for _, _, batch in found], whole).select(schema.names)


def _batches(content: bytes, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    reader = pa.BufferReader(content)
    while reader.tell() < reader.size():
        yield pa.ipc.read_record_batch(pa.ipc.read_message(reader), schema)
