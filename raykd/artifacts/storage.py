"""Files on a local path or an object store (s3://, gs://, ...), by fsspec, with whole-file atomic writes."""

from __future__ import annotations

import io
import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from raykd.artifacts.filesystems import filesystem_of


class Storage:
    """One root; every path given is relative to it, with forward slashes.

    A file is either absent or whole: local writes go to a temporary name and are renamed, object stores put at once.
    """

    def __init__(self, root: str) -> None:
        # Other processes write here too, and a listing kept from before would hide what they wrote.
        self.filesystem, path = filesystem_of(root, use_listings_cache=False)
        self.root: str = path.rstrip("/")
        self.is_local = "file" in _protocols(self.filesystem)
        self.uri: str = self.root if self.is_local else self.filesystem.unstrip_protocol(self.root)

    def __reduce__(self) -> tuple[type[Storage], tuple[str]]:
        return Storage, (self.uri,)

    def path(self, *parts: str) -> str:
        """The path as the filesystem knows it (no protocol)."""
        return str(PurePosixPath(self.root, *parts))

    def address(self, *parts: str) -> str:
        """The path or URI that any process can use to reach the same file."""
        return str(PurePosixPath(self.root, *parts)) if self.is_local else "/".join([self.uri, *parts])

    def exists(self, path: str) -> bool:
        return bool(self.filesystem.exists(self.path(path)))

    def list(self, path: str) -> list[str]:
        """Names directly under a directory, sorted; empty where there is none."""
        if not self.exists(path):
            return []
        return sorted(PurePosixPath(entry).name for entry in self.filesystem.ls(self.path(path), detail=False))

    def read_bytes(self, path: str) -> bytes:
        return bytes(self.filesystem.cat_file(self.path(path)))

    def write_bytes(self, path: str, content: bytes) -> None:
        target = self.path(path)
        if not self.is_local:
            self.filesystem.pipe_file(target, content)
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        temporary = f"{target}.{uuid.uuid4().hex[:8]}.tmp"
        try:
            Path(temporary).write_bytes(content)
            os.replace(temporary, target)
        finally:
            Path(temporary).unlink(missing_ok=True)

    def read_json(self, path: str) -> Any:
        return json.loads(self.read_bytes(path))

    def write_json(self, path: str, value: Any) -> None:
        self.write_bytes(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())

    def read_table(self, path: str, columns: Sequence[str] | None = None) -> pa.Table:
        with self.filesystem.open(self.path(path), "rb") as file:
            return pq.read_table(file, columns=columns)

    def write_table(
        self, path: str, table: pa.Table, row_group_size: int | None = None, dictionary: bool = True
    ) -> None:
        """Write a parquet file. dictionary: whether values that repeat are stored once a row group."""
        buffer = io.BytesIO()
        pq.write_table(table, buffer, row_group_size=row_group_size, use_dictionary=dictionary, compression="zstd")
        self.write_bytes(path, buffer.getvalue())

    @contextmanager
    def open_parquet(self, path: str) -> Iterator[pq.ParquetFile]:
        with self.filesystem.open(self.path(path), "rb") as file:
            yield pq.ParquetFile(file)

    def remove(self, path: str) -> None:
        """Remove a file or a directory and all in it, and the folders that this leaves empty; absent ones are fine."""
        if self.exists(path):
            self.filesystem.rm(self.path(path), recursive=True)
        for folder in PurePosixPath(path).parents[:-1] if self.is_local else ():
            with suppress(OSError):  # not empty, or not there
                os.rmdir(self.path(str(folder)))

    def put_directory(self, local: str | Path, path: str) -> None:
        """Copy every file of a local directory, each atomically."""
        for file in sorted(Path(local).rglob("*")):
            if file.is_file():
                self.write_bytes(str(PurePosixPath(path, file.relative_to(local).as_posix())), file.read_bytes())

    @contextmanager
    def local_directory(self, path: str) -> Iterator[Path]:
        """A local view of a directory: the directory itself, or a copy that goes with the context."""
        if self.is_local:
            yield Path(self.path(path))
            return
        with tempfile.TemporaryDirectory(prefix="raykd-") as copy:
            self.filesystem.get(self.path(path).rstrip("/") + "/", copy + "/", recursive=True)
            yield Path(copy)


def _protocols(filesystem: fsspec.AbstractFileSystem) -> tuple[str, ...]:
    return (filesystem.protocol,) if isinstance(filesystem.protocol, str) else tuple(filesystem.protocol)
