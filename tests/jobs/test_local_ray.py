"""The Ray that a job starts for itself: whom it answers, who may read its files, what it leaves, and where it fails."""

import http.client
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

from raykd.artifacts.scratch import private_directory
from raykd.config import Resources
from raykd.errors import Unavailable
from raykd.jobs import local_ray
from raykd.jobs.exit_status import exit_status_of

ROOT = Path(__file__).parents[2]
SERVE = """
import sys
from types import SimpleNamespace
from raykd.config import Resources
from raykd.jobs import local_ray

def work():
    return "a worker is up"

if __name__ == "__main__":
    local_ray.set_environment()
    resources = Resources(logical_cpus=1, object_store=100_000_000)
    local_ray.start_ray(SimpleNamespace(resources=resources), print)
    import os, ray
    ray.get(ray.remote(work).remote())
    print("up", local_ray._directory, ray.get_runtime_context().gcs_address, os.environ["RAY_AUTH_TOKEN"], flush=True)
    sys.stdin.readline()
    local_ray.stop_ray(failed=False)
"""
ASK = """
import sys
from ray._raylet import GcsClient
try:
    print("nodes", len(GcsClient(sys.argv[1]).get_all_node_info(timeout=20)))
except Exception as error:
    print(type(error).__name__, error)
"""
SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"  # of the system's own Python: this one's may be closed to others
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
linux = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads /proc")


@pytest.fixture(scope="module")
def served() -> Iterator[SimpleNamespace]:
    """A process with a Ray of its own: pid, directory, address, token."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled"}  # whatever the user has set
    environment.pop("RAY_ADDRESS", None)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout and process.stdin
    line = ""
    while not line.startswith("up "):
        line = process.stdout.readline()
        assert line, "it ended"
    _, directory, address, token = line.split()
    yield SimpleNamespace(pid=process.pid, directory=Path(directory), address=address, token=token)
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert not Path(directory).parent.exists()


def family(pid: int) -> set[int]:
    """A process and all that it started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:  # it has ended
            continue
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def listening(pid: int) -> dict[int, str]:
    """port -> address in hexadecimal, of a process and all that it started."""
    inodes = set()
    for process in family(pid):
        for file in Path(f"/proc/{process}/fd").glob("*"):
            try:
                inodes |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(file)))
            except OSError:
                continue
    found = {}
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                found[int(port, 16)] = address
    return found


@linux
def test_it_listens_on_the_loopback_alone_and_answers_nobody_without_its_token(served):
    ports = listening(served.pid)
    assert len(ports) >= 5 and int(served.address.rsplit(":", 1)[1]) in ports
    assert set(ports.values()) <= LOOPBACK
    for port in ports:
        for path in ("/", "/metrics", "/api/jobs/", "/api/version", "/logs"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                connection.request("GET", path)
                status = connection.getresponse().status
            except (http.client.HTTPException, OSError):  # it speaks gRPC
                continue
            finally:
                connection.close()
            assert status in (401, 403), f"{port}{path}"


def test_jobs_that_are_submitted_to_it_find_it_among_others(served):
    """Ray reads the address from this file, and takes any Ray of the machine where it is missing."""
    assert (served.directory / "ray_current_cluster").read_text() == served.address


def asked(address: str, token: str) -> str:
    environment = {**os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    done = subprocess.run([sys.executable, "-c", ASK, address], env=environment, capture_output=True, text=True)
    return done.stdout


def test_its_control_service_wants_the_token_too(served):
    assert asked(served.address, served.token).startswith("nodes 1")
    assert asked(served.address, "0" * 64).startswith("AuthenticationError")


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root becomes another user")
def test_another_user_can_read_none_of_its_files(served):
    files = [path for path in served.directory.parent.rglob("*") if path.is_file()]
    assert len(files) > 10 and served.directory.parent.stat().st_mode & 0o777 == 0o700
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    for what in (["ls", str(served.directory)], ["cat", *map(str, files)]):
        seen = subprocess.run([*nobody, *what], capture_output=True, text=True)
        assert seen.returncode != 0 and not seen.stdout and "Permission denied" in seen.stderr
    environment = subprocess.run([*nobody, "cat", f"/proc/{served.pid}/environ"], capture_output=True, text=True)
    assert environment.returncode != 0 and not environment.stdout


PROBE = """
import http.client, os, socket, sys
for port in map(int, sys.argv[1].split(",")):
    for path in ("/", "/metrics", "/api/jobs/", "/api/version", "/logs", "/nodes"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
            if status not in (401, 403):
                print("answered", port, path, status)
        except (http.client.HTTPException, OSError):
            pass
        finally:
            connection.close()
for line in sys.stdin:
    try:
        open(line.rstrip(), "rb").read(1)
        print("read", line.rstrip())
    except OSError:
        pass
print("done as", os.getuid())
"""


@linux
@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root becomes another user")
def test_another_user_gets_nothing_of_a_pipeline_at_work(start_job, write_small_config):
    """No port answers without the token, no file can be read: results, scratch, sample data, Ray's own."""
    open_to_all = Path(tempfile.mkdtemp(prefix="open-", dir="/tmp"))
    open_to_all.chmod(0o755)
    job = start_job("pipeline", write_small_config(open_to_all))
    try:
        results = open_to_all / "runs/demo"
        end = time.monotonic() + 600
        while not any(results.glob("tokens/*/manifest.json")):
            assert job.poll() is None and time.monotonic() < end
            time.sleep(0.5)
        ports = listening(job.pid)
        assert len(ports) >= 5 and set(ports.values()) <= LOOPBACK
        files = {str(path) for path in (open_to_all / "runs").rglob("*") if path.is_file()}
        for process in family(job.pid):
            for link in Path(f"/proc/{process}/fd").glob("*"):
                with suppress(OSError):
                    files.add(os.readlink(link))
        ours = sorted(file for file in files if file.startswith(("/tmp/", "/dev/shm/")) and os.path.isfile(file))
        assert sum("/runs/" in file for file in ours) > 20 and sum("/raykd-" in file for file in ours) > 5
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/env", "python3", "-c", PROBE]
        asked = ",".join(map(str, ports))
        told = subprocess.run(
            [*nobody, asked], input="\n".join(ours), capture_output=True, text=True, cwd="/", env={"PATH": SYSTEM_PATH}
        )
        assert told.stdout == "done as 65534\n", told.stdout + told.stderr
    finally:
        job.send_signal(signal.SIGTERM)
        output, _ = job.communicate(timeout=120)
        shutil.rmtree(open_to_all)
    assert job.returncode == 130 and output.splitlines()[-1].endswith("interrupted; the same command resumes"), output
    assert "SIGTERM" not in output


@pytest.fixture
def starts(monkeypatch, tmp_path) -> Callable[..., tuple[list[str], Path]]:
    """starts(*errors): start with a Ray that fails so, None for one that comes up; what is said, its directory."""

    def start(*errors: Exception | None) -> tuple[list[str], Path]:
        said, left = list[str](), list(errors)

        def init(resources: Resources, directory: Path) -> None:
            directory.mkdir()
            if error := left.pop(0):
                raise error

        monkeypatch.setattr(local_ray, "_init", init)
        local_ray._start_local_ray(Resources(), said.append)
        assert not left
        return said, local_ray._directory

    monkeypatch.setattr(local_ray, "LOCAL_ENVIRONMENT", {})
    monkeypatch.setattr(local_ray, "_directory", None)
    monkeypatch.setattr(local_ray, "_use_own_token", lambda directory: directory.parent / "token")
    monkeypatch.setattr("ray.shutdown", lambda: None)
    yield start
    if local_ray._directory:
        local_ray.stop_ray(failed=False)


def test_a_ray_that_does_not_start_is_tried_once_more(starts):
    said, directory = starts(RuntimeError("The current node timed out during startup.\nThis could"), None)
    assert said == ["Ray did not start (The current node timed out during startup.); trying once more"]
    assert directory.is_dir()
    local_ray.stop_ray(failed=False)
    assert not directory.parent.exists()


def test_one_that_does_not_start_twice_is_told_in_one_line_and_its_logs_stay(starts, capsys):
    slow = ConnectionError("Failed to connect to GCS")
    with pytest.raises(Unavailable, match=r"^Ray did not start on this machine, tried 2 times \(Failed to") as told:
        starts(slow, slow)
    logs = Path(re.search(r"Ray's logs are in (\S+) until the next run here", capsys.readouterr().err)[1])
    assert exit_status_of(told.value) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert logs.parents[1].is_dir() and "\n" not in str(told.value)
    shutil.rmtree(logs.parents[2])


def test_handlers_that_are_not_rays_hear_as_before():
    import ray.data  # noqa: F401

    logger, own = logging.getLogger("ray.data"), logging.StreamHandler()
    logger.addHandler(own)
    try:
        local_ray._quiet_loggers()
        assert own.level == logging.NOTSET
        assert [handler.level for handler in logger.handlers if handler.name == "console"] == [logging.CRITICAL]
    finally:
        logger.removeHandler(own)


def test_a_directory_with_a_long_path_or_none_is_not_taken(tmp_path):
    directory = private_directory(tmp_path, longest=len(str(tmp_path)) + 40)
    assert directory and directory.stat().st_mode & 0o777 == 0o700
    directory.rmdir()
    assert private_directory(tmp_path, longest=len(str(tmp_path)) + 10) is None
    assert private_directory(tmp_path / "none", longest=200) is None
