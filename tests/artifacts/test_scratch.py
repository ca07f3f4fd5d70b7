"""Scratch goes with its process, whatever ends it."""

import os
import signal
import subprocess
import sys
import tempfile

from raykd.artifacts.scratch import scratch_directory


def test_what_killed_processes_left_goes_and_what_living_ones_hold_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "import os, signal\nfrom raykd.artifacts.scratch import scratch_directory\n"
        "with scratch_directory() as directory:\n    (directory / 'states').write_bytes(b'x' * 1000)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "PYTHONPATH": os.getcwd(), "TMPDIR": str(tmp_path)}
    (tmp_path / "raykd-of-another").mkdir()
    killed = subprocess.run([sys.executable, "-c", code], env=environment)
    assert killed.returncode == -signal.SIGKILL
    (left,) = tmp_path.glob("raykd-*-*-*-*")
    assert (left / "states").exists()
    with scratch_directory() as first, scratch_directory() as second:
        assert not left.exists()
        assert first.is_dir() and second.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["raykd-of-another"]
