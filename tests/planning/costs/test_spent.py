"""What was planned stays as it was before a stage began; what was spent is added up from manifests."""

import pytest

from raykd.planning.costs.planned import write_plan
from raykd.planning.costs.spent import FILE, spent, spent_hours, stage_of


def test_a_stage_that_has_begun_keeps_its_plan(make_plan):
    plan = make_plan("td")
    write_plan(plan)
    written = plan.store.storage.read_json(FILE)
    assert written.keys() == {"read", "tokens", "distill", "grid"}
    assert written["distill"]["hours"] == pytest.approx(8.26, abs=0.01)
    assert written["distill"]["money"] == pytest.approx(20.66, abs=0.01)
    (planned,) = plan.encoders
    plan.store.storage.write_bytes(f"{planned.result.directory}/checkpoints/used-1.json", b"{}")
    faster = make_plan("td", "resources.train.operations_per_second=2.5e14", "resources.grid.hour=5")
    write_plan(faster)
    now = plan.store.storage.read_json(FILE)
    assert now["distill"] == written["distill"]
    assert now["grid"]["money"] == pytest.approx(2 * written["grid"]["money"])


def test_a_plan_that_says_the_same_keeps_its_date(make_plan, monkeypatch):
    write_plan(make_plan("td"))
    storage = make_plan("td").store.storage
    before = storage.read_bytes(FILE)
    monkeypatch.setattr("raykd.planning.costs.planned.time.strftime", lambda *_: "later")
    write_plan(make_plan("td"))
    assert storage.read_bytes(FILE) == before


@pytest.mark.parametrize(
    ("manifest", "hours"),
    [
        ({"facts": {"worker_hours": 1.5}, "seconds": 9}, 1.5),
        ({"facts": {"encode_seconds": 600.0, "train_seconds": 1200.0}, "seconds": 9}, 0.5),
        ({"facts": {"encode_seconds": 600.0, "train_seconds": 1200.0, "gpu_share": 0.25}, "seconds": 9}, 0.125),
        ({"facts": {}, "seconds": 9, "task_seconds": 7200}, 2.0),
        ({"facts": {}, "seconds": 9}, None),
    ],
)
def test_hours_of_each_kind_of_result(manifest, hours):
    assert spent_hours(manifest) == hours


def test_each_result_belongs_to_the_stage_that_makes_it(make_plan):
    experiment = make_plan("td_sweep").experiment
    found = {name: stage_of(experiment, name) for name in make_plan("td_sweep").results()}
    students = {name for name in found if name.split("/")[1] in experiment.students}
    assert students and all(found[name] == "sweep" for name in students)
    assert {stage for name, stage in found.items() if name.startswith("encoders/") and name not in students} <= {
        "distill",
        None,
    }
    assert found["texts/technical"] == "read" and stage_of(experiment, "probe/latency") is None


def test_spent_beside_planned(make_plan):
    plan = make_plan("td")
    write_plan(plan)
    made = [
        ("tasks/tags", 1.0),
        ("texts/technical", None),  # of an older release
        ("encoders/td-distilmbert/56", 6.0),
        ("scores/a", None),
        ("probe/latency", None),
    ]
    read, distilled = spent(plan.store.storage, plan.experiment, made)
    assert (read.stage, read.results, read.counted, read.hours) == ("read", 2, 1, 1.0)
    assert read.money == pytest.approx(0.05)
    assert (distilled.stage, distilled.hours, distilled.money) == ("distill", 6.0, 15.0)
    assert distilled.planned["hours"] == pytest.approx(8.26, abs=0.01)
