"""Two experiments side by side: which cells, which numbers, and what is said of those that cannot be compared."""

from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from raykd.report.compare import compare_experiments, setting_differences, summary, write_comparison
from raykd.report.inputs import Predictions, empty
from raykd.statistics.kolmogorov_smirnov import compare


@pytest.fixture(scope="module")
def raised(inputs, make_inputs):
    """The same experiment with every F1 of one encoder three points higher, and without one cell."""
    scores = inputs.scores.copy()
    scores.loc[scores["encoder"] == "td-distilmbert", "f1"] += 0.03
    gone = (scores["encoder"] == "mbert") & (scores["task"] == "tags") & (scores["language"] == "jpn")
    settings = inputs.settings.replace("seeds: 10", "seeds: 12")
    return make_inputs(name="raised", scores=scores[~(gone & (scores["weights"] == "frozen"))], settings=settings)


def plain(lines):
    return " ".join(lines).replace("\u00a0", " ")


def test_the_same_cells_are_tested_as_anywhere_else(inputs, raised):
    compared = compare_experiments(inputs, raised)
    own, other = (
        experiment.scores.query(
            "encoder == 'td-distilmbert' and task == 'intent' and language == 'eng' and weights == 'frozen' "
            "and label == 'intentional'"
        )["f1"].to_numpy()
        for experiment in (raised, inputs)
    )
    found = compared.f1.query("encoder == 'td-distilmbert (B)' and task == 'intent' and language == 'eng'")
    found = found[found["weights"] == "frozen"].iloc[0]
    assert found["p_value"] == compare(own, other).p_value
    assert (found["b"], found["a"]) == pytest.approx((own.mean(), other.mean()))
    # All cells that both plan count, those that are not scored yet too: results that come in cannot change m.
    assert (found["family"], found["family_size"]) == ("primary", 24)
    assert (compared.only_a, compared.only_b) == (0, 0)


def test_what_did_not_change_is_left_out(inputs, raised):
    compared = compare_experiments(inputs, raised)
    assert set(compared.f1["encoder"]) == {"td-distilmbert (B)"}
    numbers = compared.matched["status"].value_counts().to_dict()
    assert numbers == {"compared": 8, "identical": 15, "not scored in B": 1}
    text = plain(summary(compared))
    assert "td-distilmbert (B) is better than" in text
    assert "; the difference is +3.00 points of F1 on average over 8 cells (" in text
    assert "15 cells are left out, since nothing in them changed from A to B" in text
    assert "1 cell has no scores yet in A or in B." in text


def test_one_and_the_same_result_is_not_tested(make_inputs, inputs):
    hashes = {
        tuple(cell): "same" for cell in inputs.expected_cells[["task", "language", "encoder", "weights"]].to_numpy()
    }
    known = make_inputs(hashes=hashes)
    compared = compare_experiments(known, known)
    assert summary(compared) == ["A and B are the same in each of the 24 cells that both plan: nothing changed."]
    assert compared.tests.empty


def test_without_predictions_it_is_not_known_whether_the_texts_are_the_same(inputs, make_inputs):
    scores = inputs.scores.assign(f1=inputs.scores["f1"] + 0.01)
    compared = compare_experiments(inputs, make_inputs(scores=scores, predictions={}))
    assert compared.f1.empty
    text = plain(summary(compared))
    assert "Nothing of A and B can be compared." in text
    assert "24 cells are left out, since it is not known whether their test texts are the same" in text


def test_test_sets_that_differ_are_not_compared(inputs, make_inputs):
    key = ("tags", "eng", "mbert", "frozen")
    own = inputs.predictions[key]
    moved = Predictions(np.roll(own.doc_ids, 1), own.groups, own.decisions)
    scores = inputs.scores.assign(f1=inputs.scores["f1"] + 0.01)
    other = make_inputs(scores=scores, predictions={**inputs.predictions, key: moved})
    compared = compare_experiments(inputs, other)
    assert "eng" not in set(compared.f1.query("task == 'tags'")["language"])
    assert "6 cells are left out, since their test texts are not the same in A and B" in plain(summary(compared))


def test_groups_that_one_run_alone_knows_hold_for_both(inputs, make_inputs):
    """The texts are the same ones, so their companies are too."""
    scores = inputs.scores.assign(f1=inputs.scores["f1"] + 0.01)
    none = {
        key: replace(own, groups=np.full(len(own.groups), "", dtype=object)) for key, own in inputs.predictions.items()
    }
    both, one = (
        compare_experiments(inputs, make_inputs(scores=scores, **changes)).claims
        for changes in ({}, {"predictions": none})
    )
    assert [(claim.low, claim.high, claim.covers_texts) for claim in one] == [
        (claim.low, claim.high, True) for claim in both
    ]


def test_nothing_in_common_is_said(inputs, make_inputs):
    nothing = make_inputs(expected_cells=empty("expected_cells"))
    assert "no cell in common" in plain(summary(compare_experiments(inputs, nothing)))


def test_settings_are_compared_by_key():
    first = "name: a\nresources: {cpus: 1}\ntasks: {t: {kind: binary, sizes: {train: 5}}}\nseed: 1\n"
    second = "name: b\nresources: {cpus: 2}\ntasks: {t: {kind: binary, sizes: {train: 9}}}\n"
    assert setting_differences(first, second) == (("tasks.t.sizes.train", "5", "9"), ("seed", "1", "–"))


def test_the_page_and_its_files_are_written(inputs, raised):
    files: dict[str, bytes] = {}
    write_comparison(compare_experiments(inputs, raised), files.__setitem__)
    assert {"tables/comparison.csv", "tables/settings.tex", "figures/differences.svg"} <= set(files)
    page = files["index.html"].decode()
    assert "evaluate.seeds" in page
    HTMLParser().feed(page)
    assert list(files)[-1] == "index.html"
