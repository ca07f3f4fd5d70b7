"""SIGKILL to a worker, a driver and a machine's raylet, on a cluster of several nodes of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_workers_drivers_and_machines_leave_the_result_as_it_is():
    """The benchmark kills at ten moments; here it is one of each kind."""
    pytest.importorskip("psutil", reason="finds the processes; in the extra `benchmark`")
    command = [sys.executable, str(ROOT / "benchmarks/train_crashes.py"), "--moments", "3"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert "model.safetensors and training.parquet bit-identical" in done.stdout
