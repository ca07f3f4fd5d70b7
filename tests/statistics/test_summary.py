"""Headline scores, their means over seeds, and the gains that the paper states for its own Table 8."""

import pandas as pd
import pytest

from raykd.statistics.summary import (
    RUN,
    cell_summary,
    gains,
    headline_scores,
    long_scores,
    outlying_seeds,
    paired_cells,
    rare_labels,
)

LANGUAGES = ("eng", "spa", "jpn", "por", "rus")
# Howell et al. (2022), Table 8, F1: task, weights, then adapted, DistilmBERT, mBERT by language.
PUBLISHED_F1 = [
    ("cc", "frozen", (86.6, 82.0, 84.0, 86.2), (84.3, 79.5, 84.0, 85.2), (85.4, 78.7, 83.6, 85.2)),
    ("cc", "fine-tuned", (88.7, 82.3, 84.5, 87.4), (85.8, 79.9, 83.9, 85.6), (86.7, 80.7, 84.1, 86.3)),
    (
        "td",
        "frozen",
        (71.2, 70.1, 67.4, 71.2, 66.2),
        (68.9, 68.8, 65.8, 68.2, 64.3),
        (70.3, 70.9, 66.5, 69.8, 66.0),
    ),
    (
        "td",
        "fine-tuned",
        (72.5, 72.9, 66.7, 71.9, 67.2),
        (70.6, 71.5, 65.9, 70.4, 66.0),
        (72.3, 71.3, 67.2, 71.4, 66.5),
    ),
]


@pytest.fixture
def published() -> pd.DataFrame:
    rows = [
        (task, language, encoder, weights, "f1", value)
        for task, weights, *values in PUBLISHED_F1
        for encoder, by_language in zip((f"{task}-distilmbert", "distilmbert", "mbert"), values, strict=True)
        for language, value in zip(LANGUAGES, by_language, strict=False)
    ]
    return pd.DataFrame(rows, columns=["task", "language", "encoder", "weights", "metric", "mean"])


@pytest.mark.parametrize(
    ("weights", "cells", "over_student", "over_teacher"),
    [("all", 18, 2.28, 1.15), ("frozen", 9, 2.45, 1.23), ("fine-tuned", 9, 2.11, 1.06)],
)
def test_published_relative_gains(published, weights, cells, over_student, over_teacher):
    found = gains(paired_cells(published, ["distilmbert", "mbert"])).set_index(["weights", "baseline"])
    assert found.loc[(weights, "distilmbert"), "cells"] == cells
    assert found.loc[(weights, "distilmbert"), "relative"] * 100 == pytest.approx(over_student, abs=0.005)
    assert found.loc[(weights, "mbert"), "relative"] * 100 == pytest.approx(over_teacher, abs=0.005)


def test_published_absolute_gains(published):
    found = gains(paired_cells(published, ["distilmbert", "mbert"])).set_index(["weights", "baseline"])["absolute"]
    assert found[("all", "distilmbert")] == pytest.approx(1.69, abs=0.005)
    assert found[("all", "mbert")] == pytest.approx(0.89, abs=0.005)


def score_rows(task, kind, by_label, seed=0):
    return [
        {"task": task, "kind": kind, "language": "eng", "encoder": "a", "weights": "frozen", "encoder_seed": 1,
         "seed": seed, "label": label, "precision": p, "recall": r, "f1": f, "average_precision": f, "support": 5}
        for label, (p, r, f) in by_label.items()
    ]  # fmt: skip


def test_binary_takes_the_positive_label_and_others_the_macro_average():
    binary = {"yes": (0.9, 0.8, 0.85), "no": (0.1, 0.2, 0.3)}
    macro = {"x": (0.2, 0.4, 0.6), "y": (0.4, 0.6, 0.8)}
    rows = [
        *score_rows("b", "binary", binary),
        *score_rows("l", "multi-label", macro),
        *score_rows("c", "multi-class", macro),
    ]
    found = headline_scores(pd.DataFrame(rows), {"b": "yes"}).set_index(["task", "metric"])["value"]
    assert [found[("b", metric)] for metric in ("precision", "recall", "f1")] == [0.9, 0.8, 0.85]
    for task in ("l", "c"):
        assert [found[(task, m)] for m in ("precision", "recall", "f1")] == pytest.approx([0.3, 0.5, 0.7])


def test_an_unknown_positive_label_is_named():
    rows = pd.DataFrame(score_rows("b", "binary", {"yes": (1, 1, 1), "no": (0, 0, 0)}))
    with pytest.raises(ValueError, match=r"'b'.*'maybe' is not one of \['no', 'yes'\]"):
        headline_scores(rows, {"b": "maybe"})
    with pytest.raises(ValueError, match="None is not one of"):
        headline_scores(rows, {})


def test_cells_have_mean_standard_deviation_and_count():
    rows = [
        row for seed, f1 in enumerate((0.6, 0.8)) for row in score_rows("l", "multi-label", {"x": (1, 1, f1)}, seed)
    ]
    found = cell_summary(headline_scores(pd.DataFrame(rows), {})).set_index("metric").loc["f1"]
    assert (found["mean"], found["standard_deviation"], found["n"]) == pytest.approx((0.7, 0.02**0.5, 2))
    alone = cell_summary(headline_scores(pd.DataFrame(rows[:1]), {}))
    assert alone["standard_deviation"].isna().all()


def test_average_precision_is_the_mean_over_labels_that_have_one():
    rows = pd.DataFrame(score_rows("l", "multi-label", {label: (1, 1, 0.5) for label in "xyz"}))
    rows["average_precision"] = [0.2, None, 0.8]
    found = headline_scores(rows, {}).set_index("metric")["value"]
    assert (found["average_precision"], found["f1"]) == (0.5, 0.5)
    rows["average_precision"] = [None] * 3
    assert set(headline_scores(rows, {})["metric"]) == {"f1", "precision", "recall"}
    with pytest.raises(ValueError, match="1 score rows have an undefined precision, recall or f1"):
        headline_scores(rows.assign(f1=[1, 1, None]), {})


def test_a_baseline_of_zero_has_no_ratio():
    cells = pd.DataFrame(
        [("t", "eng", e, "frozen", "f1", v) for e, v in (("new", 0.5), ("old", 0.0))],
        columns=["task", "language", "encoder", "weights", "metric", "mean"],
    )
    pair = paired_cells(cells, ["old"]).iloc[0]
    assert pair["absolute"] == 0.5
    assert pd.isna(pair["relative"])
    # Nor has a mean with such a cell in it, beside the mean of all differences.
    more = cells.assign(language="spa", mean=[0.6, 0.5])
    found = gains(paired_cells(pd.concat([cells, more]), ["old"])).iloc[0]
    assert (found["cells"], found["absolute"], pd.isna(found["relative"])) == (2, pytest.approx(0.3), True)


def test_no_scores_give_empty_frames_with_their_columns():
    columns = [
        "task",
        "kind",
        "language",
        "encoder",
        "weights",
        "encoder_seed",
        "seed",
        "label",
        "precision",
        "recall",
        "f1",
        "average_precision",
    ]
    cells = cell_summary(headline_scores(pd.DataFrame(columns=columns), {}))
    found = gains(paired_cells(cells, ["old"]))
    assert found.empty
    assert list(found) == ["metric", "baseline", "weights", "cells", "relative", "absolute"]


def plain_table(**changes) -> pd.DataFrame:
    values = {
        "task": "td",
        "language": "eng",
        "encoder": "new",
        "weights": "frozen",
        "encoder_seed": 1,
        "seed": [0, 1],
        "f1": [0.7, 0.8],
        "recall": [0.6, 0.9],
    }
    return pd.DataFrame({**values, **changes})


def test_a_plain_table_becomes_long_scores():
    found = long_scores(plain_table())
    assert list(found) == [*RUN, "metric", "value"]
    assert dict(zip(zip(found["metric"], found["seed"], strict=True), found["value"], strict=True)) == {
        ("f1", 0): 0.7,
        ("f1", 1): 0.8,
        ("recall", 0): 0.6,
        ("recall", 1): 0.9,
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (plain_table().drop(columns="seed"), "they need"),
        (plain_table()[RUN], "at least one metric"),
        (plain_table(f1=[0.7, 71.0]), r"row 1: f1 is 71.0, and scores are from 0 to 1"),
        (plain_table(recall=[None, 0.7]), r"row 0: recall is nan"),
        (plain_table(seed=3), "occur twice"),
    ],
)
def test_a_bad_table_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        long_scores(table)


def test_rare_labels_are_named():
    rows = pd.DataFrame(
        [("td", "eng", "new", label, support) for label, support in (("c", 10), ("rust", 9), ("zig", 0))],
        columns=["task", "language", "encoder", "label", "support"],
    )
    found = rare_labels(pd.concat([rows, rows.assign(encoder="old")]))
    assert list(found.itertuples(index=False, name=None)) == [("td", "eng", "rust", 9), ("td", "eng", "zig", 0)]


def test_collapsed_seeds_are_named():
    """Within a cell of its own: a low score beside other low ones is none."""
    close = [0.700, 0.702, 0.704, 0.706, 0.698]
    table = pd.concat(
        [
            plain_table(seed=range(6), f1=[*close, last], recall=0.5, encoder=name)
            for name, last in (("new", 0.12), ("old", 0.69))
        ]
    )
    found = outlying_seeds(long_scores(table))
    assert list(found[["encoder", "seed", "metric", "value", "side"]].itertuples(index=False, name=None)) == [
        ("new", 5, "f1", 0.12, "collapsed")
    ]
    assert outlying_seeds(long_scores(plain_table(f1=[0.1, 0.9]))).empty
