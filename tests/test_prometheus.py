"""What Prometheus reads of a job at work, from the metrics port of a real Ray."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from raykd.prometheus import GAUGES

ROOT = Path(__file__).parents[1]

# A pass over a corpus, a training and a grid as they tell of themselves, in a driver whose Ray serves metrics.
WORK = """
import sys
from types import SimpleNamespace
import ray
from raykd.artifacts import Storage
from raykd.config import TrainResources
from raykd.corpus.resume import Done, Piece, Watch, work_through
from raykd.distill.logging.progress import Progress
from raykd.distill.ray_train.reporting import shown_progress
from raykd.prometheus import Gauges

class Display:
    def __enter__(self): pass
    def __exit__(self, *_): pass
    def show(self, progress): pass
    def say(self, line): pass

if __name__ == "__main__":
    ray.init(address="local", num_cpus=1, object_store_memory=100_000_000, _metrics_export_port=int(sys.argv[2]))
    storage = Storage(f"{sys.argv[1]}/demo")
    pieces = {str(number): Piece(number, units=2, bytes=1000) for number in range(3)}
    watch = Watch(print, "corpus td, read", "units", documents=lambda report: report)
    work_through(storage, "scratch", pieces, lambda name, item: Done(10 * item, []), set(), watch)
    job = SimpleNamespace(name="student", seed=1, resources=TrainResources(), store=SimpleNamespace(storage=storage))
    with shown_progress(Display(), job) as queue:
        queue.put(Progress("student", 3, 480, (("loss", 2.5), ("kd", 2.0)), 1234.0, 0.5, 0.1, 0.0, 60.0))
    Gauges("demo", "grid", "cells").set(parts=30, parts_done=7)
    print("told", flush=True)
    sys.stdin.readline()
"""


def gauges(port: int) -> dict[tuple[str, str, str], dict[str, float]]:
    """(experiment, stage, work) -> the values of raykd's gauges that are served, by name."""
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
        for line in answer.read().decode().splitlines():
            if told := re.match(r"ray_(raykd_\w+)\{(.*)\} (\S+)$", line):
                tags = dict(re.findall(r'(\w+)="([^"]*)"', told[2]))
                found.setdefault((tags["experiment"], tags["stage"], tags["work"]), {})[told[1]] = float(told[3])
    return found


@pytest.mark.ray
def test_a_job_at_work_is_read_from_the_metrics_port(tmp_path):
    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    environment |= {"PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled", "RAY_metrics_report_interval_ms": "1000"}
    command = [sys.executable, "-c", WORK, str(tmp_path), str(port)]
    with (tmp_path / "log").open("w") as log:
        job = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
        )
    read = {"raykd_parts": 6, "raykd_parts_done": 6, "raykd_documents": 30}
    trained = {"raykd_parts": 480, "raykd_parts_done": 3, "raykd_loss": 2.5, "raykd_tokens_per_second": 1234}
    expected = {
        ("demo", "prepare", "corpus td, read"): read,
        ("demo", "train", "student seed 1"): trained,
        ("demo", "grid", "cells"): {"raykd_parts": 30, "raykd_parts_done": 7},
    }
    assert {name for told in expected.values() for name in told} | {"raykd_bytes_per_second"} == GAUGES.keys()
    seen, end = [], time.monotonic() + 120
    while seen.count(expected) < 5:  # for as long as the job is at work, and not once
        assert job.poll() is None and time.monotonic() < end, f"{seen[-1]}\n{(tmp_path / 'log').read_text()[-3000:]}"
        time.sleep(1)
        found = gauges(port)
        if speed := found.get(("demo", "prepare", "corpus td, read"), {}).pop("raykd_bytes_per_second", 0):
            assert speed > 0
        seen.append(found)
    job.communicate(b"\n", timeout=60)
