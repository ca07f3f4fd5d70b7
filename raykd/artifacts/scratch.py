"""Directories on a machine's own disk that go with what made them, even where that was killed."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from raykd.artifacts.processes import birth, this_machine

PREFIX = "raykd"


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """A temporary directory. Those that killed processes of this machine have left are removed first: hidden states
    and copies of models are gigabytes each, and a budget that counts only its own would fill the disk all the same."""
    remove_abandoned()
    name = "-".join([PREFIX, _machine_key(), str(os.getpid()), birth(os.getpid()), ""])
    with tempfile.TemporaryDirectory(prefix=name) as directory:
        yield Path(directory)


def remove_abandoned() -> None:
    """Scratch of processes of this machine that are gone; of others on a shared disk nothing is known."""
    for directory in Path(tempfile.gettempdir()).glob(f"{PREFIX}-{_machine_key()}-*-*-*"):
        _, _, pid, born, *_ = directory.name.split("-")
        if pid.isdigit() and birth(int(pid)) != born:
            shutil.rmtree(directory, ignore_errors=True)


def _machine_key() -> str:
    return hashlib.sha256(this_machine().encode()).hexdigest()[:8]
