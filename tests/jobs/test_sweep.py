"""What the sweep distils when, what it keeps, and its limits; and one whose driver is killed three times, against the
same students distilled one by one."""

import json
import os
import signal
import time
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from omegaconf import OmegaConf

from raykd.artifacts import ResultStore, Storage
from raykd.config import Resources
from raykd.jobs.sweep import _is_needed, drop_weights, rounds, shared_worker_hours
from raykd.planning.encoders import DROPPED
from raykd.planning.load import load_experiment
from raykd.planning.plan import Plan
from raykd.planning.source_files import FilesToCome

DEMO = Path(__file__).parents[2] / "configs" / "demo.yaml"
QUANTITIES, SEEDS = ("30kB", "60kB"), (1, 2)


@pytest.fixture
def make_plan(tmp_path):
    """make_plan(*overrides): of the demo with two seeds a quantity, on storage of its own."""

    def make(*overrides: str) -> Plan:
        experiment = load_experiment(DEMO, ["sweep.seeds=[1,2]", *overrides])
        return Plan(experiment, ResultStore(Storage(str(tmp_path / "storage"))), FilesToCome())

    return make


def run_of(plan: Plan) -> SimpleNamespace:
    return SimpleNamespace(store=plan.store, experiment=plan.experiment)


def complete_students(plan: Plan) -> None:
    for student in plan.sweep_encoders:
        plan.store.storage.write_bytes(f"{student.result.directory}/model.safetensors", b"x" * 7)
        plan.store.complete(student.result, {}, time.time())


def test_a_quantity_waits_for_the_one_before_it_only_where_it_needs_it(make_plan):
    plan = make_plan()
    assert [len(students) for students in rounds(plan, one_by_one=False)] == [6]
    assert [[one.seed for one in students] for students in rounds(plan, one_by_one=True)] == [[1, 2]] * 3


def test_weights_go_and_all_else_stays(make_plan):
    plan = make_plan("sweep.students=drop")
    complete_students(plan)
    for _ in range(2):
        drop_weights(run_of(plan), plan)
        for student in plan.sweep_encoders:
            assert plan.store.facts(student.result) == {DROPPED: 7} and not student.is_there(plan.store)
            assert not plan.store.storage.exists(f"{student.result.directory}/model.safetensors")


def test_the_student_whose_homonyms_are_to_be_looked_for_stays_until_they_are(make_plan):
    plan = make_plan("sweep.students=drop", "probe={homonyms: {}}")
    complete_students(plan)
    drop_weights(run_of(plan), plan)
    left = [student for student in plan.sweep_encoders if student.is_there(plan.store)]
    assert [student.saved for student in left] == [plan.homonym_shift.first]
    assert plan.homonym_shift.second.name == "general-student"
    plan.store.complete(plan.homonym_shift.result, {}, time.time())
    drop_weights(run_of(plan), plan)
    assert not any(student.is_there(plan.store) for student in plan.sweep_encoders)


def test_a_student_without_weights_is_needed_by_scores_and_by_who_starts_from_it(make_plan):
    plan = make_plan("sweep.warm_start=true")
    assert all(_is_needed(run_of(plan), plan, student) for student in plan.sweep_encoders)
    for cell in plan.sweep_cells:
        plan.store.complete(cell.result, {"seeds": [list(seed) for seed in cell.asked]}, time.time())
    assert [_is_needed(run_of(plan), plan, one) for one in plan.sweep_encoders] == [True] * 4 + [False] * 2
    complete_students(plan)
    assert not any(_is_needed(run_of(plan), plan, student) for student in plan.sweep_encoders)


def test_the_tighter_limit_holds_for_the_whole_sweep():
    price = {"limits": {"worker_hour": 2.5}}
    limits = {"worker_hours": 5, "money": 10}
    assert shared_worker_hours(Resources()) is None
    assert shared_worker_hours(Resources(sweep_limits={"worker_hours": 5}))[1] == 5
    assert shared_worker_hours(Resources(sweep_limits=limits, train=price)) == ("resources.sweep_limits.money 10", 4.0)
    with pytest.raises(ValueError, match=r"sweep_limits.money needs train.limits.worker_hour"):
        Resources(sweep_limits={"money": 10})


def of_each(storage: Path, file: str) -> dict[str, Path]:
    """A file of each student that is there, by the name of its directory."""
    found = storage.glob(f"encoders/technical-student-*B-*/{file}")
    return {path.relative_to(storage).parts[1]: path for path in found}


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_sweep_killed_three_times_is_the_students_one_by_one(tmp_path, write_small_config, start_job, run_job):
    path = write_small_config(tmp_path)
    tree = OmegaConf.load(path)
    student = OmegaConf.to_container(tree.encoders["technical-student"].distill)
    for size in QUANTITIES:
        own = {**student, "budget": {"per_language": {"eng": size}}, "seeds": list(SEEDS)}
        tree.encoders[f"alone-{size}"] = {"distill": own}
    tree.sweep.seeds = list(SEEDS)
    tree.resources.train.checkpoint_steps = 1
    tree.resources.trainings = None
    OmegaConf.save(tree, path)
    storage = tmp_path / "runs/demo"
    for verb in ("sample", "prepare", "distill"):
        status, output = run_job(verb, path)
        assert status == 0, output[-4000:]

    moments = (
        lambda: of_each(storage, "checkpoints/step-*/complete.json"),
        lambda: len(of_each(storage, "manifest.json")) >= 2,
        lambda: any(storage.glob("scores/*/scores.parquet")),
    )
    done_before: dict[str, str] = {}
    for reached in moments:
        process = start_job("sweep", path)
        end = time.monotonic() + 900
        while not reached():
            assert process.poll() is None, process.communicate()[0][-4000:]
            assert time.monotonic() < end
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        done_before |= {name: file.read_text() for name, file in of_each(storage, "manifest.json").items()}
    status, output = run_job("sweep", path)
    assert status == 0, output[-4000:]

    manifests = {name: file.read_text() for name, file in of_each(storage, "manifest.json").items()}
    assert len(manifests) == len(QUANTITIES) * len(SEEDS)
    # None was run twice: what was complete before a kill is the same afterwards, with its date.
    assert done_before.items() <= manifests.items()
    for size in QUANTITIES:
        for seed in SEEDS:
            (swept,), (alone,) = (
                list(storage.glob(f"encoders/{name}-{size}-{seed}-*")) for name in ("technical-student", "alone")
            )
            assert swept.name[-8:] == alone.name[-8:]
            for file in ("model.safetensors", "training.parquet"):
                assert sha256((swept / file).read_bytes()).digest() == sha256((alone / file).read_bytes()).digest()
            facts = json.loads((swept / "manifest.json").read_text())["facts"]
            assert facts["epochs"] == 1 and facts["worker_hours"] > 0

    status, output = run_job("report", path)
    assert status == 0, output[-4000:]
    table = pd.read_csv(storage / "report/tables/table6-quantity.csv")
    assert set(table["encoder"]) == {"general-student", "teacher", *(f"technical-student-{s}" for s in QUANTITIES)}
    assert (storage / "report/figures/figure2-quantity.svg").exists()
