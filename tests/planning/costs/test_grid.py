"""What the grid costs: the paper's 540 classifiers, and figures measured where there are any."""

import pytest

from raykd.distill.models.shape import Shape
from raykd.evaluate.cell_flops import Texts, cell_cost
from raykd.planning.costs.estimate import Estimate
from raykd.planning.costs.grid import grid
from raykd.planning.costs.shapes import Shapes, planned_shape
from raykd.planning.plan import Plan
from raykd.planning.source_files import FilesToCome

STATED = ["resources.grid.operations_per_second=1e12", "resources.grid.tokens_per_text=100", "resources.grid.hour=3"]


def estimate(plan: Plan) -> Estimate:
    found = grid(plan, Shapes(plan))
    assert found
    return found


def test_the_papers_540_classifiers(make_plan):
    """As shipped: with a speed, a price and tokens a text of their own."""
    found = [estimate(make_plan(name)) for name in ("td", "cc")]
    assert [one.notes[0].split(" at ")[0] for one in found] == [
        "300 classifiers in 30 cells",
        "240 classifiers in 24 cells",
    ]
    for one, tokens in zip(found, (250, 26), strict=True):
        assert f"at {tokens} tokens a text" in one.notes[0] and "GB a trial" in one.notes[0] and one.kept > 1e6
        assert (one.speed, one.missing, one.todo) == ("stated", (), one.results)
        assert one.money == pytest.approx(2.5 * one.hours) and one.share.gpu_hours(one.hours) == one.hours > 0


def test_the_papers_sweep_as_shipped(make_plan):
    one = estimate(make_plan("td_sweep"))
    assert one.notes[0].startswith("150 classifiers in 15 cells")  # eleven quantities and four encoders
    assert one.money > 0


def test_nothing_need_be_there_yet(make_plan, monkeypatch, tmp_path):
    """Neither dumps nor messages nor translations."""
    there = [estimate(make_plan(name, *STATED)) for name in ("td", "cc")]
    monkeypatch.setenv("RAYKD_STORAGE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("DUMPS", str(tmp_path / "no-dumps"))
    monkeypatch.setenv("MESSAGES", str(tmp_path / "no-messages"))
    assert [estimate(make_plan(name, *STATED, files=FilesToCome())) for name in ("td", "cc")] == there


def test_one_frozen_cell_by_hand(make_plan):
    """English, 10,000 rows of 100 tokens through 12 layers once; ten heads on the states, 8,000 rows twice an epoch."""
    plan = make_plan("td", *STATED, "evaluate.weights=[frozen]", "evaluate.encoders=[mbert]", "evaluate.baselines=[]")
    cells = [cell for cell in plan.all_cells if cell.language == "eng"]
    assert len(cells) == 1
    cost = cell_cost(cells[0], _shape(plan, cells[0]), Texts({"train": 8000, "validation": 1000, "test": 1000}, 100.0))
    assert cost.tokens == 1_000_000
    layer = 2 * (4 * 768**2 + 2 * 768 * 3072) + 4 * 100 * 768
    assert cost.flops > 1_000_000 * 12 * layer and cost.scratch == 1_000_000 * 768 * 2


def test_rows_are_those_asked_of_each_language(make_plan):
    plan = make_plan("cc", *STATED, "evaluate.weights=[frozen]", "evaluate.encoders=[mbert]", "evaluate.baselines=[]")
    costs = {}
    for cell in plan.cells:
        own = plan.experiment.tasks["intent"].sizes.of(cell.language)
        rows = {"train": own.train, "validation": own.validation, "test": own.test}
        costs[cell.language] = cell_cost(cell, _shape(plan, cell), Texts(rows, 100.0)).flops
    assert costs["eng"] > costs["spa"] and estimate(plan).operations == pytest.approx(sum(costs.values()))


def test_shares_of_rows_not_counted_yet_are_unknown(make_plan):
    """English has shares here; the other languages have numbers of their own."""
    shares = "tasks.intent.sizes={train: 0.8, validation: 0.1, test: 0.1}"
    one = estimate(make_plan("cc", *STATED, shares))
    assert one.missing[0].startswith("6 cells cannot be estimated, the first is intent-eng-")
    assert one.notes[0].startswith("180 classifiers in 18 cells") and one.todo == 24


def test_without_a_speed_no_time_is_made_up(make_plan):
    unstated = [f"resources.grid.{name}=null" for name in ("operations_per_second", "tokens_per_text")]
    one = estimate(make_plan("td", *unstated))
    assert "at 512 tokens a text" in one.notes[0] and one.missing[0].startswith("no time without")
    assert (one.hours, one.money) == (None, None)


def test_cells_of_fewer_rows_cost_no_encoding(make_plan):
    """They use the states of the cell of all rows."""
    frozen = (*STATED, "evaluate.weights=[frozen]", "evaluate.encoders=[mbert]", "evaluate.baselines=[]")
    whole, sized = make_plan("td", *frozen), make_plan("td", *frozen, "evaluate.train_sizes=[500]")
    rows = {"train": 8000, "validation": 1000, "test": 1000}
    flops = 0.0
    for cell in sized.all_cells:
        own = sized.experiment.tasks["tags"].sizes.of(cell.language)
        rows = {"train": own.train, "validation": own.validation, "test": own.test}
        flops += cell_cost(cell, _shape(sized, cell), Texts(rows, 100.0), encodes=cell.train_rows is None).flops
    one = estimate(sized)
    assert one.operations == pytest.approx(flops) and one.notes[0].startswith("100 classifiers in 10 cells")
    assert one.operations > estimate(whole).operations


def test_finished_cells_tell_speed_and_tokens(make_plan):
    plan = make_plan("td", *STATED, "evaluate.weights=[frozen]")
    cell = next(cell for cell in plan.cells if cell.language == "eng" and cell.encoder == "mbert")
    rows = {"train": 8000, "validation": 1000, "test": 1000}
    cost = cell_cost(cell, _shape(plan, cell), Texts(rows, 50.0))
    facts = {
        "seeds": [list(seed) for seed in cell.asked],
        "computed_seeds": 10,
        "mean_tokens": 50.0,
        "encode_seconds": cost.flops / 4e12,
        "train_seconds": 0.0,
    }
    plan.store.complete(cell.result, facts, 0.0)
    one = estimate(plan)
    assert one.notes[0].startswith("140 classifiers in 14 cells at 50 to 100 tokens")
    assert one.speed == "measured" and one.hours == pytest.approx(one.operations / 4e12 / 3600)


def _shape(plan, cell):
    return planned_shape(plan.experiment, cell.encoder)


def test_what_cannot_be_known_is_said(make_plan, tmp_path):
    (tmp_path / "distilmbert" / "config.json").write_text('{"model_type": "no such kind"}')
    one = estimate(make_plan("td"))
    assert one.missing[0].startswith(
        "10 cells cannot be estimated, the first is tags-eng-distilmbert-frozen: the shape"
    )
    assert one.notes[0].startswith("200 classifiers in 20 cells")


def test_what_a_config_leaves_out_is_the_librarys_default(make_plan, tmp_path):
    (tmp_path / "distilmbert" / "config.json").write_text('{"model_type": "distilbert", "vocab_size": 119547}')
    assert planned_shape(make_plan("td").experiment, "distilmbert") == Shape(6, 768, 3072, 119547)
