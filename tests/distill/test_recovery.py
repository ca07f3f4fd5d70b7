"""SIGKILL to workers, drivers and raylets, an announced loss, machines that go and come: clusters of several nodes."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def crashes(*options: str) -> str:
    """What benchmarks/train_crashes.py prints, where it ends with 0."""
    pytest.importorskip("psutil", reason="finds the processes; in the extra `benchmark`")
    command = [sys.executable, str(ROOT / "benchmarks/train_crashes.py"), *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


BIT_IDENTICAL = "model.safetensors and training.parquet bit-identical"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_workers_drivers_and_machines_leave_the_result_as_it_is():
    """The benchmark kills at ten moments; here one of two workers, their driver, and two machines: one is announced."""
    told = crashes("--moments", "4", "--workers", "2")
    assert BIT_IDENTICAL in told
    assert re.search(r"encoder: (worker \d|2 workers|a worker) of 2 (was )?lost after step", told)
    (saved,) = re.findall(r"1 machine\(s\) with 1 worker\(s\) will be taken away; saved after step (\d+)", told)
    assert re.search(rf"resuming after step {saved} of \d+ with 2 workers\n", told)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_elastic_workers_go_on_with_fewer_and_grow_again():
    assert "every step done once, with 2, then 1, then 2 workers" in crashes("--elastic")
