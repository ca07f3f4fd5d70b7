"""The built package by itself: installed in a fresh environment, run where there is no checkout."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def raykd(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[int, str]]:
    """raykd("status", config) -> (exit status, output), by a fresh environment that sees this one's libraries."""
    home = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "env")], check=True)
    python = home / "env/bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "-q"]
    subprocess.run([*install, str(wheel)], check=True)
    (packages,) = home.glob("env/lib/python*/site-packages")
    # A path file within that folder is not read, so an editable raykd of this environment stays out.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "RAY_ADDRESS")}

    def run(*arguments: object) -> tuple[int, str]:
        command = [str(home / "env/bin/raykd"), *map(str, arguments)]
        done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=1500)
        return done.returncode, done.stdout + done.stderr

    command = [python, "-c", "import raykd; print(raykd.__file__)"]
    where = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True)
    assert where.stdout.startswith(str(home))
    return run


@pytest.mark.slow
def test_everything_that_the_code_reads_is_in_the_wheel(wheel):
    listed = subprocess.run(["git", "ls-files", "raykd"], cwd=ROOT, capture_output=True, text=True).stdout.split()
    if not listed:
        pytest.skip("no git here to say what belongs to the package")
    names = zipfile.ZipFile(wheel).namelist()
    assert set(listed) <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [name for name in names if name.startswith(("tests", "jobs", "benchmarks"))]


@pytest.mark.slow
def test_help_names_every_verb_and_a_wrong_one_is_told(raykd):
    status, output = raykd("--help")
    assert status == 0 and "pipeline" in output and "label texts with a frozen encoder" in output
    status, output = raykd("prepair", "x.yaml")
    assert status == 2 and output.startswith("error: there is no verb 'prepair'; there are: init, pipeline, ")
    status, output = raykd("report", "--help")
    assert status == 0 and "usage: raykd report" in output and "--compare" in output


@pytest.mark.slow
def test_the_pipeline_runs_to_its_report_without_a_checkout(raykd, write_small_config, tmp_path):
    config = write_small_config(tmp_path)
    few = ("sweep=null", "probe=null", "evaluate.seeds=2", "classify=null")
    status, output = raykd("pipeline", config, *few, "--dry-run")
    assert status == 0 and f"to do  sample data in {tmp_path}" in output and f": raykd sample {config}" in output
    status, output = raykd("evaluate", config, *few)
    assert status == 2
    status, output = raykd("pipeline", config, *few)
    assert status == 0, output[-4000:]
    (page,) = tmp_path.glob("runs/*/report/index.html")
    assert str(page) in output
    status, output = raykd("status", config, *few)
    assert status == 0 and "nothing is left to do" in output
