import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from raykd.evaluate.objective import Truth, class_weights, loss_of, to_probabilities


def truth_of(labels, known=None):
    labels = torch.tensor(labels, dtype=torch.bool)
    return Truth(labels, torch.ones_like(labels) if known is None else torch.tensor(known, dtype=torch.bool))


def test_unknown_labels_are_out_of_the_mean():
    truth = truth_of([[1, 0], [0, 1]], [[1, 0], [1, 1]])
    logits = torch.tensor([[2.0, 9.0], [-1.0, 0.5]])
    expected = -sum(map(functional.logsigmoid, torch.tensor([2.0, 1.0, 0.5]))) / 3
    torch.testing.assert_close(loss_of(logits, truth, "multi-label", None), expected)


def test_classes_are_weighed_as_scikit_learn_does():
    classes = np.array([0, 0, 0, 1, 2, 2])
    weights = class_weights("multi-class", truth_of(np.eye(3, dtype=bool)[classes].tolist()))
    np.testing.assert_allclose(weights, compute_class_weight("balanced", classes=np.arange(3), y=classes))


def test_positives_count_as_much_as_negatives():
    truth = truth_of([[1, 0], [0, 0], [0, 1], [0, 0]], [[1, 1], [1, 0], [1, 1], [1, 1]])
    weights = class_weights("multi-label", truth)
    assert weights.tolist() == [3, 2]
    # At equal logits the gradients of positives and negatives cancel.
    logits = torch.zeros(4, 2, requires_grad=True)
    loss_of(logits, truth, "multi-label", weights).backward()
    assert logits.grad.sum(dim=0).tolist() == pytest.approx([0, 0], abs=1e-7)


def test_a_label_that_is_never_known_to_be_absent_is_still_learnt():
    """As where sources tell only of labels that are there."""
    truth = truth_of([[1, 0], [0, 1], [1, 0]], [[1, 1], [0, 1], [1, 1]])
    assert class_weights("multi-label", truth).tolist() == [1, 2]


def test_probabilities_of_one_label_or_of_several():
    logits = torch.tensor([[0.0, 2.0]])
    assert to_probabilities(logits, "binary").tolist()[0] == pytest.approx([0.1192, 0.8808], abs=1e-4)
    assert to_probabilities(logits, "multi-label").tolist()[0] == pytest.approx([0.5, 0.8808], abs=1e-4)
