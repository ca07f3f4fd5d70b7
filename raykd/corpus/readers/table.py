"""Tables with named columns: parquet by row group, JSON lines by byte range, CSV whole."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from raykd.config import TableSource
from raykd.corpus.readers import Row, Unit, byte_ranges, read_lines
from raykd.errors import InputError


def units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a kind of file that is not read and for columns that a file lacks."""
    if path.endswith(".parquet"):
        try:
            with fsspec.open(path, "rb") as file:
                parquet = pq.ParquetFile(file)
                names, count = parquet.schema_arrow.names, parquet.num_row_groups
        except pa.ArrowInvalid as error:
            raise InputError(f"{path}: not a parquet file ({error})") from error
        _check_columns(source, path, names)
        return [Unit(source, path, index, index + 1) for index in range(count)]
    if path.endswith(".jsonl"):
        return byte_ranges(source, path, unit_bytes)
    if path.endswith(".csv"):
        with fsspec.open(path, "rb") as file:
            try:
                names = pa.csv.open_csv(file).schema.names
            except pa.ArrowInvalid as error:
                raise InputError(f"{path}: not a CSV file with a header ({error})") from error
        _check_columns(source, path, names)
        return [Unit(source, path, 0, 1)]
    raise InputError(f"{path}: a table is .parquet, .jsonl or .csv")


def read(unit: Unit, source: TableSource) -> Iterator[Row]:
    """The unit's rows that `where` keeps."""
    records = _json_records if unit.path.endswith(".jsonl") else _table_records
    for place, native_id, record, problem in records(unit, source):
        if problem:
            yield Row(native_id, place, problem=problem)
        elif all(_strings(record.get(column)) & set(values) for column, values in source.where.items()):
            yield _row(native_id, place, record, source)


def _row(native_id: str, place: str, record: Mapping[str, Any], source: TableSource) -> Row:
    for column in (source.text, source.id):
        if column and record.get(column) is None:
            return Row(native_id, place, problem=f"nothing in column {column!r}")
    text = record[source.text]
    if not isinstance(text, str):
        return Row(native_id, place, problem=f"column {source.text!r} holds no text")
    return Row(
        native_id=str(record[source.id]) if source.id else native_id,
        place=place,
        text=text,
        labels=tuple(sorted(_strings(record.get(source.labels)))) if source.labels else (),
        group=str(record.get(source.group) or "") if source.group else "",
        origin=str(record.get(source.origin) or "") if source.origin else "",
    )


def _json_records(unit: Unit, source: TableSource) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    file = unit.path.rsplit("/", 1)[-1]
    for offset, line in read_lines(unit):
        if not line.strip():
            continue
        place, native_id = f"{unit.path}: byte {offset}", f"{file}:{offset}"
        try:
            record = json.loads(line)
            problem = "" if isinstance(record, dict) else "not a JSON object"
        except ValueError as error:
            record, problem = {}, f"not valid JSON ({error})"
        yield place, native_id, record, problem


def _table_records(unit: Unit, source: TableSource) -> Iterator[tuple[str, str, Mapping[str, Any], str]]:
    file = unit.path.rsplit("/", 1)[-1]
    columns = _columns(source)
    row = 0
    with fsspec.open(unit.path, "rb") as handle:
        if unit.path.endswith(".parquet"):
            parquet = pq.ParquetFile(handle)
            row = sum(parquet.metadata.row_group(index).num_rows for index in range(unit.start))
            batches = parquet.iter_batches(8192, row_groups=[unit.start], columns=columns)
        else:
            options = pa.csv.ConvertOptions(include_columns=columns, column_types=dict.fromkeys(columns, pa.string()))
            parsing = pa.csv.ParseOptions(newlines_in_values=True)
            batches = pa.csv.open_csv(handle, parse_options=parsing, convert_options=options)
        for batch in batches:
            for record in batch.to_pylist():
                yield f"{unit.path}: row {row}", f"{file}:{row}", record, ""
                row += 1


def _columns(source: TableSource) -> list[str]:
    named = (source.text, source.id, source.group, source.labels, source.origin, *source.where)
    return list(dict.fromkeys(column for column in named if column))


def _check_columns(source: TableSource, path: str, names: list[str]) -> None:
    for column in _columns(source):
        if column not in names:
            raise InputError(f"{path}: no column {column!r}; there are: {', '.join(names)}")


def _strings(value: Any) -> set[str]:
    if value is None or value == "":
        return set()
    return {str(one) for one in value} if isinstance(value, list | tuple) else {str(value)}
