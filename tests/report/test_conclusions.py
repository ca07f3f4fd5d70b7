"""The plain sentences on top: right numbers, and everything that is missing is said."""

from raykd.report.certainty import certainty
from raykd.report.conclusions import conclusions, key_figures, missing
from raykd.report.inputs import Sweep, empty
from raykd.report.results import analyse


def plain(sentences):
    return " ".join(sentences).replace("\u00a0", " ")


def test_who_won_by_how_much_and_how_often(inputs):
    results = analyse(inputs)
    text = plain(conclusions(inputs, results))
    assert "Highest mean F1 over 8 comparisons (task, language, weights): td-distilmbert in 4, mbert in 4." in text
    gain = results.gains.set_index(["metric", "weights", "baseline"]).loc[("f1", "all", "distilmbert"), "relative"]
    assert f"td-distilmbert against distilmbert: {100 * gain:+.2f} % in F1 on average" in text
    assert "3.00 GB scores best. The smallest that passes distilmbert is 2.00 GB." in text
    assert [meaning for _, meaning in key_figures(results)] == [
        "mean F1 gain, td-distilmbert over distilmbert",
        "mean F1 gain, td-distilmbert over mbert",
    ]


def test_a_baseline_that_no_quantity_reaches_is_named(make_inputs):
    inputs = make_inputs(sweep=Sweep("s", "eng", "tags", ((10**9, "td-1.0"),), ("mbert",)))
    assert "No quantity passes mbert." in plain(conclusions(inputs, analyse(inputs)))


def test_certainty_counts_tests_and_those_expected_by_chance(inputs):
    text = plain(certainty(inputs, analyse(inputs)))
    assert "of the 16 tests on F1" in text
    assert "chance alone would give about 0.2" in text  # 16 times .0123
    assert "a mark needs D ≥ 0.7" in text
    assert "each encoder is one training run" in text


def test_certainty_says_what_stands_after_correction_and_what_can_be_found(inputs):
    results = analyse(inputs)
    text = plain(certainty(inputs, results))
    for family, baseline in (("primary", "distilmbert"), ("secondary", "mbert")):
        own = results.tests[results.tests["family"] == family]
        stands = int((own["holm_p_value"] < 0.05).sum())
        assert f"{stands} of the 8 {family} differences (F1 against {baseline}) stand" in text
    assert "Its first step needs D ≥ 0.8." in text  # p = .0021 < .05 / 8 < .0123
    assert "a difference of 1.8 standard deviations over seeds four times in five" in text
    assert "takes 25 seeds on each side" in text


def test_corrected_counts_stand_beside_the_others(inputs):
    results = analyse(inputs)
    f1 = results.tests[(results.tests["metric"] == "f1") & (results.tests["baseline"] == "mbert")]
    higher = f1[f1["direction"] == "higher"]
    counts = f"{(higher['p_value'] < 0.05).sum()} ({(higher['holm_p_value'] < 0.05).sum()})"
    assert f"significantly higher in {counts}" in plain(conclusions(inputs, results))


def test_nothing_to_conclude_without_baselines(make_inputs, frame, cell_scores):
    inputs = make_inputs(scores=frame("scores", cell_scores("tags", "eng", "mbert", "frozen")))
    assert "nothing to conclude" in plain(conclusions(inputs, analyse(inputs)))
    assert "No difference was tested" in plain(certainty(inputs, analyse(inputs)))


def test_one_seed_concludes_without_a_test(make_inputs):
    whole = make_inputs().scores
    inputs = make_inputs(scores=whole[whole["seed"] == 0])
    assert "td-distilmbert against mbert" in plain(conclusions(inputs, analyse(inputs)))
    assert "No difference was tested" in plain(certainty(inputs, analyse(inputs)))


def test_missing_cells_and_seeds_are_listed(make_inputs, frame, cell_scores):
    whole = make_inputs()
    assert missing(whole, analyse(whole)) == []
    rows = cell_scores("tags", "eng", "mbert", "frozen") + cell_scores("tags", "jpn", "mbert", "frozen", seeds=7)
    partial = make_inputs(scores=frame("scores", rows))
    lines = missing(partial, analyse(partial))
    assert "tags, mbert, frozen, jpn: 7 of 10 seeds." in lines
    assert "intent, td-distilmbert, fine-tuned: no scores for eng, jpn." in lines
    assert "Sweep: no scores for distilmbert, td-1.0, td-2.0, td-3.0." in lines
    nothing = make_inputs(scores=empty("scores"))
    assert len(missing(nothing, analyse(nothing))) == 2 * 3 * 2 + 1
