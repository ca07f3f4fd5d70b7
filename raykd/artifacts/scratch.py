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


def private_directory(root: Path, longest: int) -> Path | None:
    """A new directory that only this user may enter, for whoever needs a short path; one a process.

    None where `root` is no directory, or the path would be longer than so many bytes. Its maker removes it; where that
    was killed, the next that comes here does.
    """
    remove_abandoned(root)
    directory = root / "-".join([PREFIX, _machine_key(), str(os.getpid()), birth(os.getpid()), ""])
    if not root.is_dir() or len(os.fsencode(directory)) > longest:
        return None
    directory.mkdir(mode=0o700)
    return directory


def remove_abandoned(root: Path | None = None) -> None:
    """Scratch of processes of this machine that are gone; of others on a shared disk nothing is known."""
    for directory in (root or Path(tempfile.gettempdir())).glob(f"{PREFIX}-{_machine_key()}-*-*-*"):
        _, _, pid, born, *_ = directory.name.split("-")
        if pid.isdigit() and birth(int(pid)) != born:
            shutil.rmtree(directory, ignore_errors=True)


def _machine_key() -> str:
    return hashlib.sha256(this_machine().encode()).hexdigest()[:8]
