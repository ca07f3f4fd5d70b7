"""Tables with named columns: parquet by row group, JSON lines by byte range, CSV whole."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from raykd.config import TableSource
from raykd.corpus.readers import Row, Unit, byte_ranges, read_lines
from raykd.errors import InputError

Record = tuple[str, str, Mapping[str, Any], str]  # place, native id, columns, problem


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
                parsing = pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda row: "skip")
                names = pa.csv.open_csv(file, parse_options=parsing).schema.names
            except pa.ArrowInvalid as error:
                raise InputError(f"{path}: not a CSV file with a header ({error})") from error
        _check_columns(source, path, names)
        return [Unit(source, path, 0, 1)]
    raise InputError(f"{path}: a table is .parquet, .jsonl or .csv")


def read(unit: Unit, source: TableSource) -> Iterator[Row]:
    """The unit's rows that `where` keeps."""
    kind = unit.path.rsplit(".", 1)[-1]
    records = {"jsonl": _json_records, "csv": _csv_records, "parquet": _parquet_records}[kind]
    for place, native_id, record, problem in records(unit, source):
        if problem:
            yield Row(native_id, place, problem=problem)
        elif all(_strings(record.get(column)) & set(values) for column, values in source.where.items()):
            yield _row(native_id, place, record, source)


def _row(native_id: str, place: str, record: Mapping[str, Any], source: TableSource) -> Row:
    text = record.get(source.text)
    if text is None:
        return Row(native_id, place, problem=f"nothing in column {source.text!r}")
    if not isinstance(text, str):
        return Row(native_id, place, problem=f"column {source.text!r} holds no text")
    if source.id and not _string(record.get(source.id)):
        return Row(native_id, place, problem=f"nothing in column {source.id!r}")
    return Row(
        native_id=str(record[source.id]) if source.id else native_id,
        place=place,
        text=text,
        labels=tuple(sorted(_strings(record.get(source.labels)))) if source.labels else (),
        group=_string(record.get(source.group)) if source.group else "",
        origin=_string(record.get(source.origin)) if source.origin else "",
    )


def _json_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    file = unit.path.rsplit("/", 1)[-1]
    for offset, line in read_lines(unit):
        if not line.strip():
            continue
        place, native_id = f"{unit.path}: byte {offset}", f"{file}:{offset}"
        try:
            record = json.loads(line.decode("utf-8-sig"))
            problem = "" if isinstance(record, dict) else "not a JSON object"
        except (ValueError, RecursionError) as error:
            record, problem = {}, f"not valid JSON ({error})"
        yield place, native_id, record, problem


def _parquet_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    with fsspec.open(unit.path, "rb") as file:
        parquet = pq.ParquetFile(file)
        before = sum(parquet.metadata.row_group(index).num_rows for index in range(unit.start))
        batches = parquet.iter_batches(8192, row_groups=[unit.start], columns=_columns(source))
        yield from _batch_records(unit, batches, before)


def _csv_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    columns = _columns(source)
    bad: list[pa.csv.InvalidRow] = []

    def skip(row: pa.csv.InvalidRow) -> str:
        bad.append(row)
        return "skip"

    def batches() -> Iterator[pa.RecordBatch]:
        with fsspec.open(unit.path, "rb") as file:
            yield from pa.csv.open_csv(
                file,
                read_options=pa.csv.ReadOptions(use_threads=False),  # else a bad row has no number
                parse_options=pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
                convert_options=pa.csv.ConvertOptions(
                    include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
                ),
            )

    yield from _batch_records(unit, batches(), 0)
    for row in bad:
        problem = f"{row.actual_columns} columns where the header has {row.expected_columns}"
        yield f"{unit.path}: record {row.number}", f"record {row.number}", {}, problem


def _batch_records(unit: Unit, batches: Iterable[pa.RecordBatch], row: int) -> Iterator[Record]:
    """row: the number of the first row in the file. Raises InputError where the file is broken off or no UTF-8."""
    file = unit.path.rsplit("/", 1)[-1]
    try:
        for batch in batches:
            for record in batch.to_pylist():
                yield f"{unit.path}: row {row}", f"{file}:{row}", record, ""
                row += 1
    except pa.ArrowInvalid as error:
        raise InputError(f"{unit.path}: cannot be read after row {row}: {error}") from error


def _columns(source: TableSource) -> list[str]:
    named = (source.text, source.id, source.group, source.labels, source.origin, *source.where)
    return list(dict.fromkeys(column for column in named if column))


def _check_columns(source: TableSource, path: str, names: list[str]) -> None:
    for column in _columns(source):
        if column not in names:
            raise InputError(f"{path}: no column {column!r}; there are: {', '.join(names)}")


def _string(value: Any) -> str:
    return "" if value is None else str(value)  # a group may be number 0


def _strings(value: Any) -> set[str]:
    return {_string(one) for one in (value if isinstance(value, list | tuple) else [value])} - {""}
