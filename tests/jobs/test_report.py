"""The report of a run that the pipeline made: what it reads from storage, and the job's own options."""

import shutil

import pytest

from raykd import config
from raykd.artifacts import ResultStore, Storage
from raykd.planning.plan import Plan
from raykd.report.collect.experiment import collect
from raykd.report.results import analyse
from raykd.report.write import write_current_report


@pytest.fixture(scope="module")
def inputs(finished):
    experiment = config.load(finished / "small.yaml")
    plan = Plan(experiment, ResultStore(Storage(f"{experiment.storage}/{experiment.name}")))
    return collect(plan, paper=True)


def test_scores_counted_from_stored_predictions_are_the_stored_scores(inputs):
    results = analyse(inputs)
    f1 = results.cells[results.cells["metric"] == "f1"]
    stored = f1.set_index(["task", "language", "encoder", "weights"])["mean"].to_dict()
    assert set(inputs.predictions) == set(stored)
    for key, own in inputs.predictions.items():
        tp = (own.decisions.predicted & own.decisions.truth).sum(axis=1)
        both = own.decisions.predicted.sum(axis=1) + own.decisions.truth.sum(axis=0)
        assert (2 * tp / both.clip(1)).mean() == pytest.approx(stored[key])
    # A label of fewer than ten test texts leaves no interval over texts; claims cover them all the same.
    f1 = results.tests[results.tests["metric"] == "f1"]
    cells = f1[["task", "language", "encoder", "weights"]].itertuples(index=False, name=None)
    assert f1["both_low"].notna().tolist() == [inputs.predictions[key].decisions.least_support >= 10 for key in cells]
    assert all(claim.covers_texts for claim in results.claims)


def test_what_is_tested_was_written_down_before_the_first_score(inputs):
    assert inputs.planned_tests.before_scores
    assert inputs.planned_tests.late_changes == ()
    assert inputs.planned_tests.revisions[-1].design == inputs.design
    assert set(inputs.accounts) == set(inputs.task_encoders)


def test_sizes_and_differences_come_from_the_run(inputs):
    sizes = inputs.encoders.set_index("encoder")
    assert sizes.loc["teacher", "layers"] == 2
    assert (sizes["bytes"] > 4 * sizes["parameters"]).all()  # float32, and the vocabulary head
    assert any(difference.what == "data" for difference in inputs.paper)


def test_cells_of_fewer_rows_stand_beside_those_of_all(finished, tmp_path):
    shutil.copytree(finished / "runs", tmp_path / "runs")
    experiment = config.load(finished / "small.yaml", ["evaluate.train_sizes=[40]", f"storage={tmp_path / 'runs'}"])
    storage = Storage(f"{experiment.storage}/{experiment.name}")
    plan = Plan(experiment, ResultStore(storage))
    whole = next(cell for cell in plan.cells if cell.encoder == "technical-student")
    sized = next(cell for cell in plan.train_size_cells if cell.encoder == whole.encoder)
    write_current_report(plan)
    before = storage.read_json("report/manifest.json")["hash"]
    # Which scores they are does not matter here.
    storage.write_table(sized.file("scores.parquet"), storage.read_table(whole.file("scores.parquet")))
    inputs = collect(plan)
    assert set(inputs.sized_scores["train_rows"]) == {40}
    assert len(inputs.sized_cells) == len(plan.train_size_cells)
    curve = analyse(inputs).learning.query("metric == 'f1' and encoder == 'technical-student'")
    assert curve["rows"].tolist() == [40, 80]
    assert curve["mean"].nunique() == 1
    write_current_report(plan)
    assert storage.read_json("report/manifest.json")["hash"] != before


def test_two_experiments_are_compared(finished, run_job):
    other = finished / "other.yaml"
    other.write_text((finished / "small.yaml").read_text() + "\n")
    status, output = run_job("report", "--compare", finished / "small.yaml", other)
    assert status == 0, output[-3000:]
    page = next((finished / "runs").glob("*/report-against/*/index.html")).read_text()
    assert "None, apart from names, places and resources." in page
    status, output = run_job("report", "--compare", other)
    assert status == 2
    assert "name two configs" in output
