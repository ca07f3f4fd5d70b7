"""Two experiments side by side: which cells, which numbers, and what is said of those that cannot be compared."""

from html.parser import HTMLParser

import numpy as np
import pytest

from raykd.report.compare import cell_table, compare_experiments, setting_differences, summary, write_comparison
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
    assert (found["family"], found["family_size"]) == ("primary", 26)  # 24 of the table and 3 of the sweep, less one
    assert compared.only_a == 1
    assert len(cell_table(compared).rows) == 26
    unchanged = compared.f1[compared.f1["encoder"] == "mbert (B)"]
    assert (unchanged["direction"] == "same").all()


def test_the_summary_says_what_changed(inputs, raised):
    text = plain(summary(compare_experiments(inputs, raised)))
    assert "Higher in 8, lower in 0" in text
    assert "and after Holm's correction in 8 and 0" in text
    assert "left out: 1 cells of A, 0 of B" in text
    nothing = compare_experiments(inputs, make_empty(raised))
    assert "nothing to compare" in plain(summary(nothing))


def make_empty(experiment):
    from dataclasses import replace

    return replace(experiment, scores=empty("scores"), predictions={})


def test_test_sets_that_differ_are_named(inputs, make_inputs):
    key = ("tags", "eng", "mbert", "frozen")
    own = inputs.predictions[key]
    moved = Predictions(np.roll(own.doc_ids, 1), own.groups, own.decisions)
    compared = compare_experiments(inputs, make_inputs(predictions={**inputs.predictions, key: moved}))
    assert compared.other_texts == (("tags", "eng"),)
    tests = compared.f1.set_index(["task", "language"]).sort_index()
    assert tests.loc[("tags", "eng"), "both_low"].isna().all()
    assert tests.loc[("tags", "jpn"), "both_low"].notna().all()
    assert "not the same in tags eng" in plain(summary(compared))


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
