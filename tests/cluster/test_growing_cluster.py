"""The pipeline on a cluster that begins with its head alone: machines come for the work and go, and are lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.ray]

# One student in the sweep, and a teacher that trains for long enough to be interrupted.
CHANGES = ("sweep.quantities=[30kB]", "encoders.teacher.pretrain.epochs=6")
# How the titles begin that Ray gives to processes at work (those of a machine's agents begin with ray:: too).
TASK, TRAINING, TRIAL = r"ray::MapBatches", r"ray::RayTrainWorker", r"ray::trial "


class Grown(NamedTuple):
    directory: Path
    machines: list[int]  # with CPUs, one moment after the other
    output: str


def contents(directory: Path) -> dict[str, bytes]:
    """Texts, tokens, encoders and scores: all but how long something took."""
    files = [*directory.glob("runs/demo/**/*.parquet"), *directory.glob("runs/demo/**/*.safetensors")]
    return {str(one.relative_to(directory)): one.read_bytes() for one in files if one.name != "timing.parquet"}


def has_checkpoint(directory: Path) -> bool:
    return any(directory.glob("runs/demo/encoders/teacher-*/checkpoints/step-*/complete.json"))


@pytest.fixture(scope="module")
def grown(
    tmp_path_factory: pytest.TempPathFactory,
    started_cluster: Callable[..., Any],
    write_small_config: Callable[..., Path],
) -> Grown:
    """A pipeline that nothing happened to, and the machines that there were meanwhile and after it."""
    directory = tmp_path_factory.mktemp("grown")
    with started_cluster() as cluster:
        output = cluster.start_job("pipeline", write_small_config(directory, trainings=2), *CHANGES).succeed()
        cluster.wait_for(lambda: cluster.machines()[-1] == 0, "the end of all machines")
        return Grown(directory, cluster.machines(), output)


def test_machines_come_for_the_work_and_go_after_it(grown: Grown):
    assert (grown.machines[0], max(grown.machines), grown.machines[-1]) == (0, 2, 0)
    assert "connected to a cluster of 0 logical CPUs, 0 GPUs" in grown.output
    assert "this waits for the cluster's autoscaler" in grown.output
    assert "distill: 2 encoders to train, 2 at a time" in grown.output
    kinds = {name.split("/")[2] for name in contents(grown.directory)}
    assert kinds >= {"tasks", "texts", "tokens", "encoders", "scores"}
    assert (grown.directory / "runs/demo/report/index.html").exists()


def test_machines_that_are_lost_in_each_stage_leave_the_same_bytes(
    grown: Grown, tmp_path: Path, started_cluster: Callable[..., Any], write_small_config: Callable[..., Path]
):
    """The autoscaler brings others in their place."""
    with started_cluster() as cluster:
        job = cluster.start_job("pipeline", write_small_config(tmp_path, trainings=2), *CHANGES)
        job.wait_for_line("task tags")
        cluster.lose(TASK, job)
        assert "corpus general" not in job.output
        job.wait_for(lambda: has_checkpoint(tmp_path), "a checkpoint of the teacher")
        cluster.lose(TRAINING, job)
        assert "2 encoders to train" not in job.output
        job.wait_for_line("sweep: 1 students to distil")
        cluster.lose(TRAINING, job)
        cluster.lose(TRIAL, job)
        output = job.succeed()
    assert "teacher: resuming after step" in output
    whole, cut = contents(grown.directory), contents(tmp_path)
    assert cut.keys() == whole.keys()
    assert [name for name in whole if cut[name] != whole[name]] == []
