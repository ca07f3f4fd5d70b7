"""One optimiser step: micro-batches, losses divided by the step's global counts, gradients summed over workers.

Plain torch: `reduce` is how sums go over the workers (`torch.distributed.all_reduce`, or nothing for one worker).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import nn

from raykd.config import Adapt, Distill, Loss, Pretrain
from raykd.distill.data.packing import PackedBatch
from raykd.distill.losses.chunked import vocabulary_loss
from raykd.distill.losses.cosine import cosine_sum, hidden_mse_sum
from raykd.distill.losses.kernels import Scales
from raykd.distill.losses.relations import relation_sum
from raykd.distill.models.dropout import replace_dropout
from raykd.distill.models.load import TrainedModel, has_head
from raykd.distill.models.mixed_precision import ComputedModel, fast_products
from raykd.distill.models.packed_encoder import Encoded, PackedEncoder, head_parameters, vocabulary_of
from raykd.distill.train.schedule import head_first_learning_rate
from raykd.errors import InputError

Reduce = Callable[[torch.Tensor], None]  # sums a tensor over all workers, in place

PARTS = ("mlm", "kd", "cosine", "hidden_mse", "relations")  # columns of the losses that the whole one may have


@dataclass(frozen=True)
class StepRow:
    """One row of training.parquet; losses are means over the step's tokens (mlm: over the masked ones), nats."""

    step: int
    epoch: int
    sequences: int
    tokens: int  # no padding; special tokens included
    masked: int
    loss: float
    mlm: float | None
    kd: float | None
    cosine: float | None
    learning_rate: float
    gradient_norm: float
    hidden_mse: float | None = None
    relations: float | None = None


class Engine:
    """A model in training, alone or under a teacher, with its optimiser and schedule.

    dtype: the precision of both models' arithmetic; the weights that are trained, their gradients and the optimiser's
    moments are float32 whatever it is. head_steps: how many of the first steps train a new vocabulary head alone.
    A loss of weight 0 is not computed, but for that of masked tokens, which is reported wherever there is a vocabulary
    head; a teacher that no loss needs is not run.
    """

    def __init__(
        self,
        model: TrainedModel,
        teacher: TrainedModel | None,
        spec: Distill | Pretrain | Adapt,
        total_steps: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
        head_steps: int = 0,
    ) -> None:
        self.spec, self.device, self.dtype = spec, device, dtype
        self.total_steps, self.head_steps = total_steps, head_steps
        self.loss = spec.loss if isinstance(spec, Distill) else Loss(distillation=0, mlm=1, cosine=0)
        # A decorator of transformers hides the type of `to` from mypy.
        self.model = model.to(device).train()  # type: ignore[arg-type]
        replace_dropout(self.model)
        self.computed = ComputedModel(self.model, dtype)
        self.has_head = has_head(model)
        needed = teacher if self.loss.needs_teacher else None
        self.teacher = needed.to(device, dtype).eval() if needed else None  # type: ignore[arg-type]
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.gradients = torch.zeros(sum(x.numel() for x in self.parameters), device=device)
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=spec.learning_rate,
            betas=spec.betas,
            eps=spec.epsilon,
            weight_decay=spec.weight_decay,
            fused=True,
        )

    def learning_rate(self, step: int) -> float:
        """See `schedule.head_first_learning_rate`."""
        spec = self.spec
        head_peak = spec.head_learning_rate if isinstance(spec, Adapt) else spec.learning_rate
        return head_first_learning_rate(
            step, self.total_steps, self.head_steps, head_peak, spec.learning_rate, spec.warmup
        )

    def step(self, step: int, epoch: int, batches: Iterable[PackedBatch], reduce: Reduce) -> StepRow:
        """Train on this worker's part of a step; the row is the whole step's, the same on every worker.

        Raises InputError where the gradient is not finite, before it reaches the weights.
        """
        batches = list(batches)
        sequences, tokens, masked = self._global_counts(batches, reduce)
        if self.head_steps:
            self.train_head_only(step < self.head_steps)
        self._clear_gradients()
        self.computed.refresh()
        sums = self.accumulate(batches, tokens, masked)
        reduce(sums)
        reduce(self.gradients)  # one sum over the workers a step, not one a micro-batch

        rate = self.learning_rate(step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        norm = nn.utils.clip_grad_norm_(self.parameters, self.spec.gradient_clip)
        if not norm.isfinite():
            raise InputError(
                f"step {step}: the gradient is {norm.item()}, the loss {sums[0].item():.3f}; lower learning_rate "
                "or raise warmup"
            )
        self.optimizer.step()
        loss, *parts = sums.tolist()
        return StepRow(
            step=step,
            epoch=epoch,
            sequences=sequences,
            tokens=tokens,
            masked=masked,
            loss=loss,
            learning_rate=rate,
            gradient_norm=norm.item(),
            **{name: part if name in self.computed_parts else None for name, part in zip(PARTS, parts, strict=True)},
        )

    def accumulate(self, batches: Iterable[PackedBatch], tokens: int, masked: int) -> torch.Tensor:
        """Add the gradients of this worker's batches; their share of the loss and of its PARTS, float64 [1 + parts].

        tokens, masked: the whole step's counts.
        """
        sums = torch.zeros(1 + len(PARTS), dtype=torch.float64, device=self.device)
        for batch in batches:
            with self._products():
                total, parts = self._losses(batch.to(self.device), tokens, masked)
                if total.requires_grad:
                    total.backward()
            sums += torch.stack([total.detach().double(), *(parts.get(name, sums.new_zeros(())) for name in PARTS)])
            del total  # and its graph, which would else lie beside the next batch's
        return sums

    def masked_loss(self, batches: Iterable[PackedBatch]) -> tuple[float, int]:
        """(sum of the masked tokens' losses in nats, how many they are), without dropout; nothing is trained."""
        self.computed.refresh()
        self.model.eval()
        total, masked, mlm_alone = 0.0, 0, Scales(kd=0, mlm=1, temperature=1)
        with torch.no_grad(), self._products():
            for batch in batches:
                predicted = batch.order[: batch.masked].to(self.device)
                features = self.computed(batch.to(self.device), predicted).features
                labels = batch.labels.to(self.device)[predicted]
                total += vocabulary_loss(features, self.computed.vocabulary, labels, mlm_alone)[2].item()
                masked += batch.masked
        self.model.train()
        return total, masked

    def train_head_only(self, active: bool) -> None:
        """From the next step on, leave everything but the vocabulary head as it is, or no longer."""
        head = {id(parameter) for parameter in head_parameters(self.model)}
        for parameter in self.parameters:
            parameter.requires_grad_(not active or id(parameter) in head)

    @property
    def computed_parts(self) -> set[str]:
        """Those of PARTS that this training computes."""
        loss = self.loss
        weights = {
            "mlm": self.has_head,
            "kd": loss.distillation,
            "cosine": loss.cosine,
            "hidden_mse": loss.hidden_mse,
            "relations": loss.relations.weight,
        }
        return {name for name, weight in weights.items() if weight}

    def _global_counts(self, batches: list[PackedBatch], reduce: Reduce) -> tuple[int, int, int]:
        """Sequences, tokens and masked tokens of the whole step."""
        own = (
            sum(batch.sequences for batch in batches),
            sum(batch.tokens for batch in batches),
            sum(batch.masked for batch in batches),
        )
        counts = torch.tensor(own, dtype=torch.float64, device=self.device)
        reduce(counts)
        sequences, tokens, masked = (int(count) for count in counts.tolist())
        return sequences, tokens, masked

    def _products(self) -> AbstractContextManager[None]:
        return fast_products(self.device, self.dtype, self.model.config.hidden_size)

    def _clear_gradients(self) -> None:
        """Zeros, as views of one tensor, so that all of them are summed over the workers at once."""
        self.gradients.zero_()
        views = self.gradients.split([parameter.numel() for parameter in self.parameters])
        for parameter, view in zip(self.parameters, views, strict=True):
            # Without a gradient the optimiser leaves a weight, and its moments, alone.
            parameter.grad = view.view_as(parameter) if parameter.requires_grad else None

    def _losses(self, batch: PackedBatch, tokens: int, masked: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """A batch's share of the step's loss, with its gradient, and of the parts, without."""
        outputs, teacher_outputs = self._forward(batch)
        total, parts = outputs.hidden.new_zeros(()), dict[str, torch.Tensor]()
        if outputs.features is not None:
            total, parts = self._vocabulary_losses(batch, outputs.features, teacher_outputs, tokens, masked)
        for name, weight, summed in self._hidden_losses(batch, outputs, teacher_outputs):
            part = summed / max(1, tokens)
            total = total + weight * part
            parts[name] = part.detach().double()
        return total, parts

    def _forward(self, batch: PackedBatch) -> tuple[Encoded, Encoded | None]:
        """What the model makes of a batch, and its teacher."""
        everywhere = self.loss.distillation and self.loss.kd_positions == "all"
        predicted = batch.order if everywhere else batch.order[: batch.masked]
        layer = teacher_layer = None
        if self.teacher is not None and self.loss.relations.weight:
            layer, teacher_layer = self.model.config.num_hidden_layers - 1, self.loss.relations.layer
            if teacher_layer is None:
                teacher_layer = self.teacher.config.num_hidden_layers - 1
        outputs: Encoded = self.computed(batch, predicted, layer)
        if self.teacher is None:
            return outputs, None
        with torch.no_grad():
            return outputs, PackedEncoder(self.teacher)(batch, predicted, teacher_layer)

    def _vocabulary_losses(
        self,
        batch: PackedBatch,
        features: torch.Tensor,
        teacher_outputs: Encoded | None,
        tokens: int,
        masked: int,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """As `_losses`, of what is predicted of the vocabulary."""
        kd_count = masked if self.loss.kd_positions == "masked" else tokens
        scales = Scales(
            kd=self.loss.distillation / max(1, kd_count),
            mlm=self.loss.mlm / max(1, masked),
            temperature=self.loss.temperature,
        )
        labels = batch.labels[batch.order[: batch.masked]]
        teacher = None
        if self.loss.distillation and teacher_outputs is not None:
            assert self.teacher is not None and has_head(self.teacher) and teacher_outputs.features is not None
            teacher = teacher_outputs.features, vocabulary_of(self.teacher)
        total, kd, mlm = vocabulary_loss(features, self.computed.vocabulary, labels, scales, teacher)
        return total, {"mlm": mlm / max(1, masked), "kd": kd / max(1, kd_count)}

    def _hidden_losses(
        self, batch: PackedBatch, outputs: Encoded, teacher_outputs: Encoded | None
    ) -> Iterable[tuple[str, float, torch.Tensor]]:
        """(name, weight, sum over tokens) of each loss of hidden states that has a weight."""
        if self.teacher is None or teacher_outputs is None:
            return
        loss, hidden = self.loss, (outputs.hidden, teacher_outputs.hidden)
        if loss.cosine:
            yield "cosine", loss.cosine, cosine_sum(*hidden)
        if loss.hidden_mse:
            yield "hidden_mse", loss.hidden_mse, hidden_mse_sum(*hidden)
        if outputs.projections and teacher_outputs.projections:
            heads = loss.relations.heads or self.teacher.config.num_attention_heads
            divergence = relation_sum(outputs.projections, teacher_outputs.projections, batch.runs, heads)
            yield "relations", loss.relations.weight, divergence
