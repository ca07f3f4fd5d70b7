"""Articles of a MediaWiki dump, or of what WikiExtractor made of one: one document a page, its title the first line.

Dumps: `<wiki>-<date>-pages-articles*.xml.bz2`, https://www.mediawiki.org/wiki/Help:Export#Export_format. Pages outside
namespace 0 (talk, users, templates, files) and redirects are left out. Extracted text is `<doc id= url= title=>` blocks
or, with --json, an object a line, https://github.com/attardi/wikiextractor; its text has HTML entities, which are
resolved. A file is one unit, but for a large compressed dump whose content lies in parts (`readers.parts`).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import BinaryIO
from xml.parsers import expat

from raykd.config import Cleaning, WikipediaSource
from raykd.corpus.clean import MarkupError
from raykd.corpus.readers.compression import BUFFER
from raykd.corpus.readers.files import LINE_BYTES, LONG_LINE, check_content, lines_from, open_unit, whole_file
from raykd.corpus.readers.parts import PAGE, pages_before
from raykd.corpus.readers.units import NOT_UTF8, Row, Unit
from raykd.corpus.readers.wikitext import plain_text
from raykd.corpus.values import shown_value
from raykd.corpus.xml_parser import DeclarationError, safe_parser
from raykd.errors import InputError

FILE, CATEGORY = "6", "14"  # numbers of namespaces, whose names are in the wiki's language
LINE_OVERHEAD = 40  # bytes of memory beside its own that a line takes
HEAD_BYTES = 1 << 16  # that are read at a time of what stands before the first page
DEPTH = 50  # of elements; a dump has 5
TAG_BYTES = 4 << 20  # of markup without an end: expat reads what has not ended anew with every part of a file
_DOC = re.compile(rb'<doc id="([^"]*+)"([^\r\n]*+)')
_TITLE = b' title="'


def units(source: WikipediaSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError if a dump's markup cannot be parsed because mwparserfromhell is not installed."""
    if source.form == "dump":
        _check_library(path)
    check_content(source, path)
    return whole_file(source, path)


def reads_parts(source: WikipediaSource, path: str, chunked: bool) -> bool:
    """An article's offset counts the text before it, which whoever reads a range does not know."""
    return source.form == "dump" and not chunked


def read(unit: Unit, source: WikipediaSource, cleaning: Cleaning) -> Iterator[Row]:
    """The articles of one file, or of those pages that begin in a range of its content; offsets count from there."""
    rows = _dump_rows(unit, cleaning) if source.form == "dump" else _extracted_rows(unit)
    offset = 0
    for row in rows:
        yield row._replace(offset=offset)
        offset += len(row.text.encode(errors="surrogatepass")) + 1


def _check_library(path: str) -> None:
    if not find_spec("mwparserfromhell"):
        raise InputError(f"{path}: wikitext needs mwparserfromhell; install it with: pip install 'raykd[archives]'")


@dataclass
class _Page:
    """A page as it is read. text: of the revision at hand, which a later one takes the place of."""

    values: dict[str, str] = field(default_factory=dict)  # title, ns, id
    is_redirect: bool = False
    text: str | None = None
    size: int = 0


def _dump_rows(unit: Unit, cleaning: Cleaning) -> Iterator[Row]:
    """Raises InputError for a file that is no dump, is broken off, or declares entities."""
    _check_library(unit.path)  # on this machine too
    pages = pages_before(unit.content, unit.start) if unit.content else 0
    dump = _Dump(unit.path, pages)
    for part in _markup(unit):
        for page in dump.read(part):
            pages += 1
            yield from _page(page, dump.namespaces, f"{unit.path}: page {pages}", cleaning)


def _markup(unit: Unit) -> Iterator[bytes]:
    """A dump in parts, the last of them empty; of a unit that is a range of one its head, the pages that begin in the
    range, and an end. Nothing where none does."""
    with open_unit(unit) as file:
        parts = filter(None, _from_page_to_page(file, unit))
        first = next(parts, b"")
        if unit.start and not first:
            return
        yield from filter(None, (_head(unit) if unit.start else b"", first))
        yield from parts
    yield b""


def _head(unit: Unit) -> bytes:
    """What stands before the first page: names of namespaces."""
    head = b""
    with open_unit(unit, until=0) as file:
        while PAGE not in head:
            if len(head) > LINE_BYTES:
                raise InputError(f"{unit.path}: more than {LINE_BYTES:,} bytes before its first page")
            head += file.read(HEAD_BYTES)
    return head.partition(PAGE)[0]


def _from_page_to_page(file: BinaryIO, unit: Unit) -> Iterator[bytes]:
    """From the first page that begins in a unit, or the file's start, to the first behind the unit, or the file's end.

    A "<" of text is "&lt;" there, so that PAGE is nothing but the beginning of a page.
    """
    if unit.whole:
        while part := file.read(BUFFER):
            yield part
        return
    file.seek(unit.start)
    position, held, inside = unit.start, b"", unit.start == 0
    while part := file.read(BUFFER):
        part = held + part
        if not inside and (found := part.find(PAGE)) >= 0:
            if not unit.holds(position + found):
                return
            position, part, inside = position + found, part[found:], True
        if inside and (found := part.find(PAGE, max(0, unit.stop - position))) >= 0:
            yield part[:found]
            yield b"</mediawiki>"
            return
        ready = max(0, len(part) - len(PAGE) + 1)  # behind it a page may begin that the next part goes on with
        if inside:
            yield part[:ready]
        position, held = position + ready, part[ready:]
    if inside:
        yield held


class _Dump:
    """Pages of a dump, part of the file by part. A page of any number of revisions takes the memory of one."""

    def __init__(self, path: str, pages: int) -> None:
        """pages: that come before those which are read."""
        self.namespaces: set[str] = set()  # names of files and categories, in small letters
        self._path = path
        self._parser = safe_parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._inside: list[str] = []
        self._page: _Page | None = None
        self._text: list[str] | None = None  # of the element at hand, where it is wanted
        self._count = pages
        self._size = self._fed = 0
        self._finished: list[_Page] = []

    def read(self, part: bytes) -> list[_Page]:
        """The pages that end in a part of the file; no bytes are its end."""
        try:
            self._parser.Parse(part, not part)
        except expat.ExpatError as error:
            raise InputError(f"{self._path}: not well-formed XML after page {self._count} ({error})") from error
        except DeclarationError as error:
            raise InputError(f"{self._path}: {error}") from error
        self._fed += len(part)
        if part and self._fed - self._parser.CurrentByteIndex > TAG_BYTES:
            raise InputError(f"{self._path}: markup of {TAG_BYTES:,} bytes without an end, after page {self._count}")
        finished, self._finished = self._finished, []
        return finished

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._inside and name != "mediawiki":
            raise InputError(f"{self._path}: not a MediaWiki dump: it begins with <{shown_value(name)}>")
        self._inside.append(name)
        if len(self._inside) > DEPTH:
            raise InputError(f"{self._path}: more than {DEPTH} elements in each other, after page {self._count}")
        self._text = None
        match self._inside[1:]:
            case ["page"]:
                self._page = _Page()
            case ["page", "redirect"] if self._page:
                self._page.is_redirect = True
            case ["page", ("title" | "ns" | "id")] | ["page", "revision", "text"]:
                self._text, self._size = [], 0
            case ["siteinfo", "namespaces", "namespace"] if attributes.get("key") in (FILE, CATEGORY):
                self._text, self._size = [], 0

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._size += len(text)
            if self._size <= LINE_BYTES:
                self._text.append(text)

    def _end(self, name: str) -> None:
        text, self._text = self._text, None
        inside = self._inside[1:]
        self._inside.pop()
        if inside == ["page"] and self._page:
            self._count += 1
            self._finished.append(self._page)
            self._page = None
        elif text is None:
            return
        elif not self._page:
            self.namespaces.add("".join(text).lower())
        elif name == "text":
            self._page.text, self._page.size = "".join(text), self._size
        else:
            self._page.values.setdefault(name, "".join(text))


def _page(page: _Page, namespaces: Collection[str], place: str, cleaning: Cleaning) -> Iterator[Row]:
    native_id, space = page.values.get("id"), page.values.get("ns")
    if not native_id or space is None or page.text is None:
        yield Row(native_id or place, place, problem="a page without id, ns or text")
        return
    if space != "0" or page.is_redirect:
        return
    if page.size > LINE_BYTES:
        yield Row(native_id, place, problem=f"a page of more than {LINE_BYTES} characters")
        return
    try:
        text = plain_text(page.text, namespaces, cleaning)
    except MarkupError as error:
        yield Row(native_id, place, problem=f"wikitext that cannot be parsed ({error})")
        return
    except Exception as error:  # the parser's own errors and those of too deep nesting, which may quote the page
        yield Row(native_id, place, problem=f"wikitext that cannot be parsed ({type(error).__name__})")
        return
    yield _article(native_id, place, page.values.get("title", ""), text)


def _extracted_rows(unit: Unit) -> Iterator[Row]:
    lines: list[bytes] = []
    size = 0
    native_id = title = place = ""
    for offset, line in lines_from(unit):
        here = f"{unit.path}: byte {offset}"
        if line is None:
            yield Row(here, here, problem=LONG_LINE)
        elif not place and (found := _DOC.match(line)):
            native_id, title = (html.unescape(part.decode(errors="replace")) for part in (found[1], _title(found[2])))
            place, lines, size = here, [], 0
        elif not place and line.startswith(b"{"):
            yield _json_article(line, here)
        elif place and line.strip() == b"</doc>":
            too_long = Row(native_id, place, problem=f"a document of {LINE_BYTES} bytes or more")
            yield too_long if size >= LINE_BYTES else _text_article(native_id, place, title, b"\n".join(lines))
            place = ""
        elif place:
            size += len(line) + LINE_OVERHEAD
            if size < LINE_BYTES:
                lines.append(line)
        elif line.strip():
            yield Row(here, here, problem="neither <doc> nor a JSON object")
    if place:
        raise InputError(f"{place}: the file ends before </doc>")


def _title(attributes: bytes) -> bytes:
    """The title, which may hold quotes and ">", of what stands between a document's id and the end of its line."""
    start, end = attributes.find(_TITLE), attributes.rfind(b'"')
    return attributes[start + len(_TITLE) : end] if 0 <= start < end else b""


def _text_article(native_id: str, place: str, title: str, content: bytes) -> Row:
    try:
        text = html.unescape(content.decode()).strip()
    except UnicodeDecodeError:
        return Row(native_id, place, problem=NOT_UTF8)
    return _extracted(native_id, place, title, text)


def _extracted(native_id: str, place: str, title: str, text: str) -> Row:
    """WikiExtractor writes the title as the first line of the text, in some of its versions."""
    first, _, rest = text.partition("\n")
    return _article(native_id, place, title, rest if first.strip() == title.strip() else text)


def _json_article(line: bytes, place: str) -> Row:
    try:
        page = json.loads(line)
        native_id = str(page["id"])
        native_id.encode()  # half a surrogate pair, which JSON can hold, is in no name
        return _extracted(native_id, place, str(page.get("title", "")), html.unescape(page["text"]))
    except (ValueError, RecursionError, KeyError, TypeError) as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__  # others quote it
        return Row(place, place, problem=f"not an object with id, title and text ({reason})")


def _article(native_id: str, place: str, title: str, text: str) -> Row:
    """A page of which no text is left has none: its title alone is no document."""
    text = text.strip()
    return Row(native_id, place, f"{title}\n{text}" if title and text else text)
