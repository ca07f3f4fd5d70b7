"""How a job ends: what of an error is the user's to mend, whatever store or worker it comes from."""

from __future__ import annotations

import re
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from raykd.artifacts import Storage
from raykd.artifacts.local_files import FULL, disk_full
from raykd.errors import InputError, LimitReached, Unavailable, UnexpectedContent, line_of, place_of, shown_line

# Of an actor that fails as it begins, and of a function that Ray Data calls, Ray may keep the traceback's words alone.
IN_WORDS = rf"^{re.escape(InputError.__module__)}\.{InputError.__name__}: (.+)$"
_IN_A_LINE = (Unavailable, UnexpectedContent)
LINE_CHARACTERS = 300  # of a traceback: libraries quote what they failed on


def interrupt_on_sigterm() -> None:
    """Have SIGTERM, as schedulers send it, end this process as Ctrl-C does.

    To be called again once Ray is connected, which has a process aborted three seconds after a SIGTERM, with a stack of
    its own on stderr, whatever is being written then.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)


def exit_status_of(error: BaseException, lost: str = "") -> int:
    """Says on stderr how a job ended, and returns 1 where it failed, 2 for bad input, 130 where it was interrupted.

    lost: why its lease is no longer its own, where that is so.
    """
    if isinstance(error, KeyboardInterrupt):
        if lost:
            _tell(f"error: {lost}; this driver stops")
            return 1
        _tell("interrupted; the same command resumes")
        return 130
    if bad_input := find_input_error(error):
        _tell(f"error: {bad_input}")
        return 2
    if isinstance(error, LimitReached):
        _tell(f"stopped: {error}")
        return 1
    if isinstance(error, Unavailable):
        _tell(f"failed: {error}")
        return 1
    for line in "".join(traceback.format_exception(error)).splitlines():
        _tell(line if len(line) <= LINE_CHARACTERS else f"{line[:LINE_CHARACTERS]}...")
    _tell("failed; the same command resumes")
    return 1


def _tell(line: str) -> None:
    print(shown_line(line), file=sys.stderr)


def outcome_of(error: BaseException) -> str:
    """The same in a line, for the lease, which others read: of a failure of ours its kind and place alone."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    if isinstance(error, LimitReached):
        return f"stopped: {error}"
    reason = find_input_error(error) or (error if isinstance(error, _IN_A_LINE) else place_of(error))
    return shown_line(f"failed: {' '.join(str(reason).split())}")


@contextmanager
def told_access(path: str, storage: Storage) -> Iterator[None]:
    """Raises InputError where the store cannot be reached as this user, or has no such bucket."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # each store has its own
        raise InputError(
            f"{path}: storage: {storage.uri} cannot be reached ({line_of(error)}); mend its address, or the keys and "
            "network here"
        ) from error


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
            # Ray's own subclass of it repeats a remote traceback; the line is in its cause, and Ray's advice below it.
            if type(current) is not InputError:
                return find_input_error(current.cause)  # type: ignore[attr-defined]
            line, *advice = str(current).splitlines()
            return InputError(line) if advice else current
        of_ray = type(current).__module__.startswith("ray.")
        if of_ray and (lines := re.findall(IN_WORDS, str(current), re.MULTILINE)):
            return InputError(lines[-1])
        if isinstance(current, OSError) and current.errno in FULL:
            return InputError(disk_full(current.filename or "this machine"))
        waiting += [current.__cause__, current.__context__, getattr(current, "cause", None)]
    return None
