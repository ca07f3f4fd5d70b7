"""Known noise of Ray is folded into a file, whole; what is not known is shown, and so are true failures."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from raykd.jobs.ray_messages import Messages

ROOT = Path(__file__).parents[2]
STARTED = "WARNING: 8 PYTHON worker processes have been started on node: 53cd with address: 127.0.0.1, which is 4x"
CORE = "[2026-01-01 00:00:00,000 E 12 34] core_worker.cc:2230: Actor with class name: 'PreemptionWatcher' and ID: '1'"
FATAL = "[2026-01-01 00:00:00,000 C 12 34] core_worker.cc:99: Check failed: no room left"
IGNORED = ["Exception ignored in: <function Handle.__del__ at 0x7f>", "Traceback (most recent call last):"]
FRAME = ['  File "/x/actor.py", line 7, in __del__', "    self.close()"]
MULTIPLE = "ConnectionError: Found multiple active Ray instances: {'1:2', '1:3'}. Please specify the one"


@pytest.fixture
def messages(tmp_path):
    return Messages(tmp_path / "ray-messages.txt")


@pytest.mark.parametrize(
    ("writer", "lines"),
    [
        ("pid=raylet stdout", [STARTED]),
        ("Controller pid=1 stderr", [CORE]),
        ("RayTrainWorker pid=1 stderr", [*IGNORED, *FRAME, "SystemExit: 1"]),
        ("RayTrainWorker pid=1 stderr", [*IGNORED, *FRAME, "SystemExit"]),
        ("PlacementGroupCleaner pid=1 stderr", ["Exception in thread Thread-1:", IGNORED[1], *FRAME, MULTIPLE]),
    ],
)
def test_known_noise_goes_into_the_file_whole(messages, writer, lines):
    assert messages.sift(writer, ["before", *lines, "after"]) == ["before", "after"]
    assert messages.file.read_text().splitlines() == [f"({writer}) {line}" for line in lines]
    assert messages.folded == len(lines)


@pytest.mark.parametrize(
    ("writer", "lines"),
    [
        ("RayTrainWorker pid=1 stderr", [FATAL]),
        ("RayTrainWorker pid=1 stderr", [*IGNORED, *FRAME, "OSError: [Errno 28] No space left on device"]),
        ("RayTrainWorker pid=1 stderr", [IGNORED[1], *FRAME, MULTIPLE]),
        ("PlacementGroupCleaner pid=1 stderr", [IGNORED[1], *FRAME, "ValueError: something else"]),
        ("pid=raylet stdout", ["1 Workers (tasks / actors) killed due to memory pressure (OOM)"]),
        ("RayTrainWorker pid=1 stderr", ["TensorBoardLogger is left out from here on: disk full", "SystemExit: 1"]),
    ],
)
def test_what_may_be_a_failure_is_shown(messages, writer, lines):
    assert messages.sift(writer, lines) == lines
    assert not messages.file.exists()


def test_writers_do_not_mix_and_a_traceback_may_come_in_parts(messages):
    assert messages.sift("a", IGNORED) == []
    assert messages.sift("b", ["KeyError: 'own'"]) == ["KeyError: 'own'"]
    assert messages.sift("a", [*FRAME, "SystemExit: 1", "later"]) == ["later"]
    assert messages.folded == 5


def test_a_traceback_without_its_end_is_shown_at_the_end(messages, capsys):
    messages.sift("a", IGNORED)
    messages.close()
    assert capsys.readouterr().err.splitlines() == [f"(a) {line}" for line in IGNORED]


def test_verbose_shows_all_and_keeps_the_file(tmp_path, capsys):
    messages = Messages(tmp_path / "ray-messages.txt", verbose=True)
    assert messages.sift("a", [CORE, *IGNORED, *FRAME]) == [CORE, *IGNORED, *FRAME]
    messages.close()
    assert messages.file.read_text() == f"(a) {CORE}\n" and capsys.readouterr().err == ""


NOISY = f"""
import sys, time
from types import SimpleNamespace
import ray
from raykd.config import Resources
from raykd.jobs import local_ray

def work():
    for line in {[CORE, "what a user should see", *IGNORED, *FRAME, "SystemExit: 1"]!r}:
        print(line, file=sys.stderr)

if __name__ == "__main__":
    local_ray.set_environment()
    verbose = "verbose" in sys.argv
    resources = Resources(logical_cpus=1, object_store=100_000_000)
    local_ray.start_ray(SimpleNamespace(resources=resources), print, verbose=verbose)
    ray.get(ray.remote(work).remote())
    time.sleep(3)  # what workers write comes later
    local_ray.stop_ray(failed=not verbose, verbose=verbose)
"""


@pytest.mark.ray
@pytest.mark.parametrize("verbose", [False, True])
def test_a_real_ray_is_sifted_and_the_file_told_once(tmp_path, verbose):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("RAY_ADDRESS", None)
    script = tmp_path / "noisy.py"
    script.write_text(NOISY)
    done = subprocess.run(
        [sys.executable, script, *["verbose"] * verbose],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "what a user should see" in done.stdout and "\x1b" not in done.stdout
    assert ("core_worker.cc" in done.stdout) == ("SystemExit" in done.stdout) == verbose
    (told,) = re.findall(r"6 of its lines, which tell of no failure that is known, in (\S+)", done.stdout)
    assert len(Path(told).read_text().splitlines()) == 6
