"""Things that go wrong for people: each ends in seconds with exit status 2 and one line that says what to do.

A checkpoint that cannot be read is in tests/distill/ray_train/test_trainer.py.
"""

import errno
import json
import os
import socket
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

WORDS = "How do I split a string number {} in the language that I use at work every day?"


def write_rows(path: Path, labels: str = "ab", rows: int = 40) -> None:
    made = [{"id": str(n), "text": WORDS.format(n), "label": labels[n % len(labels)]} for n in range(rows)]
    path.write_text("".join(json.dumps(row) + "\n" for row in made))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """An experiment on forty labelled rows and a model that comes ready."""
    write_rows(tmp_path / "rows.jsonl")
    model = {"model_type": "bert", "num_hidden_layers": 2, "hidden_size": 8, "intermediate_size": 16, "vocab_size": 9}
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text(json.dumps(model))
    path = tmp_path / "config.yaml"
    source = f"{{reader: table, language: eng, path: {tmp_path}/rows.jsonl, id: id, labels: label}}"
    path.write_text(f"""
name: wrong
storage: {tmp_path}/runs
languages: [eng]
corpora: {{chat: {{sources: [{source}]}}}}
encoders: {{base: {{model: {tmp_path}/model}}}}
tasks:
  ab: {{kind: binary, sources: [{source}], labels: [a, b], positive: a, sizes: {{train: 4, validation: 4, test: 4}}}}
evaluate: {{encoders: [base]}}
resources: {{logical_cpus: 2}}
""")
    return path


@pytest.fixture
def told(call: Callable[..., tuple[int, str, str]]) -> Callable[..., str]:
    """told("prepare", config, *overrides): all that a job says on stderr, which is one line."""

    def run(verb: str, *arguments: object) -> str:
        status, _, errors = call(verb, *arguments)
        assert status == 2, errors
        assert errors.startswith("error: ") and len(errors.splitlines()) == 1
        return errors

    return run


@pytest.mark.parametrize("column", ["text: body", "labels: lable"])
def test_a_column_that_is_missing(told, config, tmp_path, local_ray, column):
    """Of JSON lines, whose rows may each have columns of their own, and of a table."""
    key = column.split(":")[0]
    named = config.read_text().replace("labels: label", "text: text, labels: label").replace(f"{key}: {key}", column)
    config.write_text(named.replace("labels: label}", f"{column}}}") if key == "labels" else named)
    line = told("prepare", config)
    if key == "text":
        assert "no column 'body'; there are: id, text, label; mend them or their source, or raise it" in line
    else:
        assert f"no row has any label; name the column that holds them in {tmp_path}/rows.jsonl" in line
    (tmp_path / "rows.csv").write_text("id,text,label\n1,some words of it,a\n")
    config.write_text(config.read_text().replace("rows.jsonl", "rows.csv"))
    line = told("prepare", config)
    assert f"no column {column.split(': ')[1]!r}; there are: id, text, label; name one of them" in line


def test_the_wrong_encoding(told, config, tmp_path):
    rows = (tmp_path / "rows.jsonl").read_text().replace("How", "Cómo")
    (tmp_path / "rows.jsonl").write_bytes(rows.encode("latin-1"))
    line = told("prepare", config)
    assert "this is not UTF-8 but looks like cp1252" in line and "write encoding: cp1252 in its source, or" in line


def test_a_typing_error_in_a_label(told, config, local_ray):
    line = told("prepare", config, "tasks.ab.labels=[a,bb]")
    assert "20 of 40 rows have labels outside the task: b 20" in line and "it has a, bb; mend one or the other" in line


def test_a_language_without_rows(told, config, tmp_path, local_ray):
    assert "tasks.ab: no source for spa; give one, or name the task's languages" in told(
        "prepare", config, "languages=[eng,spa]"
    )
    (tmp_path / "empty.jsonl").write_text("")
    two = config.read_text().replace("[eng]", "[eng, spa]")
    spanish = f"{{reader: table, language: spa, path: {tmp_path}/empty.jsonl, id: id, labels: label}}"
    config.write_text(two.replace("label}]", f"label}}, {spanish}]"))
    line = told("prepare", config)
    assert "tasks.ab: spa: no rows in" in line and "give some, or leave the language out of the task's `langu" in line


def test_a_task_of_one_class(told, config, tmp_path, local_ray):
    line = told("prepare", config, "tasks.ab.labels=[a]")
    assert "tasks.ab.labels: at least 2 are needed, 1 given" in line
    write_rows(tmp_path / "rows.jsonl", labels="a")
    line = told("prepare", config)
    assert "no row has the label 'b'; there are: a 33; mend the task's `labels`, or give rows of this one" in line


def test_too_little_data(told, config, tmp_path, local_ray):
    write_rows(tmp_path / "rows.jsonl", rows=6)
    line = told("prepare", config)
    assert "sizes.validation is 4 rows, but there are 2 for it" in line and "; lower it or give more data" in line


def test_a_full_disk(told, config, call, local_ray, monkeypatch):
    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        assert ": the disk is full; free some space there, then the same command resumes" in told("prepare", config)
    assert call("prepare", config)[0] == 0


@pytest.mark.parametrize("arguments", [("pipeline",), ("pipeline", "--dry-run")])
def test_no_network(run_job, config, tmp_path, monkeypatch, arguments):
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    for name, value in {"HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    verb, *options = arguments
    status, output = run_job(verb, config, "encoders.base.model=owner/model", *options)
    assert status == 2 and output.count("owner/model is to come from") == 1 and "Retrying" not in output
    line = output.splitlines()[-1]
    assert line.startswith(
        f"error: encoders.base.model: owner/model is to come from {address}, which cannot be reached"
    )
    assert "HF_HUB_OFFLINE=1" in line and "give a local directory" in line
    assert len(output.splitlines()) == 1 or options


def test_a_model_of_the_hub_that_nothing_to_do_needs_is_not_asked_for(call, config, local_ray, monkeypatch):
    monkeypatch.setattr("raykd.jobs.preflight.check_model", lambda *asked: pytest.fail(f"asked for {asked}"))
    assert call("prepare", config, "encoders.base.model=owner/model")[0] == 0


@pytest.mark.parametrize(
    ("storage", "line"),
    [
        ("{}/rows.jsonl", "rows.jsonl cannot be written (Not a directory); name another directory, or mend its perm"),
        ("foo://bucket/x", "foo://bucket/x/wrong: no store is reached by foo://; give a path, or s3://, gs://, abfs"),
    ],
)
def test_a_wrong_storage(told, config, tmp_path, storage, line):
    assert line in told("prepare", config, f"storage={storage.format(tmp_path)}")


def test_a_bucket_that_is_not_there(told, config, s3):
    line = told("prepare", config, "storage=s3://nobodys/x")
    assert "storage: s3://nobodys/x/wrong cannot be reached" in line and "; mend its address, or the keys and" in line
