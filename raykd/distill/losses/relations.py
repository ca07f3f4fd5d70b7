"""Self-attention relations of MiniLMv2 (Wang et al. 2021) over packed sequences, without padding.

Queries, keys and values of a layer, [tokens, width] each, are cut anew into relation heads. Within a sequence and a
head, each position's relation to the positions of its sequence is softmax(X X^T / sqrt(size of the head)), for X the
queries, the keys and the values in turn; so teacher and student may differ in width. The loss is KL(teacher || student)
of each position's relation.

A relation of a sequence of length n holds n * n numbers a head. The gradient is made with the loss, for some sequences
at a time, so that no more than RELATION_ELEMENTS of them are held whatever the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch

from raykd.distill.data.packing import Runs

RELATION_ELEMENTS = 2**22  # 16 MB in float32


class Projections(NamedTuple):
    """What a layer's attention computes from: [tokens, width] each."""

    query: torch.Tensor
    key: torch.Tensor
    value: torch.Tensor


def relation_sum(student: Projections, teacher: Projections, runs: Runs, heads: int) -> torch.Tensor:
    """The sum over positions and over the three relations of the divergence in nats, averaged over heads.

    runs: the lengths of the sequences (`PackedBatch`); heads: divides both widths. Products are in the precision of the
    projections, all else in float32 or wider. No gradient reaches the teacher.
    """
    losses = [
        _RelationLoss.apply(ours, theirs.detach(), runs, heads) for ours, theirs in zip(student, teacher, strict=True)
    ]
    return torch.stack(losses).sum()


class _RelationLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, student: torch.Tensor, teacher: torch.Tensor, runs: Runs, heads: int) -> torch.Tensor:
        wide = torch.promote_types(student.dtype, torch.float32)
        loss, gradient = student.new_zeros((), dtype=torch.float64), torch.empty_like(student)
        for rows, length in _parts(runs, heads):
            ours, theirs = (_by_sequence_and_head(values[rows], length, heads) for values in (student, teacher))
            log_ours, log_theirs = (_log_relation(values, wide) for values in (ours, theirs))
            relation = log_theirs.exp()
            loss += (relation * (log_theirs - log_ours)).sum().double()
            scores = log_ours.exp_().sub_(relation).to(student.dtype)  # the gradient of X X^T, but for scales
            # X stands on both sides of the product.
            changed = (scores + scores.mT) @ ours * (ours.shape[-1] ** -0.5 / heads)
            gradient[rows] = changed.transpose(1, 2).reshape(-1, student.shape[1])
        ctx.gradient = gradient
        return (loss / heads).to(wide)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return (ctx.gradient * gradients[0]).to(ctx.gradient.dtype), None, None, None


def _parts(runs: Runs, heads: int) -> Iterator[tuple[slice, int]]:
    """Tokens of some sequences of one length, and that length; as many at a time as RELATION_ELEMENTS allow."""
    start = 0
    for length, count in runs:
        most = max(1, RELATION_ELEMENTS // (heads * length**2))
        for first in range(0, count, most):
            stop = min(count, first + most)
            yield slice(start + first * length, start + stop * length), length
        start += count * length


def _by_sequence_and_head(values: torch.Tensor, length: int, heads: int) -> torch.Tensor:
    """[tokens, width] -> [sequences, heads, length, size of a head]."""
    return values.view(-1, length, heads, values.shape[1] // heads).transpose(1, 2)


def _log_relation(values: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """[sequences, heads, length, size] -> [sequences, heads, length, length]."""
    scores = values @ values.mT
    return torch.log_softmax(scores.to(dtype) * values.shape[-1] ** -0.5, -1)
