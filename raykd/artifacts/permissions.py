"""Who may read what a job writes on a local disk: its user alone, unless resources.readable_by says otherwise."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

ReadableBy = Literal["owner", "group", "everyone"]
UMASKS: dict[ReadableBy, int] = {"owner": 0o077, "group": 0o027, "everyone": 0o022}


@contextmanager
def private_files() -> Iterator[None]:
    """Files made meanwhile are this user's alone, also in processes that are started, until `share_files`."""
    before = os.umask(UMASKS["owner"])
    try:
        yield
    finally:
        os.umask(before)


def share_files(readable_by: ReadableBy) -> None:
    """Files made from now on are readable by these."""
    os.umask(UMASKS[readable_by])


def close_directory(directory: Path, readable_by: ReadableBy) -> None:
    """Nobody else enters a directory of this user's: that is enough for all in it, whichever process writes there."""
    status = directory.stat()
    if status.st_uid == os.getuid() and stat.S_IMODE(status.st_mode) & UMASKS[readable_by]:
        directory.chmod(stat.S_IMODE(status.st_mode) & ~UMASKS[readable_by])
