"""Whether a store has a local file already, by the checksum that the store itself tells."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fsspec

from raykd.artifacts.retry import in_time

PART_BYTES = 50 << 20  # of a multi-part upload by s3fs
ASK_BYTES = 1 << 20  # a smaller file is sent in the time that it takes to ask for it


def is_there(filesystem: fsspec.AbstractFileSystem, path: str, local: Path) -> bool:
    """Whether the store holds just the bytes of a local file; no where it is small, or the store tells no checksum."""
    size = local.stat().st_size
    if size < ASK_BYTES:
        return False
    try:
        info = in_time(filesystem, "info", path)
    except FileNotFoundError:
        return False
    return bool(info["size"] == size) and _same(info, local)


def _same(info: Mapping[str, Any], local: Path) -> bool:
    if told := info.get("md5Hash"):  # gs
        return bool(base64.b64decode(told) == _md5s(local, None)[0])
    if told := (info.get("content_settings") or {}).get("content_md5"):  # abfs
        return bytes(told) == _md5s(local, None)[0]
    tag = str(info.get("ETag", "")).strip('"')
    if "-" not in tag:  # s3, sent at once
        return tag == _md5s(local, None)[0].hex()
    parts = _md5s(local, PART_BYTES)  # s3, sent in parts: the md5 of their md5s, and how many
    return tag == f"{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"


def _md5s(local: Path, part_bytes: int | None) -> list[bytes]:
    """md5 of every part of a file, or of all of it."""
    with local.open("rb") as file:
        if part_bytes is None:
            return [hashlib.file_digest(file, _md5).digest()]
        return [_md5(part).digest() for part in _parts(file, part_bytes)]


def _md5(content: bytes = b"") -> Any:
    return hashlib.md5(content, usedforsecurity=False)


def _parts(file: Any, size: int) -> Iterator[bytes]:
    while part := file.read(size):
        yield part
