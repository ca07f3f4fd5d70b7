"""Scratch files between passes: each a table cut into partitions, of which a reader takes one and no byte more.

A writer leaves one file, not one a partition: 2,800 units of 32 MB (90 GB) and 1,400 shards would be 4 million files.
Arrow's IPC file keeps a partition as a record batch whose place stands in the footer.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa

from raykd.artifacts import Storage

SUFFIX = ".arrow"  # of every file that is read


def range_of(keys: np.ndarray, ranges: int) -> np.ndarray:
    """Which of equal ranges of the upper 32 bits each key lies in: uint64 [n] -> int64 [n]."""
    return (((keys >> np.uint64(32)) * np.uint64(ranges)) >> np.uint64(32)).astype(np.int64)


def write_partitions(storage: Storage, path: str, table: pa.Table, partition: np.ndarray, count: int) -> None:
    """Write a file (*.arrow) of `count` record batches. partition: int [rows], which of them each row belongs to."""
    order = np.argsort(partition, kind="stable")
    bounds = np.searchsorted(partition[order], np.arange(count + 1)).tolist()
    sorted_table = table.take(order).combine_chunks()
    file = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="lz4")  # read once, and soon
    with pa.ipc.new_file(file, table.schema, options=options) as writer:
        for first, last in pairwise(bounds):
            rows = sorted_table.slice(first, last - first)
            writer.write_batch(pa.record_batch(rows.to_batches()[0]) if rows.num_rows else _empty(table.schema))
    storage.write_bytes(path, file.getvalue())


def read_partition(storage: Storage, folder: str, index: int, schema: pa.Schema) -> pa.Table:
    """One partition of all files of a folder together, in the order of their names."""
    return pa.Table.from_batches(partition_batches(storage, folder, index), schema)


def partition_batches(storage: Storage, folder: str, index: int) -> Iterator[pa.RecordBatch]:
    """One partition of each file of a folder, in the order of their names."""
    for name in storage.list(folder):
        if not name.endswith(SUFFIX):  # a worker that was killed while it wrote has left half a file, or a second one
            continue
        with storage.filesystem.open(storage.path(folder, name), "rb") as file:
            yield pa.ipc.open_file(file).get_batch(index)


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema)
