"""Files on a local disk: whole or not there, also after a power cut, and a full disk told in one line."""

from __future__ import annotations

import errno
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from raykd.errors import InputError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the last: a limit on the size of files (ulimit -f)
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
TEMPORARY = ".tmp"  # ends the names of files that are being written


def replace_file(target: str, write: Callable[[BinaryIO], object]) -> None:
    """Write a file under another name and rename it. Raises InputError where the disk is full."""
    with _written(target, write) as temporary:
        os.replace(temporary, target)


def create_file(target: str, content: bytes) -> None:
    """Write a file that is not there yet. Raises FileExistsError where it is, whoever was first."""
    with _written(target, lambda file: file.write(content)) as temporary:
        try:
            os.link(temporary, target)  # unlike a rename, never over another file
        except OSError as error:
            if error.errno in NO_LINKS:
                raise NotImplementedError(f"{target}: this disk knows no links") from error
            raise


@contextmanager
def told_if_full(target: str) -> Iterator[None]:
    """Raises InputError in place of the error of a full disk or a used up quota."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise InputError(disk_full(target)) from error
        raise


def disk_full(target: str) -> str:
    return f"{target}: the disk is full; free some space there, then the same command resumes"


@contextmanager
def _written(target: str, write: Callable[[BinaryIO], object]) -> Iterator[str]:
    temporary = f"{target}.{uuid.uuid4().hex[:8]}{TEMPORARY}"
    with told_if_full(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            with open(temporary, "wb") as file:
                write(file)
                file.flush()
                # Else a manifest may outlive a power cut that the files it speaks for did not; 2.6 ms a file here.
                os.fsync(file.fileno())
            yield temporary
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
