"""What the sweep distils when, what it keeps, and its limits; and one whose driver is killed at three random moments,
against students distilled by themselves and Table 6 computed from their scores."""

import json
import os
import random
import re
import subprocess
import time
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from raykd.artifacts import ResultStore, Storage
from raykd.config import Resources
from raykd.jobs import sweep as jobs_sweep
from raykd.jobs.sweep import _is_needed, drop_weights, rounds, shared_worker_hours
from raykd.planning.encoders import DROPPED
from raykd.planning.load import load_experiment
from raykd.planning.plan import Plan
from raykd.planning.source_files import FilesToCome

DEMO = Path(__file__).parents[2] / "configs" / "demo.yaml"
QUANTITIES, SEEDS = ("20kB", "30kB", "40kB", "50kB"), (1, 2)
ALONE = (("20kB", 1), ("50kB", 2))  # of the students, those that are distilled by themselves too
BASELINES = ("general-student", "teacher")


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


def test_a_flat_curve_ends_the_sweep_and_a_rerun_reads_the_decision(make_plan, monkeypatch):
    """What is distilled, scored and decided in which order; what each of these does has tests of its own."""
    sizes = [f"{size}kB" for size in (20, 30, 40, 50, 60)]
    overrides = [f"sweep.quantities=[{','.join(sizes)}]", "sweep.stop_when_flat=true"]
    lines, distilled, asked = list[str](), list[str](), list[int]()

    def distil(run, plan, students):
        distilled.extend(one.name for one in students if not plan.store.manifest(one.result))
        for one in students:
            plan.store.complete(one.result, {}, time.time())

    def decide(store, decision):
        asked.append(decision.coming)
        return {"gain": 0.001, "low": 0.0, "high": 0.002, "chance": 0.1, "stop": decision.coming == 60_000}

    for name in ("check_models", "freeze", "write_plan", "score"):
        monkeypatch.setattr(jobs_sweep, name, lambda *_: None)
    monkeypatch.setattr(jobs_sweep, "distil", distil)
    monkeypatch.setattr(jobs_sweep, "decide", decide)

    class Job(SimpleNamespace):
        plan = property(lambda self: make_plan(*overrides))

    for _ in range(2):
        plan = make_plan(*overrides)
        job = Job(store=plan.store, experiment=plan.experiment, require=lambda *_: None, say=lines.append)
        jobs_sweep.sweep(job)
        assert distilled == [f"technical-student-{size}" for size in sizes[:4] for _ in (1, 2)]
        assert asked == [50_000, 60_000]  # from the third quantity on, and never again
    assert [line.partition(":")[2].partition(",")[0] for line in lines if "would gain" in line] == [
        f" after technical-student-{size}" for size in (*sizes[2:4], sizes[2], sizes[3])
    ]
    assert [size for size, _ in make_plan(*overrides).sweep_quantities] == [20_000, 30_000, 40_000, 50_000]


def test_the_tighter_limit_holds_for_the_whole_sweep():
    price = {"limits": {"worker_hour": 2.5}}
    limits = {"worker_hours": 5, "money": 10}
    assert shared_worker_hours(Resources()) is None
    assert shared_worker_hours(Resources(sweep_limits={"worker_hours": 5}))[1] == 5
    assert shared_worker_hours(Resources(sweep_limits=limits, train=price)) == ("resources.sweep_limits.money 10", 4.0)
    with pytest.raises(ValueError, match=r"sweep_limits.money needs train.limits.worker_hour"):
        Resources(sweep_limits={"money": 10})


def write_sweep(path: Path) -> None:
    """Make it one of four quantities and two seeds, with the smallest students, and some that are distilled alone."""
    tree = OmegaConf.load(path)
    student = tree.encoders["technical-student"].distill
    student.layers = tree.encoders["general-student"].distill.layers = 1
    for size, seed in ALONE:
        own = {**student, "budget": {"per_language": {"eng": size}}, "seeds": [seed]}
        tree.encoders[f"alone-{size}"] = {"distill": own}
    tree.sweep.quantities, tree.sweep.seeds = list(QUANTITIES), list(SEEDS)
    tree.evaluate.seeds = 2
    tree.resources.train.checkpoint_steps = 1
    tree.resources.trainings = tree.resources.logical_cpus = 2  # on any machine, so that kills find some of each left
    OmegaConf.save(tree, path)


def complete(storage: Path) -> dict[str, str]:
    """The manifest of each student and cell that is complete, by the name that the sweep's lines give it."""
    found = [*storage.glob("encoders/technical-student-*B-*/manifest.json"), *storage.glob("scores/*/manifest.json")]
    return {path.parent.name[: -len("-12345678")]: path.read_text() for path in found}


def told(output: str) -> set[str]:
    """The students and cells that a run says it has computed."""
    students = re.findall(r"(technical-student-\w+) seed (\d) trained in", output)
    return {"-".join(one) for one in students} | set(re.findall(r"\d+/\d+ (tags-\S+): macro F1", output))


def begun(storage: Path) -> set[str]:
    """The students that are not complete and have a checkpoint, which the next run must go on from."""
    saved = storage.glob("encoders/technical-student-*B-*/checkpoints/*/complete.json")
    encoders = {path.parents[2] for path in saved}
    return {path.name[: -len("-12345678")] for path in encoders if not (path / "manifest.json").exists()}


def killed_at(moment: int, wait: float, process: subprocess.Popen[str], storage: Path) -> tuple[dict[str, str], str]:
    """Kill a sweep some seconds after so many results are complete; the results that are, and its lines.

    wait: below 0, until a student has a checkpoint.
    """
    end = time.monotonic() + 900
    while len(complete(storage)) < moment or (wait < 0 and not begun(storage)):
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < end, complete(storage).keys()
        time.sleep(0.02)
    time.sleep(max(wait, 0))
    assert process.poll() is None
    process.kill()
    process.wait()
    done = complete(storage)
    os.set_blocking(process.stdout.fileno(), False)  # its Ray may hold the other end for a moment more
    return done, os.read(process.stdout.fileno(), 2**20).decode(errors="replace")


def check_resumed(interrupted: set[str], output: str) -> None:
    """That of the students that a run has trained those that were interrupted went on from their checkpoints."""
    for student in interrupted & told(output):
        assert f"{student.rpartition('-')[0]}: resuming after step" in output, output


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_a_sweep_killed_at_random_moments_computes_each_trial_once_and_table_6(
    tmp_path, write_small_config, start_job, run_job, run_here
):
    path = write_small_config(tmp_path)
    write_sweep(path)
    storage = tmp_path / "runs/demo"
    for verb in ("sample", "prepare", "distill"):
        status, output = run_here(verb, path)
        assert status == 0, output[-4000:]

    number = int(os.environ.get("SWEEP_KILLS", time.time_ns() % 1_000_000))
    pick = random.Random(number)
    # Of the 14 results: 8 students, and the cells of 4 quantities and 2 baselines, which take a second or two each.
    first, second, third = sorted(pick.sample(range(1, 10, 2), 3))
    moments = [(first, -1.0), (second, pick.uniform(0, 2)), (third, pick.uniform(0, 0.5))]
    print(f"SWEEP_KILLS={number}: killed after (results, seconds) {moments}")
    done, interrupted = dict[str, str](), set[str]()
    for moment, wait in moments:
        before = done
        done, output = killed_at(moment, wait, start_job("sweep", path), storage)
        assert before.items() <= done.items() and not told(output) & before.keys(), output
        check_resumed(interrupted, output)
        interrupted = begun(storage)
    status, output = run_job("sweep", path)
    assert status == 0, output[-4000:]
    check_resumed(interrupted, output)

    # What was complete before a kill is the same afterwards, with its date, and no run says it again.
    made = complete(storage)
    students = {f"technical-student-{size}-{seed}" for size in QUANTITIES for seed in SEEDS}
    encoders = [*BASELINES, *(f"technical-student-{size}" for size in QUANTITIES)]
    assert made.keys() == students | {f"tags-eng-{encoder}-frozen" for encoder in encoders}
    assert done.items() <= made.items() and not told(output) & done.keys()
    asked = re.search(r"sweep: (\d+) students to distil", output)
    assert len(told(output) & students) == int(asked[1] if asked else 0)
    for name in students:
        (log,) = storage.glob(f"encoders/{name}-*/training.parquet")
        steps = pd.read_parquet(log)["step"]
        assert len(steps) > 2 and steps.is_unique
    for size, seed in ALONE:
        (swept,), (alone,) = (
            list(storage.glob(f"encoders/{name}-{size}-{seed}-*")) for name in ("technical-student", "alone")
        )
        assert swept.name[-8:] == alone.name[-8:]
        for file in ("model.safetensors", "training.parquet"):
            assert sha256((swept / file).read_bytes()).digest() == sha256((alone / file).read_bytes()).digest()
        facts = json.loads((swept / "manifest.json").read_text())["facts"]
        assert facts["epochs"] == 1 and facts["worker_hours"] > 0

    status, output = run_here("report", path)
    assert status == 0, output[-4000:]
    check_table_6_and_figure_2(storage, encoders)


def check_table_6_and_figure_2(storage: Path, encoders: list[str]) -> None:
    """Against means over labels, then over seeds, of the scores as they are stored."""
    table = pd.read_csv(storage / "report/tables/table6-quantity.csv")
    shown = (storage / "report/tables/table6-quantity.md").read_text()
    assert set(table["encoder"]) == set(encoders)
    points = []
    for encoder in encoders:
        (file,) = storage.glob(f"scores/tags-eng-{encoder}-frozen-*/scores.parquet")
        labels = pd.read_parquet(file)
        runs = labels.groupby(["encoder_seed", "seed"])[["precision", "recall", "f1"]].mean()
        assert len(runs) == (2 if encoder in BASELINES else 4) and len(labels) == 10 * len(runs)
        own = table[table["encoder"] == encoder].set_index("metric").loc[list(runs)]
        np.testing.assert_allclose(own["mean"].to_numpy(float), runs.mean())
        np.testing.assert_allclose(own["standard_deviation"].to_numpy(float), runs.std())
        assert set(own["n"]) == {len(runs)}
        amount = "baseline" if encoder in BASELINES else f"{encoder.removeprefix('technical-student-')[:2]}.00"
        numbers = " | ".join(f"{value:.3f}" for value in (*runs.mean(), runs["f1"].std()))
        assert f"| {encoder} | {amount} | {numbers} | {len(runs)} |" in shown
        if encoder not in BASELINES:
            points.append(f"{amount[:2]} kB {100 * runs['f1'].mean():.1f}")
    page = (storage / "report/index.html").read_text()
    assert f"training text: {', '.join(points)}. Baselines" in page
    ticks = re.findall(r">(\d\d)</text>", (storage / "report/figures/figure2-quantity.svg").read_text())
    assert {size[:2] for size in QUANTITIES} <= set(ticks)
