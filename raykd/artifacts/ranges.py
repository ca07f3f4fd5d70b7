"""Files to read in parts: from a store comes what is asked for, nothing ahead, and what it fails at is asked for again.

The filesystems' own files fetch up to 50 MB ahead of each read, and give up where a read fails.
"""

from __future__ import annotations

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, BinaryIO, cast

import fsspec

from raykd.artifacts.filesystems import is_local
from raykd.artifacts.retry import ask, read_range

MARGIN = 1 << 16  # that is read behind the place up to which a file will be read: a line reaches beyond it
BUFFER = 4 << 20  # that a file which is read from its start is fetched in: a request takes as long as some MB


def open_ranges(filesystem: fsspec.AbstractFileSystem, path: str, size: int | None = None) -> BinaryIO:
    """A file to read here and there; each read is a request. size: its bytes, where they are known."""
    if is_local(filesystem):
        return cast(BinaryIO, filesystem.open(path, "rb"))
    return cast(BinaryIO, _Ranges(filesystem, path, size))


def open_stream(filesystem: fsspec.AbstractFileSystem, path: str, until: int | None = None) -> BinaryIO:
    """A file to read on from a place, in requests of BUFFER.

    until: the byte up to which it will be read, and perhaps a little further: what lies behind comes in small requests.
    """
    if is_local(filesystem):
        return cast(BinaryIO, io.BufferedReader(filesystem.open(path, "rb"), BUFFER))
    return io.BufferedReader(_Ranges(filesystem, path, until=until), BUFFER)


def open_parts(filesystem: fsspec.AbstractFileSystem, parts: Sequence[tuple[str, int]], until: int) -> BinaryIO:
    """Files that follow each other, as one to read on from a place. parts: path and bytes; until: as `open_stream`."""
    return io.BufferedReader(_Parts(filesystem, parts, until), BUFFER)


class _Ranges(io.RawIOBase):
    def __init__(
        self, filesystem: fsspec.AbstractFileSystem, path: str, size: int | None = None, until: int | None = None
    ) -> None:
        self._filesystem, self._path, self._place, self._until = filesystem, path, 0, until
        self._size = int(ask(filesystem, "size", path)) if size is None else size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        return self._place

    def read(self, size: int | None = -1) -> bytes:
        stop = self._size if size is None or size < 0 else min(self._place + size, self._size)
        content = self._fetch(self._place, stop)
        self._place += len(content)
        return content

    def _fetch(self, start: int, stop: int) -> bytes:
        return read_range(self._filesystem, self._path, start, stop)

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: Any) -> int:
        size = len(buffer)
        if self._until is not None:
            # Beyond it twice as much each time, for what goes on for long after all.
            size = min(size, max(self._until - self._place, 0) + MARGIN + max(self._place - self._until, 0))
        content = self.read(size)
        buffer[: len(content)] = content
        return len(content)


class _Parts(_Ranges):
    """A request for each part that a read reaches into."""

    def __init__(self, filesystem: fsspec.AbstractFileSystem, parts: Sequence[tuple[str, int]], until: int) -> None:
        self._paths = [path for path, _ in parts]
        self._starts = [0, *accumulate(size for _, size in parts)]
        super().__init__(filesystem, "", self._starts[-1], until)

    def _fetch(self, start: int, stop: int) -> bytes:
        found = []
        first = bisect_right(self._starts, start) - 1
        for path, (begin, end) in zip(self._paths[first:], pairwise(self._starts[first:]), strict=True):
            if begin >= stop:
                break
            here = max(start, begin) - begin, min(stop, end) - begin
            found.append(read_range(self._filesystem, path, *here))
        return b"".join(found)
