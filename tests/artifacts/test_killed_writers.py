"""A writer that is killed at a random moment leaves no result that looks complete and is not, and loses none."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def kill_writers(root: str, kills: int, **environment: str) -> dict[str, int]:
    script = str(ROOT / "tests/artifacts/kill_writers.py")
    answer = subprocess.run(
        [sys.executable, script, root, str(kills)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAYKD_COMMIT": "x", **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    counts: dict[str, int] = json.loads(answer.stdout)
    return counts


def test_two_hundred_kills_on_a_disk(tmp_path):
    counts = kill_writers(str(tmp_path), 200)
    assert counts["told"] <= counts["complete"] <= counts["begun"]
    assert counts["complete"] >= 10  # else nothing was tested
    assert list(tmp_path.rglob("*.tmp"))  # kills in the middle of a write were among them
    assert counts["torn"] >= 10  # and incomplete results, at which nobody has written since


@pytest.mark.slow
def test_kills_on_an_object_store(s3):
    counts = kill_writers("s3://tests/killed", 20, **s3)
    assert counts["told"] <= counts["complete"] <= counts["begun"]
    assert counts["complete"] >= 10
