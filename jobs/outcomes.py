"""How a job ends: what of an error is the user's to mend, whatever store or worker it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from raykd.artifacts import Storage
from raykd.artifacts.local_files import FULL, disk_full
from raykd.errors import InputError


@contextmanager
def told_access(path: str, storage: Storage) -> Iterator[None]:
    """Raises InputError where the store cannot be reached as this user, or has no such bucket."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # each store has its own
        what = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"{path}: storage: {storage.uri} cannot be reached ({what})") from error


def find_input_error(error: BaseException | None) -> InputError | None:
    """The bad input behind an error, through whatever Ray wrapped around it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, InputError):
            # Ray's own subclass of it repeats a remote traceback; the line is in its cause.
            return current if type(current) is InputError else find_input_error(current.cause)  # type: ignore[attr-defined]
        if isinstance(current, OSError) and current.errno in FULL:
            return InputError(disk_full(current.filename or "this machine"))
        waiting += [current.__cause__, current.__context__, getattr(current, "cause", None)]
    return None
