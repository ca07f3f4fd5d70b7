"""SIGKILL to a trial and to the driver of a grid, on a Ray of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_trials_and_drivers_leave_the_grid_as_it_is():
    """The benchmark kills at ten moments; here it is one of each kind."""
    pytest.importorskip("psutil", reason="finds the processes; in the extra `benchmark`")
    command = [
        sys.executable,
        str(ROOT / "benchmarks/grid_crashes.py"),
        "--moments",
        "2",
        "--seeds",
        "3",
        "--seed",
        "8",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    summary = done.stdout.splitlines()[-1]
    assert "18 seeds in 6 cells, 2 kills; 0 finished seeds trained again" in summary
    assert "42 of 42 files bit-identical" in summary
