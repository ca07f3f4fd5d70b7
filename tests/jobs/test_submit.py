"""`submit`: what travels, what is told, and the exit status; with a client that knows what it is asked, and with a real
job server in token mode."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import ray.job_submission
import requests
from documented import blocks
from ray.job_submission import JobStatus

from raykd.jobs import submit as module
from raykd.jobs.command_line import run_verb

ROOT = Path(__file__).parents[2]
SCRIPTS = "python jobs/{verb}.py"


def submit(arguments: list[str], program: str = "raykd {verb}") -> int:
    return run_verb("submit", arguments, program=program)


class Server:
    """In the place of Ray's client: jobs end as told."""

    def __init__(
        self,
        status: JobStatus = JobStatus.SUCCEEDED,
        code: int | None = 0,
        breaks: bool = False,
        refusals: tuple[str, ...] = (),
    ) -> None:
        self.status, self.code, self.breaks, self.refusals = status, code, breaks, list(refusals)
        self.jobs: list[dict] = []
        self.files: dict[str, bytes] = {}

    def submit_job(self, **job) -> str:
        if self.refusals:
            raise RuntimeError(f"Request failed with status code 500: {self.refusals.pop(0)}.")
        directory = Path(job["runtime_env"]["working_dir"])
        self.files = {
            str(one.relative_to(directory)): one.read_bytes() for one in directory.rglob("*") if one.is_file()
        }
        self.jobs.append(job)
        return job["submission_id"]

    async def tail_job_logs(self, job):
        yield "[    0 s] at work\n"
        if self.breaks:
            raise RuntimeError("WebSocket connection closed unexpectedly with close code 1006")

    def get_job_info(self, job):
        status, self.status = self.status, JobStatus.FAILED if self.status == JobStatus.RUNNING else self.status
        return SimpleNamespace(status=status, driver_exit_code=self.code, message="Ray's\n words")


@pytest.fixture
def serve(monkeypatch):
    """serve(...): the server that jobs go to from now on."""

    def begin(*arguments, **values) -> Server:
        server = Server(*arguments, **values)
        monkeypatch.setattr(ray.job_submission, "JobSubmissionClient", lambda address: server)
        return server

    monkeypatch.setattr(module, "POLL_SECONDS", 0)
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(ROOT)
    return begin


def test_the_code_and_the_config_travel_and_nothing_else(serve, monkeypatch, capsys):
    monkeypatch.setenv("RAYKD_STORAGE", "s3://bucket/prefix")
    monkeypatch.setenv("DUMPS", "s3://bucket/dumps")
    monkeypatch.setenv("ELSEWHERE", "x")
    server = serve()
    arguments = ["--env", "ELSEWHERE", "pipeline", "configs/td.yaml", "evaluate.seeds=3", "--take-over"]
    assert submit(arguments, program=SCRIPTS) == 0
    (job,) = server.jobs
    assert job["entrypoint"] == "python jobs/pipeline.py configs/td.yaml evaluate.seeds=3 --take-over"
    assert re.fullmatch(r"td-pipeline-\d{8}-\d{6}", job["submission_id"])
    environment = job["runtime_env"]["env_vars"]
    commit = environment.pop("RAYKD_COMMIT")
    assert environment == {"RAYKD_STORAGE": "s3://bucket/prefix", "DUMPS": "s3://bucket/dumps", "ELSEWHERE": "x"}
    assert re.fullmatch(r"[0-9a-f]{40}(-dirty)?|unknown", commit) and job["metadata"] == {"commit": commit}
    listed = subprocess.run(["git", "ls-files", "raykd", "jobs"], cwd=ROOT, capture_output=True, text=True).stdout
    assert {*listed.split(), "configs/td.yaml"} <= server.files.keys()
    assert {name.split("/")[0] for name in server.files} == {"raykd", "jobs", "configs", "submission"}
    assert not [name for name in server.files if "__pycache__" in name]
    first, told, *_, line, last = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"\d+ files travel with the job, \d\.\d MB", first)
    assert told.endswith(f"python jobs/submit.py --address http://127.0.0.1:8265 --follow {job['submission_id']}")
    assert line == "[    0 s] at work" and last == f"{job['submission_id']}: done"


def test_an_installed_package_travels_too_with_a_config_from_elsewhere(serve, tmp_path, write_small_config):
    config = write_small_config(tmp_path)
    server = serve()
    assert submit(["--no-wait", "prepare", str(config)]) == 0
    assert server.jobs[0]["entrypoint"] == "raykd prepare configs/small.yaml"
    assert server.files["configs/small.yaml"] == config.read_bytes() and "raykd/jobs/prepare.py" in server.files
    assert {name.split("/")[0] for name in server.files} == {"raykd", "configs", "submission"}


def test_a_base_travels_beside_the_config_that_changes_it_with_the_variables_that_it_names(
    serve, monkeypatch, tmp_path
):
    monkeypatch.setenv("RAYKD_STORAGE", "s3://bucket/prefix")
    monkeypatch.setenv("DUMPS", "s3://bucket/dumps")
    base = tmp_path / "whole.yaml"
    base.write_bytes((ROOT / "configs/td.yaml").read_bytes())
    changes = tmp_path / "changes.yaml"
    changes.write_text("base: whole.yaml\nname: other\n")
    server = serve()
    assert submit(["--no-wait", "prepare", str(changes)]) == 0
    (job,) = server.jobs
    assert job["entrypoint"] == "raykd prepare configs/changes.yaml" and job["submission_id"].startswith("other-")
    assert job["runtime_env"]["env_vars"].keys() > {"RAYKD_STORAGE", "DUMPS"}
    assert {server.files[f"configs/{path.name}"] for path in (base, changes)} == {
        base.read_bytes(),
        changes.read_bytes(),
    }


@pytest.mark.parametrize(
    ("status", "code", "ends", "line"),
    [
        (JobStatus.SUCCEEDED, 0, 0, "done"),
        (JobStatus.FAILED, 2, 2, "failed with exit status 2"),
        (JobStatus.FAILED, -9, 1, "failed with exit status -9"),
        (JobStatus.FAILED, None, 1, "did not start, or was lost: Ray's words"),
        (JobStatus.STOPPED, None, 1, "stopped; the same command resumes"),
    ],
)
def test_how_a_job_ended_is_the_exit_status(serve, capsys, status, code, ends, line):
    serve(status, code)
    assert submit(["--follow", "td-1"]) == ends
    assert capsys.readouterr().out.splitlines() == ["[    0 s] at work", f"td-1: {line}"]


def test_a_cluster_that_is_still_starting_is_waited_for(serve, capsys, monkeypatch):
    refusal = "No available agent to submit job, please try again later."
    monkeypatch.setenv("RAYKD_STORAGE", "s3://bucket/prefix")
    monkeypatch.setenv("DUMPS", "s3://bucket/dumps")
    server = serve(refusals=(refusal, refusal))
    assert submit(["--no-wait", "prepare", "configs/td.yaml"]) == 0
    assert len(server.jobs) == 1 and server.files["submission"]
    assert capsys.readouterr().out.count("the cluster is still starting; trying again\n") == 2
    monkeypatch.setattr(module, "START_SECONDS", -1)
    serve(refusals=(refusal,))
    assert submit(["--no-wait", "prepare", "configs/td.yaml"]) == 1
    assert refusal in capsys.readouterr().err


def test_a_connection_that_breaks_off_ends_nothing(serve, capsys):
    serve(JobStatus.RUNNING, 1, breaks=True)
    assert submit(["--follow", "td-1"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == [
        "td-1: the connection to its lines broke off; waiting for its end",
        "td-1: failed with exit status 1",
    ]


def test_a_server_that_is_gone_is_told_in_a_line(serve, capsys, monkeypatch):
    def gone(*_):
        raise requests.ConnectionError("HTTPConnectionPool(host='127.0.0.1', port=8265): Max retries exceeded")

    monkeypatch.setattr(serve(), "get_job_info", gone)
    assert submit(["--follow", "td-1"]) == 1
    assert capsys.readouterr().err.startswith("failed: no job server answers at http://127.0.0.1:8265; `ray dashboard")


def test_an_interruption_leaves_the_job_at_work(serve, capsys, monkeypatch):
    serve()

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_follow", interrupt)
    assert submit(["--follow", "td-1"], program=SCRIPTS) == 130
    assert capsys.readouterr().out.startswith(
        "the job goes on: python jobs/submit.py --address http://127.0.0.1:8265 --fo"
    )


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "error: name a verb and its config, or a job to --follow"),
        (["submit", "configs/demo.yaml"], "error: there is no verb 'submit' of an experiment; there are: pipeline, "),
        (["pipelin", "configs/demo.yaml"], "error: there is no verb 'pipelin' of an experiment; there are: pipeline, "),
        (["pipeline", "configs/none.yaml"], "error: configs/none.yaml: no such config file"),
        (["pipeline", "configs/demo.yaml", "evaluate.sead=3"], "error: configs/demo.yaml: evaluate.sead"),
        (["--env", "NOT_SET_HERE", "pipeline", "configs/demo.yaml"], "error: --env NOT_SET_HERE: it is not set here"),
    ],
)
def test_what_cannot_run_is_told_before_anything_travels(serve, capsys, arguments, line):
    server = serve()
    assert submit(arguments) == 2
    assert not server.jobs and capsys.readouterr().err.startswith(line)


def test_more_than_code_is_refused_in_a_line(serve, capsys, monkeypatch):
    server = serve()
    monkeypatch.setattr(module, "LARGEST", 100_000)
    assert submit(["pipeline", "configs/demo.yaml"]) == 2
    assert not server.jobs
    told = capsys.readouterr().err
    assert re.fullmatch(r"error: \d\.\d MB would travel .* at most 0 may; the largest file is \S+ with .* MB\n", told)


def test_nobody_answers(serve, capsys):
    assert submit(["--address", "http://127.0.0.1:1", "--follow", "td-1"]) == 1
    assert capsys.readouterr().err.startswith(
        "failed: no job server answers at http://127.0.0.1:1; `ray dashboard clust"
    )


# What `ray job submit --working-dir .` leaves out, as Ray itself decides it.
TRAVELS = """
import sys
from pathlib import Path
from zipfile import ZipFile
from ray._private.runtime_env.packaging import create_package
create_package(sys.argv[1], Path(sys.argv[2]), include_gitignore=True, excludes=[])
print(*ZipFile(sys.argv[2]).namelist(), sep="\\n")
"""


def test_ray_job_submit_leaves_out_what_is_large_and_takes_what_is_needed(tmp_path):
    checkout = tmp_path / "checkout"
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    unneeded = [
        "runs/demo/texts/a.json",
        "data/a.jsonl",
        "dumps/eng/a.7z",
        "dist/raykd.whl",
        ".venv/bin/python",
        "b.7z",
    ]
    for name in {*listed, ".rayignore", *unneeded}:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((ROOT / name).read_bytes() if name not in unneeded else b"x")
    done = subprocess.run(
        [sys.executable, "-c", TRAVELS, checkout, tmp_path / "a.zip"], capture_output=True, text=True, check=True
    )
    travels = {name for name in done.stdout.split() if not name.endswith("/")}
    assert not travels & {*unneeded} - {".venv/bin/python"}  # .gitignore names it where there is one
    assert {name for name in listed if name.split("/")[0] in ("raykd", "jobs", "configs")} <= travels
    assert (tmp_path / "a.zip").stat().st_size < 5_000_000


# A head in token mode that has a job server, as a user's is.
SERVE = """
import os, sys
from raykd.config import Resources
from raykd.jobs import local_ray
if __name__ == "__main__":
    resources = Resources(logical_cpus=2, object_store=150_000_000, dashboard=True)
    local_ray._start_local_ray(resources, lambda line: print(line, flush=True))
    print("token", os.environ["RAY_AUTH_TOKEN"], flush=True)
    sys.stdin.readline()
    local_ray.stop_ray(failed=False)
"""


def wait_for_an_agent(address: str, token: str) -> None:
    """`ray job submit` gives up after ten seconds where a head's agent is not up yet; `raykd submit` does not."""
    request = {"entrypoint": "true"}
    for _ in range(30):
        response = requests.post(f"{address}/api/jobs/", json=request, headers={"Authorization": f"Bearer {token}"})
        if response.ok:
            return
        assert "No available agent" in response.text, response.text
    raise AssertionError("no agent after five minutes")


@pytest.fixture(scope="module")
def server() -> Iterator[dict[str, str]]:
    """The environment of whoever submits to it."""
    # As where another Ray runs: it has the port that is each agent's by default.
    taken = socket.socket()
    with suppress(OSError):
        taken.bind(("127.0.0.1", 52365))
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for name in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    address = token = ""
    while not token:
        line = process.stdout.readline()
        assert line, "it ended"
        address = address or (found[1] if (found := re.match(r"dashboard: (http://\S+),", line)) else "")
        token = line.split()[1] if line.startswith("token ") else ""
    environment.pop("PYTHONPATH", None)
    wait_for_an_agent(address, token)
    yield {**environment, "RAY_ADDRESS": address, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    process.communicate("\n", timeout=120)
    taken.close()


@pytest.mark.slow
@pytest.mark.ray
def test_jobs_of_a_real_server_end_as_they_are_told(server, tmp_path, write_small_config):
    config = write_small_config(tmp_path)

    def job(*arguments: object, **changes: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "jobs/submit.py", *map(str, arguments)],
            cwd=ROOT,
            env={**server, **changes},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )
        return done.returncode, done.stdout

    status, output = job("prepare", config, "storage=relative")
    assert status == 2 and "storage: 'relative' is relative, and a submitted job's working directory" in output
    assert output.endswith(": failed with exit status 2\n")
    few = ("sweep=null", "probe=null", "evaluate.seeds=2", "classify=null")
    status, output = job("sample", config, *few)
    assert status == 0 and output.endswith(": done\n"), output
    status, output = job("prepare", config, *few)
    assert status == 0 and "connected to a cluster of 2 logical CPUs" in output, output[-4000:]
    assert "asks for no token" not in output
    name = re.search(r"submitted as (\S+);", output)[1]
    again = job("--follow", name)
    assert again[0] == 0 and again[1].splitlines()[-3:] == output.splitlines()[-3:]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    manifests = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/*/*/manifest.json")]
    assert manifests and all(one["commit"].removesuffix("-dirty") == commit for one in manifests)
    assert job("--follow", name, RAY_AUTH_TOKEN="0" * 64)[0] == 2
    status, output = job("--follow", name, RAY_AUTH_MODE="disabled")
    assert status == 2 and "this cluster asks for its token: set RAY_AUTH_MODE=token" in output


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.parametrize("begins", ["export RAY_AUTH_MODE", "ray job submit"])
def test_the_lines_of_the_readme_work_as_they_stand(server, s3, begins):
    """But for the bucket's name and its keys, and up to the plan."""
    (lines,) = [text for _, text in blocks(ROOT / "README.md") if text.startswith(begins)]
    command = lines.rstrip().replace("s3://bucket/", "s3://tests/") + " --dry-run"
    keys = {name: value for name, value in s3.items() if name.startswith("AWS")}
    command = command.replace('"RAYKD_COMMIT"', f'{json.dumps(keys)[1:-1]}, "RAYKD_COMMIT"')
    command = command.replace("submit.py ", f"submit.py {' '.join(f'--env {name}' for name in keys)} ")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env={**server, **keys},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert "s3://tests/prefix" in done.stdout and "\ngrid: " in done.stdout, done.stdout[-4000:]
