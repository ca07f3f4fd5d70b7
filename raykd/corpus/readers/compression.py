"""Compressed files as streams of their content: gzip (.gz), bzip2 (.bz2), Zstandard (.zst), xz (.xz).

Several streams in one file are read one after the other, as pigz, pbzip2 and pzstd write them, and zeros after the last
one, which tapes and block devices leave, are padding. Content is pulled a megabyte at a time; a stream that wants more
memory than WINDOW_BYTES, or that holds more than BOMB_RATIO times its own size, is refused.
"""

from __future__ import annotations

import bz2
import io
import lzma
import re
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import pyarrow as pa

from raykd.errors import InputError

COMPRESSIONS = {".gz": "gzip", ".bz2": "bzip2", ".zst": "Zstandard", ".xz": "xz"}
BUFFER = 1 << 20
# More content than this for a byte of a file is no text: real dumps have 5 to 10, logs some 50.
BOMB_RATIO, BOMB_BYTES = 250, 100 << 20
WINDOW_BYTES = 128 << 20  # of content that a stream may refer back to: what zstd -d and xz -9 take by themselves
_BZIP2_STREAM = re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)")  # its head, and that of its first block or its end
ZSTD_FRAME = b"\x28\xb5\x2f\xfd"


def compression(path: str) -> str:
    """The suffix that says how a file is compressed, in small letters; "" for one that is not."""
    return next((suffix for suffix in COMPRESSIONS if path.lower().endswith(suffix)), "")


def check_expansion(path: str, content: int, size: int) -> None:
    """Raises InputError for more content, in bytes, than text of `size` compressed bytes can be."""
    if content > max(BOMB_BYTES, BOMB_RATIO * size):
        raise InputError(f"{path}: {content:,} bytes of content or more in {size:,} compressed bytes; that is no text")


def decompressed(file: BinaryIO, path: str) -> BinaryIO:
    """The content of an open compressed file; reading raises InputError where it is damaged, cut off, or a bomb."""
    suffix = compression(path)
    pull = _pull_zstd(file, path) if suffix == ".zst" else Streams(file, path, suffix).pull
    return buffered(pull, file.close)


def next_stream(file: BinaryIO, start: int, stop: int) -> int | None:
    """Where the first bzip2 stream begins that does so in bytes [start, stop) of an open file; None where none does.

    By the ten bytes that begin one; that the streams before it end there is for the caller to check (`Streams.place`).
    """
    file.seek(start)
    position, held = start, b""
    while position < stop and (part := file.read(BUFFER)):
        part = held + part
        if found := _BZIP2_STREAM.search(part):
            return position + found.start() if position + found.start() < stop else None
        held = part[-9:]
        position += len(part) - len(held)
    return None


class Streams:
    """The content of the streams of one file: `pull` returns a part of it, b"" at its end.

    start, stop: the streams that begin in these bytes of the file alone, the first of them at `start`; stop: none is
    the file's end. place: in the file, of the next stream, once one has ended.
    """

    def __init__(self, file: BinaryIO, path: str, suffix: str, start: int = 0, stop: int | None = None) -> None:
        self._file, self._path, self._suffix = file, path, suffix
        self._start, self._stop = start, stop
        self._decoder: Any = None
        self._rest = b""  # read and not yet given to a decoder
        self._read, self._content = start, 0
        file.seek(start)

    @property
    def place(self) -> int:
        return self._read - len(self._rest)

    @property
    def _so_far(self) -> str:
        return f"{self._content:,} bytes of content" + (f" from byte {self._start:,} on" if self._start else "")

    def pull(self) -> bytes:
        while True:
            if (self._decoder is None or self._decoder.eof) and not self._next_stream():
                return b""
            if not self._rest and self._decoder.needs_input:
                self._rest = self._more()
            ended = not self._rest and self._decoder.needs_input
            try:
                content: bytes = self._decoder.decompress(self._rest, BUFFER)
            except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
                raise InputError(self._what_is_wrong(error)) from error
            self._rest = self._decoder.unused_data if self._decoder.eof else b""
            self._content += len(content)
            check_expansion(self._path, self._content, self._read - self._start)
            if content:
                return content
            if ended and not self._decoder.eof:
                raise InputError(
                    f"{self._path}: cut off at byte {self._read:,}, where its {COMPRESSIONS[self._suffix]} stream goes "
                    f"on ({self._so_far} come before); copy or download it anew"
                )

    def _more(self) -> bytes:
        part = self._file.read(BUFFER)
        self._read += len(part)
        return part

    def _next_stream(self) -> bool:
        self._rest = self._rest.lstrip(b"\0") if self._decoder else self._rest
        while not self._rest:
            if not (part := self._more()):
                return False
            self._rest = part.lstrip(b"\0") if self._decoder else part
        if self._stop is not None and self.place >= self._stop:
            return False
        match self._suffix:
            case ".gz":
                self._decoder = _Gzip()
            case ".bz2":
                self._decoder = bz2.BZ2Decompressor()
            case _:
                self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2 * WINDOW_BYTES)
        return True

    def _what_is_wrong(self, error: Exception) -> str:
        if "emory usage limit" in str(error):
            return f"{self._path}: its dictionary is larger than is read here; write it anew: xz -dc FILE | xz > OTHER"
        where = f"before byte {self._read:,}, after {self._so_far}"
        return f"{self._path}: damaged {where} ({error}); copy or download it anew"


class _Gzip:
    """zlib's decompressor with the attributes that bz2's and lzma's have."""

    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(wbits=31)
        self._is_full = False

    eof = property(lambda self: self._zlib.eof)
    unused_data = property(lambda self: self._zlib.unused_data)
    needs_input = property(lambda self: not self._zlib.unconsumed_tail and not self._is_full)

    def decompress(self, data: bytes, most: int) -> bytes:
        content = self._zlib.decompress(self._zlib.unconsumed_tail + data, most)
        self._is_full = len(content) == most  # what zlib holds back comes with the next call
        return content


def _pull_zstd(file: BinaryIO, path: str) -> Callable[[], bytes]:
    head = file.read(18)
    file.seek(0)
    if (window := zstd_window(head)) > WINDOW_BYTES:
        raise InputError(_too_long(path, f"its window is {window >> 20:,} MiB"))
    stream, content = pa.CompressedInputStream(file, "zstd"), 0

    def pull() -> bytes:
        nonlocal content
        try:
            part: bytes = stream.read(BUFFER)
        except OSError as error:
            if type(error) is not OSError:  # the codec raises OSError itself; a storage that fails, a kind of it
                raise
            where = f"after {content:,} bytes of content"
            if "too much memory" in str(error):
                raise InputError(_too_long(path, f"{where} a window is too large")) from error
            if "Truncated" in str(error):
                cut = f"cut off at byte {file.tell():,}, {where}; copy or download it anew"
                raise InputError(f"{path}: {cut}") from error
            raise InputError(f"{path}: damaged {where} ({error}); copy or download it anew") from error
        content += len(part)
        check_expansion(path, content, file.tell())
        return part

    return pull


def _too_long(path: str, what: str) -> str:
    return (
        f"{path}: {what} (zstd --long or --ultra), and {WINDOW_BYTES >> 20} MiB are read here; write it anew: "
        "zstd -dc --long=31 FILE | zstd > OTHER"
    )


def zstd_window(head: bytes) -> int:
    """Bytes of the window that a frame asks for, 0 where `head` is no start of one (RFC 8878, section 3.1.1.1)."""
    if not head.startswith(ZSTD_FRAME) or len(head) < 18:
        return 0
    descriptor = head[4]
    if not descriptor & 0x20:
        exponent, mantissa = head[5] >> 3, head[5] & 7
        return (1 << (10 + exponent)) + ((1 << (10 + exponent)) >> 3) * mantissa
    start = 5 + (0, 1, 2, 4)[descriptor & 3]  # a single segment: its content is the window
    width = (1, 2, 4, 8)[descriptor >> 6]
    return int.from_bytes(head[start : start + width], "little") + (256 if width == 2 else 0)


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
