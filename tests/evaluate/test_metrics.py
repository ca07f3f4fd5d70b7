import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from raykd.evaluate.metrics import decide, headline, label_scores

LABELS = ("a", "b", "c")


def test_scores_by_hand():
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]], bool)
    predicted = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]], bool)
    a, b, c = label_scores(LABELS, truth, predicted)
    assert a == {"label": "a", "precision": 1.0, "recall": pytest.approx(2 / 3), "f1": pytest.approx(0.8), "support": 3}
    assert b == {"label": "b", "precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert c == {"label": "c", "precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert headline(None, {"a": 0.8, "b": 0.5, "c": 0.0}) == pytest.approx(1.3 / 3)
    assert headline("b", {"a": 0.8, "b": 0.5}) == 0.5


@pytest.mark.parametrize("kind", ["multi-label", "multi-class"])
def test_scores_are_those_of_sklearn(kind):
    generator = np.random.default_rng(0)
    probabilities = generator.random((200, 3))
    classes = generator.integers(0, 3, 200)
    truth = generator.random((200, 3)) < 0.4 if kind == "multi-label" else np.eye(3, dtype=bool)[classes]
    predicted = decide(kind, LABELS, None, probabilities, 0.5)
    y = (truth, predicted) if kind == "multi-label" else (classes, probabilities.argmax(axis=1))
    rows = label_scores(LABELS, truth, predicted)
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        np.testing.assert_allclose([row[name] for row in rows], score(*y, average=None))
    assert [row["support"] for row in rows] == truth.sum(axis=0).tolist()


def test_binary_is_positive_above_the_threshold():
    probabilities = np.array([[0.4, 0.6], [0.6, 0.4], [0.8, 0.2]])
    assert decide("binary", ("yes", "no"), "no", probabilities, 0.3)[:, 1].tolist() == [True, True, False]
    chosen = decide("binary", ("yes", "no"), "yes", probabilities, 0.7)
    assert chosen.tolist() == [[False, True], [False, True], [True, False]]
