"""What jobs/status.py tells of an experiment that is done, at work, failed, killed or not begun."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from raykd.artifacts import Storage
from raykd.artifacts.lease import held
from raykd.jobs.exit_status import find_input_error

ROOT = Path(__file__).parents[2]


@pytest.fixture
def unprepared(tmp_path: Path) -> Path:
    """An experiment of which nothing is done; its only file is bad."""
    (tmp_path / "rows.jsonl").write_text('{"id": "1", "text": \n')
    source = f"{{reader: table, language: eng, path: {tmp_path}/rows.jsonl, id: id}}"
    config = tmp_path / "config.yaml"
    config.write_text(
        f"name: new\nstorage: {tmp_path}/runs\nlanguages: [eng]\ncorpora: {{chat: {{sources: [{source}]}}}}\n"
        "encoders: {base: {model: somewhere}}\nresources: {logical_cpus: 2}\n"
    )
    return config


def test_all_done(call, stored):
    status, output, _ = call("status", stored / "small.yaml")
    assert status == 0
    lines = output.splitlines()
    results = json.loads((stored / "runs/demo/experiment.json").read_text())["results"]
    assert sum(line.startswith("done ") for line in lines) == len(results)
    assert "no driver is at work" in lines[0] and lines[1].endswith(": done")
    assert f"{len(results)} of {len(results)} done; nothing is left to do, the report is " in lines[-1]


def test_from_storage_alone_while_it_runs_elsewhere(call, stored):
    """No source is there, and a driver is at work."""
    shutil.rmtree(stored / "runs/sample")
    storage = Storage(str(stored / "runs/demo"))
    (cell,) = (stored / "runs/demo/scores").glob("tags-eng-teacher-*")
    (cell / "manifest.json").unlink()
    with held(storage, "evaluate small.yaml") as holder:
        (cell / "data").touch()
        holder.doing = "5/5 tags"
        holder._write()
        status, output, _ = call("status", stored / "small.yaml", "resources.logical_cpus=64")
    assert status == 0
    assert "in use by" in output and "with evaluate small.yaml since" in output and "now: 5/5 tags" in output
    assert any(line.startswith("running    scores/tags-eng-teacher-frozen") for line in output.splitlines())
    assert output.rstrip().endswith("wait for the driver that is at work")


def test_the_next_command_and_the_reason_of_a_failure(call, unprepared):
    _, output, _ = call("status", unprepared)
    assert "missing    texts/chat" in output and f"next: raykd prepare {unprepared}" in output
    assert not (unprepared.parent / "runs").exists()


def test_a_failed_job_leaves_its_reason(call, unprepared, local_ray):
    code, _, errors = call("prepare", unprepared)
    assert code == 2
    reason = next(line for line in errors.splitlines() if line.startswith("error: ")).removeprefix("error: ")
    _, output, _ = call("status", unprepared)
    assert f"failed: {reason}" in output
    assert "failed     texts/chat" in output


def test_damage_is_found_and_changes_of_the_config_are_planned(call, stored):
    (encoder,) = (stored / "runs/demo/encoders").glob("teacher-*")
    (encoder / "data").unlink()
    _, output, _ = call("status", stored / "small.yaml")
    assert "damaged    encoders/teacher" in output and f"remove {encoder} and run again" in output
    _, output, _ = call("status", stored / "small.yaml", "evaluate.seeds=4")
    assert "3 of 4 seeds" in output


def test_the_next_command_has_the_overrides_and_starts_where_this_config_is_not_prepared(call, stored):
    _, output, _ = call("status", stored / "small.yaml", "encoders.teacher.pretrain.epochs=2", "evaluate.seeds=4")
    command = f"raykd prepare {stored}/small.yaml encoders.teacher.pretrain.epochs=2 evaluate.seeds=4"
    assert output.rstrip().endswith(f"next: {command}")
    (encoder,) = (stored / "runs/demo/encoders").glob("teacher-*")
    (encoder / "manifest.json").unlink()
    assert call("status", stored / "small.yaml")[1].rstrip().endswith(f"next: raykd distill {stored}/small.yaml")


def test_texts_that_are_not_classified_are_next(call, stored):
    source = f"{{reader: table, language: eng, path: {stored}/texts.jsonl, id: id}}"
    (stored / "texts.jsonl").write_text('{"id": "1", "text": "one"}\n')
    override = f"classify={{sources: [{source}], encoder: technical-student}}"
    code, output, errors = call("status", stored / "small.yaml", override)
    assert code == 0, errors
    assert "missing    classified/" in output and "next: raykd classify" in output


def test_an_encoder_is_not_trained_on_less_text_than_it_takes(call, stored):
    """More text is asked for than there are token shards of: they are added to a result that is complete."""
    index = json.loads((stored / "runs/demo/experiment.json").read_text())["results"]
    first, second = (
        {
            "file": f"language=eng/part-{n:05}.parquet",
            "bytes": 1000,
            "documents": 9,
            "first_rank": n,
            "last_rank": n + 9,
        }
        for n in (0, 10)
    )
    for name, directory in index.items():
        path = stored / "runs/demo" / directory / "manifest.json"
        manifest = json.loads(path.read_text())
        if name.startswith("texts/"):
            manifest["facts"] = {"languages": {"eng": {"bytes": 2000, "shards": [first, second]}}}
        elif name.startswith("tokens/"):
            manifest["facts"] = {"shards": [first | {"language": "eng", "sequences": 9}]}
        elif name.startswith("encoders/"):
            path.unlink()
            continue
        path.write_text(json.dumps(manifest))
    code, _, errors = call("distill", stored / "small.yaml")
    assert code == 2
    assert "lacks text that teacher takes; first run: raykd prepare" in errors


def test_an_interrupt_that_ray_train_takes_for_a_good_end_is_told(call, stored, monkeypatch):
    """Its handler of SIGINT stays once a training has begun, and ends the process with status 0."""

    def interrupted(run):
        previous = signal.signal(signal.SIGINT, lambda number, frame: sys.exit(0))
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)
        finally:
            signal.signal(signal.SIGINT, previous)

    monkeypatch.setattr("raykd.jobs.evaluate.evaluate", interrupted)
    code, _, errors = call("evaluate", stored / "small.yaml")
    assert code == 130 and "the same command resumes" in errors
    assert ": interrupted" in call("status", stored / "small.yaml")[1]


def test_a_second_driver_is_refused_and_a_killed_one_is_no_hindrance(call, unprepared, tmp_path):
    storage = Storage(str(tmp_path / "runs/new"))
    code = (
        "import sys, time\nfrom raykd.artifacts import Storage\nfrom raykd.artifacts.lease import held\n"
        "with held(Storage(sys.argv[1]), 'pipeline other.yaml'):\n    time.sleep(60)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    other = subprocess.Popen([sys.executable, "-c", code, storage.uri], env=environment)
    end = time.monotonic() + 20
    while not storage.exists("lease/000001.json") and time.monotonic() < end:
        time.sleep(0.01)
    code, _, errors = call("evaluate", unprepared)
    assert code == 2
    assert "in use by" in errors and "with pipeline other.yaml since" in errors and "--take-over" in errors
    assert "in use by" in call("clean", unprepared)[2]
    assert "now: starting" in call("status", unprepared)[1]
    other.kill()
    other.wait()
    assert "with pipeline other.yaml" in (told := call("status", unprepared)[1]) and ": killed" in told
    assert "no evaluate section" in call("evaluate", unprepared)[2]


def test_a_full_disk_is_one_line_and_the_same_command_goes_on(call, unprepared, monkeypatch):
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        code, _, errors = call("evaluate", unprepared)
    assert code == 2
    assert errors.startswith("error: ") and "the disk is full; free some space there" in errors
    assert len(errors.splitlines()) == 1
    assert "no evaluate section" in call("evaluate", unprepared)[2]


def test_a_full_disk_that_a_worker_met_is_told_alike():
    wrapped = RuntimeError("a task failed")
    wrapped.__cause__ = OSError(errno.ENOSPC, "No space left on device", "/data/x")
    assert str(find_input_error(wrapped)).startswith("/data/x: the disk is full")
    assert find_input_error(OSError(errno.EIO, "broken")) is None


def test_a_foreign_file_among_leases_breaks_nothing(call, stored):
    for name, content in {"000099.json": "{}", "x.json": "a"}.items():
        (stored / "runs/demo/lease" / name).write_text(content)
    status, output, _ = call("status", stored / "small.yaml")
    assert status == 0 and "000099.json: this is no lease" in output.splitlines()[0]
    assert " done; nothing is left to do" in output.splitlines()[-1]
