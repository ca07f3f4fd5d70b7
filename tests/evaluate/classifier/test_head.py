import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from raykd.evaluate.cell_flops import TEXTS_SUMMED
from raykd.evaluate.classifier.head import (
    MeanPooling,
    StructuredSelfAttention,
    Truth,
    class_weights,
    loss_of,
    redundancy,
    to_probabilities,
    weighted_sums,
)
from raykd.evaluate.classifier.ragged import Ragged


@pytest.fixture
def states() -> Ragged:
    torch.manual_seed(0)
    return Ragged(torch.randn(9, 8), torch.tensor([0, 5, 8, 9]))


def test_it_is_the_formula_for_each_text(states):
    head = StructuredSelfAttention(width=8, hidden=6, hops=3, labels=4)
    logits, weights = head(states)
    assert logits.shape == (3, 4) and weights.shape == (3, 5, 3)
    for text in range(3):
        hidden = states.take(torch.tensor([text])).values
        attention = torch.softmax(head.second.weight @ torch.tanh(head.first.weight @ hidden.T), dim=1)
        torch.testing.assert_close(logits[text], head.output((attention @ hidden).flatten()))
        torch.testing.assert_close(weights[text, : len(hidden)].T, attention)
        assert not weights[text, len(hidden) :].any()


def test_the_mean_is_that_of_each_text(states):
    head = MeanPooling(width=8, labels=4)
    expected = [head.output(states.take(torch.tensor([text])).values.mean(dim=0)) for text in range(3)]
    torch.testing.assert_close(head(states)[0], torch.stack(expected))


@pytest.mark.parametrize("hops", [1, 3])
def test_sums_of_many_texts(hops):
    """More texts than are summed at once."""
    generator = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 9, (2 * TEXTS_SUMMED + 5,), generator=generator)
    states = Ragged(torch.randn(int(lengths.sum()), 6), functional.pad(lengths.cumsum(0), (1, 0)))
    weights = torch.randn(len(states.values), hops)
    rows = zip(weights.split(lengths.tolist()), states.values.split(lengths.tolist()), strict=True)
    torch.testing.assert_close(weighted_sums(weights, states), torch.stack([own.T @ hidden for own, hidden in rows]))


def test_redundancy_by_hand():
    same = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])  # two hops on one token: A A^T is all ones
    apart = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    assert redundancy(same) == 2 and redundancy(apart) == 0
    assert redundancy(torch.cat([same, apart])) == 1


def test_weights_stay_float32_where_states_are_not(states):
    head = StructuredSelfAttention(width=8, hidden=6, hops=2, labels=4)
    logits, weights = head(Ragged(states.values.bfloat16(), states.offsets))
    assert logits.dtype == weights.dtype == torch.float32
    torch.testing.assert_close(logits, head(states)[0], rtol=0.05, atol=0.05)
    logits.sum().backward()
    assert all(weight.grad is not None and weight.grad.dtype == torch.float32 for weight in head.parameters())


def test_size_at_the_width_of_mbert():
    head = StructuredSelfAttention(width=768, hidden=768, hops=1, labels=10)
    assert sum(weight.numel() for weight in head.parameters()) == 768 * 768 + 768 + 10 * 768 + 10  # 598,282


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
