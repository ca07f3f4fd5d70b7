"""Tables of columns: parquet by row group, CSV whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import fsspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from raykd.config import TableSource
from raykd.corpus.readers.files import open_file, plain_name, whole_file
from raykd.corpus.readers.units import Record, Unit, check_columns, named_columns
from raykd.errors import InputError

BATCH_ROWS = 8192


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
    """A record's position is its row group."""
    with fsspec.open(unit.path, "rb") as file:
        parquet = pq.ParquetFile(file)
        row = sum(parquet.metadata.row_group(index).num_rows for index in range(unit.start))
        for group in range(unit.start, parquet.num_row_groups):
            batches = parquet.iter_batches(BATCH_ROWS, row_groups=[group], columns=named_columns(source))
            yield from _batch_records(unit, group, batches, row)
            row += parquet.metadata.row_group(group).num_rows


def csv_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file without a header and for columns that it lacks. A newline may stand in a value."""
    with open_file(path) as file:
        try:
            parsing = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip")
            names = pa.csv.open_csv(file, parse_options=parsing).schema.names
        except pa.ArrowInvalid as error:
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

    def batches() -> Iterator[pa.RecordBatch]:
        with open_file(unit.path) as file:
            yield from pa.csv.open_csv(
                file,
                read_options=pa.csv.ReadOptions(use_threads=False),  # else a bad row has no number
                parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
                ),
            )

    yield from _batch_records(unit, 0, batches(), 0)
    for row in bad:
        problem = f"{row.actual_columns} columns where the header has {row.expected_columns}"
        yield Record(0, f"{unit.path}: record {row.number}", f"record {row.number}", {}, problem)


def _batch_records(unit: Unit, position: int, batches: Iterable[pa.RecordBatch], row: int) -> Iterator[Record]:
    """row: the number of the first row in the file. Raises InputError where the file is broken off or no UTF-8."""
    file = plain_name(unit.path)
    try:
        for batch in batches:
            for columns in batch.to_pylist():
                yield Record(position, f"{unit.path}: row {row}", f"{file}:{row}", columns, "")
                row += 1
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{unit.path}: cannot be read after row {row}: {error}") from error
