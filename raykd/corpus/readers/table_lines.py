"""Tables of lines: JSON lines and plain text, by byte range, or compressed and whole."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

from raykd.config import TableSource
from raykd.corpus.readers.files import LINE_BYTES, LONG_LINE, byte_ranges, lines_from, plain_name
from raykd.corpus.readers.units import NOT_UTF8, Record, Unit, check_columns, named_columns

_BOM = b"\xef\xbb\xbf"
NAMED_BY = 1000  # rows that tell which keys a file's objects have
LINE_OVERHEAD = 40  # bytes of memory beside its own that a line of a paragraph takes


def line_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    return byte_ranges(source, path, unit_bytes)


def text_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError where the source names a column but that of the text."""
    check_columns(source, path, [source.text])
    return byte_ranges(source, path, unit_bytes)


def json_names(source: TableSource, path: str) -> list[str]:
    """The keys of the first objects, each once."""
    records = (record for unit in line_units(source, path, LINE_BYTES) for record in json_records(unit, source))
    return list(dict.fromkeys(name for record in islice(records, NAMED_BY) for name in record.columns))


def text_names(source: TableSource, path: str) -> list[str]:
    return [source.text]


def json_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """One object a line; empty lines are skipped."""
    file, named = plain_name(unit.path), named_columns(source)

    def each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs):
            twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
            # Others may be names of people.
            column = next((name for name in named if name in twice), "")
            raise ValueError(f"the key {column!r} twice in one object" if column else "a key twice in one object")
        return values

    for offset, line in lines_from(unit):
        place, native_id = f"{unit.path}: byte {offset}", f"{file}:{offset}"
        if line is None:
            yield Record(offset, place, native_id, {}, LONG_LINE, offset)
            continue
        if not line.strip():
            continue
        try:
            columns = json.loads(line.decode("utf-8-sig"), object_pairs_hook=each_key_once)
            columns, problem = (columns, "") if isinstance(columns, dict) else ({}, "not a JSON object")
        except UnicodeDecodeError:
            columns, problem = {}, NOT_UTF8
        except (ValueError, RecursionError) as error:
            columns, problem = {}, f"not valid JSON ({error})"
        yield Record(offset, place, native_id, columns, problem, offset)


def text_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """One text a line or paragraph, as the source has it; empty lines are skipped."""
    file = plain_name(unit.path)
    parts = _paragraphs(unit) if source.documents == "paragraphs" else ((at, at, line) for at, line in lines_from(unit))
    for position, offset, content in parts:
        place, native_id = f"{unit.path}: byte {offset}", f"{file}:{offset}"
        if content is None:
            yield Record(position, place, native_id, {}, LONG_LINE, offset)
            continue
        if not content.strip():
            continue
        try:
            yield Record(position, place, native_id, {source.text: content.removeprefix(_BOM).decode()}, "", offset)
        except UnicodeDecodeError:
            yield Record(position, place, native_id, {}, NOT_UTF8, offset)


def _paragraphs(unit: Unit) -> Iterator[tuple[int, int, bytes | None]]:
    """(position, byte offset, content) of the paragraphs that belong to the unit or follow it; None for the content of
    one of LINE_BYTES or more.

    A paragraph's position is that of the blank line before it, 0 for the first: from the start of a unit alone one
    cannot see whether its first line begins a paragraph, but one can see a blank line.
    """
    paragraph: list[bytes | None] = []
    size = 0
    position: int | None = 0 if unit.start == 0 else None
    start = 0
    for offset, line in lines_from(unit):
        if line is None or line.removeprefix(_BOM).strip():
            if not paragraph:
                start, size = offset, 0
            if position is not None:
                size += len(line or b"") + LINE_OVERHEAD
                if line is None or size >= LINE_BYTES:
                    paragraph = [None]
                else:
                    paragraph.append(line)
            elif not unit.holds(offset):
                return  # the unit lies inside one paragraph
            continue
        if paragraph and position is not None:
            yield position, start, _joined(paragraph)
            paragraph = []
        position = offset
    if paragraph and position is not None:
        yield position, start, _joined(paragraph)


def _joined(lines: list[bytes | None]) -> bytes | None:
    whole = [line for line in lines if line is not None]
    return b"\n".join(whole) if len(whole) == len(lines) else None
