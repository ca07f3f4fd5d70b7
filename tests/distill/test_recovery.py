"""SIGKILL to a worker, a driver and a raylet, on a cluster of several nodes of its own; and an announced loss."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def crashes(*options: str) -> str:
    """What benchmarks/train_crashes.py prints; it ends with 0 where the result is bit-identical."""
    pytest.importorskip("psutil", reason="finds the processes; in the extra `benchmark`")
    command = [sys.executable, str(ROOT / "benchmarks/train_crashes.py"), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "model.safetensors and training.parquet bit-identical" in done.stdout
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_workers_drivers_and_machines_leave_the_result_as_it_is():
    """The benchmark kills at ten moments; here it is one of each kind."""
    crashes("--moments", "3")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_announced_loss_is_saved_before_and_is_no_failure():
    told = crashes("--moments", "1", "--victims", "notice")
    assert "1 machine(s) with 1 worker(s) will be taken away; saved after step" in told
    assert "going on after step" in told
