"""Articles of a MediaWiki dump, or of what WikiExtractor made of one: one document a page, its title the first line.

Dumps: `<wiki>-<date>-pages-articles*.xml.bz2`, https://www.mediawiki.org/wiki/Help:Export#Export_format. Pages outside
namespace 0 (talk, users, templates, files) and redirects are left out. Extracted text is `<doc id= url= title=>` blocks
or, with --json, an object a line, https://github.com/attardi/wikiextractor; its text has HTML entities, which are
resolved. A file is one unit: the dumps of large wikis come in dozens of files.
"""

from __future__ import annotations

import html
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from importlib.util import find_spec
from typing import BinaryIO

from raykd.config import Cleaning, WikipediaSource
from raykd.corpus.readers.files import LONG_LINE, number_lines, open_file, whole_file
from raykd.corpus.readers.units import Row, Unit
from raykd.corpus.readers.wikitext import plain_text
from raykd.errors import InputError

FILE, CATEGORY = "6", "14"  # numbers of namespaces, whose names are in the wiki's language
_DOC = re.compile(rb'<doc id="([^"]*)"(?:.*? title="(.*)")?[^"]*>')


def units(source: WikipediaSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError if a dump's markup cannot be parsed because mwparserfromhell is not installed."""
    if source.form == "dump":
        _check_library(path)
    return whole_file(source, path)


def read(unit: Unit, source: WikipediaSource, cleaning: Cleaning) -> Iterator[Row]:
    """The articles of one file."""
    with open_file(unit.path) as file:
        rows = _dump_rows(file, unit.path, cleaning) if source.form == "dump" else _extracted_rows(file, unit.path)
        offset = 0
        for row in rows:
            yield row._replace(offset=offset)
            offset += len(row.text.encode(errors="surrogatepass")) + 1


def _check_library(path: str) -> None:
    if not find_spec("mwparserfromhell"):
        raise InputError(f"{path}: wikitext needs mwparserfromhell; install it with: pip install 'raykd[archives]'")


def _dump_rows(file: BinaryIO, path: str, cleaning: Cleaning) -> Iterator[Row]:
    """Raises InputError for a file that is no dump or is broken off."""
    _check_library(path)  # on this machine too
    root: ElementTree.Element | None = None
    prefix, pages = "", 0
    names: set[str] = set()
    try:
        for event, element in ElementTree.iterparse(file, events=("start", "end")):
            if root is None:
                root, prefix = element, element.tag.removesuffix("mediawiki")
                if root.tag == prefix:
                    raise InputError(f"{path}: not a MediaWiki dump: it begins with <{element.tag}>")
            if event == "start":
                continue
            if element.tag == f"{prefix}namespace" and element.get("key") in (FILE, CATEGORY):
                names.add((element.text or "").lower())
            elif element.tag == f"{prefix}page":
                pages += 1
                yield from _page(element, prefix, names, f"{path}: page {pages}", cleaning)
                root.clear()  # else the tree grows to the whole dump
    except ElementTree.ParseError as error:
        raise InputError(f"{path}: not well-formed XML after page {pages} ({error})") from error


def _page(
    page: ElementTree.Element, prefix: str, namespaces: set[str], place: str, cleaning: Cleaning
) -> Iterator[Row]:
    native_id, space = page.findtext(f"{prefix}id"), page.findtext(f"{prefix}ns")
    revisions = page.findall(f"{prefix}revision/{prefix}text")  # a dump of histories has several, the last the newest
    if not native_id or space is None or not revisions:
        yield Row(native_id or place, place, problem="a page without id, ns or text")
        return
    if space != "0" or page.find(f"{prefix}redirect") is not None:
        return
    try:
        text = plain_text(revisions[-1].text or "", namespaces, cleaning)
    except Exception as error:  # the parser's own errors and those of too deep nesting
        yield Row(native_id, place, problem=f"wikitext that cannot be parsed ({type(error).__name__}: {error})")
        return
    yield _article(native_id, place, page.findtext(f"{prefix}title") or "", text)


def _extracted_rows(file: BinaryIO, path: str) -> Iterator[Row]:
    lines: list[bytes] = []
    native_id = title = place = ""
    for offset, line in number_lines(file):
        here = f"{path}: byte {offset}"
        if line is None:
            yield Row(here, here, problem=LONG_LINE)
        elif not place and (found := _DOC.match(line)):
            native_id, title = (html.unescape((part or b"").decode(errors="replace")) for part in found.groups())
            place, lines = here, []
        elif not place and line.startswith(b"{"):
            yield _json_article(line, here)
        elif place and line.strip() == b"</doc>":
            yield _text_article(native_id, place, title, b"\n".join(lines))
            place = ""
        elif place:
            lines.append(line)
        elif line.strip():
            yield Row(here, here, problem="neither <doc> nor a JSON object")
    if place:
        raise InputError(f"{place}: the file ends before </doc>")


def _text_article(native_id: str, place: str, title: str, content: bytes) -> Row:
    try:
        text = html.unescape(content.decode()).strip()
    except UnicodeDecodeError as error:
        return Row(native_id, place, problem=f"not UTF-8 ({error})")
    first, _, rest = text.partition("\n")
    return _article(native_id, place, title, rest if first.strip() == title.strip() else text)


def _json_article(line: bytes, place: str) -> Row:
    try:
        page = json.loads(line)
        native_id = str(page["id"])
        native_id.encode()  # half a surrogate pair, which JSON can hold, is in no name
        return _article(native_id, place, str(page.get("title", "")), html.unescape(page["text"]))
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        return Row(place, place, problem=f"not an object with id, title and text ({error!r})")


def _article(native_id: str, place: str, title: str, text: str) -> Row:
    """A page of which no text is left has none: its title alone is no document."""
    text = text.strip()
    return Row(native_id, place, f"{title}\n{text}" if title and text else text)
