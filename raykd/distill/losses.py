"""The three losses of distillation as sums over positions; dividing by a step's counts is the caller's.

Sanh distiller.py:395-434 averages each over a micro-batch and then averages the averages, so that a token's weight
depends on how the batch was cut. Sums over explicit counts do not.

Two ways, one result: padded batches through transformers with all logits held at once, written plainly, and packed
batches with the vocabulary in chunks, which is what trains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F

from raykd.distill.logit_gradient import Scales
from raykd.distill.masking import NOT_MASKED
from raykd.distill.models import MaskedModel, encode, vocabulary_logits
from raykd.distill.packed_encoder import PackedEncoder, vocabulary_of
from raykd.distill.packing import pack_padded
from raykd.distill.vocabulary_loss import vocabulary_loss

Positions = Literal["all", "masked"]


@dataclass(frozen=True)
class LossSums:
    """Scalars with gradients, each the sum over its positions."""

    mlm: torch.Tensor
    kd: torch.Tensor
    cosine: torch.Tensor


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
    wide = torch.promote_types(student_hidden.dtype, torch.float32)
    return (1 - F.cosine_similarity(student_hidden.to(wide), teacher_hidden.to(wide), dim=-1)).sum()


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
    real, masked = attention_mask.sum(), (labels != NOT_MASKED).sum().clamp(min=1)
    return {
        "kd": sums.kd / (masked if positions == "masked" else real),
        "mlm": sums.mlm / masked,
        "cosine": sums.cosine / real,
    }


def chunked_losses(
    student: MaskedModel,
    teacher: MaskedModel,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    labels: torch.Tensor,
    temperature: float = 2.0,
    positions: Positions = "all",
) -> dict[str, torch.Tensor]:
    """As `dense_losses`, from packed sequences, with the vocabulary in chunks; both models in their own precision."""
    batch = pack_padded(input_ids, attention_mask, labels)
    tokens, masked = max(1, batch.tokens), max(1, batch.masked)
    guessed = batch.order[: batch.masked] if positions == "masked" else batch.order
    targets = batch.labels[batch.order[: batch.masked]]
    ours, features = PackedEncoder(student)(batch, guessed)
    with torch.no_grad():
        theirs, taught = PackedEncoder(teacher)(batch, guessed)
    vocabulary = vocabulary_of(student)
    scales = Scales(kd=1 / (masked if positions == "masked" else tokens), mlm=0.0, temperature=temperature)
    kd, _, _ = vocabulary_loss(features, vocabulary, targets[:0], scales, (taught, vocabulary_of(teacher)))
    mlm, _, _ = vocabulary_loss(features[: batch.masked], vocabulary, targets, Scales(kd=0.0, mlm=1 / masked))
    return {"kd": kd, "mlm": mlm, "cosine": cosine_sum(ours, theirs) / tokens}
