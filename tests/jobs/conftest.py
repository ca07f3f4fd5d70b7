"""Whole jobs on a small version of the demo: as a user runs them, or in the tests' own process and Ray."""

import io
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def start_job() -> Callable[..., subprocess.Popen[str]]:
    """start_job("pipeline", config, *overrides): the job as a process, its output piped."""

    def start(verb: str, *arguments: object) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        environment.pop("RAY_ADDRESS", None)
        return subprocess.Popen(
            [sys.executable, str(ROOT / f"jobs/{verb}.py"), *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


@pytest.fixture(scope="session")
def run_job(start_job: Callable[..., subprocess.Popen[str]]) -> Callable[..., tuple[int, str]]:
    """run_job(...) -> (exit status, output)."""

    def run(verb: str, *arguments: object) -> tuple[int, str]:
        process = start_job(verb, *arguments)
        output, _ = process.communicate(timeout=1500)
        return process.returncode, output

    return run


@pytest.fixture(scope="session")
def run_here(local_ray: None) -> Callable[..., tuple[int, str]]:
    """As `run_job`, in this process and its Ray: without the ten seconds in which a process and a Ray start."""

    def run(verb: str, *arguments: object) -> tuple[int, str]:
        from raykd.jobs.command_line import run_verb

        output = io.StringIO()
        with redirect_stdout(output), redirect_stderr(output):
            status = run_verb(verb, list(map(str, arguments)), program="python jobs/{verb}.py")
        return status, output.getvalue()

    return run


@pytest.fixture(scope="session")
def finished(
    tmp_path_factory: pytest.TempPathFactory,
    write_small_config: Callable[..., Path],
    run_here: Callable[..., tuple[int, str]],
) -> Path:
    """The directory of a pipeline that ran through, with its config beside its storage.

    It trained as many encoders at a time as there was room for, where others train one by one: they are to be equal.
    """
    directory = tmp_path_factory.mktemp("finished")
    status, output = run_here("pipeline", write_small_config(directory, trainings=None))
    assert status == 0, output[-4000:]
    assert "distill: 2 encoders to train, 2 at a time" in output
    return directory


@pytest.fixture
def stored(tmp_path: Path, write_small_config: Callable[[Path], Path]) -> Path:
    """As `finished`, its results in name only: one file of 1,000 bytes each, and their manifests."""
    from raykd.artifacts import ResultStore, Storage
    from raykd.artifacts.lease import held
    from raykd.config import to_yaml
    from raykd.planning.load import load_experiment
    from raykd.planning.plan import Plan
    from raykd.sample import write_sample

    experiment = load_experiment(write_small_config(tmp_path))
    spec = experiment.sample
    assert spec
    sizes = {name: int(getattr(spec, name)) for name in ("technical", "messages", "general")}
    write_sample(spec.directory, seed=spec.seed, languages=experiment.languages, **sizes)
    store = ResultStore(Storage(f"{experiment.storage}/{experiment.name}"))
    plan = Plan(experiment, store)
    seeds = {cell.result.directory: [list(seed) for seed in cell.asked] for cell in plan.all_cells}
    with held(store.storage, "pipeline small.yaml") as holder:
        store.write_index(plan.results(), to_yaml(experiment), plan.seeds())
        for result in plan.results().values():
            store.storage.write_bytes(f"{result.directory}/data", b"x" * 1000)
            store.complete(result, {"seeds": seeds.get(result.directory, [])}, time.time())
        store.storage.write_json("report/manifest.json", {})
        holder.outcome = "done"
    return tmp_path


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """call("status", config, *overrides) -> (exit status, output, errors): the job in this process."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)

    def run(verb: str, *arguments: object) -> tuple[int, str, str]:
        from raykd.jobs.command_line import run_verb

        capsys.readouterr()
        return run_verb(verb, list(map(str, arguments))), *capsys.readouterr()

    return run
