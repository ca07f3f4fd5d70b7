"""Parquet, by row group."""

from __future__ import annotations

import faulthandler
import io
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from raykd.artifacts.filesystems import filesystem_of
from raykd.artifacts.ranges import open_ranges
from raykd.artifacts.retry import ask, is_failure
from raykd.config import TableSource
from raykd.corpus.readers.compression import check_expansion
from raykd.corpus.readers.files import plain_name
from raykd.corpus.readers.units import NOT_UTF8, Record, Unit, check_columns, named_columns
from raykd.errors import InputError

BATCH_ROWS, BATCH_BYTES = 8192, 16 << 20  # of rows that are Python objects at a time
LONGEST_BYTES = 64 << 20  # if every row of a batch has the longest value of its column's dictionary
OUT_OF_RANGE = "a date or time that no calendar has"


@contextmanager
def _damage_told(what: str) -> Iterator[None]:
    """Raises InputError for whatever pyarrow raises on a damaged file, which is of many kinds; that a file or server
    fails goes through."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        # pyarrow raises OSError for damage too, without a number.
        if is_failure(error) and (not isinstance(error, OSError) or isinstance(error, TimeoutError) or error.errno):
            raise
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InputError(f"{what} ({reason[:200]})") from error


def parquet_names(source: TableSource, path: str) -> list[str]:
    """Raises InputError for a file that is no parquet."""
    return _footer(path)[0]


def parquet_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file that is no parquet and for columns that it lacks."""
    names, metadata = _footer(path)
    check_columns(source, path, names)
    columns = named_columns(source)
    sizes = [_stored_bytes(metadata.row_group(group), columns) for group in range(metadata.num_row_groups)]
    return [Unit(source, path, start, stop, size=sum(sizes[start:stop])) for start, stop in _runs(sizes, unit_bytes)]


def _footer(path: str) -> tuple[list[str], pq.FileMetaData]:
    """The columns of a file, and what it says of itself. Raises InputError for a file that is no parquet."""
    filesystem, local = filesystem_of(path)
    with _damage_told(f"{path}: not a parquet file"), open_ranges(filesystem, local) as file:
        parquet = pq.ParquetFile(file)
        if not _can_be_asked(parquet.metadata):
            raise InputError(f"{path}: not a parquet file (what it says of a column is damaged)")
        return parquet.schema_arrow.names, parquet.metadata


def _can_be_asked(metadata: pq.FileMetaData) -> bool:
    """Whether pyarrow answers what is asked of every column of every row group.

    Where that part of the footer is damaged, it ends the process (`RowGroupMetaData.column` lets a C++ exception
    through), so a process of its own asks, once a file. One that does not answer in time says nothing against the file:
    what is forked from a process with threads may stand still.
    """
    if sys.platform != "linux":
        return True
    import resource

    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        return status == 0 or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM)
    try:
        faulthandler.disable()
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            for index in range(group.num_columns):
                group.column(index)
        os._exit(0)
    finally:
        os._exit(1)


def parquet_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """A record's position is its row group; the rows of a group share its uncompressed text evenly (`Row.offset`)."""
    filesystem, local = filesystem_of(unit.path)
    size = ask(filesystem, "size", local)
    with open_ranges(filesystem, local, size) as opened, _damage_told(f"{unit.path}: cannot be read"):
        file = _Kept(opened)
        parquet = pq.ParquetFile(file)
        rows = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        sizes = [_text_bytes(parquet.metadata.row_group(group), source.text) for group in range(len(rows))]
        # Turns of one conversation may go on in the groups behind the unit; else it would fetch one for nothing.
        goes_on = source.conversation is not None and source.conversation.join is not None
        for group in range(unit.start, len(rows) if goes_on else unit.stop):
            file.forget()
            columns = named_columns(source)
            batch_rows = min(
                _batch_rows(parquet.metadata.row_group(group), columns),
                _rows_of_longest(parquet, file, size, unit, group),
            )
            batches = _bounded(parquet.iter_batches(batch_rows, row_groups=[group], columns=columns), unit.path, size)
            offsets = np.arange(rows[group]) * sizes[group] // max(rows[group], 1) + sum(sizes[:group])
            yield from _batch_records(unit, group, _with_offsets(batches, offsets), sum(rows[:group]))


class _Kept(io.RawIOBase):
    """A file that keeps what was read of it: the columns of a row group are looked at twice, and fetched once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._parts: dict[tuple[int, int], bytes] = {}

    def forget(self) -> None:
        self._parts.clear()

    def read(self, size: int | None = -1) -> bytes:
        place = self._file.tell(), -1 if size is None else size
        if place in self._parts:
            self._file.seek(len(self._parts[place]), io.SEEK_CUR)
        else:
            self._parts[place] = self._file.read(place[1])
        return self._parts[place]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _runs(sizes: list[int], most: int) -> Iterator[tuple[int, int]]:
    """[start, stop) of runs of row groups that have `most` bytes together, or one group each."""
    start, size = 0, 0
    for group, more in enumerate(sizes):
        if start < group and size + more > most:
            yield start, group
            start, size = group, 0
        size += more
    if sizes:
        yield start, len(sizes)


def _stored_bytes(group: pq.RowGroupMetaData, columns: list[str]) -> int:
    """Of the columns that are read."""
    parts = (group.column(index) for index in range(group.num_columns))
    return sum(part.total_compressed_size for part in parts if part.path_in_schema.split(".")[0] in columns)


def _batch_rows(group: pq.RowGroupMetaData, columns: list[str]) -> int:
    """As many rows as BATCH_BYTES hold, by the average of the row group."""
    parts = (group.column(index) for index in range(group.num_columns))
    size = sum(part.total_uncompressed_size for part in parts if part.path_in_schema.split(".")[0] in columns)
    return max(1, min(BATCH_ROWS, BATCH_BYTES * group.num_rows // max(size, 1)))


def _rows_of_longest(parquet: pq.ParquetFile, file: io.RawIOBase, size: int, unit: Unit, group: int) -> int:
    """As many rows as LONGEST_BYTES hold if each has the longest value that stands in a dictionary of the row group.

    A dictionary's value may stand in every row at the price of a bit. Raises InputError where lists of such values are
    a bomb.
    """
    metadata = parquet.metadata.row_group(group)
    named = {*named_columns(unit.source)} if isinstance(unit.source, TableSource) else set()
    rows = BATCH_ROWS
    for index in range(metadata.num_columns):
        column = metadata.column(index)
        name = column.path_in_schema
        if column.physical_type == "BYTE_ARRAY" and column.has_dictionary_page and name.split(".")[0] in named:
            encoded = pq.ParquetFile(file, metadata=parquet.metadata, read_dictionary=[name])
            longest = _longest_value(encoded, group, name.split(".")[0])
            if "." in name:  # of lists, whose length nothing tells
                check_expansion(unit.path, column.num_values * longest, size)
            rows = min(rows, LONGEST_BYTES // max(1, longest))
    return max(1, rows)


def _longest_value(encoded: pq.ParquetFile, group: int, column: str) -> int:
    """In bytes, of the dictionary of a row group's column; 0 where it cannot be read by its dictionary."""
    for batch in encoded.iter_batches(BATCH_ROWS, row_groups=[group], columns=[column]):
        values = batch.column(0)
        while not isinstance(values, pa.DictionaryArray):
            if not isinstance(values, pa.ListArray | pa.LargeListArray):
                return 0
            values = values.flatten()
        if len(values.dictionary):
            return int(pc.max(pc.binary_length(values.dictionary)).as_py() or 0)
    return 0


def _bounded(batches: Iterable[pa.RecordBatch], path: str, size: int) -> Iterator[pa.RecordBatch]:
    """With whole values in place of dictionaries. Raises InputError for more than a file of `size` bytes can hold.

    batches: of no more rows than `_rows_of_longest` allows.
    """
    content = 0
    for batch in batches:
        whole = [one.dictionary_decode() if isinstance(one, pa.DictionaryArray) else one for one in batch.columns]
        batch = pa.RecordBatch.from_arrays(whole, names=batch.schema.names)
        content += batch.nbytes
        check_expansion(path, content, size)
        yield batch


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
    file, more = plain_name(unit.path), iter(batches)
    while True:
        with _damage_told(f"{unit.path}: cannot be read after row {row}"):
            following = next(more, None)
        if following is None:
            return
        batch, offsets = following
        for (columns, problem), offset in zip(_values(batch), offsets.tolist(), strict=True):
            yield Record(position, f"{unit.path}: row {row}", f"{file}:{row}", columns, problem, offset)
            row += 1


def _values(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], str]]:
    """(columns, problem) of each row: of one that has no values in Python the problem alone."""
    rows = max(1, min(BATCH_ROWS, BATCH_BYTES * batch.num_rows // max(batch.nbytes, 1)))
    for start in range(0, batch.num_rows, rows):
        part = batch.slice(start, rows)
        try:
            yield from [(columns, "") for columns in part.to_pylist()]
        except (ValueError, OverflowError):
            yield from (_value(part.slice(index, 1)) for index in range(part.num_rows))


def _value(row: pa.RecordBatch) -> tuple[dict[str, Any], str]:
    try:
        return row.to_pylist()[0], ""
    except UnicodeDecodeError:
        return {}, NOT_UTF8
    except (ValueError, OverflowError):
        return {}, OUT_OF_RANGE
