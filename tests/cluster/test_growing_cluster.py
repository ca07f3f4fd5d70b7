"""The pipeline by `submit` on a cluster that begins with its head alone: machines come for the work and go, one is lost
in each stage, and what is left is what a laptop makes."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from raykd.artifacts import Storage
from raykd.jobs.machine_hours import idle_lines

pytestmark = [pytest.mark.slow, pytest.mark.ray]

ROOT = Path(__file__).parents[2]
# One student in the sweep, and a teacher that trains for long enough to be interrupted.
CHANGES = ("sweep.quantities=[30kB]", "encoders.teacher.pretrain.epochs=2")
# How the titles begin that Ray gives to processes at work (those of a machine's agents begin with ray:: too).
TASK, TRAINING, TRIAL = r"ray::MapBatches", r"ray::RayTrainWorker", r"ray::trial "


class Ran(NamedTuple):
    directory: Path
    machines: list[int]  # with CPUs, one moment after the other
    output: str
    laptop: Path  # the directory of the same pipeline on a Ray of its own


def contents(directory: Path) -> dict[str, bytes]:
    """Texts, tokens, encoders and scores: all but how long something took."""
    files = [*directory.glob("runs/demo/**/*.parquet"), *directory.glob("runs/demo/**/*.safetensors")]
    return {str(one.relative_to(directory)): one.read_bytes() for one in files if one.name != "timing.parquet"}


def has_checkpoint(directory: Path) -> bool:
    return any(directory.glob("runs/demo/encoders/teacher-*/checkpoints/step-*/complete.json"))


@pytest.fixture(scope="module")
def ran(
    tmp_path_factory: pytest.TempPathFactory,
    started_cluster: Callable[..., Any],
    write_small_config: Callable[..., Path],
) -> Ran:
    """A job that loses a machine in each stage, in whose place the autoscaler brings another."""
    directory, laptop = (tmp_path_factory.mktemp(name) for name in ("cluster", "laptop"))
    with started_cluster() as cluster:
        job = cluster.start_job("pipeline", write_small_config(directory, trainings=2), *CHANGES)
        job.wait_for_line("task tags")
        cluster.lose(TASK, job)
        assert "corpus general" not in job.output
        job.wait_for(lambda: has_checkpoint(directory), "a checkpoint of the teacher")
        cluster.lose(TRAINING, job)
        job.wait_for_line("distill: 2 encoders to train")
        cluster.lose(TRAINING, job)
        assert "sweep:" not in job.output
        job.wait_for_line("sweep: 1 students to distil")
        cluster.lose(TRAINING, job)
        cluster.lose(TRIAL, job)
        output = job.succeed()
        cluster.tell("the job is done")
        with laptop_pipeline(write_small_config(laptop)) as finish:  # while machines wait for more work, and go
            cluster.wait_for(lambda: cluster.machines()[-1] == 0, "the end of all machines")
            cluster.tell("all machines have gone")
            finish()
        cluster.tell("the laptop is done")
        return Ran(directory, cluster.machines(), output, laptop)


@contextmanager
def laptop_pipeline(config: Path) -> Iterator[Callable[[], None]]:
    """The pipeline at work without a cluster; what it gives waits for its success."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    log = config.parent / "laptop.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "jobs/pipeline.py"), str(config), *CHANGES],
            cwd=ROOT,
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def finish() -> None:
        assert process.wait() == 0, log.read_text()[-4000:]

    try:
        yield finish
    finally:
        process.terminate()  # as a user's interruption: its Ray ends with it
        process.wait()


def test_machines_come_for_the_work_and_go_after_it(ran: Ran):
    assert (ran.machines[0], max(ran.machines), ran.machines[-1]) == (0, 2, 0)
    assert "connected to a cluster of 0 logical CPUs, 0 GPUs" in ran.output
    assert "this waits for the cluster's autoscaler" in ran.output
    assert "distill: 2 encoders to train, 2 at a time" in ran.output


def test_the_submitted_job_is_told_to_its_end(ran: Ran):
    assert re.search(r"(?s)\d+ files travel with the job, \d\.\d MB\n.*submitted as demo-pipeline-", ran.output)
    assert "teacher: resuming after step" in ran.output
    assert re.search(r"demo-pipeline-[\d-]+: done\n$", ran.output)
    assert (ran.directory / "runs/demo/report/index.html").exists()


def test_lost_machines_leave_the_bytes_of_a_laptop(ran: Ran):
    laptop, cluster = contents(ran.laptop), contents(ran.directory)
    kinds = {name.split("/")[2] for name in laptop}
    assert kinds >= {"tasks", "texts", "tokens", "encoders", "scores"}
    assert cluster.keys() == laptop.keys()
    assert [name for name in laptop if cluster[name] != laptop[name]] == []


def test_the_run_tells_what_share_of_its_machines_stood_idle(ran: Ran):
    (line,) = idle_lines(Storage(str(ran.directory / "runs/demo")))
    there, held, idle = map(float, re.findall(r"[\d.]+", line))
    print(line)
    assert line.startswith("cluster: ") and "CPU hours" in line and line.endswith("% idle")
    assert 0 < held < there and 0 < idle < 100
