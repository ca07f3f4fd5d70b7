"""CSV (RFC 4180), compressed or not: a newline may stand in a quoted value, so a file is read whole.

Damage stays with its line. A quote that is never closed swallows the lines after it; as soon as that shows (what
follows the next quote is no delimiter, the columns are not as many as the header's, the file ends) the line that it
began on is given up, and reading goes on with the next. Where so many quotes stay open that lines would be read again
and again, all lines of the record at hand are given up: the time is linear in the size of the file.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from raykd.config import TableSource
from raykd.corpus.readers.files import LONG_LINE, encoding_of, number_lines, open_file, plain_name, whole_file
from raykd.corpus.readers.units import NOT_UTF8, Record, Unit, check_columns, named_columns
from raykd.corpus.values import shown_names
from raykd.errors import InputError

RECORD_CHARACTERS = 16 << 20  # a record of several lines may be so long, and one that is never closed swallow as much
RECORD_LINES = 100_000
REREAD = 4  # bytes that are read again, for a byte that is read, before damage costs more than its own line
DELIMITERS = (("\t", r'"\t"'), (";", '";"'), ("|", '"|"'), (",", '","'))  # as YAML has them


def csv_names(source: TableSource, path: str) -> list[str]:
    """The columns of a file's header. Raises InputError where there is none."""
    with open_file(path, encoding_of(source), until=0) as file:
        return _header(path, _Lines(file), source)


def csv_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file without a header and for columns that it lacks."""
    names, delimiter = csv_names(source, path), csv_delimiter(source, path)
    for one, yaml in DELIMITERS:
        if len(names) == 1 and one in names[0] and one != delimiter and source.text not in names:
            shown = shown_names(names[0].split(one))
            raise InputError(
                f"{path}: its first line ({shown}) has no {delimiter!r} but {one!r} between its values; write "
                f"delimiter: {yaml} in its source"
            )
    check_columns(source, path, names)
    return whole_file(source, path)


def csv_delimiter(source: TableSource, path: str) -> str:
    return source.delimiter or ("\t" if plain_name(path).lower().endswith(".tsv") else ",")


def csv_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """All values are text; empty lines are skipped."""
    file_name, named = plain_name(unit.path), named_columns(source)
    with open_file(unit.path, encoding_of(source)) as file:
        lines = _Lines(file)
        names = _header(unit.path, lines, source)
        for offset, values, problem in _records(lines, len(names), csv_delimiter(source, unit.path)):
            columns = dict(zip(names, values, strict=True)) if not problem else {}
            if lines.is_damaged and any(_is_damaged(columns.get(name, "")) for name in named):
                problem = NOT_UTF8
            yield Record(offset, f"{unit.path}: byte {offset}", f"{file_name}:{offset}", columns, problem, offset)


class _Lines:
    """The lines of a file as csv.reader takes them. Those of the record at hand are kept, to be read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = number_lines(file)
        self._again: deque[tuple[int, bytes | None]] = deque()
        self._patience = 0
        self.taken: list[tuple[int, bytes | None]] = []
        self._size = 0  # of the record at hand
        self.is_damaged = False  # whether a line of it is no UTF-8

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._again:
            offset, line = self._again.popleft()
        else:
            offset, line = next(self._lines)
            self._patience += REREAD * len(line or b"")
        self.taken.append((offset, line))
        self._size += len(line or b"") + 1
        if line is None:
            raise csv.Error(LONG_LINE)
        if len(self.taken) > 1 and (self._size > RECORD_CHARACTERS or len(self.taken) > RECORD_LINES):
            raise csv.Error("a quote that stays open, or a record larger than the limit")
        try:
            return line.decode("utf-8" if offset else "utf-8-sig") + "\n"
        except UnicodeDecodeError:
            self.is_damaged = True
            return line.decode(errors="surrogateescape") + "\n"

    def start_record(self) -> None:
        self.taken, self._size, self.is_damaged = [], 0, False

    def give_back(self) -> list[int]:
        """All but the first line of the record at hand will be read again, or none; -> where those start that won't."""
        again = sum(len(line or b"") + 1 for _, line in self.taken[1:])
        if again > self._patience:
            return [offset for offset, _ in self.taken]
        self._patience -= again
        self._again.extendleft(reversed(self.taken[1:]))
        return [self.taken[0][0]]


def _header(path: str, lines: _Lines, source: TableSource) -> list[str]:
    """Raises InputError where there is none."""
    csv.field_size_limit(RECORD_CHARACTERS)
    try:
        names = next(csv.reader(lines, delimiter=csv_delimiter(source, path), strict=True), [])
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file with a header ({error})") from error
    if not lines.taken:
        raise InputError(f"{path}: the file is empty; give one with a header and rows")
    if not names or lines.is_damaged:
        raise InputError(
            f"{path}: not a CSV file with a header ({'not UTF-8' if names else 'its first line is empty'})"
        )
    return names


def _records(lines: _Lines, columns: int, delimiter: str) -> Iterator[tuple[int, list[str], str]]:
    """(byte offset, values, problem) of every record after the header, in file order."""
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.start_record()
        problem, values = "", list[str]()
        try:
            values = next(reader)
            if values and len(values) != columns:
                problem = f"{len(values)} columns where the header has {columns}"
        except StopIteration:
            return
        except csv.Error as error:
            problem = str(error)
        if problem:
            yield from ((offset, [], problem) for offset in lines.give_back())
        elif values:
            yield lines.taken[0][0], values, ""


def _is_damaged(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)
