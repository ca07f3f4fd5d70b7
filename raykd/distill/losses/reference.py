"""The three losses of distillation as sums over positions; dividing by a step's counts is the caller's.

Sanh (distiller.py, step) averages each over a micro-batch and then averages the averages, so that a token's weight
depends on how the batch was cut. Sums over explicit counts do not.

Two ways, one result: padded batches through transformers with all logits held at once, written plainly, and packed
batches with the vocabulary in chunks, which is what trains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import torch
import torch.nn.functional as F

from raykd.distill.data.masking import NOT_MASKED
from raykd.distill.data.packing import pack_padded
from raykd.distill.losses.chunked import vocabulary_loss
from raykd.distill.losses.cosine import cosine_sum
from raykd.distill.losses.kernels import Scales
from raykd.distill.losses.relations import Projections
from raykd.distill.models.load import MaskedModel, TrainedModel, encode, vocabulary_logits
from raykd.distill.models.packed_encoder import PackedEncoder, vocabulary_of

KdPositions = Literal["all", "masked"]


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


def padded_projections(
    model: TrainedModel, input_ids: torch.Tensor, attention_mask: torch.Tensor, layer: int
) -> Projections:
    """Queries, keys and values [batch, length, width] of a layer, counted from 0."""
    encoder: Any = model.base_model
    states = encoder(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True).hidden_states
    if model.config.model_type == "distilbert":
        attention = encoder.transformer.layer[layer].attention
        modules = attention.q_lin, attention.k_lin, attention.v_lin
    else:
        attention = encoder.encoder.layer[layer].attention.self
        modules = attention.query, attention.key, attention.value
    return Projections(*(module(states[layer]) for module in modules))


def padded_relation_sum(
    student: Projections, teacher: Projections, attention_mask: torch.Tensor, heads: int
) -> torch.Tensor:
    """As `relations.relation_sum`, of projections [batch, length, width]."""
    total = attention_mask.new_zeros((), dtype=student.query.dtype)
    real = attention_mask.bool()
    pairs = (real[:, :, None] & real[:, None, :])[:, None]
    for ours, theirs in zip(student, teacher, strict=True):
        logs = []
        for values in (ours, theirs):
            cut = values.unflatten(-1, (heads, -1)).transpose(1, 2)
            scores = cut @ cut.mT / cut.shape[-1] ** 0.5
            log_relation = scores.masked_fill(~real[:, None, None, :], float("-inf")).log_softmax(-1)
            logs.append(log_relation.masked_fill(~pairs, 0.0))
        total = total + (pairs * logs[1].exp() * (logs[1] - logs[0])).sum() / heads
    return total


def distillation_sums(
    student: MaskedModel,
    teacher: MaskedModel,
    input_ids: torch.Tensor,
    attention_mask: torch.Tensor,
    labels: torch.Tensor,
    temperature: float = 2.0,
    kd_positions: KdPositions = "all",
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
    predicted = masked if kd_positions == "masked" else slice(None)
    with torch.no_grad():
        teacher_logits = vocabulary_logits(teacher, teacher_hidden[predicted])
    student_logits = vocabulary_logits(student, student_hidden[predicted])
    masked_logits = student_logits if kd_positions == "masked" else student_logits[masked]
    return LossSums(
        mlm=F.cross_entropy(masked_logits, labels[masked], reduction="sum"),
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
    kd_positions: KdPositions = "all",
) -> dict[str, torch.Tensor]:
    """The means over one batch of shape [batch, length], with all logits held at once: {"kd", "mlm", "cosine"}."""
    sums = distillation_sums(student, teacher, input_ids, attention_mask, labels, temperature, kd_positions)
    real, masked = attention_mask.sum(), (labels != NOT_MASKED).sum().clamp(min=1)
    return {
        "kd": sums.kd / (masked if kd_positions == "masked" else real),
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
    kd_positions: KdPositions = "all",
) -> dict[str, torch.Tensor]:
    """As `dense_losses`, from packed sequences, with the vocabulary in chunks; both models in their own precision."""
    batch = pack_padded(input_ids, attention_mask, labels)
    tokens, masked = max(1, batch.tokens), max(1, batch.masked)
    predicted = batch.order[: batch.masked] if kd_positions == "masked" else batch.order
    targets = batch.labels[batch.order[: batch.masked]]
    hidden, features, _ = PackedEncoder(student)(batch, predicted)
    with torch.no_grad():
        teacher_hidden, teacher_features, _ = PackedEncoder(teacher)(batch, predicted)
    vocabulary = vocabulary_of(student)
    scales = Scales(kd=1 / (masked if kd_positions == "masked" else tokens), mlm=0.0, temperature=temperature)
    kd, _, _ = vocabulary_loss(features, vocabulary, targets[:0], scales, (teacher_features, vocabulary_of(teacher)))
    mlm, _, _ = vocabulary_loss(features[: batch.masked], vocabulary, targets, Scales(kd=0.0, mlm=1 / masked))
    return {"kd": kd, "mlm": mlm, "cosine": cosine_sum(hidden, teacher_hidden) / tokens}
