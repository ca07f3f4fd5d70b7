"""Curves of scores by labelled rows, and where one reaches what another ends at."""

import numpy as np
import pandas as pd
import pytest

from raykd.statistics.learning_curves import CURVES, REACHED, learning_curves, rows_to_reach
from raykd.statistics.summary import cell_summary, headline_scores

LANGUAGE_ROWS = pd.DataFrame([("tags", "eng", 800), ("tags", "jpn", 400)], columns=["task", "language", "rows"])


def score_rows(encoder, values, language="eng", **more):
    return [
        {"task": "tags", "kind": "multi-label", "language": language, "encoder": encoder, "weights": "frozen",
         "encoder_seed": 1, "seed": seed, "label": label, "precision": 0.5, "recall": 0.5, "f1": value + shift,
         "average_precision": value, "support": 5, **more}
        for seed, value in enumerate(values)
        for label, shift in (("x", -0.1), ("y", 0.1))
    ]  # fmt: skip


def curves_of(**encoders):
    """F1 curves at 100, 200, 400 and all 800 rows of encoders by name, from one mean a point; None: no scores."""
    sized = [
        row
        for name, means in encoders.items()
        for size, mean in zip((100, 200, 400), means[:-1], strict=True)
        if mean is not None
        for row in score_rows(name, (mean,), train_rows=size)
    ]
    whole = [row for name, means in encoders.items() if means[-1] is not None for row in score_rows(name, means[-1:])]
    found = learning_curves(
        pd.DataFrame(sized), cell_summary(headline_scores(pd.DataFrame(whole), {})), LANGUAGE_ROWS, {}
    )
    return found[found["metric"] == "f1"]


def test_a_curve_has_the_mean_and_spread_of_each_size_and_ends_with_all_rows():
    sized = [*score_rows("a", (0.4, 0.6), train_rows=200), *score_rows("a", (0.3, 0.3), train_rows=100)]
    sized += score_rows("a", (0.2,), "jpn", train_rows=100)
    whole = [*score_rows("a", (0.7,)), *score_rows("a", (0.5,), "jpn"), *score_rows("a", (0.5,), "rus")]
    cells = cell_summary(headline_scores(pd.DataFrame(whole), {}))
    found = learning_curves(pd.DataFrame(sized), cells, LANGUAGE_ROWS, {})
    assert list(found) == CURVES
    f1 = found[found["metric"] == "f1"]
    english, japanese = (f1[f1["language"] == language] for language in ("eng", "jpn"))
    assert english["rows"].tolist() == [100, 200, 800]
    assert english["all_rows"].tolist() == [False, False, True]
    assert english["mean"].tolist() == pytest.approx([0.3, 0.5, 0.7])
    assert english["standard_deviation"].iloc[1] == pytest.approx(0.02**0.5)
    assert english["n"].tolist() == [2, 2, 1]
    assert japanese["rows"].tolist() == [100, 400]
    assert "rus" not in set(found["language"])  # it has no score of fewer rows
    assert set(found["metric"]) == {"f1", "precision", "recall", "average_precision"}


def test_without_scores_of_fewer_rows_there_are_no_curves():
    cells = cell_summary(headline_scores(pd.DataFrame(score_rows("a", (0.7,))), {}))
    nothing = pd.DataFrame(columns=[*score_rows("a", (0.7,))[0], "train_rows"])
    found = learning_curves(nothing, cells, LANGUAGE_ROWS, {})
    assert (list(found), len(found)) == (CURVES, 0)
    reached = rows_to_reach(found, ["old"])
    assert (list(reached), len(reached)) == (REACHED, 0)


@pytest.mark.parametrize(
    ("new", "rows", "all_rows", "smallest", "kept", "saved"),
    [
        ((0.1, 0.5, 0.6, 0.7), 200, False, False, True, 0.75),  # as much is enough
        ((0.6, 0.7, 0.7, 0.8), 100, False, True, True, 0.875),
        ((0.1, 0.6, 0.4, 0.7), 200, False, False, False, 0.75),
        ((0.1, 0.2, 0.3, 0.6), 800, True, False, True, 0),
        ((0.1, 0.2, 0.3, 0.4), np.nan, False, False, False, np.nan),
        ((None, None, 0.6, None), 400, False, True, True, 0.5),
    ],
)
def test_the_first_size_that_is_not_below_the_baseline_counts(new, rows, all_rows, smallest, kept, saved):
    (found,) = rows_to_reach(curves_of(new=new, old=(0.2, 0.3, 0.4, 0.5)), ["old"]).to_dict("records")
    assert (found["encoder"], found["baseline"], found["baseline_rows"], found["baseline_alone"]) == (
        *("new", "old"),
        *(800, 800),
    )
    assert found["baseline_mean"] == pytest.approx(0.5)
    assert (found["rows"], found["saved"]) == pytest.approx((rows, saved), nan_ok=True)
    assert (found["all_rows"], found["smallest"], found["kept"]) == (all_rows, smallest, kept)


def test_a_baseline_whose_own_curve_is_flat_is_told():
    reached = rows_to_reach(curves_of(new=(0.1, 0.6, 0.7, 0.8), old=(0.2, 0.5, 0.5, 0.5)), ["old"])
    assert reached["baseline_alone"].tolist() == [200]


def test_only_encoders_with_fewer_rows_stand_beside_baselines_with_all():
    curves = curves_of(new=(0.1, 0.2, 0.3, 0.4), whole=(None, None, None, 0.9), old=(0.1, 0.2, 0.3, None))
    assert rows_to_reach(curves, ["old"]).empty
    found = rows_to_reach(curves, ["whole"])
    assert found["encoder"].tolist() == ["new", "old"]
    assert found["baseline_alone"].isna().all()
