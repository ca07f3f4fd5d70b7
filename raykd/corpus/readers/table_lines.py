"""Tables of lines: JSON lines and plain text, by byte range, or compressed and whole."""

from __future__ import annotations

import json
from collections.abc import Iterator

from raykd.config import TableSource
from raykd.corpus.readers.files import LONG_LINE, byte_ranges, lines_from, plain_name
from raykd.corpus.readers.units import Record, Unit, check_columns

_BOM = b"\xef\xbb\xbf"


def line_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    return byte_ranges(source, path, unit_bytes)


def text_units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError where the source names a column but that of the text."""
    check_columns(source, path, [source.text])
    return byte_ranges(source, path, unit_bytes)


def json_records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """One object a line; empty lines are skipped."""
    file = plain_name(unit.path)
    for offset, line in lines_from(unit):
        place, native_id = f"{unit.path}: byte {offset}", f"{file}:{offset}"
        if line is None:
            yield Record(offset, place, native_id, {}, LONG_LINE, offset)
            continue
        if not line.strip():
            continue
        try:
            columns = json.loads(line.decode("utf-8-sig"))
            problem = "" if isinstance(columns, dict) else "not a JSON object"
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
        except UnicodeDecodeError as error:
            yield Record(position, place, native_id, {}, f"not UTF-8 ({error})", offset)


def _paragraphs(unit: Unit) -> Iterator[tuple[int, int, bytes | None]]:
    """(position, byte offset, content) of the paragraphs that belong to the unit or follow it; None for the content of
    one with too long a line.

    A paragraph's position is that of the blank line before it, 0 for the first: from the start of a unit alone one
    cannot see whether its first line begins a paragraph, but one can see a blank line.
    """
    paragraph: list[bytes | None] = []
    position: int | None = 0 if unit.start == 0 else None
    start = 0
    for offset, line in lines_from(unit):
        if line is None or line.removeprefix(_BOM).strip():
            if not paragraph:
                start = offset
            if position is not None:
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
