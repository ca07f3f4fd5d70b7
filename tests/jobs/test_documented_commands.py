"""Every command of README and of the quick start is run: here, or by the test that a table names. So are their blocks
of Python, and those of docs/api.md."""

import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray
from documented import ROOT, blocks, commands, program, prose, run_block

import raykd
from raykd.jobs.command_line import run_verb

PAGES = (ROOT / "README.md", ROOT / "docs/index.md")
THIS = "tests/jobs/test_documented_commands.py"
TWO_COMMANDS = "tests/jobs/test_init.py::test_the_two_commands_lead_from_messages_in_two_languages_to_a_report"
SWEEP = "tests/jobs/test_sweep.py::test_a_sweep_killed_at_random_moments_computes_each_trial_once_and_table_6"
LINES = "tests/jobs/test_submit.py::test_the_lines_of_the_readme_work_as_they_stand"

# As they stand, by a shell; what they say. my_messages.yaml and configs/mine.yaml are what `init` writes.
FROM_A_FILE = {
    "raykd --help": "label texts with a frozen encoder",
    "raykd schema --output experiment.schema.json": "wrote experiment.schema.json",
    "raykd init my_messages.csv": "wrote my_messages.yaml; next: raykd pipeline my_messages.yaml",
    "python jobs/init.py my_messages.csv": "wrote my_messages.yaml; next: python jobs/pipeline.py my_messages.yaml",
    "raykd pipeline my_messages.yaml --dry-run": "to do  scores/label-eng-student-frozen",
    "raykd status my_messages.yaml": "missing    scores/label-eng-student-frozen",
    "python jobs/pipeline.py configs/mine.yaml --dry-run": "to do  scores/label-eng-student-frozen",
}
# The same on an experiment that is done, whose file takes the place of CONFIG; and verbs that the text only names.
ON_WHAT_IS_DONE = {
    "python jobs/report.py CONFIG --paper": "/report/index.html",
    "python jobs/status.py CONFIG": "nothing is left to do",
    "python jobs/clean.py CONFIG": "nothing to remove",
}
NAMED_ALONE = {"python jobs/status.py CONFIG", "python jobs/clean.py CONFIG"}
# What takes too long for here, or is run elsewhere anyhow: a test, or a line of another file.
ELSEWHERE = {
    "make demo": "tests/jobs/test_pipeline.py::test_make_demo_a_second_time_changes_no_file",
    "make setup": ".ci/run::make lint",  # which sets up first: the environment was removed
    "make docs": ".ci/run::make docs",
    "make test": ".ci/run::make test",
    "make check": f"{THIS}::test_a_recipe_of_make_fails_where_a_part_of_it_does",
    "make test-security": f"{THIS}::test_a_recipe_of_make_fails_where_a_part_of_it_does",
    "python jobs/pipeline.py configs/real.yaml": f"{THIS}::test_the_experiment_on_real_text_is_planned",
    "raykd pipeline my_messages.yaml": TWO_COMMANDS,
    "raykd pipeline my_messages.yaml evaluate.seeds=20": TWO_COMMANDS,
    "python jobs/pipeline.py configs/mine.yaml encoders.student.distill.layers=4 evaluate.seeds=20": TWO_COMMANDS,
    "raykd pipeline mine.yaml": "tests/jobs/test_wheel.py::test_the_pipeline_runs_to_its_report_without_a_checkout",
    "python jobs/sweep.py CONFIG": SWEEP,
    "python jobs/probe.py CONFIG": "tests/jobs/test_probe.py::test_probes_are_stored_once_and_reported",
    "python jobs/classify.py CONFIG": "tests/jobs/test_classify.py::test_answers_are_those_of_the_grid",
    "python jobs/export.py CONFIG": "tests/jobs/test_export.py::test_the_repository_and_its_card_are_there",
    "export RAY_AUTH_MODE=token RAYKD_STORAGE=s3://bucket/prefix DUMPS=s3://bucket/prefix/dumps": LINES,
    "python jobs/submit.py pipeline configs/td.yaml": LINES,
    "python jobs/pipeline.py configs/td.yaml": LINES,  # of `ray job submit`
}
# Options that the text names by themselves.
OPTIONS = {
    "--address": "tests/jobs/test_submit.py::test_nobody_answers",
    "--compare A B": "tests/jobs/test_report.py::test_two_experiments_are_compared",
    "--follow JOB": "tests/jobs/test_submit.py::test_how_a_job_ended_is_the_exit_status",
    "--language": "tests/jobs/test_init.py::test_it_says_what_it_saw_and_writes_what_runs",
    "--open": "tests/jobs/test_open.py::test_the_page_is_opened_where_it_is_asked_for",
    "--push": "tests/export/test_push.py::test_every_file_arrives_and_the_card",
    "--verbose": "tests/jobs/test_ray_messages.py::test_a_real_ray_is_sifted_and_the_file_told_once",
}
PYTHON = {
    "docs/index.md": ["experiment.claims()"],
    "docs/api.md": ["experiment.status()", "experiment.run(", ".encode("],
}


def documented() -> set[str]:
    """The commands of the pages; one that is said in a comment beside another counts too."""
    found = [shlex.join([program(words), *words[1:]]) for page in PAGES for words in commands(page)]
    beside = [text for page in PAGES for text in re.findall(r"# or: (python .*)$", page.read_text(), re.M)]
    assert beside
    return {*found, *beside}


def test_every_command_is_run_somewhere_and_the_tables_name_no_other():
    run = {*FROM_A_FILE, *ON_WHAT_IS_DONE, *ELSEWHERE}
    assert documented() == run - NAMED_ALONE


def test_every_option_that_the_text_names_is_run_too():
    found = {one for page in PAGES for one in re.findall(r"`(--[a-z][^`]*|jobs/\w+\.py)`", prose(page))}
    assert found == OPTIONS.keys()


@pytest.mark.parametrize("place", sorted({*ELSEWHERE.values(), *OPTIONS.values()}))
def test_what_runs_it_is_there(place):
    file, _, what = place.partition("::")
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line == what or line.startswith(f"def {what}(")]


def run_line(line: str, directory: Path, **variables: str) -> tuple[int, str]:
    """A line as a shell runs it in a checkout whose environment is active: (exit status, what it said)."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **variables}
    environment.pop("RAY_ADDRESS", None)
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=directory,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A directory with the jobs and with my_messages.csv, as README has it."""
    (tmp_path / "jobs").symlink_to(ROOT / "jobs")
    (tmp_path / "configs").mkdir()
    rows = [f"{n},where is the order number {n} that I paid for,{n % 2},acme" for n in range(120)]
    (tmp_path / "my_messages.csv").write_text("\n".join(["id,text,label,company", *rows]))
    return tmp_path


@pytest.mark.parametrize("line", FROM_A_FILE)
def test_the_way_from_a_file_works_as_it_stands(line, workplace, monkeypatch):
    if "init" not in line:
        monkeypatch.chdir(workplace)
        assert run_verb("init", ["my_messages.csv"]) == 0
        shutil.copy("my_messages.yaml", "configs/mine.yaml")
    status, output = run_line(line, workplace)
    assert status == 0 and FROM_A_FILE[line] in output, output[-3000:]


@pytest.fixture(scope="module")
def done(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of an experiment that is done; its storage is a copy, as a report changes it."""
    directory = tmp_path_factory.mktemp("done")
    shutil.copytree(finished / "runs", directory / "runs")
    shutil.rmtree(directory / "runs/demo/classified", ignore_errors=True)  # of other tests
    config = directory / "small.yaml"
    config.write_text((finished / "small.yaml").read_text().replace(str(finished / "runs"), str(directory / "runs")))
    return config


@pytest.mark.parametrize("line", ON_WHAT_IS_DONE)
def test_what_looks_at_an_experiment_works_as_it_stands(line, done):
    status, output = run_line(line.replace("CONFIG", str(done)), ROOT)
    assert status == 0 and ON_WHAT_IS_DONE[line] in output, output[-3000:]
    if "--paper" in line:
        page = (done.parent / "runs/demo/report/index.html").read_text(encoding="utf-8")
        assert "Beside the paper" in page


@pytest.mark.skipif(not os.environ.get("RAYKD_DATA"), reason="RAYKD_DATA is not set")
def test_the_experiment_on_real_text_is_planned(tmp_path):
    """The line of README but for the data's place, and up to the plan: the rest takes half an hour or more."""
    (line,) = [
        text for text in (ROOT / "README.md").read_text().splitlines() if "configs/real.yaml" in text and "=" in text
    ]
    line = line.replace("/path/to/data", os.environ["RAYKD_DATA"])
    status, output = run_line(f"{line} --dry-run storage={tmp_path}", ROOT)
    assert status == 0 and "\ngrid: " in output, output[-3000:]


RECIPES = {
    "test": ["python -m pytest -n 3"],
    "test-security": ["python -m pytest -n 3 -m security"],
    "check": ["ruff format", "ruff check", "mypy", "python -m pytest -q -n 3 -m not slow and not ray and not heavy"],
}


def recipes() -> Iterator[tuple[str, str]]:
    """(target, the program that fails; "" for none)."""
    for target, parts in RECIPES.items():
        yield target, ""
        for name in dict.fromkeys(part.split()[0] for part in parts):
            yield target, name


@pytest.mark.parametrize(("target", "fails"), recipes())
def test_a_recipe_of_make_fails_where_a_part_of_it_does(target, fails, tmp_path):
    """With stand-ins for what it runs, since these tests are a part of it."""
    for name in ("python", "ruff", "mypy"):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/ran"\nexit {int(name == fails)}\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    status, output = run_line(f"make -o .venv/ready {target} BIN={tmp_path} PARALLEL=3", ROOT)
    ran = (tmp_path / "ran").read_text().splitlines()
    assert (status != 0) == bool(fails), output
    if not fails:
        assert [part for part in RECIPES[target] if not any(line.startswith(part) for line in ran)] == []


def test_the_blocks_of_python_run(finished, monkeypatch):
    for page, parts in PYTHON.items():
        own = [text for language, text in blocks(ROOT / page) if language == "python"]
        assert all(any(part in text for part in [*parts, "raykd.compare", "classifier"]) for text in own), page
    student, task = "technical-student", "tags"
    names = {"my_messages.yaml": str(finished / "small.yaml"), '"student"': f'"{student}"'}
    left = run_block("docs/index.md", "experiment.claims()", names)
    assert left["vectors"].shape == (1, left["experiment"].encoder(student).width)

    experiment = run_block("docs/api.md", "experiment.status()", {"my_messages.yaml": names["my_messages.yaml"]})[
        "experiment"
    ]
    assert experiment.config.evaluate.seeds == 20
    experiment = left["experiment"]
    monkeypatch.setattr(ray, "init", lambda: None)  # a Ray is there
    run_block("docs/api.md", "experiment.run(", experiment=experiment)
    encoded = run_block("docs/api.md", ".encode(", {'"student"': f'"{student}"'}, experiment=experiment)
    assert encoded["vectors"].shape == (2, encoded["encoder"].width)
    # An export is loaded in tests/export/test_api.py.
    monkeypatch.setattr(raykd.Classifier, "load", lambda directory: experiment.classifier(student))
    instead = {'"student"': f'"{student}"', "intent": task}
    found = run_block("docs/api.md", "classifier.heads", instead, experiment=experiment, raykd=raykd, texts=["a", "b"])
    assert len(found["classifier"].predict(["a", "b"])) == 2
