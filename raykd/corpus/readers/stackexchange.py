"""Posts.xml of a Stack Exchange dump: one `<row .../>` a line, attributes as in the dumps' readme.

https://meta.stackexchange.com/questions/2677 describes the columns; tags are `<a><b>` or, since 2023, `|a|b|`.
As it is, cut into byte ranges; compressed (.gz, .bz2, .zst) or inside the .7z that the dumps come as, streamed whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from raykd.config import Cleaning, StackExchangeSource
from raykd.corpus.clean import html_to_text
from raykd.corpus.readers.archive import check_member, open_member
from raykd.corpus.readers.files import LONG_LINE, byte_ranges, number_lines, plain_name, read_lines, whole_file
from raykd.corpus.readers.units import Row, Unit
from raykd.corpus.readers.xml_rows import parse_rows

MEMBER = "Posts.xml"
BLOCK_ROWS = 128  # parsed together; a damaged row costs its block a parser for each
POST_TYPES = {"questions": {"1"}, "answers": {"2"}, "all": {"1", "2"}}
_TAG = re.compile(r"[^<>|]+")
_FRAME = (b"", b"<posts>", b"</posts>")


def units(source: StackExchangeSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for an archive that cannot be read or holds no Posts.xml."""
    if not path.endswith(".7z"):
        return byte_ranges(source, path, unit_bytes)
    check_member(path, MEMBER)
    return whole_file(source, path)


def read(unit: Unit, source: StackExchangeSource, cleaning: Cleaning) -> Iterator[Row]:
    """Questions (title and body, with tags) and answers (body) of one unit."""
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
            elif post["PostTypeId"] in wanted:
                text = html_to_text(post.get("Body", ""), cleaning)
                if title := post.get("Title"):
                    text = f"{title}\n{text}"
                labels = tuple(_TAG.findall(post.get("Tags", "")))
                yield Row(f"{site}{post['Id']}", place, text, labels=labels, offset=offset)


def _blocks(rows: Iterator[tuple[int, bytes]]) -> Iterator[list[tuple[int, bytes]]]:
    while block := list(islice(rows, BLOCK_ROWS)):
        yield block


def _rows(unit: Unit) -> Iterator[tuple[int, bytes]]:
    """(byte offset, content) of the lines that are no frame of the rows; nothing for one that is too long."""
    for offset, line in _lines(unit):
        if line is None:
            yield offset, b""
            continue
        row = line.removeprefix(b"\xef\xbb\xbf").strip()
        # A head that has lost its line's end may hold a row: that one is damaged, and is not passed over.
        if row not in _FRAME and not (row.startswith(b"<?xml") and row.count(b"<") == 1):
            yield offset, row


def _lines(unit: Unit) -> Iterator[tuple[int, bytes | None]]:
    if not unit.path.endswith(".7z"):
        yield from read_lines(unit)
        return
    with open_member(unit.path, MEMBER) as file:
        yield from number_lines(file)
