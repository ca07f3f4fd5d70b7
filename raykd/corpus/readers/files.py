"""Files as bytes: which there are, how they are cut, and their lines, compressed or not.

Compressed by gzip (.gz), bzip2 (.bz2) and Zstandard (.zst), each read by pyarrow's own codecs, several streams in one
file included. A compressed file is one unit, and offsets in it count the uncompressed bytes: ids do not change when
a file is compressed.
"""

from __future__ import annotations

import glob
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pyarrow as pa

from raykd.artifacts.filesystems import filesystem_of
from raykd.config import Source
from raykd.corpus.readers.units import Unit
from raykd.errors import InputError

COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
# Bytes of content for a byte of a compressed file: rough figures for text and markup, set by us. Content is measured by
# no reader beforehand, and what is made of the estimate (the number of shards) must follow from the files alone.
CONTENT_RATIOS = {".gz": 3, ".bz2": 4, ".zst": 3, ".7z": 5, ".parquet": 3}
BUFFER = 1 << 20
LINE_BYTES = 64 << 20  # a longer line is no row: the longest of a Stack Exchange dump are far below 1 MB
LONG_LINE = f"a line of {LINE_BYTES} bytes or more"
# What of a folder is read, by how the uncompressed file is called: others may lie beside it (a fetched archive's record
# and parts). WikiExtractor's files have no suffix. A file or pattern is taken as it is named.
FOLDER_NAMES = {
    "stackexchange": r"\.(xml|7z)$",
    "table": r"\.(parquet|jsonl|csv|txt)$",
    "dump": r"\.xml(-p\d+p\d+)?$",
    "extracted": "",
}
_DOWNLOAD = (
    "the server sends files only whole, or does not say how large they are; download it first (jobs/fetch.py for "
    "Stack Exchange, else by hand) and give its path"
)
_BROKEN = "broken off, or not what its name says"


def compression(path: str) -> str:
    """The suffix that says how a file is compressed; "" for one that is not."""
    return next((suffix for suffix in COMPRESSIONS if path.endswith(suffix)), "")


def plain_name(path: str) -> str:
    """The last part of a path, as the uncompressed file is called."""
    return path.rsplit("/", 1)[-1].removesuffix(compression(path))


def source_files(source: Source) -> list[str]:
    """The files of a source, sorted. Raises InputError where there is none, or two of one name."""
    filesystem, path = filesystem_of(source.path)
    read = ""
    if filesystem.isdir(path):
        path = path.rstrip("/") + "/*"
        read = FOLDER_NAMES[source.form if source.reader == "wikipedia" else source.reader]
    found = [path] if filesystem.exists(path) else filesystem.glob(path) if glob.has_magic(path) else []
    files = sorted(str(file) for file in found if filesystem.isfile(file) and re.search(read, plain_name(str(file))))
    if not files:
        raise InputError(
            f"{source.path}: no such file{f'; of a folder, those called *{read} are read' if read else ''}"
        )
    names: dict[str, str] = {}
    for file in files:
        # Document ids are made from the last part of the path, so that a moved file keeps them.
        if (other := names.setdefault(plain_name(file), file)) != file:
            raise InputError(f"{source.path}: {other} and {file} have one name; make each a source, with a name")
    return [filesystem.unstrip_protocol(file) if "://" in source.path else file for file in files]


def content_bytes(path: str) -> int:
    """About how many bytes of content a file has, by its size and its suffix."""
    return _size(path) * next((ratio for suffix, ratio in CONTENT_RATIOS.items() if path.endswith(suffix)), 1)


def byte_ranges(source: Source, path: str, unit_bytes: int) -> list[Unit]:
    """A file cut into ranges of unit_bytes; a compressed one whole."""
    if compression(path):
        return whole_file(source, path)
    size = _size(path)
    return [Unit(source, path, start, min(start + unit_bytes, size)) for start in range(0, size, unit_bytes)]


def whole_file(source: Source, path: str) -> list[Unit]:
    """A file as one unit."""
    return [Unit(source, path, 0, _size(path), whole=True)]


def open_file(path: str) -> BinaryIO:
    """A file, decompressed, to be read from its start. Reading raises InputError where it cannot be decompressed."""
    filesystem, local = filesystem_of(path)
    file = filesystem.open(local, "rb", block_size=BUFFER)
    if not (suffix := compression(path)):
        return io.BufferedReader(file, BUFFER)  # not every filesystem's files can limit the length of a line
    stream = pa.CompressedInputStream(file, COMPRESSIONS[suffix])
    read = 0

    def pull() -> bytes:
        nonlocal read
        try:
            chunk = stream.read(BUFFER)
        except OSError as error:
            if type(error) is not OSError:  # the codecs raise OSError itself; a storage that fails, a kind of it
                raise
            raise InputError(f"{path}: {_BROKEN}, after {read} bytes of content ({error})") from error
        read += len(chunk)
        return chunk

    return buffered(pull, file.close)


class _Pulled(io.RawIOBase):
    """A stream of the chunks that a function returns until it returns none."""

    def __init__(self, pull: Callable[[], bytes], finish: Callable[[], None]) -> None:
        self._pull, self._finish = pull, finish
        self._chunk = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        if not self._chunk:
            self._chunk = memoryview(self._pull())
        taken = min(len(buffer), len(self._chunk))
        buffer[:taken] = self._chunk[:taken]
        self._chunk = self._chunk[taken:]
        return taken

    def close(self) -> None:
        if not self.closed:
            self._finish()
        super().close()


def buffered(pull: Callable[[], bytes], finish: Callable[[], None]) -> BinaryIO:
    """The chunks that `pull` returns, b"" at their end, as one file; `finish` is called once when it is closed."""
    return io.BufferedReader(_Pulled(pull, finish), BUFFER)


def read_lines(unit: Unit) -> Iterator[tuple[int, bytes | None]]:
    """As `number_lines`, the lines that start in the unit; the last may reach beyond it."""
    for offset, line in lines_from(unit):
        if not unit.holds(offset):
            return
        yield offset, line


def lines_from(unit: Unit) -> Iterator[tuple[int, bytes | None]]:
    """As `number_lines`, all lines of the file that start in the unit or after it; none if none starts in it."""
    with open_file(unit.path) as file:
        position = max(unit.start - 1, 0)
        if unit.start > 0:
            file.seek(position)
            # The line that holds byte start - 1 belongs to the unit before; if that byte ends it, nothing is lost.
            for length in _skip_line(file):
                position += length
                if not unit.holds(position):
                    return
        yield from number_lines(file, position)


def number_lines(file: BinaryIO, position: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """(byte offset, line without its end) for the lines of an open file; None for one of LINE_BYTES or more."""
    while line := file.readline(LINE_BYTES):
        whole = len(line) < LINE_BYTES
        yield position, line.rstrip(b"\r\n") if whole else None
        position += len(line)
        if not whole and not line.endswith(b"\n"):
            position += sum(_skip_line(file))


def _skip_line(file: BinaryIO) -> Iterator[int]:
    """The lengths of the parts of what is left of a line."""
    while part := file.readline(BUFFER):
        yield len(part)
        if part.endswith(b"\n"):
            return


def check_ranges(path: str) -> None:
    """Raises InputError for a web server that does not send files from the middle, or does not tell their size."""
    if not path.startswith(("http://", "https://")) or _size(path) < 2:
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
    size = filesystem.size(local)
    if size is None:
        raise InputError(f"{path}: {_DOWNLOAD}")
    return int(size)
