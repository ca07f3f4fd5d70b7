import pytest
import torch
from torch.nn import functional

from raykd.evaluate.head import TEXTS_SUMMED, MeanPooling, StructuredSelfAttention, redundancy, weighted_sums
from raykd.evaluate.ragged import Ragged


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
