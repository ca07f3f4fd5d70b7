"""Bad input ends a job with exit status 2 and one clear line that says what, where and what to do."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

TEXT = "How do I split a string number {} in the language that I use at work every day?"
MODEL = {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 16, "vocab_size": 9}


@pytest.fixture
def job_error(call: Callable[..., tuple[int, str, str]]) -> Callable[..., str]:
    """job_error("prepare", config, *overrides): the one line of a job that must end with exit status 2."""

    def run(verb: str, *arguments: object) -> str:
        status, _, told = call(verb, *arguments)
        errors = [line for line in told.splitlines() if line.startswith("error: ")]
        assert status == 2
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


TEACHER = "encoders.small={pretrain: {corpus: chat, tokenizer: {train: {vocabulary: 100}}}}"


def test_more_workers_than_cpus(job_error, call, config, local_ray):
    line = job_error("distill", config, TEACHER, "resources.train.workers=3")
    assert line.endswith("or raise resources.logical_cpus")
    assert "3 worker(s) of 1 CPU" in line and "of 2 CPU x 2 = 2" in line and "lower resources.train" in line


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
    assert "tasks.ab: 20 of 40 rows have labels outside the task: b 20 in " in line and "it has a, c" in line
    line = job_error("prepare", config, "tasks.ab.labels=[a,c]", "tasks.ab.unmatched_share=1")
    assert "tasks.ab" in line and "'c'" in line and "eng" in line


def test_preparing_asks_for_no_cpus_of_training(call, config, local_ray):
    status, _, told = call("prepare", config, TEACHER, "resources.train.workers=3")
    assert status == 0, told


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
    assert f"first run: raykd prepare {config}" in job_error("evaluate", config)


def test_gpus_that_are_not_there(job_error, config):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    assert "resources.grid.gpus: 1 GPU(s) asked" in job_error("evaluate", config, "resources.grid.gpus=1")


def test_a_config_for_a_machine_with_gpus_is_planned_anywhere(call, config, tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text(
        '{"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 16, "vocab_size": 9}'
    )
    changes = (f"encoders.base.model={tmp_path / 'model'}", "resources.grid.gpus=1")
    code, told, _ = call("evaluate", config, *changes, "--dry-run")
    assert code == 0 and "not on this machine: resources.grid.gpus: 1 GPU(s) asked" in told and "/tasks/ab-" in told
    assert not (tmp_path / "runs").exists()


def test_a_train_size_above_what_a_language_has_stops_before_anything_trains(job_error, config, local_ray):
    error = job_error("prepare", config, "evaluate.train_sizes=[2,5]")
    assert "evaluate.train_sizes: 5 rows asked, but tasks.ab has 4 training rows in eng" in error


def test_a_config_whose_data_lies_elsewhere_is_estimated(call, config, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text(
        '{"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 16, "vocab_size": 9}'
    )
    (tmp_path / "rows.jsonl").unlink()
    changes = (f"encoders.base.model={tmp_path / 'model'}", "evaluate.weights=[frozen]")
    code, told, _ = call("evaluate", config, *changes, "--dry-run")
    assert code == 0 and f"cannot begin: {tmp_path}/rows.jsonl: no such file" in told
    assert "grid: 10 classifiers in 1 cells" in told


def test_what_a_task_of_ray_finds_is_all_that_is_told(run_job, config, tmp_path):
    """Without Ray's tracebacks and advice: the file is cut off far in, so only reading it shows that."""
    whole = gzip.compress((tmp_path / "rows.jsonl").read_bytes(), mtime=0)
    (tmp_path / "rows.jsonl.gz").write_bytes(whole[:-20])
    path = tmp_path / "cut.yaml"
    path.write_text(config.read_text().replace("rows.jsonl", "rows.jsonl.gz"))
    status, output = run_job("prepare", path, "resources.object_store=100MB")
    said = [line for line in output.splitlines() if not line.startswith("[")]
    assert status == 2 and len(said) == 1, output[:3000]
    assert said[0].startswith(f"error: {tmp_path}/rows.jsonl.gz: ") and "Traceback" not in output


def test_what_the_first_bytes_tell_is_told_before_ray_starts_and_in_a_dry_run(call, config, tmp_path, monkeypatch):
    monkeypatch.setattr("raykd.jobs.run.Run.start_ray", lambda run: pytest.fail("Ray started"))
    (tmp_path / "rows.jsonl").write_bytes((tmp_path / "rows.jsonl").read_text().encode("utf-16"))
    status, _, told = call("prepare", config)
    assert status == 2 and told.startswith(f"error: {tmp_path}/rows.jsonl: this is not UTF-8 but utf-16")
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text(json.dumps(MODEL))
    status, output, _ = call("prepare", config, f"encoders.base.model={tmp_path / 'model'}", "--dry-run")
    last = output.splitlines()[-1]
    assert status == 0 and last.startswith(f"cannot begin: {tmp_path}/rows.jsonl: this is not UTF-8 but utf-16")
