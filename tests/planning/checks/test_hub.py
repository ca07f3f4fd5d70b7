"""Models of the hub are asked for once, before work, and told in a line: by a stand-in, and where nobody answers."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ASK = "from raykd.planning.checks.hub import hub_problem; print(hub_problem('owner/model', {revision!r}))"


@pytest.fixture
def ask(tmp_path) -> Callable[..., str]:
    """ask(address) -> what is told of owner/model where the hub is at that address, by a process of its own."""

    def of(address: str, revision: str | None = None, **variables: str) -> str:
        settings = {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", ASK.format(revision=revision)],
            env={**os.environ, **settings, **variables},
            capture_output=True,
            text=True,
        )
        assert done.stderr == ""
        return done.stdout.rstrip("\n")

    return of


@pytest.fixture
def serve() -> Iterator[Callable[[int, float], tuple[str, list[str]]]]:
    """serve(status, seconds) -> the address of a hub that answers so after so long, and what it is asked."""
    servers = []

    def start(status: int, seconds: float = 0.0) -> tuple[str, list[str]]:
        asked: list[str] = []

        class Hub(BaseHTTPRequestHandler):
            def do_HEAD(self):
                asked.append(self.path)
                time.sleep(seconds)
                self.send_response(status)
                self.send_header("X-Repo-Commit", "0" * 40)
                self.send_header("ETag", '"1"')
                self.send_header("Content-Length", "9")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def closed_port() -> str:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_model_that_is_there_is_asked_for_once(ask, serve):
    address, asked = serve(200)
    assert ask(address) == "None"
    assert asked == ["/owner/model/resolve/main/config.json"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_hub_that_is_busy_is_left_to_whoever_loads_the_model(ask, serve, status):
    address, asked = serve(status)
    assert ask(address) == "None" and len(asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_model_that_is_not_there_or_not_shown(ask, serve, status):
    address, _ = serve(status)
    told = ask(address, revision="v2")
    assert told.startswith(f"{address} has no owner/model of revision v2 with a config.json, or shows it to its owners")
    assert told.endswith("; mend the name, set HF_TOKEN, or give a local directory")


def test_a_hub_that_cannot_be_reached_or_does_not_answer_is_told_in_seconds(ask, serve):
    for address in (closed_port(), serve(200, seconds=12)[0]):
        began = time.monotonic()
        told = ask(address)
        assert time.monotonic() - began < 10
        assert told.startswith(f"owner/model is to come from {address}, which cannot be reached (")
        assert told.endswith("; set HF_HUB_OFFLINE=1 to take it from this machine's cache, or give a local directory")


def test_offline_the_cache_is_looked_at_and_nobody_asked(ask, serve, tmp_path):
    address, asked = serve(200)
    told = ask(address, HF_HUB_OFFLINE="1")
    assert told.startswith(f"owner/model is not in {tmp_path}/home/hub, and HF_HUB_OFFLINE is set; fetch it")
    cache = tmp_path / "home/hub/models--owner--model"
    for file, content in (("snapshots/1/config.json", "{}"), ("refs/main", "1")):
        (cache / file).parent.mkdir(parents=True)
        (cache / file).write_text(content)
    assert ask(address, HF_HUB_OFFLINE="1") == "None" and asked == []
