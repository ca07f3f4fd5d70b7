"""An S3 server for tests: moto behind a layer that fails, hangs, cuts answers off and forgets to tell of what it did.

python tests/s3_server.py --fail 0.05 --hang 0.02 --hang-seconds 8 --seed 1
"""

from __future__ import annotations

import argparse
import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

SLOW_DOWN = b"<Error><Code>InternalError</Code><Message>injected</Message></Error>"
COUNTS = "/-counts"  # a path that no bucket has: requests that came, bytes sent, and what was done to requests


class FaultyServer:
    """One in 1/fail requests fails: before it is done, after it is done, or in the middle of its answer."""

    def __init__(self, application: Any, fail: float, hang: float, hang_seconds: float, seed: int) -> None:
        self.application, self.fail, self.hang, self.hang_seconds = application, fail, hang, hang_seconds
        self.random, self.lock = random.Random(seed), threading.Lock()
        self.counts = dict.fromkeys(("requests", "sent", "before", "after", "cut", "hang"), 0)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == COUNTS:
            start_response("200 OK", [])
            return [repr(self.counts).encode()]
        fault = self._choose()
        if fault == "hang":
            time.sleep(self.hang_seconds)
            return _error(environ, start_response)
        if fault == "before":
            return _error(environ, start_response)
        answer: list[Any] = []
        body = b"".join(self.application(environ, lambda *start: answer.append(start)))
        if fault == "after":
            return _error(environ, start_response)
        if fault == "cut" and environ["REQUEST_METHOD"] == "GET":
            body = body[: len(body) // 2]
        with self.lock:
            self.counts["sent"] += len(body)
        start_response(*answer[0][:2])
        return [body]

    def _choose(self) -> str:
        with self.lock:
            drawn = self.random.random()
            fault = "hang" if drawn < self.hang else ""
            if self.hang <= drawn < self.hang + self.fail:
                fault = self.random.choice(["before", "after", "cut"])
            self.counts["requests"] += 1
            if fault:
                self.counts[fault] += 1
            return fault


def _error(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("500 Internal Server Error", [("Content-Type", "application/xml")])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [SLOW_DOWN]


class Quiet(WSGIRequestHandler):
    # A connection for each request costs more than the request.
    protocol_version = "HTTP/1.1"

    def log_request(self, *arguments: Any) -> None:
        pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fail", type=float, default=0.0)
    parser.add_argument("--hang", type=float, default=0.0)
    parser.add_argument("--hang-seconds", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    moto = DomainDispatcherApplication(create_backend_app)
    application = FaultyServer(moto, given.fail, given.hang, given.hang_seconds, given.seed)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    print(server.port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
