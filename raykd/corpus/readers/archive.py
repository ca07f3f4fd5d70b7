"""One member of a 7z archive as a stream.

7z cannot be read from the middle and py7zr hands out what it decompresses rather than being asked for it, so a thread
pushes chunks into a short queue from which the reader takes them: memory stays bounded however large the member is.
What comes before the member in the archive is decompressed and dropped, what comes after it is not read.
"""

from __future__ import annotations

import queue
import threading
from typing import Any, BinaryIO

from raykd.artifacts.filesystems import filesystem_of
from raykd.artifacts.ranges import open_stream
from raykd.artifacts.retry import ask
from raykd.corpus.readers.compression import BUFFER, buffered, check_expansion
from raykd.errors import InputError, line_of

QUEUE_CHUNKS = 8
_WAIT_SECONDS = 0.1  # how often a full queue looks whether its reader has gone


class _ReaderGone(Exception):
    pass


def open_member(path: str, name: str) -> BinaryIO:
    """The member of an archive that is called `name`, as a stream. Reading raises InputError where it is damaged."""
    archive, file, member = _open(path, name)
    return _stream(archive, file, path, member)


def check_member(path: str, name: str) -> None:
    """Reads the archive's table of contents alone.

    Raises InputError if py7zr is not installed and for a file that is no archive, is encrypted, or holds no member
    called `name` (in whatever folder of it) or several.
    """
    _open(path, name)[1].close()


def _open(path: str, name: str) -> tuple[Any, BinaryIO, str]:
    try:
        import py7zr
    except ImportError as error:
        raise InputError(f"{path}: reading .7z needs py7zr; install it with: pip install 'raykd[archives]'") from error
    filesystem, local = filesystem_of(path)
    file = open_stream(filesystem, local)
    try:
        archive = py7zr.SevenZipFile(file)
        if archive.needs_password():
            raise InputError(f"{path}: the archive is encrypted")
        members = [member for member in archive.getnames() if member.rsplit("/", 1)[-1] == name]
    except InputError:
        file.close()
        raise
    except Exception as error:  # a damaged header fails in many ways
        file.close()
        raise InputError(f"{path}: not a 7z archive that can be read ({line_of(error)})") from error
    if len(members) != 1:
        there = ", ".join(members or archive.getnames()[:10]) or "nothing"
        file.close()
        raise InputError(f"{path}: an archive with one {name} is needed; this one has {len(members)}: {there}")
    unpacked = 0
    for entry in archive.files:  # what comes before the member is decompressed too
        unpacked += entry.uncompressed
        if entry.filename == members[0]:
            break
    try:
        check_expansion(path, unpacked, ask(filesystem, "size", local))
    except InputError:
        file.close()
        raise
    return archive, file, members[0]


def _stream(archive: Any, file: BinaryIO, path: str, member: str) -> BinaryIO:
    from py7zr.io import Py7zIO, WriterFactory

    chunks: queue.Queue[bytes | Exception] = queue.Queue(QUEUE_CHUNKS)
    gone = threading.Event()

    def put(item: bytes | Exception) -> None:
        while not gone.is_set():
            try:
                return chunks.put(item, timeout=_WAIT_SECONDS)
            except queue.Full:
                continue
        raise _ReaderGone

    class Writer(Py7zIO):
        count = 0

        def write(self, data: bytes | bytearray) -> int:
            for start in range(0, len(data), BUFFER):
                put(bytes(data[start : start + BUFFER]))
            self.count += len(data)
            return len(data)

        def read(self, size: int | None = None) -> bytes:
            return b""

        def seek(self, offset: int, whence: int = 0) -> int:
            return offset

        def flush(self) -> None:
            return None

        def size(self) -> int:
            return self.count

    class Factory(WriterFactory):
        def create(self, filename: str) -> Py7zIO:
            return Writer()

    def extract() -> None:
        try:
            archive.extract(targets=[member], factory=Factory())
            put(b"")
        except _ReaderGone:
            pass
        except Exception as error:
            if not gone.is_set():
                put(error)

    def pull() -> bytes:
        item = chunks.get()
        if isinstance(item, Exception):
            chunks.put(item)  # whoever reads on meets it again
            raise InputError(f"{path}: {member} is damaged or cannot be read ({line_of(item)})") from item
        if not item:
            chunks.put(item)
        return item

    def finish() -> None:
        gone.set()
        file.close()  # ends a thread that is still on its way to the member
        thread.join()

    thread = threading.Thread(target=extract, name=f"7z {path}", daemon=True)
    thread.start()
    return buffered(pull, finish)
