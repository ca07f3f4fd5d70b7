"""Claims in full, how sure they are, and what is missing."""

import pytest

from raykd.report.inputs import Sweep, empty
from raykd.report.results import analyse
from raykd.report.text.certainty import certainty
from raykd.report.text.conclusions import conclusions, label_sentences, missing, quantity_sentences


def plain(sentences):
    return " ".join(sentences).replace("\u00a0", " ")


def test_each_claim_has_its_number_interval_and_range(results):
    text = plain(conclusions(results))
    claim = results.claims[0]
    assert (claim.encoder, claim.baseline, len(claim.cells)) == ("td-distilmbert", "distilmbert", 8)
    f1 = results.pairs.query("metric == 'f1' and baseline == 'distilmbert'")
    assert claim.gain == pytest.approx(f1["absolute"].mean())
    assert f"{100 * claim.gain:+.2f} points of F1 over 8 cells (95 % interval over seeds and test texts" in text
    assert "One distillation each: says nothing of another distillation" in text
    assert "with one cell left out the mean is from" in text
    assert f"the mean of the ratios: {100 * f1['relative'].mean():+.2f} %." in text
    assert "By weights, in points: frozen +" in text


def test_no_sentence_names_a_best_without_a_test(inputs, results):
    text = plain([*conclusions(results), *certainty(inputs, results)])
    for word in ("best", "smallest that passes", "fewer labelled rows", "Highest mean"):
        assert word not in text


def test_the_smallest_quantity_is_tested_from_the_largest_down(inputs, results):
    """td-1.0 scores 66.1, td-2.0 70.6 and td-3.0 72.1, mbert 70.0 and distilmbert 68.5."""
    first, second, flat, coming = map(plain, ([sentence] for sentence in quantity_sentences(inputs, results)))
    assert first.startswith(
        "By quantity of text (tags, eng, frozen), tested from the largest down, the smallest that is"
    )
    assert "better than mbert with all larger ones is 2.00 GB, as far as one distillation of each tells." in first
    assert "better than distilmbert with all larger ones is 2.00 GB" in second
    assert "There the gain is +0.82 points [0.59, 1.05]" in first and "p = " in first
    assert flat.startswith(
        "A fit that only rises comes within 0.5 points of its top at 3.00 GB; how sure that is cannot"
    )
    assert coming.startswith("From 3.00 to 4.50 GB the curve is expected to gain +")


def test_a_baseline_that_no_quantity_passes_is_named(make_inputs):
    inputs = make_inputs(sweep=Sweep("s", "eng", "tags", ((10**9, "td-1.0"),), ("mbert",)))
    sentence, flat = quantity_sentences(inputs, analyse(inputs))
    assert "within 0.5 points of its top at 1.00" in flat
    assert "not even the largest is better than mbert" in sentence


def test_fewer_labelled_rows_are_tested_too(inputs, make_inputs):
    """In English 72.2 with all rows and less by 4 for each halving: above 70.0 with 8,000 and 3,000 rows, not 2,000.
    Sixty test texts cannot tell two points, so none is better where they count."""
    without = make_inputs(predictions={})
    told = "(tested from all rows down in each, corrected for the cells), as far as one distillation of each tells."
    assert label_sentences(without, analyse(without))[1] == (
        f"With fewer labelled rows than mbert has, td-distilmbert is better than it in 2 of 4 cells {told}"
    )
    assert label_sentences(inputs, analyse(inputs))[1] == (
        f"With fewer labelled rows than mbert has, td-distilmbert is better than it in 0 of 4 cells {told}"
    )


def test_nothing_is_said_of_fewer_rows_before_all_planned_scores_are_there(make_inputs, inputs):
    """One seed of one size in one cell is missing: the sentence on its encoder waits, for every baseline."""
    sized = inputs.sized_scores
    last = (sized["seed"] == 9) & (sized["train_rows"] == 2000) & (sized["language"] == "jpn")
    partial = make_inputs(sized_scores=sized[~(last & (sized["weights"] == "frozen"))], predictions={})
    assert label_sentences(partial, analyse(partial)) == []
    of_baseline = (inputs.scores["encoder"] == "mbert") & (inputs.scores["seed"] == 9)
    partial = make_inputs(scores=inputs.scores[~of_baseline], predictions={})
    (sentence,) = label_sentences(partial, analyse(partial))
    assert "than distilmbert has" in sentence


def test_certainty_counts_marks_and_those_expected_by_chance(inputs, results):
    text = plain(certainty(inputs, results))
    assert "of the 16 tests on F1 have p < 0.05 and so a mark" in text
    assert "chance alone would give about 0.2" in text  # 16 times .0123
    assert "a mark needs D ≥ 0.7" in text
    assert "say nothing of another distillation" in text


def test_certainty_says_what_stands_after_correction_and_what_can_be_found(inputs, results):
    text = plain(certainty(inputs, results))
    for family, baseline in (("primary", "distilmbert"), ("secondary", "mbert")):
        own = results.tests[results.tests["family"] == family]
        stands = int((own["stands"] != "").sum())
        assert f"Corrected for the 8 tests of the {family} family" in text
        assert f"{stands} of the 8 {family} differences (F1 against {baseline}) stand" in text
    assert "Its first step needs D ≥ 0.8." in text  # p = .0021 < .05 / 8 < .0123
    assert "To get a mark four times in five a difference has to be 1.8 standard deviations over seeds" in text
    assert "one standard deviation takes 25 seeds on each side" in text
    # Under Holm a difference has to be larger, and one standard deviation takes more seeds.
    assert "To stand as one of 8 tests (Holm) four times in five a difference has to be 2." in text


def test_labels_with_few_test_texts_are_named(make_inputs, inputs):
    scores = inputs.scores.copy()
    scores.loc[(scores["label"] == "java") & (scores["language"] == "jpn"), "support"] = 3
    scores.loc[(scores["label"] == "c#") & (scores["language"] == "jpn"), "support"] = 0
    few = make_inputs(scores=scores, predictions={})
    text = plain(certainty(few, analyse(few)))
    assert "Labels with fewer than 10 test texts, whose F1 hangs on a few of them: java (tags jpn, 3)." in text
    assert "Labels without any test text: c# (tags jpn). Their F1 counts as 0 in the macro average" in text


def test_nothing_to_conclude_without_baselines(make_inputs):
    inputs = make_inputs(baselines=())
    results = analyse(inputs)
    assert "nothing to conclude" in plain(conclusions(results))
    assert "No difference was tested" in plain(certainty(inputs, results))


def test_one_seed_concludes_nothing(make_inputs):
    whole = make_inputs().scores
    inputs = make_inputs(scores=whole[whole["seed"] == 0])
    results = analyse(inputs)
    assert "td-distilmbert against mbert: not yet." in plain(conclusions(results))
    assert "No difference was tested" in plain(certainty(inputs, results))


def test_missing_cells_and_seeds_are_listed(inputs, results, make_inputs, frame, cell_scores):
    assert missing(inputs, results) == []
    rows = cell_scores("tags", "eng", "mbert", "frozen") + cell_scores("tags", "jpn", "mbert", "frozen", seeds=7)
    partial = make_inputs(scores=frame("scores", rows))
    lines = missing(partial, analyse(partial))
    assert "tags, mbert, frozen, jpn: 7 of 10 seeds." in lines
    assert "intent, td-distilmbert, fine-tuned: no scores for eng, jpn." in lines
    assert "Sweep: no scores for distilmbert, td-1.0, td-2.0, td-3.0." in lines
    nothing = make_inputs(scores=empty("scores"))
    assert len(missing(nothing, analyse(nothing))) == 2 * 3 * 2 + 1
