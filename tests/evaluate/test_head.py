import torch

from raykd.evaluate.head import StructuredSelfAttention


def test_padding_does_not_change_the_logits():
    torch.manual_seed(0)
    head = StructuredSelfAttention(width=8, hidden=6, hops=3, labels=4)
    states = torch.randn(2, 5, 8)
    mask = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])
    logits = head(states, mask)
    assert logits.shape == (2, 4)
    states[1, 3:] = 1e6
    torch.testing.assert_close(head(states, mask), logits, rtol=0, atol=0)
    torch.testing.assert_close(head(states[1:, :3], mask[1:, :3]), logits[1:])


def test_it_is_the_formula():
    torch.manual_seed(0)
    head = StructuredSelfAttention(width=8, hidden=6, hops=3, labels=4)
    states = torch.randn(1, 5, 8)
    attention = torch.softmax(head.second.weight @ torch.tanh(head.first.weight @ states[0].T), dim=1)
    expected = head.output((attention @ states[0]).flatten())
    torch.testing.assert_close(head(states, torch.ones(1, 5, dtype=torch.bool))[0], expected)


def test_size_at_the_width_of_mbert():
    head = StructuredSelfAttention(width=768, hidden=768, hops=1, labels=10)
    assert sum(weight.numel() for weight in head.parameters()) == 768 * 768 + 768 + 10 * 768 + 10  # 598,282
