"""What trainings cost, by hand: the paper's distillation and sweep, as stated and as those that are done tell."""

import pytest

from raykd.planning.costs.estimate import Estimate
from raykd.planning.costs.preparing import Texts
from raykd.planning.costs.shapes import Shapes
from raykd.planning.costs.stages import estimates
from raykd.planning.costs.training import trainings
from raykd.planning.plan import Plan

LAYER = 2 * (4 * 768**2 + 2 * 768 * 3072) + 4 * 512 * 768  # forward, a token that attends to 512
HEAD = 2 * (768**2 + 768 * 119547)
# Forward and twice as much back through six layers and the head; forward through twelve and the teacher's head.
DISTILLED = 3 * (6 * LAYER + HEAD) + 12 * LAYER + HEAD


def of(plan: Plan) -> dict[str, Estimate]:
    return {one.stage: one for one in trainings(plan, Texts(plan), Shapes(plan)) if one}


def test_the_papers_distillation_as_shipped(make_plan):
    """3.07 GB at three bytes a token, three times."""
    (one,) = of(make_plan("td")).values()
    assert DISTILLED == 1_211_074_560
    assert (one.stage, one.todo, one.results, one.speed, one.missing) == ("distill", 1, 1, "stated", ())
    assert one.tokens == pytest.approx(3.07e9) and one.operations == pytest.approx(3.07e9 * DISTILLED)
    assert one.hours == pytest.approx(8.26, abs=0.01) and one.share.gpu_hours(one.hours) == one.hours
    assert one.money == pytest.approx(2.5 * one.hours) and one.share.cpu_hours(one.hours) == 0
    assert one.kept == 4 * (119547 * 768 + 6 * (4 * 768**2 + 2 * 768 * 3072))


def test_steps_count_in_place_of_epochs(make_plan):
    (one,) = of(make_plan("td", "encoders.td-distilmbert.distill.steps=100")).values()
    assert one.tokens == 100 * 4096 * 512


def test_seeds_and_quantities_add_up(make_plan):
    plan = make_plan("td_sweep")
    sizes = [planned.budget.per_language["eng"] for planned in plan.sweep_encoders]
    one = of(plan)["sweep"]
    assert one.todo == len(sizes) and one.tokens == pytest.approx(3 * sum(sizes) / 3)
    assert one.notes == ()
    flat = of(make_plan("td_sweep", "sweep.stop_when_flat=true"))["sweep"]
    assert flat.notes == ("at most: it stops where the curve is flat",)


def test_a_finished_student_tells_the_speed_of_the_others(make_plan):
    """Four workers did 1,000 tokens a second: 250 each."""
    plan = make_plan("td_sweep")
    first, *others = plan.sweep_encoders
    shape = {"vocab_size": 119547, "n_layers": 6, "dim": 768, "hidden_dim": 3072}
    plan.store.storage.write_json(f"{first.result.directory}/config.json", shape)
    facts = {"tokens": 10**9, "tokens_per_second": 1000.0, "hours": 2.0, "worker_hours": 8.0}
    plan.store.complete(first.result, facts, 0.0)
    one = of(plan)["sweep"]
    assert (one.todo, one.results, one.speed) == (len(others), len(others) + 1, "measured")
    tokens = sum(planned.budget.per_language["eng"] for planned in others)
    assert one.hours == pytest.approx(tokens / 250 / 3600)


def test_what_is_missing_is_said(make_plan):
    plan = make_plan("td", "resources.train.operations_per_second=null", "resources.prepare.bytes_per_token=null")
    (one,) = of(plan).values()
    assert (one.tokens, one.operations, one.hours, one.money) == (None, None, None, None) and one.kept
    assert [line.split(",")[0] for line in one.missing] == [
        "no number of tokens without resources.prepare.bytes_per_token",
        "no time without resources.train.operations_per_second",
    ]


def test_a_shape_that_is_not_known_is_said(make_plan, tmp_path):
    plan = make_plan("td")
    (tmp_path / "mbert" / "config.json").write_text("not there any more")
    (one,) = of(plan).values()
    assert one.tokens and one.operations is None
    assert one.missing == ("the shape of td-distilmbert is not known before it, or what it is made from, is there",)


def test_stages_come_in_the_order_in_which_they_run(make_plan):
    assert [one.stage for one in estimates(make_plan("td_sweep"))] == ["read", "tokens", "distill", "sweep", "grid"]
    assert [one.stage for one in estimates(make_plan("td"), {"read", "grid"})] == ["tokens", "distill"]
