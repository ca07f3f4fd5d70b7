import pytest
import torch

from raykd.distill.attention import attend_by_length, attend_nested

RUNS = ((9, 1), (5, 3), (1, 2))
TOKENS, HEADS, SIZE = 26, 3, 8


@pytest.fixture
def projections() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(TOKENS, HEADS, SIZE, generator=generator, requires_grad=True) for _ in range(3)]


def by_hand(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Over all tokens at once, with a mask that lets each see its own sequence."""
    lengths = [length for length, count in RUNS for _ in range(count)]
    owner = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    scores = torch.einsum("qhs,khs->hqk", query, key) / SIZE**0.5
    scores = scores.masked_fill(owner[:, None] != owner[None, :], float("-inf"))
    return torch.einsum("hqk,khs->qhs", scores.softmax(-1), value)


@pytest.mark.parametrize("attend", [attend_by_length, attend_nested])
def test_each_sequence_sees_itself_alone(projections, attend):
    expected = by_hand(*projections)
    gradients = torch.autograd.grad(expected.sin().sum(), projections)
    found = attend(*projections, RUNS)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(torch.autograd.grad(found.sin().sum(), projections), gradients, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("attend", [attend_by_length, attend_nested])
def test_dropout_keeps_the_mean(projections, attend):
    torch.manual_seed(0)
    draws = torch.stack([attend(*projections, RUNS, 0.2).detach() for _ in range(2000)])
    expected = by_hand(*projections).detach()
    assert (draws[0] - expected).abs().max() > 0.05
    torch.testing.assert_close(draws.mean(0), expected, rtol=0, atol=0.08)
