"""Self-attention relations over packed sequences against the same over padded ones, written plainly."""

import math

import pytest
import torch

from raykd.distill.data.packing import pack_padded
from raykd.distill.losses import relations
from raykd.distill.losses.reference import padded_projections, padded_relation_sum
from raykd.distill.losses.relations import Projections, relation_sum
from raykd.distill.models.packed_encoder import PackedEncoder
from raykd.distill.models.student import build_student

RUNS = ((5, 1), (3, 4), (1, 2))
TOKENS = 19


def draw(width: int, seed: int, dtype: torch.dtype = torch.float64) -> Projections:
    generator = torch.Generator().manual_seed(seed)
    return Projections(*(torch.randn(TOKENS, width, generator=generator, dtype=dtype).requires_grad_() for _ in "qkv"))


def test_two_positions_by_hand():
    """One head of size 1: scores are products, so a relation is a softmax over (x_i x_1, x_i x_2)."""
    ours, theirs = torch.tensor([[1.0], [0.0]]), torch.tensor([[2.0], [1.0]])

    def softmax(first: float, second: float) -> tuple[float, float]:
        share = 1 / (1 + math.exp(second - first))
        return share, 1 - share

    pairs = [(softmax(4, 2), softmax(1, 0)), (softmax(2, 1), softmax(0, 0))]
    expected = sum(p * math.log(p / q) for teacher, student in pairs for p, q in zip(teacher, student, strict=True))
    same = torch.zeros(2, 1)
    found = relation_sum(Projections(ours, same, same), Projections(theirs, same, same), ((2, 1),), heads=1)
    assert found.item() == pytest.approx(expected, rel=1e-6)


def test_the_gradient_is_that_of_the_loss():
    student, teacher = draw(8, seed=0), draw(12, seed=1)
    assert torch.autograd.gradcheck(
        lambda *own: relation_sum(Projections(*own), teacher, RUNS, heads=4), tuple(student)
    )
    relation_sum(student, teacher, RUNS, heads=4).backward()
    assert all(values.grad is None for values in teacher)


@pytest.mark.parametrize("elements", [1, 40, 100])
def test_sequences_may_be_taken_in_any_portions(monkeypatch, elements):
    student, teacher = draw(8, seed=0), draw(8, seed=1)
    whole = relation_sum(student, teacher, RUNS, heads=2)
    expected = torch.autograd.grad(whole, student)
    monkeypatch.setattr(relations, "RELATION_ELEMENTS", elements)
    parts = relation_sum(student, teacher, RUNS, heads=2)
    torch.testing.assert_close(parts, whole)
    torch.testing.assert_close(torch.autograd.grad(parts, student), expected)


def test_equal_relations_cost_nothing():
    student = draw(8, seed=0)
    loss = relation_sum(student, student, RUNS, heads=2)
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert max(part.abs().max() for part in torch.autograd.grad(loss, student)) < 1e-12


def test_bf16_is_close_to_float32():
    student, teacher = draw(32, 0, torch.bfloat16), draw(32, 1, torch.bfloat16)
    exact = [Projections(*(values.detach().float().requires_grad_() for values in one)) for one in (student, teacher)]
    loss, expected = relation_sum(student, teacher, RUNS, heads=2), relation_sum(*exact, RUNS, heads=2)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected.item(), rel=0.02)
    for ours, theirs in zip(torch.autograd.grad(loss, student), torch.autograd.grad(expected, exact[0]), strict=True):
        assert ours.dtype == torch.bfloat16
        assert (ours.float() - theirs).norm() < 0.03 * theirs.norm()


@pytest.mark.parametrize(("values", "layer", "heads"), [({}, 0, 4), ({}, 1, 2), ({"width": 24}, 1, 8)])
def test_packed_is_padded(make_teacher, distill_spec, make_sequences, masker, one_batch, values, layer, heads):
    """Loss and gradients of all the student's weights, through transformers and in float64."""
    spec = distill_spec(
        initialisation="random", positions="trained", layers=2, loss={"cosine": 0, "relations": {"weight": 1}}, **values
    )
    teacher = make_teacher().double()
    student = build_student(teacher, spec).double().eval()
    batch = one_batch(make_sequences(6), masker)
    text = batch.input_ids, batch.attention_mask
    with torch.no_grad():
        theirs = padded_projections(teacher, *text, layer)
    expected = padded_relation_sum(padded_projections(student, *text, 1), theirs, batch.attention_mask, heads)

    packed = pack_padded(*batch)
    ours = PackedEncoder(student)(packed, packed.order, 1).projections
    with torch.no_grad():
        taught = PackedEncoder(teacher)(packed, packed.order, layer).projections
    found = relation_sum(ours, taught, packed.runs, heads)
    assert found.item() > 0.01
    torch.testing.assert_close(found, expected)
    parameters = list(student.distilbert.parameters())
    gradients = [torch.autograd.grad(loss, parameters, allow_unused=True) for loss in (found, expected)]
    moved = 0
    for one, other in zip(*gradients, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            torch.testing.assert_close(one, other)
            moved += 1
    assert moved > len(parameters) / 2
