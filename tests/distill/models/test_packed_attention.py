import pytest
import torch

from raykd.distill.models import packed_attention as attention
from raykd.distill.models.packed_attention import Classes, Layout, Nested, attended_positions

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


@pytest.fixture(params=["a class each length", "some padding", "one class", "nested"])
def layout(request, monkeypatch) -> Layout:
    if request.param == "nested":
        return Nested.of(RUNS, torch.device("cpu"))
    pairs = {"a class each length": 0, "some padding": 60, "one class": 10**9}[request.param]
    monkeypatch.setattr(attention, "CLASS_PAIRS", pairs)
    classes = Classes.of(RUNS, 1, torch.float32)
    assert len(classes.shapes) == {0: 3, 60: 2, 10**9: 1}[pairs]
    return classes


def test_each_sequence_sees_itself_alone(projections, layout):
    expected = by_hand(*projections)
    gradients = torch.autograd.grad(expected.sin().sum(), projections)
    found = layout.attend(*projections)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(torch.autograd.grad(found.sin().sum(), projections), gradients, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("width", [1, 10**5, 10**9])
def test_positions_are_those_of_the_classes(width):
    shapes = Classes.of(RUNS, width, torch.float32).shapes
    assert attended_positions(RUNS, width, "cpu") == sum(count * length for count, length in shapes)
    assert attended_positions(RUNS, width, "cuda:0") == TOKENS


def test_dropout_keeps_the_mean(projections, layout):
    torch.manual_seed(0)
    draws = torch.stack([layout.attend(*projections, 0.2).detach() for _ in range(2000)])
    expected = by_hand(*projections).detach()
    assert (draws[0] - expected).abs().max() > 0.05
    torch.testing.assert_close(draws.mean(0), expected, rtol=0, atol=0.08)


@pytest.mark.parametrize("width", [0, 10**9])
def test_bf16_is_close(projections, width):
    rounded = [projection.detach().bfloat16().requires_grad_() for projection in projections]
    found = Classes.of(RUNS, width, torch.bfloat16).attend(*rounded)
    torch.testing.assert_close(found.float(), by_hand(*projections), rtol=0.05, atol=0.05)
    expected = torch.autograd.grad(by_hand(*projections).sin().sum(), projections)
    for gradient, wanted in zip(torch.autograd.grad(found.float().sin().sum(), rounded), expected, strict=True):
        torch.testing.assert_close(gradient.float(), wanted, rtol=0.1, atol=0.05)


def test_dropout_has_the_gradient_of_what_it_kept(projections, layout):
    torch.manual_seed(0)
    found = layout.attend(*projections, 0.2)
    torch.manual_seed(0)
    moved = [projection.detach().clone() for projection in projections]
    moved[2][3] += 1e-2
    difference = layout.attend(*moved, 0.2) - found
    (gradient,) = torch.autograd.grad(found.sum(), projections[2])
    assert difference.sum().item() == pytest.approx(1e-2 * gradient[3].sum().item(), abs=1e-4)


def test_classes_are_wider_for_smaller_models():
    runs = tuple((length, 1) for length in range(60, 2, -1))
    counts = [len(Classes.of(runs, width, torch.float32).shapes) for width in (64, 256, 768)]
    assert counts[0] < counts[1] < counts[2] < len(runs)
