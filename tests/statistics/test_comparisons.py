"""Which pairs are compared, and that each column is what its function gives for the right scores."""

import numpy as np
import pandas as pd
import pytest

from raykd.statistics.comparisons import COLUMNS, cell_tests
from raykd.statistics.design import Design
from raykd.statistics.effects import mean_difference
from raykd.statistics.holm import holm
from raykd.statistics.kolmogorov_smirnov import compare
from raykd.statistics.location_tests import welch
from raykd.statistics.permutation import paired_permutation_test, permutation_test
from raykd.statistics.summary import outlying_seeds


def headline(samples, metrics=("f1",)):
    """samples: encoder -> scores by seed, or a list of such lists, one per encoder seed."""
    rows = [
        ("td", "eng", encoder, "frozen", encoder_seed, seed, metric, value)
        for metric in metrics
        for encoder, values in samples.items()
        for encoder_seed, own in enumerate(values if isinstance(values[0], list) else [values])
        for seed, value in enumerate(own)
    ]
    columns = ["task", "language", "encoder", "weights", "encoder_seed", "seed", "metric", "value"]
    return pd.DataFrame(rows, columns=columns)


def compared(scores, baselines, encoders=None, cells=()):
    """The tests of a design of two seeds with the scored cells of `encoders` (all) and further cells."""
    scored = scores[scores["encoder"].isin(encoders or set(scores["encoder"]))]
    there = scored[["task", "language", "encoder", "weights"]].drop_duplicates().itertuples(index=False, name=None)
    planned = tuple(dict.fromkeys([*there, *cells]))
    return cell_tests(scores, Design(tuple(baselines), baselines[0], planned, 2))


def test_each_adapted_encoder_meets_each_baseline_of_its_task():
    samples = {
        "td": [0.7, 0.71, 0.72],
        "old": [0.6, 0.61, 0.62],
        "teacher": [0.65, 0.71, 0.73],
        "other": [0.1, 0.2],
    }
    found = compared(headline(samples), ("old", "teacher", "absent"), ("td", "old", "teacher"))
    assert list(found) == COLUMNS
    assert list(zip(found["encoder"], found["baseline"], strict=True)) == [("td", "old"), ("td", "teacher")]
    direct = compare(samples["td"], samples["teacher"])
    assert (found.loc[1, "statistic"], found.loc[1, "p_value"]) == (direct.statistic, direct.p_value)
    assert found.loc[1, "ties"]
    assert not found.loc[1, "mann_whitney_exact"]


def test_one_seed_is_not_tested():
    found = compared(headline({"td": [0.7], "old": [0.6, 0.61]}), ("old",))
    assert found.empty
    assert list(found) == COLUMNS


def test_each_family_is_corrected_on_its_own():
    samples = {"td": [0.7, 0.71, 0.72, 0.73], "old": [0.6, 0.61, 0.62, 0.725], "teacher": [0.5, 0.51, 0.52, 0.53]}
    found = compared(headline(samples, ("f1", "precision", "recall")), ("old", "teacher"))
    families = found.groupby("family", sort=False)
    assert families.size().to_dict() == {"primary": 1, "secondary": 1, "exploratory": 4}
    for _, own in families:
        assert list(own["holm_p_value"]) == list(holm(own["p_value"]))


def test_a_family_holds_what_is_planned_and_not_only_what_is_there():
    samples = {"td": [0.7, 0.71, 0.72, 0.73], "old": [0.6, 0.61, 0.62, 0.725]}
    cells = [("td", language, encoder, weights) for language in ("eng", "spa") for encoder in samples
             for weights in ("frozen", "fine-tuned")]  # fmt: skip
    alone = compared(headline(samples), ("old",))
    partial = compared(headline(samples), ("old",), cells=cells)
    assert len(alone) == len(partial) == 1
    assert (alone.loc[0, "family_size"], partial.loc[0, "family_size"]) == (1, 4)
    assert partial.loc[0, "holm_p_value"] == pytest.approx(4 * alone.loc[0, "holm_p_value"])


def test_pairs_are_formed_by_seed_and_not_by_place():
    rows = headline({"td": [0.70, 0.75, 0.81, 0.9], "old": [0.69, 0.73, 0.78]})
    shuffled = rows.sample(frac=1, random_state=1)
    found = compared(shuffled, ("old",)).iloc[0]
    direct = paired_permutation_test([0.70, 0.75, 0.81], [0.69, 0.73, 0.78])
    assert (found["pairs"], found["paired_permutation_p_value"]) == (3, direct.p_value)
    assert found["permutation_p_value"] == permutation_test([0.70, 0.75, 0.81, 0.9], [0.69, 0.73, 0.78]).p_value


def test_encoders_are_the_unit_where_there_are_several():
    samples = {"td": [[0.70, 0.72], [0.74, 0.76], [0.80, 0.82]], "old": [[0.60, 0.62], [0.64, 0.66]]}
    found = compared(headline(samples), ("old",)).iloc[0]
    assert (found["n"], found["n_baseline"], found["encoders"], found["baseline_encoders"]) == (3, 2, 3, 2)
    assert found["permutation_p_value"] == found["unit_p_value"] == pytest.approx(1 / 10)
    assert found["p_value"] == compare([0.71, 0.75, 0.81], [0.61, 0.65]).p_value
    assert np.isnan(found["paired_permutation_p_value"])
    alone = compared(headline({"td": [0.7, 0.8], "old": [0.5, 0.6]}), ("old",)).iloc[0]
    assert (alone["unit"], alone["test"]) == ("seed", "Kolmogorov-Smirnov")


def test_what_cannot_be_tested_is_missing_and_the_rest_is_there():
    many = np.random.default_rng(0).normal(0.7, 0.01, (2, 17)).tolist()
    found = compared(headline({"td": many[0], "old": many[1]}), ("old",)).iloc[0]
    assert found["permutation_p_value"] > 0.05  # of drawn splits, of 34 values
    assert found["paired_permutation_p_value"] == paired_permutation_test(*many).p_value
    rows = headline({"td": [0.7, 0.8], "old": [0.5, 0.6]})
    rows.loc[rows["encoder"] == "old", "seed"] += 10
    apart = compared(rows, ("old",)).iloc[0]
    assert np.isnan(apart["paired_permutation_p_value"])
    assert (apart["pairs"], apart["permutation_p_value"]) == (0, pytest.approx(1 / 3))


def test_a_comparison_does_not_depend_on_the_others():
    generator = np.random.default_rng(3)
    samples = {name: generator.normal(0.7, 0.01, 5).tolist() for name in ("td", "old", "teacher")}
    both = compared(headline(samples), ("old", "teacher"))
    direct = mean_difference(samples["td"], samples["teacher"])
    assert (both.loc[1, "difference_low"], both.loc[1, "difference_high"]) == (float(direct.low), float(direct.high))
    assert both.loc[1, "difference"] == pytest.approx(float(direct.estimate))


def test_distillations_are_not_taken_for_seeds(make_scores, make_design):
    """Three adapted distillations and one baseline, all from one distribution: pooled, most families have a finding."""
    generator = np.random.default_rng(2)
    for _ in range(15):
        scores = make_scores(generator, (3, 1))
        found = cell_tests(scores, make_design(scores))
        assert set(found["unit"]) == {"distillation"}
        assert (found["unit_p_value"] >= 0.25).all()
        assert set(found["reading"]) == {"none"}
        assert set(found["stands"]) == {""}
        pooled = [
            permutation_test(own.loc[own["encoder"] == "new", "value"][::3], own.loc[own["encoder"] == "old", "value"])
            for _, own in scores.groupby("language")
        ]
    assert min(float(test.p_value) for test in pooled) < 0.05


def test_equal_recipes_of_five_distillations_get_few_marks(make_scores, make_design):
    """Distillations spread as much as seeds. Over seeds a third of tests have a mark."""
    generator = np.random.default_rng(4)
    several, alone = [], []
    for _ in range(20):
        for distillations, found in ((5, several), (1, alone)):
            scores = make_scores(generator, distillations, seeds=10 if distillations == 1 else 4)
            found.append(cell_tests(scores, make_design(scores)))
    marks, seed_marks = (pd.concat(found)["reading"].isin(["higher", "lower"]).mean() for found in (several, alone))
    families, seed_families = (np.mean([(own["stands"] != "").any() for own in found]) for found in (several, alone))
    assert max(marks, families) <= 0.1
    assert min(seed_marks, seed_families) > 0.25


def test_five_distillations_can_stand_after_holm(make_scores, make_design, generator):
    scores = make_scores(generator, 5, gain=0.06, cells=4)
    found = cell_tests(scores, make_design(scores))
    assert set(found["test"]) == {"permutation"}
    assert found["holm_p_value"].to_numpy() == pytest.approx([4 * 2 / 252] * 4)
    assert set(found["stands"]) == {"higher"}
    assert (found["simultaneous_low"] >= 0).all()
    assert set(found["interval"]) == {"t"}


def test_a_mark_needs_the_mean_and_the_order_to_agree(make_table, make_design):
    """Eight seeds a little lower and two lucky ones: the distribution differs, and no arrow tells how."""
    generator = np.random.default_rng(5)
    baseline = 0.7 + 0.002 * generator.standard_normal(10)
    lucky = np.concatenate([0.68 + 0.002 * generator.standard_normal(8), [0.85, 0.86]])
    for scores, sign in ((lucky, 1), (2 * baseline.mean() - lucky, -1)):
        table = make_table({("new", "l0"): scores, ("old", "l0"): baseline})
        found = cell_tests(table, make_design(table)).iloc[0]
        assert found["p_value"] < 0.05
        assert np.sign(found["difference"]) == sign == -np.sign(found["cliffs_delta"])
        assert (found["reading"], found["stands"], found["holm_p_value"]) == ("distribution only", "", 1)
        assert found["simultaneous_low"] <= 0 <= found["simultaneous_high"]
    named = outlying_seeds(make_table({("new", "l0"): lucky, ("old", "l0"): baseline}))
    assert [tuple(row) for row in named[["encoder", "seed", "side"]].to_numpy()] == [
        ("new", 8, "lucky"),
        ("new", 9, "lucky"),
    ]


def test_no_mark_before_a_cell_has_its_seeds(make_table, make_design):
    """Five of ten seeds: every one above, which p = .008 says, and is not read."""
    full = {("new", "l0"): 0.72 + 0.001 * np.arange(10), ("old", "l0"): 0.70 + 0.001 * np.arange(10)}
    scores = make_table(full)
    design = make_design(scores)
    found = cell_tests(scores[scores["seed"] < 5], design).iloc[0]
    assert found["p_value"] < 0.01
    assert (found["complete"], found["reading"], found["stands"]) == (False, "incomplete", "")
    assert np.isnan([found["holm_p_value"], found["simultaneous_low"]]).all()
    assert cell_tests(scores, design).iloc[0]["reading"] == "higher"


def test_simultaneous_intervals_agree_with_holm(make_scores, make_design):
    generator = np.random.default_rng(6)
    stood = 0
    for gain in (0.0, 0.01, 0.02, 0.04):
        scores = make_scores(generator, gain=gain, spread=0, metrics=("f1", "recall"))
        found = cell_tests(scores, make_design(scores))
        outside = (found["simultaneous_low"] >= 0) | (found["simultaneous_high"] <= 0)
        assert list(outside) == list(found["stands"] != "")
        stood += int(outside.sum())
    assert 8 < stood < 60


def test_a_fixed_baseline_is_tested_by_welch(make_scores, make_design, generator):
    scores = make_scores(generator, (4, 1), gain=0.06, cells=1)
    found = cell_tests(scores, make_design(scores, fixed=("old",))).iloc[0]
    own = scores[scores["encoder"] == "new"].groupby("encoder_seed")["value"].mean()
    assert found["test"] == "Welch"
    welchs = welch(own, scores.loc[scores["encoder"] == "old", "value"]).p_value
    assert found["welch_p_value"] == pytest.approx(welchs)
    assert welchs < found["unit_p_value"] < 0.05
    assert np.isnan([found["p_value"], found["permutation_p_value"]]).all()
    assert (found["n"], found["n_baseline"], found["reading"]) == (4, 10, "higher")


def test_a_given_encoder_beside_distillations_of_the_baseline_is_tested_alike(make_scores, make_design, generator):
    scores = make_scores(generator, (4, 1), gain=0.06, cells=1)
    mirrored = scores.assign(encoder=scores["encoder"].map({"new": "old", "old": "new"}))
    own = cell_tests(scores, make_design(scores, fixed=("old",))).iloc[0]
    other = cell_tests(mirrored, make_design(mirrored, baselines=("old",), primary="old", fixed=("new",))).iloc[0]
    assert (other["test"], other["unit_p_value"]) == ("Welch", pytest.approx(own["unit_p_value"]))
    assert (other["n"], other["n_baseline"], other["reading"]) == (10, 4, "lower")
    assert other["difference_low"] == pytest.approx(-own["difference_high"])


def test_two_distillations_that_are_close_by_chance_get_no_mark(make_scores, make_design, generator):
    """Welch's p takes the spread of ten seeds for what is known, and gives one in nine of equal recipes a mark."""
    scores = make_scores(generator, (2, 1), cells=1)
    old = scores["encoder"] == "old"
    scores.loc[~old, "value"] = 0.704 + 0.001 * scores.loc[~old, "encoder_seed"]
    scores.loc[old, "value"] = 0.7 + 0.003 * np.tile([-1, 1], 5)
    found = cell_tests(scores, make_design(scores, fixed=("old",))).iloc[0]
    assert found["welch_p_value"] < 0.01
    assert (found["unit_p_value"] > 0.05, found["reading"]) == (True, "none")


@pytest.mark.parametrize("distillations", [9, 17])
def test_many_distillations_are_tested(make_scores, make_design, generator, distillations):
    scores = make_scores(generator, distillations, gain=0.03, cells=1, seeds=2)
    found = cell_tests(scores, make_design(scores)).iloc[0]
    assert (found["reading"], found["stands"]) == ("higher", "higher")
    assert found["simultaneous_low"] > 0 or found["simultaneous_low"] == 0 < found["difference"]
    assert found["resolution"] <= found["unit_p_value"]


def test_the_size_of_a_family_is_fixed_by_the_design(make_scores, make_design, generator):
    scores = make_scores(generator)
    whole = make_design(scores)
    some = cell_tests(scores[scores["language"].isin(["l0", "l1"])], whole)
    assert (len(some), set(some["family_size"])) == (2, {8})
    swapped = make_design(scores, baselines=("old",))
    pd.testing.assert_frame_equal(cell_tests(scores, swapped), cell_tests(scores, whole))
