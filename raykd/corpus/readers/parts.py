"""The content of a compressed file as parts on storage, each of which can be fetched by itself (`corpus.unpack`).

A folder holds the parts and, written last, a list of them: name, bytes, and how many pages of a dump begin in it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from raykd.artifacts.filesystems import filesystem_of
from raykd.artifacts.ranges import open_parts
from raykd.artifacts.retry import ask

LIST = "parts.json"
PAGE = b"<page>"  # with which a page of a MediaWiki dump begins


class Part(NamedTuple):
    name: str
    bytes: int
    pages: int


@lru_cache(maxsize=8)
def parts_of(folder: str) -> list[Part]:
    """Those of a folder, by its address, in their order. Raises FileNotFoundError where its list is not there."""
    filesystem, local = filesystem_of(folder)
    return [Part(*part) for part in json.loads(ask(filesystem, "cat_file", f"{local}/{LIST}"))]


def open_content(folder: str, until: int) -> BinaryIO:
    """The content of all parts of a folder, to read on from a place. until: as `open_stream` takes it."""
    filesystem, local = filesystem_of(folder)
    return open_parts(filesystem, [(f"{local}/{part.name}", part.bytes) for part in parts_of(folder)], until)


def pages_before(folder: str, start: int) -> int:
    """How many pages begin before a byte of the content, with which a part begins."""
    pages = position = 0
    for part in parts_of(folder):
        if position >= start:
            break
        pages, position = pages + part.pages, position + part.bytes
    return pages
