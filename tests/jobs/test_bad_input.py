"""Bad input ends a job with exit status 2 and one clear line that says what, where and what to do."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = "How do I split a string number {} in the language that I use at work every day?"


@pytest.fixture
def job_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """job_error("prepare", config, *overrides): the one line of a job that must end with exit status 2."""
    monkeypatch.syspath_prepend(str(ROOT / "jobs"))
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def run(verb: str, *arguments: object) -> str:
        import common

        work = getattr(__import__(verb), verb)
        monkeypatch.setattr(sys, "argv", [verb, *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_status:
            common.job("", work)
        errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
        assert exit_status.value.code == 2
        assert len(errors) == 1
        return errors[0]

    return run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A complete experiment on forty labelled rows."""
    rows = [
        {"id": str(n), "text": TEXT.format(n), "label": ["a", "b"][n % 2], "company": ["one", "two"][n % 2]}
        for n in range(40)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = f"{{reader: table, language: eng, path: {tmp_path}/rows.jsonl, id: id, labels: label, group: company}}"
    path = tmp_path / "config.yaml"
    path.write_text(f"""
name: bad
storage: {tmp_path}/runs
languages: [eng]
corpora: {{chat: {{sources: [{source}]}}}}
encoders: {{base: {{model: somewhere}}}}
tasks:
  ab: {{kind: binary, sources: [{source}], labels: [a, b], positive: a, sizes: {{train: 4, validation: 4, test: 4}}}}
evaluate: {{encoders: [base]}}
resources: {{logical_cpus: 2}}
""")
    return path


def test_unknown_key(job_error, config):
    assert "tasks.ab.sizes.trian: unknown key" in job_error("prepare", config, "tasks.ab.sizes.trian=3")


def test_missing_config(job_error, tmp_path):
    assert "no such config file" in job_error("prepare", tmp_path / "none.yaml")


def test_missing_file(job_error, config, tmp_path):
    (tmp_path / "rows.jsonl").unlink()
    assert f"{tmp_path}/rows.jsonl: no such file" in job_error("prepare", config)


def test_no_cpu_left_for_ray_data(job_error, config):
    line = job_error("prepare", config, "resources.train.workers=2")
    assert "2 worker(s) x 1 CPU = 2" in line and "2 logical CPUs" in line and "lower resources.train" in line


def test_relative_storage_in_a_submitted_job(job_error, config, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:6379")
    assert "storage: 'runs' is relative" in job_error("prepare", config, "storage=runs")
    assert "storage: 'file://runs' is relative" in job_error("prepare", config, "storage=file://runs")


def test_empty_corpus(job_error, config, local_ray):
    line = job_error("prepare", config, "corpora.chat.exclude.groups=[one,two]", "corpora.chat.exclude.tasks=none")
    assert "corpora.chat: no document of eng is left of 40 read (excluded group 40)" in line


def test_unreadable_row(job_error, config, tmp_path, local_ray):
    good = (tmp_path / "rows.jsonl").read_bytes()
    (tmp_path / "rows.jsonl").write_bytes(good + b'{"id": "41", "text": \n')
    line = job_error("prepare", config)
    assert f"{tmp_path}/rows.jsonl: byte {len(good)}: not valid JSON" in line and "rejected_share" in line


def test_label_that_no_row_carries(job_error, config, local_ray):
    line = job_error("prepare", config, "tasks.ab.labels=[a,c]")
    assert "tasks.ab" in line and "'c'" in line and "eng" in line


def test_split_larger_than_its_data(job_error, config, local_ray):
    line = job_error("prepare", config, "tasks.ab.sizes.train=4000")
    assert "tasks.ab" in line and "4000" in line and "32" in line


def test_nothing_already_written_is_lost(job_error, config, tmp_path, local_ray):
    job_error("prepare", config, "corpora.chat.exclude.groups=[one,two]")
    written = sorted(path for path in (tmp_path / "runs/bad/tasks").rglob("*.parquet"))
    assert len(written) == 3
    times = [path.stat().st_mtime_ns for path in written]
    job_error("prepare", config, "corpora.chat.exclude.groups=[one,two]")
    assert [path.stat().st_mtime_ns for path in written] == times


def test_a_group_that_no_row_has(job_error, config, local_ray):
    line = job_error("prepare", config, "corpora.chat.exclude.groups=[nobody]")
    assert "corpora.chat.exclude.groups: no row has the group 'nobody'" in line


def test_a_stage_before_what_it_needs(job_error, config):
    assert "run jobs/prepare.py with this config first" in job_error("evaluate", config)


def test_gpus_that_are_not_there(job_error, config):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert "resources.grid.gpus: 1 GPU(s) asked" in job_error("prepare", config, "resources.grid.gpus=1")


def test_a_config_for_a_machine_with_gpus_is_planned_anywhere(call, config, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text('{"model_type": "bert"}')
    changes = (f"encoders.base.model={tmp_path / 'model'}", "resources.grid.gpus=1")
    code, told, _ = call("prepare", config, *changes, "--dry-run")
    assert code == 0 and "not on this machine: resources.grid.gpus: 1 GPU(s) asked" in told and "/tasks/ab-" in told
    assert not (tmp_path / "runs").exists()


def test_a_train_size_above_what_a_language_has_stops_before_anything_trains(job_error, config, local_ray):
    error = job_error("prepare", config, "evaluate.train_sizes=[2,5]")
    assert "evaluate.train_sizes: 5 rows asked, but tasks.ab has 4 training rows in eng" in error


def test_a_config_whose_data_lies_elsewhere_is_estimated(call, config, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text('{"model_type": "bert"}')
    (tmp_path / "rows.jsonl").unlink()
    changes = (f"encoders.base.model={tmp_path / 'model'}", "evaluate.weights=[frozen]")
    code, told, _ = call("evaluate", config, *changes, "--dry-run")
    assert code == 0 and f"cannot begin: {tmp_path}/rows.jsonl: no such file" in told
    assert "grid: 10 classifiers in 1 cells" in told
