"""Requests to a web server that may be busy: asked again, later each time, until it answers or is given up."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import requests

from raykd.errors import InputError

TIMEOUT = (20.0, 60.0)  # seconds to connect, and without a byte
RETRIES = 8  # tries in a row that bring nothing; with the waits below, four minutes
BACK_OFF = 1.0  # seconds before the first retry, doubled before each further one
LONGEST_WAIT = 120.0
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # what a server says that may answer later

_log = logging.getLogger(__name__)


def checked(answer: requests.Response, missing_is_fine: bool = False) -> requests.Response:
    """Raises InputError for an answer that waiting does not mend, requests.HTTPError for one that it may."""
    if answer.status_code in _PASSING:
        answer.raise_for_status()
    if answer.status_code >= 400 and not (missing_is_fine and answer.status_code == 404):
        raise InputError(f"{answer.url}: the server answers {answer.status_code} {answer.reason}; check fetch.address")
    return answer


def ask(send: Callable[[], requests.Response]) -> requests.Response:
    """The answer, a 404 too, after as many tries as it takes. Raises like `checked` and `wait`."""
    failures = 0
    while True:
        try:
            return checked(send(), missing_is_fine=True)
        except requests.RequestException as error:
            failures += 1
            wait(failures, error)


def wait(failures: int, error: requests.RequestException) -> None:
    """Sleep before another try, as long as the server asks or longer each time. Raises the error after RETRIES."""
    if failures > RETRIES:
        raise error
    asked = error.response.headers.get("Retry-After", "") if error.response is not None else ""
    seconds = min(LONGEST_WAIT, float(asked) if asked.isdigit() else BACK_OFF * 2 ** max(0, failures - 1))
    _log.warning("%s; another try in %g s", error, seconds)
    time.sleep(seconds)
