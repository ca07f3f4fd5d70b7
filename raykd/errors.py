"""Errors that say all in one line: bad input, a limit that was reached, what did not come up; how a line is shown."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

# Those that a terminal obeys, line ends, and marks that turn the direction of what follows.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_QUERY = re.compile(r"(\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s?#'\"]*)[?#][^\s'\"]*[^\s'\".,:;)]")


class InputError(Exception):
    """Bad input or configuration: one clear line that says what, where and what to do.

    Jobs print the line and exit with status 2; every other exception is a failure (status 1).
    """


class LimitReached(Exception):
    """A limit that the user set was reached before the work was done: what, where, and how to go on, in one line.

    Everything done is kept. Jobs print the line and exit with status 1.
    """


class UnexpectedContent(Exception):
    """A failure of our own on some row's content: where, and of what kind, but not what the content is."""


class Unavailable(Exception):
    """What a job needs did not come up, though nothing is wrong with its input: what, and how to go on, in one line.

    Jobs print the line and exit with status 1.
    """


@contextmanager
def in_one_line(what: str) -> Iterator[None]:
    """Raises InputError, `what` and the first line of the reason, for whatever a library raises on files of the user's.

    For libraries that raise errors of every kind on bad files: safetensors, pickle, tokenizers, those of configs.
    """
    try:
        yield
    except (InputError, MemoryError):
        raise
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0]
        told = line if line and isinstance(error, OSError | ValueError) else f"{type(error).__name__}: {line}"
        raise InputError(f"{what}: {told}") from error


def line_of(error: BaseException) -> str:
    """What an error says, in one line; its kind, where that is nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def shown_line(text: str) -> str:
    """A line as terminals and logs may have it: control characters as escapes, addresses without their queries, which
    may be signatures."""
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), _QUERY.sub(r"\1?...", text))


def place_of(error: BaseException) -> str:
    """`ValueError at raykd/corpus/clean.py:40`: the kind of an error and the last line of ours that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    files = [(frame.filename.replace("\\", "/"), frame.lineno) for frame in frames]
    ours = [f"raykd/{file.rpartition('/raykd/')[2]}:{line}" for file, line in files if "/raykd/" in file]
    return type(error).__name__ + (f" at {ours[-1]}" if ours else "")
