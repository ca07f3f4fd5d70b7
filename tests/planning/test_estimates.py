"""What --dry-run says of the grid: the paper's 540 classifiers, and figures measured where there are any."""

import json
from pathlib import Path

import pytest

from raykd.artifacts import ResultStore, Storage
from raykd.evaluate.cell_flops import Texts, cell_cost
from raykd.planning.estimates import estimate
from raykd.planning.load import load_experiment as load
from raykd.planning.plan import Plan
from raykd.planning.source_files import FilesToCome, SourceFiles

ROOT = Path(__file__).parents[2]
MBERT = {"model_type": "bert", "vocab_size": 119547, "num_hidden_layers": 12, "max_position_embeddings": 512}
DISTILMBERT = {"model_type": "distilbert", "vocab_size": 119547}  # other numbers are DistilBertConfig's defaults
STATED = ["resources.grid.operations_per_second=1e12", "resources.grid.tokens_per_text=100", "resources.grid.hour=3"]


@pytest.fixture
def make_plan(tmp_path, monkeypatch):
    for name, config in (("mbert", MBERT), ("distilmbert", DISTILMBERT)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps(config))
    for name in ("stackoverflow.com", *(f"{code}.stackoverflow.com" for code in ("es", "ja", "pt", "ru"))):
        (tmp_path / "dumps" / name).mkdir(parents=True)
        (tmp_path / "dumps" / name / "Posts.xml").write_text("<posts></posts>")
    for language in ("eng", "spa", "jpn", "por"):
        (tmp_path / f"{language}.jsonl").write_text("")
        (tmp_path / "cc-translations" / language).mkdir(parents=True)
        (tmp_path / "cc-translations" / language / "part-0.parquet").write_text("")
    (tmp_path / "wikipedia").mkdir()
    (tmp_path / "wikipedia" / "0.parquet").write_text("")
    monkeypatch.setenv("RAYKD_STORAGE", str(tmp_path))
    monkeypatch.setenv("DUMPS", str(tmp_path / "dumps"))
    monkeypatch.setenv("WIKIPEDIA", str(tmp_path / "wikipedia"))
    monkeypatch.setenv("MESSAGES", str(tmp_path))

    def make(name: str, *overrides: str, files: SourceFiles | None = None) -> Plan:
        models = [f"encoders.{model}.model={tmp_path / model}" for model in ("mbert", "distilmbert")]
        experiment = load(ROOT / "configs" / f"{name}.yaml", [*models, *overrides])
        return Plan(experiment, ResultStore(Storage(str(tmp_path / "storage"))), files)

    return make


def test_the_papers_540_classifiers(make_plan):
    """As shipped: with a speed, a price and tokens a text of their own."""
    plans = [make_plan(name) for name in ("td", "cc")]
    lines = [line for plan in plans for line in estimate(plan)]
    assert [line.split(" operations")[0].rsplit(",", 1)[0] for line in lines[::2]] == [
        "grid: 300 classifiers in 30 cells",
        "grid: 240 classifiers in 24 cells",
    ]
    for line, tokens in zip(lines[::2], (250, 26), strict=True):
        assert f"at {tokens} tokens a text" in line and "GB a trial" in line and "GB kept" in line
    for line, plan in zip(lines[1::2], plans, strict=True):
        assert "hours of one trial at the speed stated" in line
        hours = float(line.split(" ")[1].replace(",", ""))
        money = float(line.split(", ")[-1].split(" in money")[0].replace(",", ""))
        assert money == pytest.approx(plan.experiment.resources.grid.hour * hours, abs=0.13)  # hours have one digit


def test_the_papers_sweep_as_shipped(make_plan):
    first, second = estimate(make_plan("td_sweep"))
    assert first.startswith("grid: 150 classifiers in 15 cells")  # eleven quantities and four encoders
    assert "hours of one trial at the speed stated" in second and second.endswith(" in money")


def test_nothing_need_be_there_yet(make_plan, monkeypatch, tmp_path):
    """Neither dumps nor messages nor translations."""
    there = [list(estimate(make_plan(name, *STATED))) for name in ("td", "cc")]
    monkeypatch.setenv("RAYKD_STORAGE", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("DUMPS", str(tmp_path / "no-dumps"))
    monkeypatch.setenv("MESSAGES", str(tmp_path / "no-messages"))
    assert [list(estimate(make_plan(name, *STATED, files=FilesToCome()))) for name in ("td", "cc")] == there


def test_rows_are_those_asked_of_each_language(make_plan):
    plan = make_plan("cc", *STATED, "evaluate.weights=[frozen]", "evaluate.encoders=[mbert]", "evaluate.baselines=[]")
    costs = {}
    for cell in plan.cells:
        own = plan.experiment.tasks["intent"].sizes.of(cell.language)
        rows = {"train": own.train, "validation": own.validation, "test": own.test}
        costs[cell.language] = cell_cost(cell, _shape(plan, cell), Texts(rows, 100.0)).flops
    first, _ = estimate(plan)
    assert costs["eng"] > costs["spa"] and f"{sum(costs.values()):.3g} operations" in first


def test_shares_of_rows_not_counted_yet_are_unknown(make_plan):
    """English has shares here; the other languages have numbers of their own."""
    shares = "tasks.intent.sizes={train: 0.8, validation: 0.1, test: 0.1}"
    unknown, known, _ = estimate(make_plan("cc", *STATED, shares))
    assert unknown.startswith("grid: 6 cells cannot be estimated, the first is intent-eng-")
    assert "180 classifiers in 18 cells" in known


def test_without_a_speed_no_time_is_made_up(make_plan):
    unstated = [f"resources.grid.{name}=null" for name in ("operations_per_second", "tokens_per_text")]
    first, second = estimate(make_plan("td", *unstated))
    assert "at 512 tokens a text" in first and second.startswith("grid: no time without")


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
    first, _ = estimate(sized)
    assert f"{flops:.3g} operations" in first and "100 classifiers in 10 cells" in first
    assert f"{flops:.3g}" != next(estimate(whole)).split(" operations")[0].rsplit(" ", 1)[1]


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
    first, second = estimate(plan)
    assert "140 classifiers in 14 cells" in first and "at 50 to 100 tokens" in first
    assert "at the speed measured" in second


def _shape(plan, cell):
    from raykd.planning.estimates import _planned_shape

    return _planned_shape(plan.experiment, cell.encoder)


def test_what_cannot_be_known_is_said(make_plan, tmp_path):
    (tmp_path / "distilmbert" / "config.json").write_text('{"model_type": "no such kind"}')
    unknown, known, _ = estimate(make_plan("td"))
    assert unknown.startswith("grid: 10 cells cannot be estimated, the first is tags-eng-distilmbert-frozen: the shape")
    assert "200 classifiers in 20 cells" in known
