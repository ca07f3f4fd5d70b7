"""Distillation and masked-language loss over the vocabulary, in chunks of positions: all logits are never held at once.

The projection onto the vocabulary is most of the arithmetic of a small encoder's training (62 % at mBERT's size), and
the logits most of its memory. For each chunk of positions both models' logits are made, one pass over them gives the
losses and puts the gradient in the place of the student's logits, and two products turn that into the gradients of the
features and of the weights. Autograd finds them ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from raykd.distill.losses.kernels import Logits, Losses, Scales, TiledGradient, compiled_gradient

CHUNK_ELEMENTS = 2**28  # of a chunk's logits: 2,245 positions at mBERT's vocabulary, 512 MB in bf16
VOCABULARY_BLOCK = 4096  # rows of the weight's gradient made at a time: 6 MB at width 768 in bf16
TEACHER_POSITIONS = 256  # of which a CPU holds the teacher's logits; its gradient kernel takes a few at a time anyway


@dataclass(frozen=True)
class Vocabulary:
    """A model's last product: weight [vocabulary, width] in the precision to compute in, and bias [vocabulary].

    trained: the two tensors that gradients go to, either the same or their float32 masters; none for a teacher.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    trained: tuple[torch.Tensor, torch.Tensor] | None = None


def vocabulary_loss(
    features: torch.Tensor,
    student: Vocabulary,
    labels: torch.Tensor,
    scales: Scales,
    teacher: tuple[torch.Tensor, Vocabulary] | None = None,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(loss, kd, mlm): scales.kd * kd + scales.mlm * mlm, with its gradient, and the two sums, without.

    features [positions, width]: what the last product is applied to, masked positions first. labels: int64 [masked], of
    those first positions. teacher: the teacher's features [positions, width] and vocabulary; none: kd is 0, and only
    masked positions may be given.
    """
    assert student.trained is not None and (teacher or len(labels) == len(features))
    loss, kd, mlm = _ChunkedLoss.apply(features, *student.trained, student, labels, scales, teacher)
    return loss, kd, mlm


class _ChunkedLoss(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        features: torch.Tensor,
        trained_weight: torch.Tensor,
        trained_bias: torch.Tensor,
        student: Vocabulary,
        labels: torch.Tensor,
        scales: Scales,
        teacher: tuple[torch.Tensor, Vocabulary] | None,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        of_features, of_weight, of_bias = ctx.needs_input_grad[:3]
        feature_gradient = torch.zeros_like(features) if of_features else None
        weight_gradient = torch.zeros_like(trained_weight) if of_weight else None
        bias_gradient = torch.zeros_like(trained_bias) if of_bias else None
        kd, mlm = features.new_zeros(2, dtype=torch.float64)
        for rows, gradient, losses in _chunks(features, student, labels, scales, teacher):
            kd += losses.kd
            mlm += losses.mlm
            if feature_gradient is not None:
                torch.mm(gradient, student.weight, out=feature_gradient[rows])
            if weight_gradient is not None:
                _add_product(weight_gradient, gradient, features[rows])
            if bias_gradient is not None:
                # As a product, for the sum over rows is ten times slower on a CPU.
                bias_gradient += (gradient.new_ones(1, len(gradient)) @ gradient)[0]
        ctx.gradients = feature_gradient, weight_gradient, bias_gradient
        ctx.mark_non_differentiable(kd, mlm)
        return (scales.kd * kd + scales.mlm * mlm).to(trained_weight.dtype), kd, mlm

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        by, ready = gradients[0], ctx.gradients
        ctx.gradients = None  # theirs alone from here on, so that autograd may add to them in place
        # The gradient of the weight is as large as the vocabulary: a pass over it that changes nothing is left out.
        same = by.device.type == "cpu" and by.item() == 1
        scaled = (g if g is None or same else (g * by).to(g.dtype) for g in ready)
        return *scaled, None, None, None, None


def _chunks(
    features: torch.Tensor,
    student: Vocabulary,
    labels: torch.Tensor,
    scales: Scales,
    teacher: tuple[torch.Tensor, Vocabulary] | None,
) -> Iterator[tuple[slice, torch.Tensor, Losses]]:
    """(rows, gradient of their logits [rows, vocabulary], losses) of one chunk after the other.

    The gradient lies in a buffer that the next chunk overwrites.
    """
    positions, vocabulary = len(features), len(student.weight)
    size = max(1, min(positions, CHUNK_ELEMENTS // vocabulary))
    part = size if features.is_cuda else min(size, TEACHER_POSITIONS)
    logits, teacher_logits = features.new_empty(size, vocabulary), features.new_empty(part, vocabulary)
    gradient_of = compiled_gradient() if features.is_cuda else TiledGradient(logits)
    for start in range(0, positions, size):
        stop = min(positions, start + size)
        losses = Losses.none(features)
        for begin in range(start, stop, part):
            rows = slice(begin, min(stop, begin + part))
            ours = _logits(features[rows], student, logits[begin - start :])
            theirs = _logits(teacher[0][rows], teacher[1], teacher_logits) if teacher else None
            losses += gradient_of(ours, theirs, labels[rows], scales)
        yield slice(start, stop), logits[: stop - start], losses


def _logits(features: torch.Tensor, vocabulary: Vocabulary, buffer: torch.Tensor) -> Logits:
    """In a buffer, at its start."""
    product = torch.mm(features, vocabulary.weight.t(), out=buffer[: len(features)])
    return Logits(product, vocabulary.bias)


def _add_product(total: torch.Tensor, gradient: torch.Tensor, features: torch.Tensor) -> None:
    """total += gradient.T @ features, in float32 and block by block: the product of all would be as large as `total`.

    total [vocabulary, width], gradient [positions, vocabulary], features [positions, width].
    """
    product = features.new_empty(VOCABULARY_BLOCK, features.shape[1])
    for block, part in zip(total.split(VOCABULARY_BLOCK), gradient.split(VOCABULARY_BLOCK, dim=1), strict=True):
        block += torch.mm(part.t(), features, out=product[: len(block)])
