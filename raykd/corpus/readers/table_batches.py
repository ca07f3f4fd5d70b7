"""Tables of columns: parquet by row group, CSV whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from raykd.config import TableSource
from raykd.corpus.readers.files import open_file, plain_name, whole_file
from raykd.corpus.readers.units import Record, Unit, check_columns, named_columns
from raykd.errors import InputError

BATCH_ROWS, BATCH_BYTES = 8192, 16 << 20  # of rows that are Python objects at a time
CSV_BLOCK_BYTES = 16 << 20  # a longer record cannot be read; reading takes some 200 MB of memory, 90 MB with 1 MB


def parquet_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file that is no parquet and for columns that it lacks."""
    try:
        with fsspec.open(path, "rb") as file:
            parquet = pq.ParquetFile(file)
            names, count = parquet.schema_arrow.names, parquet.num_row_groups
    except pa.ArrowInvalid as error:
        raise InputError(f"{path}: not a parquet file ({error})") from error
    check_columns(source, path, names)
    return [Unit(source, path, index, index + 1) for index in range(count)]


def parquet_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """A record's position is its row group; the rows of a group share its uncompressed text evenly (`Row.offset`)."""
    with fsspec.open(unit.path, "rb") as file:
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


def csv_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file without a header and for columns that it lacks. A newline may stand in a value."""
    with open_file(path) as file:
        try:
            parsing = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip")
            reading = pa.csv.ReadOptions(block_size=CSV_BLOCK_BYTES)
            names = pa.csv.open_csv(file, read_options=reading, parse_options=parsing).schema.names
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not a CSV file with a header ({error})") from error
    check_columns(source, path, names)
    return whole_file(source, path)


def csv_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """All values are text. Rows of another length than the header come last, with a problem."""
    columns = named_columns(source)
    bad: list[pa.csv.InvalidRow] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        bad.append(row)
        return "skip"

    def batches() -> Iterator[tuple[pa.RecordBatch, np.ndarray]]:
        offset = 0
        with open_file(unit.path) as file:
            for batch in pa.csv.open_csv(
                file,
                # With threads a bad row has no number.
                read_options=pa.csv.ReadOptions(use_threads=False, block_size=CSV_BLOCK_BYTES),
                parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=columns,
                    column_types=dict.fromkeys(columns, pa.string()),
                    check_utf8=False,  # else one bad byte would be the end of the file
                ),
            ):
                lengths = pc.binary_length(batch.column(source.text)).to_numpy() + 1
                offsets = np.cumsum(np.concatenate([[offset], lengths]))
                yield batch, offsets[:-1]
                offset = int(offsets[-1])

    yield from _batch_records(unit, 0, batches(), 0)
    for row in bad:
        problem = f"{row.actual_columns} columns where the header has {row.expected_columns}"
        yield Record(0, f"{unit.path}: record {row.number}", f"record {row.number}", {}, problem, 0)


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
        hint = f"; a quote that is never closed, or more than {CSV_BLOCK_BYTES} bytes" if "stradd" in str(error) else ""
        raise InputError(f"{unit.path}: cannot be read after row {row}: {error}{hint}") from error


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
