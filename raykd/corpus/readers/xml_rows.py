"""Rows of XML that stand alone, one empty element a line: their attributes, or what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from xml.parsers import expat

_START, _END = b"<row ", b"/>"


def parse_rows(rows: Sequence[bytes]) -> list[dict[str, str] | str]:
    """For each row its attributes, or the problem with it. rows: UTF-8, `<row .../>`, no white space around."""
    together = _parse_together(rows)
    return [_parse(row) for row in rows] if together is None else together


def _parse_together(rows: Sequence[bytes]) -> list[dict[str, str] | str] | None:
    """All rows as one document, which costs a third less than one parser a row; None where that might hide a damage.

    With one "<" a row, no row can hold a comment, another row or an end; with "/>" at its end and no text between the
    rows, its element ends where the row does. So what is well-formed together is so row by row.
    """
    if not all(row.count(b"<") == 1 and row.startswith(_START) and row.endswith(_END) for row in rows):
        return None
    found: list[dict[str, str] | str] = []
    text: list[str] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: found.append(attributes)
    parser.CharacterDataHandler = text.append
    try:
        parser.Parse(b"".join((b"<rows>", *rows, b"</rows>")), True)
    except expat.ExpatError:
        return None
    return None if text or len(found) != len(rows) + 1 else found[1:]


def _parse(row: bytes) -> dict[str, str] | str:
    if not row.startswith(_START):
        return "not a <row .../>"
    found: list[dict[str, str]] = []
    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = lambda name, attributes: found.append(attributes)
    try:
        parser.Parse(row, True)
    except expat.ExpatError as error:
        return f"not a well-formed row ({error})"
    return found[0] if len(found) == 1 else "a row that holds others"
