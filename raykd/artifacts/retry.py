"""Asking a store: each try ends after a time, and what it failed at is tried again, above the filesystems' own retries.

The filesystems' timeouts bound how long they wait for a byte, and not every wait is for one: an upload that waits to be
let in, or a lost answer in a pool of connections, may stand still for good.
"""

from __future__ import annotations

import errno
import logging
import queue
import threading
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import fsspec
import fsspec.asyn

from raykd.artifacts.filesystems import is_local
from raykd.errors import shown_line

Answer = TypeVar("Answer")

WAITS = (0.5, 2.0, 8.0)  # seconds before the second, third and fourth try
TRY_SECONDS = 60.0  # that a try may take, and a second more for each MB that it sends or fetches
SLOWEST = 1_000_000  # bytes a second
# Calls of many requests, whose number nobody knows beforehand.
LONG = frozenset(("find", "glob", "ls", "rm"))
LONG_SECONDS = 600.0
# Answers, not failures: another try would bring the same.
ANSWERS = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)
# What the stores' clients raise that is no OSError, where a server cannot be reached, hangs up or fails. By name, since
# one store's client is installed without the others'.
FAILURES = {
    *("HTTPClientError", "EndpointConnectionError", "IncompleteReadError"),  # botocore
    *("ClientPayloadError", "ServerDisconnectedError"),  # aiohttp, below s3fs and gcsfs
    *("ServiceRequestError", "ServiceResponseError"),  # Azure's
}
FAILED = (408, 429, *range(500, 600))  # HTTP status

_log = logging.getLogger(__name__)


def persist(what: str, call: Callable[[], Answer]) -> Answer:
    """What `call` returns, tried again where the store failed rather than answered; it must be safe to repeat."""
    for wait in WAITS:
        try:
            return call()
        except Exception as error:
            if not is_failure(error):
                raise
            _log.warning("%s failed and is tried again in %g s: %s", what, wait, shown_line(str(error)))
            time.sleep(wait)
    return call()


def ask(filesystem: fsspec.AbstractFileSystem, method: str, *arguments: Any, size: int = 0, **options: Any) -> Any:
    """What a method of a filesystem returns; elsewhere than on a local disk in time, and tried again where it fails.

    size: bytes that it sends or fetches.
    """
    if is_local(filesystem):
        return getattr(filesystem, method)(*arguments, **options)
    what = f"{method} {filesystem.unstrip_protocol(str(arguments[0]))}"
    return persist(what, lambda: in_time(filesystem, method, *arguments, size=size, **options))


def read_range(filesystem: fsspec.AbstractFileSystem, path: str, start: int, stop: int) -> bytes:
    """Bytes [start, stop) of a file, and not one more from the store. Raises OSError where it has fewer."""
    # The hub's filesystem opens a file for it, which else fetches 5 MB ahead.
    ahead = {} if filesystem.async_impl or is_local(filesystem) else {"cache_type": "none"}

    def read() -> bytes:
        content = bytes(in_time(filesystem, "cat_file", path, size=stop - start, start=start, end=stop, **ahead))
        if len(content) != stop - start:
            raise OSError(errno.EIO, f"{path}: {len(content):,} bytes from {start:,} came in place of {stop - start:,}")
        return content

    if stop <= start:
        return b""
    return read() if is_local(filesystem) else persist(f"reading {filesystem.unstrip_protocol(path)}", read)


def in_time(filesystem: fsspec.AbstractFileSystem, method: str, *arguments: Any, size: int = 0, **options: Any) -> Any:
    """One try of a method. Raises TimeoutError where it takes longer than there is time."""
    if is_local(filesystem):
        return getattr(filesystem, method)(*arguments, **options)
    # Whoever gives a slow store more time for a byte gives it more in all.
    silence = getattr(filesystem, "config_kwargs", {}).get("read_timeout", 0)
    seconds = max(LONG_SECONDS if method in LONG else TRY_SECONDS, 2 * silence) + size / SLOWEST
    coroutine = getattr(filesystem, f"_{method}", None)
    try:
        if filesystem.async_impl and iscoroutinefunction(coroutine):
            # Ends the request too, so that it does nothing later on.
            return fsspec.asyn.sync(filesystem.loop, coroutine, *arguments, timeout=seconds, **options)
        return _in_thread(seconds, lambda: getattr(filesystem, method)(*arguments, **options))
    except fsspec.asyn.FSTimeoutError as error:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from error


def _in_thread(seconds: float, call: Callable[[], Any]) -> Any:
    """What `call` returns. One that takes longer is left to itself: a thread cannot be ended."""
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((True, call()))
        except BaseException as error:
            answers.put((False, error))

    threading.Thread(target=run, name="store", daemon=True).start()
    try:
        answered, answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} s") from None
    if not answered:
        raise answer
    return answer


def is_failure(error: Exception) -> bool:
    """Whether a store failed, rather than answered or gave what cannot be read."""
    if isinstance(error, OSError):
        return not isinstance(error, ANSWERS)
    status = getattr(error, "status_code", getattr(error, "code", None))  # Azure's HttpResponseError, gcsfs's HttpError
    return status in FAILED or not FAILURES.isdisjoint(kind.__name__ for kind in type(error).__mro__)
