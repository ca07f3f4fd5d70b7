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
from raykd.distill.dropout import replace_dropout
from raykd.distill.logit_gradient import Scales
from raykd.distill.losses import cosine_sum
from raykd.distill.models import MaskedModel
from raykd.distill.packed_encoder import PackedEncoder, head_parameters, vocabulary_of
from raykd.distill.packing import PackedBatch
from raykd.distill.precision import ComputedModel
from raykd.distill.products import fast_products
from raykd.distill.schedule import learning_rate
from raykd.distill.vocabulary_loss import vocabulary_loss
from raykd.errors import InputError

Reduce = Callable[[torch.Tensor], None]  # sums a tensor over all workers, in place


@dataclass(frozen=True)
class StepRow:
    """One row of training.parquet; losses are means over the step's positions, nats."""

    step: int
    epoch: int
    sequences: int
    tokens: int  # non-padding positions, special tokens included
    masked: int
    loss: float
    mlm: float
    kd: float | None
    cosine: float | None
    learning_rate: float
    gradient_norm: float


class Engine:
    """A model in training, alone or under a teacher, with its optimiser and schedule.

    dtype: the precision of both models' arithmetic; the weights that are trained, their gradients and the optimiser's
    moments are float32 whatever it is.
    Distillation and cosine are not computed at weight 0, and a teacher that nothing asks is not run. Raises InputError
    where a gradient is not finite, before it reaches the weights.
    """

    def __init__(
        self,
        model: MaskedModel,
        teacher: MaskedModel | None,
        spec: Distill | Pretrain | Adapt,
        total_steps: int,
        device: str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.spec, self.device, self.total_steps, self.dtype = spec, device, total_steps, dtype
        self.loss = spec.loss if isinstance(spec, Distill) else Loss(distillation=0, mlm=1, cosine=0)
        # A decorator of transformers hides the type of `to` from mypy.
        self.model = model.to(device).train()  # type: ignore[arg-type]
        replace_dropout(self.model)
        self.computed = ComputedModel(self.model, dtype)
        asked = teacher and (self.loss.distillation or self.loss.cosine)
        self.teacher = teacher.to(device, dtype).eval() if teacher and asked else None  # type: ignore[arg-type]
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
        """See `schedule.learning_rate`."""
        return learning_rate(step, self.total_steps, self.spec.learning_rate, self.spec.warmup)

    def train_head_only(self, active: bool) -> None:
        """From the next step on, leave everything but the vocabulary head as it is, or no longer."""
        head = {id(parameter) for parameter in head_parameters(self.model)}
        for parameter in self.parameters:
            parameter.requires_grad_(not active or id(parameter) in head)

    def step(self, step: int, epoch: int, batches: Iterable[PackedBatch], reduce: Reduce) -> StepRow:
        """Train on this worker's part of a step; the row is the whole step's, the same on every worker."""
        batches = list(batches)
        counts = torch.tensor(
            [
                sum(batch.sequences for batch in batches),
                sum(batch.tokens for batch in batches),
                sum(batch.masked for batch in batches),
            ],
            dtype=torch.float64,
            device=self.device,
        )
        reduce(counts)
        sequences, tokens, masked = (int(count) for count in counts.tolist())

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
        loss, mlm, kd, cosine = sums.tolist()
        return StepRow(
            step=step,
            epoch=epoch,
            sequences=sequences,
            tokens=tokens,
            masked=masked,
            loss=loss,
            mlm=mlm,
            kd=kd if self.loss.distillation else None,
            cosine=cosine if self.loss.cosine else None,
            learning_rate=rate,
            gradient_norm=norm.item(),
        )

    def accumulate(self, batches: Iterable[PackedBatch], tokens: int, masked: int) -> torch.Tensor:
        """Add the gradients of this worker's batches; their share of loss, mlm, kd and cosine, float64 [4].

        tokens, masked: the whole step's counts.
        """
        sums = torch.zeros(4, dtype=torch.float64, device=self.device)
        for batch in batches:
            with self._products():
                total, parts = self._losses(batch.to(self.device), tokens, masked)
                if total.requires_grad:
                    total.backward()
            sums += torch.stack([total.detach().double(), *parts])
            del total  # and its graph, which would else lie beside the next batch's
        return sums

    def masked_loss(self, batches: Iterable[PackedBatch]) -> tuple[float, int]:
        """(sum of the masked positions' losses in nats, how many they are), without dropout; nothing is trained."""
        self.computed.refresh()
        self.model.eval()
        total, masked, alone = 0.0, 0, Scales(kd=0, mlm=1, temperature=1)
        with torch.no_grad(), self._products():
            for batch in batches:
                guessed = batch.order[: batch.masked].to(self.device)
                _, features = self.computed(batch.to(self.device), guessed)
                labels = batch.labels.to(self.device)[guessed]
                total += vocabulary_loss(features, self.computed.vocabulary, labels, alone)[2].item()
                masked += batch.masked
        self.model.train()
        return total, masked

    def _products(self) -> AbstractContextManager[None]:
        return fast_products(self.device, self.dtype, self.model.config.hidden_size)

    def _clear_gradients(self) -> None:
        """Zeros, as views of one tensor, so that all of them are summed over the workers at once."""
        self.gradients.zero_()
        views = self.gradients.split([parameter.numel() for parameter in self.parameters])
        for parameter, view in zip(self.parameters, views, strict=True):
            # Without a gradient the optimiser leaves a weight, and its moments, alone.
            parameter.grad = view.view_as(parameter) if parameter.requires_grad else None

    def _losses(self, batch: PackedBatch, tokens: int, masked: int) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """A batch's share of the step's loss, with its gradient, and of its mlm, kd and cosine."""
        taught = masked if self.loss.positions == "masked" else tokens
        scales = Scales(
            kd=self.loss.distillation / max(1, taught),
            mlm=self.loss.mlm / max(1, masked),
            temperature=self.loss.temperature,
        )
        everywhere = self.loss.distillation and self.loss.positions == "all"
        guessed = batch.order if everywhere else batch.order[: batch.masked]
        hidden, features = self.computed(batch, guessed)
        cosine, lesson = hidden.new_zeros((), dtype=torch.float64), None
        if self.teacher is not None:
            with torch.no_grad():
                teacher_hidden, teacher_features = PackedEncoder(self.teacher)(batch, guessed)
            if self.loss.distillation:
                lesson = (teacher_features, vocabulary_of(self.teacher))
        labels = batch.labels[batch.order[: batch.masked]]
        total, kd, mlm = vocabulary_loss(features, self.computed.vocabulary, labels, scales, lesson)
        if self.loss.cosine:
            distance = cosine_sum(hidden, teacher_hidden) / max(1, tokens)
            total = total + self.loss.cosine * distance
            cosine = distance.detach().double()
        return total, [mlm / max(1, masked), kd / max(1, taught), cosine]
