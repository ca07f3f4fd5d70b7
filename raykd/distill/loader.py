"""Token groups from storage into one training worker, by Ray Data.

Each worker runs a dataset of its own over just the groups it takes, from the step it starts at: what Ray's own split
of one dataset over workers cannot promise, the same order for any number of workers and after any restart. This module
imports no torch, so that the reading processes stay small.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import pyarrow.parquet as pq
import ray.data

from raykd.artifacts import Storage
from raykd.config import READER_CPUS
from raykd.corpus.schema import TOKENS
from raykd.distill.order import Group

GROUPS_PER_BLOCK = 16
# Of shards that a reading process keeps. One of 32 MB of text has 2,000 row groups, of 15 kB each, and a footer of 1 MB
# that is 8 MB in memory and takes 27 ms to decode.
FOOTERS = 32
COLUMNS = ["doc_id", "piece", "input_ids"]


def read_steps(
    storage: Storage,
    directory: str,
    dealt: Sequence[tuple[int, Group]],
    first_step: int,
    last_step: int,
    cpus: float = READER_CPUS,
) -> Iterator[pa.Table]:
    """The sequences (COLUMNS) of each step from first_step up to, not including, last_step; a step may have none here.

    dealt: (step, group) in reading order, as `order.worker_groups` gives them; cpus: logical ones of the reader.
    """
    steps = _tables_by_step(_dataset(storage, directory, dealt, cpus)) if dealt else iter(())
    empty = TOKENS.empty_table()
    step, table = next(steps, (last_step, empty))
    for wanted in range(first_step, last_step):
        if step == wanted:
            yield table
            step, table = next(steps, (last_step, empty))
        else:
            yield empty


def _dataset(storage: Storage, directory: str, dealt: Sequence[tuple[int, Group]], cpus: float) -> ray.data.Dataset:
    # One reader keeps ahead of a worker, and each more would be a process of 200 MB.
    dataset = ray.data.from_items(
        [{"step": step, **asdict(group)} for step, group in dealt],
        override_num_blocks=-(-len(dealt) // GROUPS_PER_BLOCK),
    ).map_batches(
        partial(read_groups, storage=storage, directory=directory),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=cpus,
        concurrency=1,
    )
    dataset.context.execution_options.preserve_order = True
    return dataset


def read_groups(groups: pa.Table, storage: Storage, directory: str) -> Iterator[pa.Table]:
    """The sequences (COLUMNS and step) of each group of a table (step, file, start, stop)."""
    for file, entries in groupby(groups.to_pylist(), key=itemgetter("file")):
        path = f"{directory}/{file}"
        with storage.open_parquet(path, _footer(storage.uri, path)) as parquet:
            for entry in entries:
                table = _read_rows(parquet, entry["start"], entry["stop"])
                yield table.append_column("step", pa.array([entry["step"]] * table.num_rows, pa.int64()))


@lru_cache(maxsize=FOOTERS)
def _footer(uri: str, path: str) -> pq.FileMetaData:
    """Of a token shard, which never changes, on the storage of that URI."""
    with Storage(uri).open_parquet(path) as parquet:
        return parquet.metadata


def _read_rows(parquet: pq.ParquetFile, start: int, stop: int) -> pa.Table:
    """Rows [start, stop), reading only the row groups that hold them; all but the last are of one size."""
    size = parquet.metadata.row_group(0).num_rows
    first, last = start // size, (stop - 1) // size
    table = parquet.read_row_groups(list(range(first, last + 1)), columns=COLUMNS)
    return table.slice(start - first * size, stop - start)


def _tables_by_step(dataset: ray.data.Dataset) -> Iterator[tuple[int, pa.Table]]:
    blocks = dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=2)
    parts = (part for block in blocks for part in _split_by_step(block))
    for step, tables in groupby(parts, key=itemgetter(0)):
        yield step, pa.concat_tables(table for _, table in tables)


def _split_by_step(block: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    row = 0
    for step, rows in groupby(block["step"].to_pylist()):
        count = sum(1 for _ in rows)
        yield step, block.slice(row, count)
        row += count
