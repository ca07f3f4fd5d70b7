"""Trying again what a store failed at, above the retries that each filesystem makes by itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

Answer = TypeVar("Answer")

WAITS = (0.5, 2.0, 8.0)  # seconds before the second, third and fourth try
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


def persist(what: str, call: Callable[[], Answer], waits: tuple[float, ...] = WAITS) -> Answer:
    """What `call` returns, tried again where the store failed rather than answered; it must be safe to repeat."""
    for wait in waits:
        try:
            return call()
        except Exception as error:
            if not _is_failure(error):
                raise
            _log.warning("%s failed and is tried again in %g s: %s", what, wait, error)
            time.sleep(wait)
    return call()


def _is_failure(error: Exception) -> bool:
    if isinstance(error, OSError):
        return not isinstance(error, ANSWERS)
    status = getattr(error, "status_code", getattr(error, "code", None))  # Azure's HttpResponseError, gcsfs's HttpError
    return status in FAILED or not FAILURES.isdisjoint(kind.__name__ for kind in type(error).__mro__)
