"""CSV (RFC 4180), compressed or not: a newline may stand in a quoted value, so a file is read whole.

Damage stays with its line. A quote that is never closed swallows the lines after it; as soon as that shows (what
follows the next quote is no separator, the columns are not as many as the header's, the file ends) the line that it
began on is given up, and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from raykd.config import TableSource
from raykd.corpus.readers.files import LONG_LINE, number_lines, open_file, plain_name, whole_file
from raykd.corpus.readers.units import Record, Unit, check_columns, named_columns
from raykd.errors import InputError

RECORD_CHARACTERS = 16 << 20  # a value may be so long, and a quote that is never closed may swallow as much


def csv_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a file without a header and for columns that it lacks."""
    with open_file(path) as file:
        check_columns(source, path, _header(path, _Lines(file)))
    return whole_file(source, path)


def csv_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """All values are text; empty lines are skipped."""
    file_name, named = plain_name(unit.path), named_columns(source)
    with open_file(unit.path) as file:
        lines = _Lines(file)
        names = _header(unit.path, lines)
        for offset, values, problem in _records(lines, len(names)):
            columns = dict(zip(names, values, strict=True)) if not problem else {}
            if lines.is_damaged and any(_is_damaged(columns.get(name, "")) for name in named):
                problem = "not UTF-8"
            yield Record(offset, f"{unit.path}: byte {offset}", f"{file_name}:{offset}", columns, problem, offset)


class _Lines:
    """The lines of a file as csv.reader takes them. Those of the record at hand are kept, to be read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = number_lines(file)
        self._again: deque[tuple[int, bytes | None]] = deque()
        self.taken: list[tuple[int, bytes | None]] = []
        self.is_damaged = False  # whether a line of the record at hand is no UTF-8

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        offset, line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append((offset, line))
        if line is None:
            raise csv.Error(LONG_LINE)
        try:
            return line.decode("utf-8" if offset else "utf-8-sig") + "\n"
        except UnicodeDecodeError:
            self.is_damaged = True
            return line.decode(errors="surrogateescape") + "\n"

    def start_record(self) -> None:
        self.taken, self.is_damaged = [], False

    def give_back(self) -> None:
        """All but the first line of the record at hand will be read again."""
        self._again.extendleft(reversed(self.taken[1:]))


def _header(path: str, lines: _Lines) -> list[str]:
    csv.field_size_limit(RECORD_CHARACTERS)
    try:
        names = next(csv.reader(lines, strict=True), [])
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file with a header ({error})") from error
    if not names or lines.is_damaged:
        raise InputError(
            f"{path}: not a CSV file with a header ({'not UTF-8' if names else 'its first line is empty'})"
        )
    return names


def _records(lines: _Lines, columns: int) -> Iterator[tuple[int, list[str], str]]:
    """(byte offset, values, problem) of every record after the header, in file order."""
    reader = csv.reader(lines, strict=True)
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
            lines.give_back()
        if values or problem:
            yield lines.taken[0][0], values, problem


def _is_damaged(value: str) -> bool:
    return any("\udc80" <= character <= "\udcff" for character in value)
