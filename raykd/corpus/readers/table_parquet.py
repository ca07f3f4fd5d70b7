"""Parquet, by row group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from raykd.artifacts.filesystems import filesystem_of
from raykd.config import TableSource
from raykd.corpus.readers.files import plain_name
from raykd.corpus.readers.units import Record, Unit, check_columns, named_columns
from raykd.errors import InputError

BATCH_ROWS, BATCH_BYTES = 8192, 16 << 20  # of rows that are Python objects at a time


def parquet_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file that is no parquet and for columns that it lacks."""
    filesystem, local = filesystem_of(path)
    try:
        with filesystem.open(local, "rb") as file:
            parquet = pq.ParquetFile(file)
            names, count = parquet.schema_arrow.names, parquet.num_row_groups
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a parquet file ({error})") from error
    check_columns(source, path, names)
    return [Unit(source, path, index, index + 1) for index in range(count)]


def parquet_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """A record's position is its row group; the rows of a group share its uncompressed text evenly (`Row.offset`)."""
    filesystem, local = filesystem_of(unit.path)
    with filesystem.open(local, "rb") as file:
        parquet = pq.ParquetFile(file)
        rows = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        sizes = [_text_bytes(parquet.metadata.row_group(group), source.text) for group in range(len(rows))]
        for group in range(unit.start, len(rows)):
            columns = named_columns(source)
            batch_rows = _batch_rows(parquet.metadata.row_group(group), columns)
            batches = parquet.iter_batches(batch_rows, row_groups=[group], columns=columns)
            offsets = np.arange(rows[group]) * sizes[group] // max(rows[group], 1) + sum(sizes[:group])
            yield from _batch_records(unit, group, _with_offsets(batches, offsets), sum(rows[:group]))


def _batch_rows(group: pq.RowGroupMetaData, columns: list[str]) -> int:
    """As many rows as BATCH_BYTES hold, by the average of the row group."""
    parts = (group.column(index) for index in range(group.num_columns))
    size = sum(part.total_uncompressed_size for part in parts if part.path_in_schema.split(".")[0] in columns)
    return max(1, min(BATCH_ROWS, BATCH_BYTES * group.num_rows // max(size, 1)))


def _text_bytes(group: pq.RowGroupMetaData, text: str) -> int:
    """At least one a row, so that no two rows of a file have one offset."""
    columns = (group.column(index) for index in range(group.num_columns))
    size = sum(column.total_uncompressed_size for column in columns if column.path_in_schema == text)
    return max(size, group.num_rows)


def _with_offsets(
    batches: Iterable[pa.RecordBatch], offsets: np.ndarray
) -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
    row = 0
    for batch in batches:
        yield batch, offsets[row : row + batch.num_rows]
        row += batch.num_rows


def _batch_records(
    unit: Unit, position: int, batches: Iterable[tuple[pa.RecordBatch, np.ndarray]], row: int
) -> Iterator[Record]:
    """row: the number of the first row in the file. Raises InputError where the file is broken off."""
    file = plain_name(unit.path)
    try:
        for batch, offsets in batches:
            for (columns, problem), offset in zip(_values(batch), offsets.tolist(), strict=True):
                yield Record(position, f"{unit.path}: row {row}", f"{file}:{row}", columns, problem, offset)
                row += 1
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{unit.path}: cannot be read after row {row}: {error}") from error


def _values(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], str]]:
    """(columns, problem) of each row: of one that is no UTF-8 the problem alone."""
    rows = max(1, min(BATCH_ROWS, BATCH_BYTES * batch.num_rows // max(batch.nbytes, 1)))
    for start in range(0, batch.num_rows, rows):
        part = batch.slice(start, rows)
        try:
            yield from [(columns, "") for columns in part.to_pylist()]
        except UnicodeDecodeError:
            yield from (_value(part.slice(index, 1)) for index in range(part.num_rows))


def _value(row: pa.RecordBatch) -> tuple[dict[str, Any], str]:
    try:
        return row.to_pylist()[0], ""
    except UnicodeDecodeError as error:
        return {}, f"not UTF-8 ({error})"
