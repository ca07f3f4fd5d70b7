"""The paper's own numbers through our functions, and what an experiment does otherwise."""

from pathlib import Path

import pandas as pd
import pytest

from raykd import config
from raykd.report.inputs import empty
from raykd.report.paper.beside_ours import difference_table, paper_gain_table, paper_table, published_gains, roles
from raykd.report.paper.differences import paper_differences
from raykd.report.paper.published import published, published_cells
from raykd.report.results import analyse

CONFIGS = Path(__file__).parents[3] / "configs"


@pytest.mark.parametrize(
    ("weights", "over_student", "over_teacher"),
    [("all", 2.28, 1.15), ("frozen", 2.45, 1.23), ("fine-tuned", 2.11, 1.06)],
)
def test_the_published_scores_give_the_published_gains(weights, over_student, over_teacher):
    found = published_gains().set_index(["weights", "baseline"])["relative"] * 100
    assert found[(weights, "DistilmBERT")] == pytest.approx(over_student, abs=0.005)
    assert found[(weights, "mBERT")] == pytest.approx(over_teacher, abs=0.005)


def test_the_published_gains_in_points():
    found = published_gains().set_index(["weights", "baseline"])["absolute"] * 100
    assert (found[("all", "DistilmBERT")], found[("all", "mBERT")]) == pytest.approx((1.69, 0.89), abs=0.005)


def test_every_published_table_is_there():
    assert [len(published(number)) for number in range(1, 9)] == [2, 5, 2, 10, 4, 14, 6, 162]
    assert len(published_cells()) == 162


@pytest.fixture
def experiment(monkeypatch):
    def load(name, *overrides):
        for variable in ("RAYKD_STORAGE", "DUMPS", "MESSAGES"):
            monkeypatch.setenv(variable, "/none")
        found = paper_differences(config.load(CONFIGS / f"{name}.yaml", list(overrides)))
        return {difference.what: (difference.paper, difference.here) for difference in found}

    return load


def test_the_demo_is_not_the_paper(experiment):
    found = experiment("demo")
    assert found["data"][1] == "sample text that this project writes"
    assert found["teacher"] == ("mBERT", "teacher, pretrained here (4 layers of width 64)")
    assert found["distillation of technical-student: layers"] == ("6 (reference)", "2")
    assert found["languages of multi-label tasks"] == ("eng, spa, jpn, por, rus", "eng, jpn")
    assert found["companies that the encoder has not seen"] == ("14 of 26 in the task", "2")


def test_the_papers_experiment_differs_where_we_know_better_and_nowhere_else(experiment):
    found = experiment("td")
    assert "teacher" not in found
    assert "general student" not in found
    assert not any(what.startswith(("languages", "rows of", "labels", "text of", "classifier seeds")) for what in found)
    assert found["distillation of td-distilmbert: token_types"] == ("drop (reference)", "fold")
    changed = experiment("td", "encoders.td-distilmbert.distill.loss.temperature=3", "evaluate.seeds=3")
    assert changed["distillation of td-distilmbert: loss.temperature"] == ("2 (reference)", "3")
    assert changed["classifier seeds"] == ("10", "3")
    assert set(found) < set(changed)


def test_our_values_stand_beside_theirs(inputs, results):
    assert roles(inputs)["tags", "distilmbert"] == "DistilmBERT"
    assert roles(inputs)["intent", "td-distilmbert"] == "CC-DistilmBERT"
    raw = paper_table(inputs, results).raw
    assert set(raw["table"]) == {1, 2, 3, 4, 5, 6, 8}
    teacher = raw[(raw["table"] == 8) & (raw["what"] == "TD f1, frozen, mBERT")].set_index("language")
    own = results.cells.query("task == 'tags' and encoder == 'mbert' and weights == 'frozen' and metric == 'f1'")
    ours = own.set_index("language")["mean"]
    assert (teacher.loc["eng", "paper"], teacher.loc["eng", "here"]) == pytest.approx((0.703, ours["eng"]))
    assert teacher["here"].notna().sum() == 2
    sizes = raw[raw["table"] == 5].set_index("what")
    assert sizes.loc["mBERT", "here"] == pytest.approx(177.85344)


def test_rows_that_name_no_origin_are_the_papers_natural_ones(inputs, results, make_inputs):
    """As in configs/cc.yaml."""

    def natural(given):
        raw = paper_table(given, results).raw  # the names of origins are in no analysis
        return raw[(raw["table"] == 2) & raw["what"].str.endswith("natural")].reset_index(drop=True)

    unnamed = make_inputs(splits=inputs.splits.assign(origin=inputs.splits["origin"].replace("natural", "")))
    assert natural(inputs)["here"].notna().any()
    pd.testing.assert_frame_equal(natural(unnamed), natural(inputs))


def test_gains_stand_beside_gains(inputs, results):
    raw = paper_gain_table(inputs, results).raw.set_index(["baseline", "weights"])
    own = results.gains.query("metric == 'f1' and baseline == 'distilmbert'").set_index("weights")["relative"]
    assert raw.loc[("DistilmBERT", "all"), "relative_here"] == pytest.approx(own["all"])
    assert raw.loc[("mBERT", "all"), "relative_paper"] == pytest.approx(0.0115, abs=5e-5)


def test_only_on_request_and_with_whatever_there_is(make_inputs):
    without = make_inputs(paper=None)
    assert "--paper" in difference_table(without).absent
    nothing = make_inputs(scores=empty("scores"), corpora=empty("corpora"), encoders=empty("encoders"), predictions={})
    table = paper_table(nothing, analyse(nothing))
    assert table.raw.loc[table.raw["table"] != 4, "paper"].notna().all()
