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

_log = logging.getLogger(__name__)


def persist(what: str, call: Callable[[], Answer], waits: tuple[float, ...] = WAITS) -> Answer:
    """What `call` returns, tried again after an OSError that is no answer; it must be safe to repeat."""
    for wait in waits:
        try:
            return call()
        except ANSWERS:
            raise
        except OSError as error:
            _log.warning("%s failed and is tried again in %g s: %s", what, wait, error)
            time.sleep(wait)
    return call()
