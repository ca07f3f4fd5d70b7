"""Whether the sweep goes on: decided from stored scores, stored, and the same when asked again."""

import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import ResultStore, Storage
from raykd.evaluate.cell import SCORES
from raykd.planning.load import load_experiment as load
from raykd.planning.plan import Plan
from raykd.planning.source_files import FilesToCome
from raykd.planning.sweep_rule import decide

DEMO = Path(__file__).parents[2] / "configs" / "demo.yaml"
SWEEP = ("sweep.quantities=[100kB,200kB,400kB,800kB,1600kB,3200kB]", "sweep.stop_when_flat=true", "sweep.seeds=[1,2]")
NAMES = [f"technical-student-{size}" for size in ("100kB", "200kB", "400kB", "800kB", "1.6MB", "3.2MB")]


@pytest.fixture
def make_plan(tmp_path):
    """make_plan(*overrides): of the demo with six quantities, on storage of its own."""

    def make(*overrides: str) -> Plan:
        store = ResultStore(Storage(str(tmp_path / "storage")))
        return Plan(load(DEMO, [*SWEEP, *overrides]), store, FilesToCome())

    return make


def put_scores(plan: Plan, levels: list[float]) -> None:
    """Scores of the quantities' cells around their levels: two distillations, ten seeds, one label."""
    generator = np.random.default_rng(0)
    for cell, level in zip(plan.sweep_cells, levels, strict=False):
        rows = [
            {"encoder_seed": encoder, "seed": seed, "label": "a", "f1": own + generator.normal(0, 0.003)}
            for encoder in (1, 2)
            for own in [level + generator.normal(0, 0.002)]
            for seed in range(10)
        ]
        plan.store.storage.write_table(cell.file("scores.parquet"), pa.Table.from_pylist(rows, SCORES))


def test_it_is_asked_after_the_third_quantity_and_not_after_the_last(make_plan):
    assert list(make_plan().sweep_decisions) == NAMES[2:5]
    assert make_plan("sweep.stop_when_flat=false").sweep_decisions == {}
    assert [name for _, name in make_plan().sweep_quantities] == NAMES


def test_a_flat_curve_ends_the_plan_and_the_rerun_decides_the_same(make_plan):
    plan = make_plan()
    put_scores(plan, [0.60, 0.63, 0.66, 0.66, 0.66, 0.66])
    rising, flat = (plan.sweep_decisions[name] for name in NAMES[2:4])
    assert not decide(plan.store, rising)["stop"]
    facts = decide(plan.store, flat)
    assert facts["stop"] and facts["chance"] < 0.2 and facts["next"] == 1_600_000
    assert facts["means"] == sorted(facts["means"])[:2] + facts["means"][2:] and facts["noise"] > 0
    assert decide(plan.store, make_plan().sweep_decisions[NAMES[3]]) == facts
    plan.store.complete(rising.result, decide(plan.store, rising), time.time())
    plan.store.complete(flat.result, facts, time.time())
    again = make_plan()
    assert [name for _, name in again.sweep_quantities] == NAMES[:4]
    assert {one.name for one in again.sweep_encoders} == set(NAMES[:4])
    assert list(again.sweep_decisions) == NAMES[2:4] and f"sweeps/{NAMES[3]}" in again.results()
    # Scores that change afterwards change no decision that was made; another rule is another decision.
    put_scores(plan, [0.60, 0.63, 0.66, 0.69, 0.72, 0.75])
    assert len(make_plan().sweep_quantities) == 4
    assert len(make_plan("sweep.flat.gain=0.1").sweep_quantities) == 6
    assert len(make_plan("evaluate.seeds=5").sweep_quantities) == 6
