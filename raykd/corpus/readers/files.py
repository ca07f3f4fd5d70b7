"""Files of a source: which there are, how they are cut into units, and their lines, compressed or not.

A compressed file, or one in another encoding than UTF-8, is one unit, and offsets in it count bytes of uncompressed
UTF-8: ids do not change when a file is compressed or converted. Lines end as Python's universal newlines do: in LF,
CR LF or CR.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple

import requests

from raykd.artifacts.filesystems import filesystem_of, is_local
from raykd.artifacts.ranges import open_ranges, open_stream
from raykd.artifacts.retry import ask, in_time
from raykd.config import Source
from raykd.corpus.fetch.http import bare, send
from raykd.corpus.readers.compression import BUFFER, compression, decompressed
from raykd.corpus.readers.content import HEAD_BYTES, as_utf8, check_kind, check_text, text_encoding
from raykd.corpus.readers.parts import open_content
from raykd.corpus.readers.units import Unit
from raykd.errors import InputError, line_of

# Bytes of content for a byte of a compressed file: rough figures for text and markup, set by us. Content is measured by
# no reader beforehand, and what is made of the estimate (the number of shards) must follow from the files alone.
CONTENT_RATIOS = {".gz": 3, ".bz2": 4, ".zst": 3, ".xz": 4, ".7z": 5, ".parquet": 3}
CHUNK_BYTES = 1 << 18  # that are cut into lines at a time; a unit fetches some of it beyond its end
LINE_BYTES = 16 << 20  # a longer line is no row: the longest of a Stack Exchange dump are far below 1 MB
LONG_LINE = f"a line of {LINE_BYTES} bytes or more"
# What of a folder is read, by how the uncompressed file is called, and how that is told: others may lie beside it (a
# licence, a fetched archive's record and parts). A file or pattern is taken as it is named.
FOLDER_NAMES = {
    "stackexchange": (r"\.(xml|7z)$", "*.xml and *.7z"),
    "table": (r"\.(parquet|jsonl|ndjson|csv|tsv)$", "*.parquet, *.jsonl, *.ndjson, *.csv and *.tsv"),
    "dump": (r"\.xml(-p\d+p\d+)?$", "*.xml"),
    "extracted": (r"^wiki_\d+$", "wiki_00 and so on, in it and in its folders AA, AB, ..."),
}
# What people have in place of a table, and what makes one of it.
CURES = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".ods", ".numbers"), "save its sheet as CSV (UTF-8)"),
    ".json": "a JSON list becomes JSON lines by jq -c '.[]' FILE > FILE.jsonl; where each line is an object, rename it "
    "to .jsonl",
    ".xml": "posts of Stack Exchange have a reader of their own, reader: stackexchange",
    **dict.fromkeys((".7z", ".zip", ".tar", ".tgz", ".rar"), "unpack it"),
}
NAMED, LISTED = 5, 100  # files that a line names before it counts the others, and that a manifest names
_EXTRACTED = re.compile(r"(?:^|/)([A-Z]{2}/[^/]+)$")  # WikiExtractor's AA/wiki_00
_LINE_END = re.compile(rb"\r\n?|\n")
_DOWNLOAD = (
    "the server sends files only whole, or does not say how large they are; download it first (jobs/fetch.py for "
    "Stack Exchange, else by hand) and give its path"
)


def plain_name(path: str) -> str:
    """The last part of a path, as the uncompressed file is called."""
    name = path.rsplit("/", 1)[-1]
    return name[: len(name) - len(compression(name))]


def cure(path: str) -> str:
    """What makes a table of a file that is none, as far as its name tells; else ""."""
    return CURES.get(PurePosixPath(plain_name(path).lower()).suffix, "")


def name_in_source(source: Source, path: str) -> str:
    """What tells the files of one source apart: `plain_name`, of WikiExtractor's files with the folder's."""
    found = _EXTRACTED.search(path) if source.reader == "wikipedia" and source.form == "extracted" else None
    return f"{found[1].split('/')[0]}/{plain_name(path)}" if found else plain_name(path)


def last_parts(source: Source, path: str) -> str:
    """As many parts of a path, with its suffixes, as `name_in_source` looks at."""
    return "/".join(path.split("/")[-1 - name_in_source(source, path).count("/") :])


class Listing(NamedTuple):
    """Files of a path that are read, and of a folder what lies beside them."""

    read: list[str]
    passed_over: list[str]


def source_files(source: Source) -> list[str]:
    """The files of a source, sorted. Raises InputError where there is none, or two of one name."""
    listing = list_files(source)
    if listing.passed_over and not listing.read:
        raise InputError(
            f"{source.path}: of a folder {FOLDER_NAMES[_kind(source)][1]} are read, and here are others, "
            f"{_some(source, listing.passed_over)}; {_how_to_read(source, listing.passed_over)}"
        )
    if not listing.read and _is_folder(source):
        raise InputError(
            f"{source.path}: a folder without files; of one {FOLDER_NAMES[_kind(source)][1]} are read: put some there, "
            "or name another"
        )
    if not listing.read:
        raise InputError(f"{source.path}: no such file{_why_not(source)}")
    names: dict[str, str] = {}
    for file in listing.read:
        # Document ids are made from the last part of the path, so that a moved file keeps them.
        if (other := names.setdefault(name_in_source(source, file), file)) != file:
            raise InputError(f"{source.path}: {other} and {file} have one name; make each a source, with a name")
    return listing.read


def list_files(source: Source) -> Listing:
    """What a source's path stands for: a file, a pattern, or a folder, whose files are taken by their names.

    Raises InputError where a store cannot be reached, or the address is none of its.
    """
    filesystem, path = filesystem_of(source.path)

    def asked(what: str, of: str) -> Any:
        try:
            return ask(filesystem, what, of)
        except Exception as error:  # each store has its own
            if is_local(filesystem):
                raise
            told = f"{source.path}: it cannot be looked for ({line_of(error)})"
            raise InputError(f"{told}; mend the address, or the keys and network here") from error

    if not asked("isdir", path):
        found = [path] if asked("exists", path) else asked("glob", path) if glob.has_magic(path) else []
        return Listing(_addresses(source, (one for one in found if asked("isfile", one))), [])
    wanted = re.compile(FOLDER_NAMES[_kind(source)][0], re.IGNORECASE)
    entries = asked("glob", f"{path.rstrip('/')}/*")
    if _kind(source) == "extracted":
        folders = [one for one in entries if re.search("/[A-Z]{2}$", one) and asked("isdir", one)]
        entries = [one for one in entries if one not in folders]
        entries += [one for folder in folders for one in asked("glob", f"{folder}/*")]
    read = [one for one in entries if wanted.search(plain_name(one)) and asked("isfile", one)]
    return Listing(_addresses(source, read), _addresses(source, set(entries) - set(read)))


def _how_to_read(source: Source, passed_over: Sequence[str]) -> str:
    """What lies in a folder of which nothing is read: what to write."""
    filesystem, _ = filesystem_of(source.path)
    for one in passed_over[:LISTED]:  # each is a question to the store
        if ask(filesystem, "isdir", one):
            return f"name a folder in it: {one}"
    suffixes = [PurePosixPath(one).suffix for one in passed_over]
    if source.reader == "table" and ".txt" not in suffixes:  # no other is a table, whatever names it
        return next(filter(None, map(cure, passed_over)), "put such files there, or name another folder")
    suffix = ".txt" if source.reader == "table" else suffixes[0]
    return f"to read those, write a pattern: {source.path.rstrip('/')}/*{suffix}"


def _is_folder(source: Source) -> bool:
    filesystem, path = filesystem_of(source.path)
    return bool(ask(filesystem, "isdir", path))


def _why_not(source: Source) -> str:
    """What a store says of a file that it does not have, besides that: that its repository is not there, or private. Of
    a relative path here, what it is relative to."""
    filesystem, path = filesystem_of(source.path)
    if is_local(filesystem) and "://" not in source.path and not os.path.isabs(source.path):
        return f"; a relative path is one of the current directory, {os.getcwd()}"
    if is_local(filesystem) or glob.has_magic(path):
        return ""
    try:
        in_time(filesystem, "info", path)
    except Exception as error:
        line = line_of(error)
        if path.startswith(line):  # it only says where
            return ""
        return line.removeprefix(path) if line.startswith(path) else f" ({line})"
    return ""


def folder_lines(sources: Iterable[Source]) -> list[str]:
    """For each source that is a folder or pattern, a line on what of it is read and what is passed over."""
    lines = []
    for source in sources:
        listing = list_files(source)
        _, path = filesystem_of(source.path)  # a relative one behind the directory
        if listing.read and listing.read != _addresses(source, [path]):
            beside = f", passed over {_some(source, listing.passed_over)}" if listing.passed_over else ""
            lines.append(f"{source.path}: {_some(source, listing.read)} read{beside}")
    return list(dict.fromkeys(lines))


def passed_over(source: Source) -> list[str]:
    """What lies in a source's folder and is not read: the names of at most LISTED files."""
    return [last_parts(source, path) for path in list_files(source).passed_over[:LISTED]]


def _kind(source: Source) -> str:
    return source.form if source.reader == "wikipedia" else source.reader


def _addresses(source: Source, files: Iterable[str]) -> list[str]:
    filesystem, _ = filesystem_of(source.path)
    return sorted(filesystem.unstrip_protocol(file) if "://" in source.path else str(file) for file in files)


def _some(source: Source, files: Sequence[str]) -> str:
    names = ", ".join(last_parts(source, file) for file in files[:NAMED])
    return f"{len(files):,} ({names}{', ...' if len(files) > NAMED else ''})"


def content_bytes(path: str) -> int:
    """About how many bytes of content a file has, by its size and its suffix."""
    return _size(path) * next((ratio for suffix, ratio in CONTENT_RATIOS.items() if path.lower().endswith(suffix)), 1)


def byte_ranges(source: Source, path: str, unit_bytes: int) -> list[Unit]:
    """A file cut into ranges of unit_bytes; one that is compressed or in another encoding whole."""
    if compression(path) or encoding_of(source):
        return whole_file(source, path)
    size = _size(path)
    return [Unit(source, path, start, min(start + unit_bytes, size)) for start in range(0, size, unit_bytes)]


def whole_file(source: Source, path: str) -> list[Unit]:
    """A file as one unit."""
    return [Unit(source, path, 0, _size(path), whole=True)]


def encoding_of(source: Source) -> str | None:
    """The encoding of a source's files; None for UTF-8."""
    encoding = source.encoding if source.reader == "table" else None
    return None if encoding in ("utf-8", "utf-8-sig") else encoding


def check_content(source: Source, path: str, is_text: bool = True) -> None:
    """Raises InputError for a file that is of another kind than its name says, or text of another encoding."""
    filesystem, local = filesystem_of(path)
    with open_ranges(filesystem, local) as file:
        head = file.read(HEAD_BYTES)
    check_kind(path, head)
    if not is_text:
        return
    if compression(path):
        with open_file(path, until=HEAD_BYTES) as file:
            head = file.read(HEAD_BYTES)
    check_text(path, head, encoding_of(source), option=source.reader == "table")


def find_encoding(path: str) -> str | None:
    """The encoding that a text file is most likely in; None for UTF-8.

    Raises InputError for a file of another kind than its name says, and for what is no text.
    """
    filesystem, local = filesystem_of(path)
    with open_ranges(filesystem, local) as file:
        check_kind(path, file.read(HEAD_BYTES))
    with open_file(path, until=HEAD_BYTES) as file:
        head = file.read(HEAD_BYTES)
    found = text_encoding(head)
    if found == "binary":
        check_text(path, head, None)
    return None if found in ("ascii", "utf-8") else found


def open_file(path: str, encoding: str | None = None, until: int | None = None) -> BinaryIO:
    """A file's content as UTF-8, to be read from its start. Reading raises InputError where it cannot be decompressed.

    encoding: what it is in; none: UTF-8, or whatever bytes there are. until: as `open_stream` takes it.
    """
    filesystem, local = filesystem_of(path)
    file = open_stream(filesystem, local, until)
    if compression(path):
        file = decompressed(file, path)
    return as_utf8(file, encoding) if encoding else file


def open_unit(unit: Unit, until: int | None = None) -> BinaryIO:
    """The content of a unit's file as `open_file` gives it; where it lies in parts, of these. until: none is the unit's
    end, where that is known."""
    if unit.content:
        return open_content(unit.content, unit.stop if until is None else until)
    end = None if unit.whole else unit.stop
    return open_file(unit.path, encoding_of(unit.source), end if until is None else until)


def read_lines(unit: Unit) -> Iterator[tuple[int, bytes | None]]:
    """As `number_lines`, the lines that start in the unit; the last may reach beyond it."""
    for offset, line in lines_from(unit):
        if not unit.holds(offset):
            return
        yield offset, line


def lines_from(unit: Unit) -> Iterator[tuple[int, bytes | None]]:
    """As `number_lines`, all lines of the file that start in the unit or after it; none if none starts in it."""
    with open_unit(unit) as file:
        if unit.start == 0:
            yield from number_lines(file)
            return
        # The line that holds byte start - 1 belongs to the unit before; if that byte ends it, nothing is lost.
        position = unit.start - 1
        file.seek(position)
        chunks = _chunks(file)
        for chunk in chunks:
            if end := _LINE_END.search(chunk):
                if unit.holds(position + end.end()):
                    yield from _number_lines(chain([chunk[end.end() :]], chunks), position + end.end())
                return
            position += len(chunk)
            if not unit.holds(position):
                return


def number_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """(byte offset, line without its end) for the lines of an open file; None for one of LINE_BYTES or more."""
    return _number_lines(_chunks(file), 0)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """A file in parts of about CHUNK_BYTES, none of which ends between a CR and its LF."""
    held = b""
    while chunk := file.read(CHUNK_BYTES):
        chunk, held = held + chunk, b""
        if chunk.endswith(b"\r"):
            chunk, held = chunk[:-1], b"\r"
        yield chunk
    yield held


def _number_lines(chunks: Iterable[bytes], position: int) -> Iterator[tuple[int, bytes | None]]:
    parts: list[bytes] = []  # of a line that has not ended yet
    size = 0
    for chunk in chunks:
        lines = chunk.splitlines(keepends=True)
        if lines and parts:
            parts.append(lines[0])
            size += len(lines[0])
            if not lines.pop(0).endswith((b"\n", b"\r")):
                parts = [b""] if size >= LINE_BYTES else parts
                continue
            yield position, None if size >= LINE_BYTES else b"".join(parts).rstrip(b"\r\n")
            position, parts, size = position + size, [], 0
        last = lines.pop() if lines and not lines[-1].endswith((b"\n", b"\r")) else b""
        for line in lines:
            yield position, None if len(line) >= LINE_BYTES else line.rstrip(b"\r\n")
            position += len(line)
        if last:
            parts, size = [last], len(last)
    if parts:
        yield position, None if size >= LINE_BYTES else b"".join(parts)


def check_ranges(path: str) -> None:
    """Raises InputError for a web server that does not send files from the middle, does not tell their size, or leads
    to a less safe place (`fetch.http.send`)."""
    if not path.startswith(("http://", "https://")):
        return
    try:
        with requests.Session() as session:
            send(session, "HEAD", path).close()
    except requests.RequestException as error:
        raise InputError(f"{bare(path)}: the server does not answer ({type(error).__name__})") from error
    if _size(path) < 2:
        return
    filesystem, local = filesystem_of(path)
    try:
        with filesystem.open(local, "rb", block_size=BUFFER) as file:
            file.seek(1)
            file.read(1)
    except ValueError as error:
        raise InputError(f"{path}: {_DOWNLOAD}") from error


def _size(path: str) -> int:
    filesystem, local = filesystem_of(path)
    size = ask(filesystem, "size", local)
    if size is None:
        raise InputError(f"{path}: {_DOWNLOAD}")
    return int(size)
