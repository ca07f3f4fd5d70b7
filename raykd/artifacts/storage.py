"""Files on a local path or an object store (s3://, gs://, abfs://, ...), by fsspec, with whole-file atomic writes."""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq

from raykd.artifacts.filesystems import filesystem_of, is_local
from raykd.artifacts.local_files import create_file, replace_file, told_if_full
from raykd.artifacts.ranges import open_ranges
from raykd.artifacts.retry import ask, in_time, persist, read_range
from raykd.artifacts.scratch import scratch_directory
from raykd.artifacts.transfer import is_there

READERS = 16  # threads of a process that wait for a store at the same time
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def at_once(request: Callable[[Asked], Answer], items: Iterable[Asked]) -> Iterator[Answer]:
    """request(item) of each, in their order, where a request is waiting for a store: READERS at the same time."""
    with ThreadPoolExecutor(READERS) as threads:
        yield from threads.map(request, items)


class Storage:
    """One root; every path given is relative to it, with forward slashes.

    A file is either absent or whole: local writes go to a temporary name and are renamed, object stores show a file
    when they have all of it. What a store fails at is tried again; a full disk raises InputError.
    """

    def __init__(self, root: str) -> None:
        # Other processes write here too, and a listing kept from before would hide what they wrote.
        self.filesystem, path = filesystem_of(root, use_listings_cache=False)
        self.root: str = path.rstrip("/")
        self.is_local = is_local(self.filesystem)
        self.uri: str = self.root if self.is_local else self.filesystem.unstrip_protocol(self.root)

    @property
    def name(self) -> str:
        """The last part of its root: of an experiment's storage, the experiment's."""
        return PurePosixPath(self.root).name

    def __reduce__(self) -> tuple[type[Storage], tuple[str]]:
        return Storage, (self.uri,)

    def path(self, *parts: str) -> str:
        """The path as the filesystem knows it (no protocol). Raises ValueError where it would leave the root."""
        if any(part.startswith("/") or ".." in PurePosixPath(part).parts for part in parts):
            raise ValueError(f"{'/'.join(parts)!r} is not a path inside {self.uri}")
        return str(PurePosixPath(self.root, *parts))

    def address(self, *parts: str) -> str:
        """The path or URI that any process can use to reach the same file."""
        path = self.path(*parts)
        return path if self.is_local else "/".join([self.uri, *parts])

    def ray_location(self, path: str) -> dict[str, Any]:
        """What Ray's RunConfig takes to write there, through the same filesystem as everything else."""
        if self.is_local:
            return {"storage_path": self.path(path)}
        handler = pyarrow.fs.FSSpecHandler(self.filesystem)
        return {"storage_path": self.path(path), "storage_filesystem": pyarrow.fs.PyFileSystem(handler)}

    def exists(self, path: str) -> bool:
        return bool(self._call("exists", path))

    def list(self, path: str) -> list[str]:
        """Names directly under a directory, sorted; empty where there is none."""
        if not self.exists(path):
            return []
        return sorted(PurePosixPath(entry).name for entry in self._call("ls", path, detail=False))

    def sizes(self, path: str) -> dict[str, int]:
        """Bytes of every file under a directory, at any depth, by its path from there, sorted."""
        return {name: int(info["size"]) for name, info in self.infos(path).items()}

    def infos(self, path: str) -> dict[str, dict[str, Any]]:
        """What the filesystem tells of every file under a directory, by its path from there, sorted."""
        found = self._call("find", path, detail=True)
        start = self.path(path).lstrip("/")
        return {
            str(PurePosixPath(name.lstrip("/")).relative_to(start)): info
            for name, info in sorted(found.items())
            if info["type"] == "file"
        }

    def size(self, path: str) -> int:
        """Bytes of a file."""
        return int(self._call("size", path))

    def read_bytes(self, path: str) -> bytes:
        return bytes(self._call("cat_file", path))

    def read_range(self, path: str, start: int, stop: int) -> bytes:
        """Bytes [start, stop) of a file, and not one more from the store. Raises OSError where it has fewer."""
        return read_range(self.filesystem, self.path(path), start, stop)

    def write_bytes(self, path: str, content: bytes) -> None:
        if self.is_local:
            replace_file(self.path(path), lambda file: file.write(content))
        else:
            self._call("pipe_file", path, content, size=len(content))

    def create(self, path: str, content: bytes) -> bool:
        """Write a file where there is none, at one moment for all who try; False where there is one.

        Raises NotImplementedError where the store cannot.
        """
        try:
            if self.is_local:
                create_file(self.path(path), content)
            else:
                self._call("pipe_file", path, content, mode="create", size=len(content))
        except OSError as error:
            code = getattr(error.__cause__, "response", {}).get("Error", {}).get("Code")
            if code == "NotImplemented":  # S3 look-alikes
                raise NotImplementedError(f"{self.address(path)}: {error}") from error
            if not self.exists(path):
                raise
            # A store that had written it, and whose answer got lost, was asked again.
            return not self.is_local and self.read_bytes(path) == content
        return True

    def read_json(self, path: str) -> Any:
        return json.loads(self.read_bytes(path))

    def write_json(self, path: str, value: Any) -> None:
        self.write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())

    def read_table(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        if columns is None:
            return pq.read_table(pa.BufferReader(self.read_bytes(path)))
        with open_ranges(self.filesystem, self.path(path)) as file:
            return pq.read_table(file, columns=columns)

    def write_table(
        self, path: str, table: pa.Table, row_group_size: int | None = None, dictionary: bool = True
    ) -> None:
        """Write a parquet file. dictionary: whether values that repeat are stored once a row group."""
        buffer = io.BytesIO()
        pq.write_table(table, buffer, row_group_size=row_group_size, use_dictionary=dictionary, compression="zstd")
        self.write_bytes(path, buffer.getvalue())

    @contextmanager
    def open_parquet(
        self, path: str, footer: pq.FileMetaData | None = None, size: int | None = None
    ) -> Iterator[pq.ParquetFile]:
        """A parquet file to read in parts: from a store come its footer and what is asked for, nothing ahead.

        footer, size: its metadata and bytes, where they are known from before and the file is still the same; they are
        not asked for again then.
        """
        with open_ranges(self.filesystem, self.path(path), size) as file:
            yield pq.ParquetFile(file, metadata=footer)

    def remove(self, path: str) -> None:
        """Remove a file or a directory and all in it, and the folders that this leaves empty; absent ones are fine."""
        if self.exists(path):
            with suppress(FileNotFoundError):  # a try that failed halfway had removed it
                self._call("rm", path, recursive=True)
        for folder in PurePosixPath(path).parents[:-1] if self.is_local else ():
            with suppress(OSError):  # not empty, or not there
                os.rmdir(self.path(str(folder)))

    def put_directory(self, local: str | Path, path: str) -> None:
        """Copy every file of a local directory, each atomically and in parts where it is large.

        One that is there already, by its size and the store's own checksum, is not sent again.
        """
        for file in sorted(Path(local).rglob("*")):
            if file.is_file():
                self.put_file(file, str(PurePosixPath(path, file.relative_to(local).as_posix())))

    def put_file(self, local: Path, path: str) -> None:
        """Copy a local file, atomically and in parts where it is large; see `put_directory`."""
        if self.is_local:
            with local.open("rb") as file:
                replace_file(self.path(path), lambda target: shutil.copyfileobj(file, target, 1 << 20))
            return

        def put() -> None:
            if not is_there(self.filesystem, self.path(path), local):
                in_time(self.filesystem, "put_file", str(local), self.path(path), size=local.stat().st_size)

        persist(self.address(path), put)

    @contextmanager
    def local_directory(self, path: str) -> Iterator[Path]:
        """A local view of a directory: the directory itself, or a copy that goes with the context."""
        if self.is_local:
            yield Path(self.path(path))
            return
        with scratch_directory() as copy:
            # Each by its name: a recursive get leaves out what one request of its listing failed at.
            for name, size in self.sizes(path).items():
                Path(copy, name).parent.mkdir(parents=True, exist_ok=True)
                with told_if_full(str(copy)):
                    whole = str(PurePosixPath(path, name))
                    self._call("get_file", whole, str(Path(copy, name)), size=size)
            yield copy

    def _call(self, method: str, path: str, *arguments: Any, **options: Any) -> Any:
        """A method of the filesystem (`retry.ask`)."""
        return ask(self.filesystem, method, self.path(path), *arguments, **options)
