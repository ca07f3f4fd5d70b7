"""Posts.xml of a Stack Exchange dump: one `<row .../>` a line, attributes as in the dumps' readme.

https://meta.stackexchange.com/questions/2677 describes the columns; tags are `<a><b>` or, since 2023, `|a|b|`.
As it is, cut into byte ranges; compressed or inside the .7z that the dumps come as, streamed whole. What stands around
the rows (head, document type, comments, processing instructions) is no row.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import BinaryIO
from xml.parsers import expat

from raykd.config import Cleaning, StackExchangeSource
from raykd.corpus.clean import MarkupError
from raykd.corpus.html import html_to_text
from raykd.corpus.readers.archive import check_member, open_member
from raykd.corpus.readers.files import (
    LONG_LINE,
    byte_ranges,
    check_content,
    lines_from,
    number_lines,
    open_file,
    open_unit,
    plain_name,
    whole_file,
)
from raykd.corpus.readers.units import Row, Unit
from raykd.corpus.values import Tally, matches, value_text
from raykd.corpus.xml_parser import DECLARATIONS
from raykd.errors import InputError

MEMBER = "Posts.xml"
BLOCK_ROWS = 128  # parsed together; a damaged row costs its block a parser for each
POST_TYPES = {"questions": {"1"}, "answers": {"2"}, "all": {"1", "2"}}
_TAG = re.compile(r"[^<>|]+")
COMMENT_BYTES = 1 << 16  # of a comment of several lines; a longer one is damage to the line that it begins on
_FRAME = re.compile(rb"<\?[^<>]*\?>|<!DOCTYPE[^<>\[]*>|</?posts>")
_COMMENT = re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*+<!--")
_START, _END = b"<row ", b"/>"


def units(source: StackExchangeSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for an archive that cannot be read or holds no Posts.xml."""
    is_archive = path.lower().endswith(".7z")
    check_content(source, path, is_text=not is_archive)
    if not is_archive:
        return byte_ranges(source, path, unit_bytes)
    check_member(path, MEMBER)
    return whole_file(source, path)


def reads_parts(source: StackExchangeSource, path: str, chunked: bool) -> bool:
    return True


def read(unit: Unit, source: StackExchangeSource, cleaning: Cleaning, tally: Tally | None = None) -> Iterator[Row]:
    """Questions (title and body, with tags) and answers (body) of one unit. tally: takes the values of the attributes
    that posts are chosen by."""
    wanted = POST_TYPES[source.posts]
    # Posts of several sites may be one source, and every site counts its own.
    named = plain_name(unit.path) == plain_name(source.path)
    site = "" if named else f"{plain_name(unit.path)}:"
    for rows in _blocks(_rows(unit)):
        for (offset, content), post in zip(rows, parse_rows([row for _, row in rows]), strict=True):
            place = f"{unit.path}: byte {offset}"
            if isinstance(post, str):
                yield Row(f"{site}{offset}", place, problem=post if content else LONG_LINE, offset=offset)
            elif "Id" not in post or "PostTypeId" not in post:
                yield Row(f"{site}{offset}", place, problem="a row without Id or PostTypeId", offset=offset)
            elif post["PostTypeId"] in wanted and _is_kept(post, source, tally):
                try:
                    text = html_to_text(post.get("Body", ""), cleaning)
                except MarkupError as error:
                    yield Row(f"{site}{post['Id']}", place, problem=str(error), offset=offset)
                    continue
                if title := post.get("Title"):
                    text = f"{title}\n{text}"
                yield Row(f"{site}{post['Id']}", place, text, labels=_tags(post), offset=offset, id=post["Id"])


def _is_kept(post: dict[str, str], source: StackExchangeSource, tally: Tally | None) -> bool:
    kept = True
    for attribute, names in source.where.items():
        values = _tags(post) or ("",) if attribute == "Tags" else (value_text(post.get(attribute)),)
        kept &= matches(values, names, attribute, tally)
    return kept


def _tags(post: dict[str, str]) -> tuple[str, ...]:
    return tuple(_TAG.findall(post.get("Tags", "")))


def _blocks(rows: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    while block := list(islice(rows, BLOCK_ROWS)):
        yield block


def _rows(unit: Unit) -> Iterator[tuple[int, bytes]]:
    """(byte offset, content) of the lines that are no frame of the rows; nothing for one that is too long.

    Raises InputError for a document type with declarations.
    """
    comment_end = _end_of_comment_before(unit)
    lines = _Lines(_lines(unit))
    for offset, line in lines:
        if not unit.holds(offset):
            return
        if line is None:
            yield offset, b""
            continue
        row = line[max(0, comment_end - offset) :].removeprefix(b"\xef\xbb\xbf").strip()
        while (frame := _FRAME.match(row)) or row.startswith(b"<!--"):
            if frame:
                row = row[frame.end() :].lstrip()
            elif (after := lines.after_comment(offset, row)) is not None:
                offset, row = after
                if not unit.holds(offset):
                    return
            else:
                break
        if row.startswith(b"<!DOCTYPE") and b"[" in row:
            raise InputError(f"{unit.path}: {DECLARATIONS}")
        # A head that has lost its line's end may hold a row: that one is damaged, and is not passed over.
        if row and not (row.startswith(b"<?xml") and row.count(b"<") == 1):
            yield offset, row


class _Lines:
    """Lines, some of which are looked at before they are taken."""

    def __init__(self, lines: Iterator[tuple[int, bytes | None]]) -> None:
        self._lines = lines
        self._ahead: deque[tuple[int, bytes | None]] = deque()
        self._searched = 0  # the byte up to which no comment ends, so that no line is looked at again and again

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> tuple[int, bytes | None]:
        return self._ahead.popleft() if self._ahead else next(self._lines)

    def after_comment(self, offset: int, row: bytes) -> tuple[int, bytes] | None:
        """(byte offset of the line, what follows on it) where the comment at the start of `row` ends.

        None where it does not within COMMENT_BYTES: then no line is taken.
        """
        taken: list[tuple[int, bytes | None]] = []
        start, begun = offset, 4
        if start < self._searched:
            return None
        while (end := row.find(b"-->", begun)) < 0:
            following = next(self, None)
            if following is not None:
                taken.append(following)
            if following is None or following[1] is None or following[0] - start > COMMENT_BYTES:
                self._ahead.extendleft(reversed(taken))
                self._searched = taken[-1][0] if taken else start
                return None
            offset, row = following[0], following[1]
            begun = 0
        return offset, row[end + 3 :].strip()


def _end_of_comment_before(unit: Unit) -> int:
    """The byte at which a comment ends that begins before the unit and reaches into it; 0 where there is none."""
    if unit.start == 0 or unit.whole:
        return 0
    first = max(0, unit.start - COMMENT_BYTES)
    with open_unit(unit, until=first + 2 * COMMENT_BYTES) as file:
        file.seek(first)
        around = file.read(2 * COMMENT_BYTES)
    before = [found.end() for found in _COMMENT.finditer(around) if first + found.start() < unit.start]
    end = around.find(b"-->", before[-1]) if before else -1
    return first + end + 3 if end >= 0 else 0


def _lines(unit: Unit) -> Iterator[tuple[int, bytes | None]]:
    if unit.content or not unit.path.lower().endswith(".7z"):
        yield from lines_from(unit)
        return
    with open_posts(unit.path) as file:
        yield from number_lines(file)


def open_posts(path: str) -> BinaryIO:
    """The content of Posts.xml, compressed, in an archive or as it is."""
    return open_member(path, MEMBER) if path.lower().endswith(".7z") else open_file(path)


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
