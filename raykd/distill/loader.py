"""Token groups from storage into one training worker, by Ray Data.

Each worker runs a dataset of its own over just the groups it takes, from the step it starts at: what Ray's own split
of one dataset over workers cannot promise, the same order for any number of workers and after any restart. This module
imports no torch, so that the reading processes stay small.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import pyarrow as pa
import ray.data

from raykd.artifacts import Storage
from raykd.config import READER_CPUS
from raykd.corpus.schema import TOKENS
from raykd.distill.order import Group

GROUPS_PER_BLOCK = 16
COLUMNS = ["doc_id", "piece", "input_ids"]


def read_steps(
    storage: Storage, directory: str, dealt: Sequence[tuple[int, Group]], first_step: int, last_step: int
) -> Iterator[pa.Table]:
    """The sequences (COLUMNS) of each step from first_step up to, not including, last_step; a step may have none here.

    dealt: (step, group) in reading order, as `order.worker_groups` gives them.
    """
    steps = _tables_by_step(_dataset(storage, directory, dealt)) if dealt else iter(())
    empty = TOKENS.empty_table()
    step, table = next(steps, (last_step, empty))
    for wanted in range(first_step, last_step):
        if step == wanted:
            yield table
            step, table = next(steps, (last_step, empty))
        else:
            yield empty


def _dataset(storage: Storage, directory: str, dealt: Sequence[tuple[int, Group]]) -> ray.data.Dataset:
    def read(batch: dict) -> Iterator[pa.Table]:
        for file, entries in groupby(batch["item"], key=lambda entry: entry[1].file):
            with storage.open_parquet(f"{directory}/{file}") as parquet:
                for step, group in entries:
                    table = _read_rows(parquet, group)
                    yield table.append_column("step", pa.array([step] * table.num_rows, pa.int64()))

    dataset = ray.data.from_items(
        [{"item": entry} for entry in dealt], override_num_blocks=-(-len(dealt) // GROUPS_PER_BLOCK)
    ).map_batches(read, batch_size=None, num_cpus=READER_CPUS, concurrency=1)
    dataset.context.execution_options.preserve_order = True
    dataset.context.enable_progress_bars = False
    return dataset


def _read_rows(parquet: pa.parquet.ParquetFile, group: Group) -> pa.Table:
    """Rows [start, stop), reading only the row groups that hold them; all but the last are of one size."""
    size = parquet.metadata.row_group(0).num_rows
    first, last = group.start // size, (group.stop - 1) // size
    table = parquet.read_row_groups(list(range(first, last + 1)), columns=COLUMNS)
    return table.slice(group.start - first * size, group.stop - group.start)


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
