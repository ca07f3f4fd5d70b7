"""A result named by what made it: settings, inputs and the version of the stage that makes it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from raykd.artifacts.filesystems import filesystem_of
from raykd.artifacts.ranges import open_stream
from raykd.artifacts.retry import ask
from raykd.errors import InputError


@dataclass(frozen=True)
class Result:
    """One directory of an experiment, complete when its manifest is there.

    kind: the folder ("texts", "encoders", ...); name: for people; version: of the stage's code, raised when the code
    changes its output; settings: what the result depends on, JSON values only; inputs: what it is made from, by name.
    """

    kind: str
    name: str
    version: int
    settings: Mapping[str, Any]
    inputs: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def hash(self) -> str:
        """sha256 of everything the result depends on; the name is not part of it, the kind is."""
        return settings_hash(
            {"kind": self.kind, "version": self.version, "settings": self.settings, "inputs": self.inputs}
        )

    @property
    def directory(self) -> str:
        return f"{self.kind}/{self.name}-{self.hash[:8]}"


def settings_hash(value: Any) -> str:
    """sha256 of the canonical JSON of a value; keys in any order give the same hash."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def file_identity(path: str, how: Literal["stat", "content"]) -> str:
    """What a source file is, wherever it lies: size and etag, blob id or time of change, or a hash of its content.

    Raises InputError where there is no such file.
    """
    filesystem, local = filesystem_of(path)
    try:
        info = ask(filesystem, "info", local)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    if how == "content":
        digest = hashlib.sha256()
        with open_stream(filesystem, local) as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
        return digest.hexdigest()
    changed = (
        info.get("ETag")
        or info.get("etag")
        or info.get("mtime")
        or info.get("LastModified")
        or info.get("blob_id")
        or ""
    )
    return f"{info['size']}:{changed}"
