"""The three losses of distillation as sums over positions; dividing by a step's counts is the caller's.

Sanh distiller.py:395-434 averages each over a micro-batch and then averages the averages, so that a token's weight
depends on how the batch was cut. Sums over explicit counts do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F

from raykd.distill.masking import NOT_MASKED
from raykd.distill.models import MaskedModel, encode, vocabulary_logits

Positions = Literal["all", "masked"]


@dataclass(frozen=True)
class LossSums:
    """Scalars with gradients, each the sum over its positions: kd and cosine None where there is no teacher."""

    mlm: torch.Tensor
    kd: torch.Tensor | None = None
    cosine: torch.Tensor | None = None


def divergence_sum(student_logits: torch.Tensor, teacher_logits: torch.Tensor, temperature: float) -> torch.Tensor:
    """KL(teacher || student) at a temperature, times its square, summed; logits [positions, vocabulary]."""
    return F.kl_div(
        F.log_softmax(student_logits / temperature, dim=-1),
        F.log_softmax(teacher_logits / temperature, dim=-1),
        reduction="sum",
        log_target=True,
    ) * (temperature**2)


def cosine_sum(student_hidden: torch.Tensor, teacher_hidden: torch.Tensor) -> torch.Tensor:
    """1 - cosine similarity, summed; hidden states [positions, width]."""
    return (1 - F.cosine_similarity(student_hidden, teacher_hidden, dim=-1)).sum()


def masked_model_sums(
    model: MaskedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
) -> LossSums:
    """Masked-language loss alone (pretraining); input_ids, attention_mask, labels [batch, length]."""
    masked = labels != NOT_MASKED
    hidden = encode(model, input_ids, attention_mask)[masked]
    return LossSums(mlm=F.cross_entropy(vocabulary_logits(model, hidden), labels[masked], reduction="sum"))


def distillation_sums(
    student: MaskedModel,
    teacher: MaskedModel,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    labels: torch.Tensor,
    temperature: float = 2.0,
    positions: Positions = "all",
) -> LossSums:
    """Teacher and student see the same masked tokens; input_ids, attention_mask, labels [batch, length].

    kd is summed over all non-padding positions, special tokens included, or over the masked ones; mlm over the masked;
    cosine over all non-padding positions.
    """
    real = attention_mask.bool()
    student_hidden = encode(student, input_ids, attention_mask)[real]
    with torch.no_grad():
        teacher_hidden = encode(teacher, input_ids, attention_mask)[real]
    labels = labels[real]
    masked = labels != NOT_MASKED
    taught = masked if positions == "masked" else slice(None)
    with torch.no_grad():
        teacher_logits = vocabulary_logits(teacher, teacher_hidden[taught])
    student_logits = vocabulary_logits(student, student_hidden[taught])
    guesses = student_logits if positions == "masked" else student_logits[masked]
    return LossSums(
        mlm=F.cross_entropy(guesses, labels[masked], reduction="sum"),
        kd=divergence_sum(student_logits, teacher_logits, temperature),
        cosine=cosine_sum(student_hidden, teacher_hidden),
    )


def dense_losses(
    student: MaskedModel,
    teacher: MaskedModel,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    labels: torch.Tensor,
    temperature: float = 2.0,
    positions: Positions = "all",
) -> dict[str, torch.Tensor]:
    """The means over one batch of shape [batch, length], with all logits held at once: {"kd", "mlm", "cosine"}."""
    sums = distillation_sums(student, teacher, input_ids, attention_mask, labels, temperature, positions)
    assert sums.kd is not None and sums.cosine is not None
    real, masked = attention_mask.sum(), (labels != NOT_MASKED).sum().clamp(min=1)
    return {
        "kd": sums.kd / (masked if positions == "masked" else real),
        "mlm": sums.mlm / masked,
        "cosine": sums.cosine / real,
    }
