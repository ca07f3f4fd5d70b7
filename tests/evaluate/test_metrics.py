import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    f1_score,
    precision_score,
    recall_score,
)

from raykd.evaluate.cell import headline
from raykd.evaluate.metrics import averages, best_thresholds, decide, label_scores

LABELS = ("a", "b", "c")
ALL = np.ones((4, 3), bool)
SCORES = (("precision", precision_score), ("recall", recall_score), ("f1", f1_score))


def test_scores_by_hand():
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]], bool)
    predicted = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
    a, b, c = label_scores(LABELS, truth, ALL, predicted, predicted.astype(float))
    assert a == {
        "label": "a",
        "precision": 1.0,
        "recall": pytest.approx(2 / 3),
        "f1": pytest.approx(0.8),
        "average_precision": pytest.approx(2 / 3 + 1 / 3 * 3 / 4),
        "support": 3,
    }
    assert (b["precision"], b["recall"], b["f1"], b["support"]) == (0.5, 0.5, 0.5, 2)
    assert c == {
        "label": "c",
        "precision": 0.0,
        "recall": 0.0,
        "f1": 0.0,
        "average_precision": None,
        "support": 0,
    }
    macro, micro = averages(None, [a, b, c], truth, ALL, predicted)
    assert macro["f1"] == pytest.approx(1.3 / 3) and macro["average"] == "macro"
    assert (micro["precision"], micro["recall"]) == (3 / 4, 3 / 5) and micro["average"] == "micro"
    assert macro["average_precision"] == pytest.approx((a["average_precision"] + b["average_precision"]) / 2)
    assert headline(None, {"a": 0.8, "b": 0.5, "c": 0.0}) == pytest.approx(1.3 / 3)
    assert headline("b", {"a": 0.8, "b": 0.5}) == 0.5


@pytest.mark.parametrize("kind", ["multi-label", "multi-class"])
def test_scores_are_those_of_sklearn(kind):
    generator = np.random.default_rng(0)
    probabilities = generator.random((200, 3))
    classes = generator.integers(0, 3, 200)
    truth = generator.random((200, 3)) < 0.4 if kind == "multi-label" else np.eye(3, dtype=bool)[classes]
    predicted, known = decide(kind, LABELS, None, probabilities, [0.5] * 3), np.ones((200, 3), bool)
    y = (truth, predicted) if kind == "multi-label" else (classes, probabilities.argmax(axis=1))
    rows = label_scores(LABELS, truth, known, predicted, probabilities)
    macro, micro = averages(None, rows, truth, known, predicted)
    for name, score in SCORES:
        np.testing.assert_allclose([row[name] for row in rows], score(*y, average=None))
        assert macro[name] == pytest.approx(score(*y, average="macro"))
        assert micro[name] == pytest.approx(score(*y, average="micro"))
    precision = average_precision_score(truth, probabilities, average=None)
    np.testing.assert_allclose([row["average_precision"] for row in rows], precision)
    assert [row["support"] for row in rows] == truth.sum(axis=0).tolist()


def test_rows_of_which_nobody_knows_are_in_no_score():
    generator = np.random.default_rng(1)
    probabilities, truth, known = generator.random((50, 3)), *(generator.random((2, 50, 3)) < 0.6)
    predicted = probabilities > 0.5
    rows = label_scores(LABELS, truth, known, predicted, probabilities)
    for n, row in enumerate(rows):
        assert row["f1"] == f1_score(truth[known[:, n], n], predicted[known[:, n], n])
    assert averages(None, rows, truth ^ ~known, known, predicted) == averages(None, rows, truth, known, predicted)


def test_a_label_that_no_row_knows_scores_nothing():
    truth, known = np.array([[1, 0], [0, 1]], bool), np.array([[1, 0], [1, 0]], bool)
    probabilities = np.array([[0.9, 0.2], [0.1, 0.3]])
    _, nobody = label_scores(("a", "b"), truth, known, probabilities > 0.5, probabilities)
    values = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "average_precision": None, "support": 0}
    assert nobody == {"label": "b", **values}
    assert best_thresholds(truth, known, probabilities)[1] == 0.5


def test_binary_is_positive_above_the_threshold():
    probabilities = np.array([[0.4, 0.6], [0.6, 0.4], [0.8, 0.2]])
    assert decide("binary", ("yes", "no"), "no", probabilities, [0.3, 0.3])[:, 1].tolist() == [True, True, False]
    chosen = decide("binary", ("yes", "no"), "yes", probabilities, [0.7, 0.7])
    assert chosen.tolist() == [[False, True], [False, True], [True, False]]
    rows = label_scores(("yes", "no"), chosen, np.ones((3, 2), bool), chosen, probabilities)
    assert averages("yes", rows, chosen, np.ones((3, 2), bool), chosen)[2]["average"] == "positive"


@pytest.mark.parametrize("kind", ["binary", "multi-label"])
@pytest.mark.parametrize("positives", [[0.99999994, 1, 1, 0.2], [0, 0, 1e-9, 0]])
def test_a_threshold_next_to_what_occurs_still_parts_it(kind, positives):
    """1 and the float32 below it; positives that were given 0."""
    column = np.array(positives, np.float32)
    truth = np.array([False, True, True, False]) if column[1] else np.array([True, True, True, False])
    probabilities = np.stack([column, 1 - column], axis=1)
    thresholds = best_thresholds(np.stack([truth, ~truth], axis=1), np.ones((4, 2), bool), probabilities)
    found = decide(kind, ["a", "b"], "a", probabilities, thresholds)[:, 0]
    assert f1_score(truth, found) == pytest.approx(1 if column[1] else 6 / 7)


def test_thresholds_are_the_best_of_all():
    generator = np.random.default_rng(2)
    truth = generator.random((60, 3)) < (0.5, 0.1, 0)
    probabilities = np.clip(truth * 0.3 + generator.random((60, 3)) * 0.7, 0, 1).astype(np.float32)
    known = generator.random((60, 3)) < 0.9
    thresholds = best_thresholds(truth, known, probabilities)
    assert thresholds[2] == 0.5
    for n in range(2):
        rows = known[:, n]
        tried = [
            f1_score(truth[rows, n], probabilities[rows, n] > cut, zero_division=0)
            for cut in probabilities[rows, n] - 1e-6
        ]
        assert f1_score(truth[rows, n], probabilities[rows, n] > thresholds[n]) == pytest.approx(max(tried))
