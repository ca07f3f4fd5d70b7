"""Requests to a web server that may be busy: asked again, later each time, until it answers or is given up.

Redirects are followed as far as they stay as safe as the address that was given: never from https to http, and never
from the internet into a private network or this machine (where a server could make us ask what it cannot reach).
"""

from __future__ import annotations

import ipaddress
import logging
import re
import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

from raykd.errors import InputError, shown_line

TIMEOUT = (20.0, 60.0)  # seconds to connect, and without a byte
RETRIES = 8  # tries in a row that bring nothing; with the waits below, four minutes
BACK_OFF = 1.0  # seconds before the first retry, doubled before each further one
LONGEST_WAIT = 120.0
REDIRECTS = 10
_SECONDS, _LENGTH = re.compile("[0-9]{1,6}"), re.compile("[0-9]{1,18}")
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # what a server says that may answer later

_log = logging.getLogger(__name__)


def send(
    session: requests.Session, method: str, address: str, private: bool = False, **options: Any
) -> requests.Response:
    """The answer of one request, after redirects. private: these may lead into private networks.

    Raises InputError for a redirect that is refused, requests.RequestException where there is no answer.
    """
    given = urlsplit(address)
    for _ in range(REDIRECTS):
        answer = session.request(method, address, allow_redirects=False, timeout=TIMEOUT, **options)
        if not answer.is_redirect:
            return answer
        answer.close()
        address = urljoin(address, answer.headers["Location"])
        place = urlsplit(address)
        if place.scheme not in ("http", "https") or (given.scheme == "https" and place.scheme != "https"):
            raise InputError(f"{bare(answer.url)}: redirects to {bare(address)}, which is not https; refused")
        network = _network(place.hostname or "")
        if not private and network not in ("public", _network(given.hostname or "")):
            raise InputError(
                f"{bare(answer.url)}: redirects to {bare(address)}, in a {network} network; refused, unless "
                "fetch.private_redirects: true"
            )
    raise InputError(f"{bare(given.geturl())}: more than {REDIRECTS} redirects")


def bare(address: str) -> str:
    """An address without its query, fragment and user, which may hold keys."""
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _network(host: str) -> str:
    """Where a host is: "public", or the least public of the places that its name stands for."""
    try:
        found = {ipaddress.ip_address(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except (OSError, ValueError) as error:
        raise requests.ConnectionError(f"{host}: no address ({error})") from error
    if any(one.is_loopback or one.is_unspecified for one in found):
        return "loopback"
    if any(one.is_link_local for one in found):
        return "link-local"
    return "public" if all(one.is_global for one in found) else "private"


def length(answer: requests.Response, text: str) -> int:
    """A count of bytes as a server writes it. Raises InputError for anything but digits."""
    if not _LENGTH.fullmatch(text):
        raise InputError(f"{bare(answer.url)}: the server gives {text[:40]!r} as a size; check fetch.address")
    return int(text)


def checked(answer: requests.Response, missing_is_fine: bool = False) -> requests.Response:
    """Raises InputError for an answer that waiting does not mend, requests.HTTPError for one that it may."""
    if answer.status_code in _PASSING:
        answer.raise_for_status()
    if answer.status_code >= 400 and not (missing_is_fine and answer.status_code == 404):
        raise InputError(
            f"{bare(answer.url)}: the server answers {answer.status_code} {answer.reason}; check fetch.address"
        )
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
    seconds = min(LONGEST_WAIT, float(asked) if _SECONDS.fullmatch(asked) else BACK_OFF * 2 ** max(0, failures - 1))
    _log.warning("%s; another try in %g s", shown_line(str(error)), seconds)
    time.sleep(seconds)
