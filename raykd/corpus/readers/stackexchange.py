"""Posts.xml of a Stack Exchange dump: one `<row .../>` a line, attributes as in the dumps' readme.

https://meta.stackexchange.com/questions/2677 describes the columns; tags are `<a><b>` or, since 2023, `|a|b|`.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator

from raykd.config import StackExchangeSource
from raykd.corpus.clean import html_to_text
from raykd.corpus.readers import Row, Unit, read_lines

POST_TYPES = {"questions": {"1"}, "answers": {"2"}, "all": {"1", "2"}}
_TAG = re.compile(r"[^<>|]+")
_FRAME = (b"", b"<posts>", b"</posts>")


def read(unit: Unit, source: StackExchangeSource) -> Iterator[Row]:
    """Questions (title and body, with tags) and answers (body) of one byte range."""
    wanted = POST_TYPES[source.posts]
    for offset, line in read_lines(unit):
        row = line.removeprefix(b"\xef\xbb\xbf").strip()
        if row in _FRAME or row.startswith(b"<?xml"):
            continue
        place = f"{unit.path}: byte {offset}"
        try:
            post = ElementTree.fromstring(row).attrib
        except ElementTree.ParseError as error:
            yield Row(str(offset), place, problem=f"not a well-formed row ({error})")
            continue
        if "Id" not in post or "PostTypeId" not in post:
            yield Row(str(offset), place, problem="a row without Id or PostTypeId")
        elif post["PostTypeId"] in wanted:
            text = html_to_text(post.get("Body", ""))
            if title := post.get("Title"):
                text = f"{title}\n{text}"
            yield Row(post["Id"], place, text, labels=tuple(_TAG.findall(post.get("Tags", ""))))
