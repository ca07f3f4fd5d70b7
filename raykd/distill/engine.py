"""One optimiser step: micro-batches, losses divided by the step's global counts, gradients summed over workers.

Plain torch: `reduce` is how sums go over the workers (`torch.distributed.all_reduce`, or nothing for one worker).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import nn

from raykd.config import Adapt, Distill, Loss, Pretrain
from raykd.distill.losses import LossSums, distillation_sums, masked_model_sums
from raykd.distill.masking import NOT_MASKED
from raykd.distill.models import MaskedModel
from raykd.distill.sequences import MicroBatch

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
    """A model in training, alone or under a teacher, with its optimiser and schedule."""

    def __init__(
        self,
        model: MaskedModel,
        teacher: MaskedModel | None,
        spec: Distill | Pretrain | Adapt,
        total_steps: int,
        device: str = "cpu",
    ) -> None:
        # A decorator of transformers hides the type of `to` from mypy.
        self.model = model.to(device).train()  # type: ignore[arg-type]
        self.teacher = teacher.to(device).eval() if teacher else None  # type: ignore[arg-type]
        self.spec, self.device, self.total_steps = spec, device, total_steps
        self.loss = spec.loss if isinstance(spec, Distill) else Loss(distillation=0, mlm=1, cosine=0)
        self.parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.parameters,
            lr=spec.learning_rate,
            betas=spec.betas,
            eps=spec.epsilon,
            weight_decay=spec.weight_decay,
            fused=True,
        )

    def learning_rate(self, step: int) -> float:
        """Linear warm-up over a share of steps, then linear to 0 (Sanh distiller.py:160-166); steps count from 0."""
        warmup = max(1, round(self.spec.warmup * self.total_steps))
        rise, fall = (step + 1) / warmup, (self.total_steps - step) / max(1, self.total_steps - warmup)
        return self.spec.learning_rate * min(1.0, rise, fall)

    def step(self, step: int, epoch: int, batches: Iterable[MicroBatch], reduce: Reduce) -> StepRow:
        """Train on this worker's part of a step; the row is the whole step's, the same on every worker."""
        batches = [self._to_device(batch) for batch in batches]
        counts = torch.zeros(3, dtype=torch.float64, device=self.device)
        for batch in batches:
            counts += torch.stack(
                [
                    batch.labels.new_tensor(len(batch.labels)),
                    batch.attention_mask.sum(),
                    (batch.labels != NOT_MASKED).sum(),
                ]
            )
        reduce(counts)
        sequences, tokens, masked = (int(count) for count in counts.tolist())

        sums = torch.zeros(4, dtype=torch.float64, device=self.device)
        for batch in batches:
            losses = self._sums(batch)
            total, parts = self._weighted(losses, tokens, masked)
            if total.requires_grad:
                total.backward()
            sums += torch.tensor([total.item(), *parts], dtype=torch.float64, device=self.device)
        reduce(sums)
        self._reduce_gradients(reduce)

        rate = self.learning_rate(step)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        norm = nn.utils.clip_grad_norm_(self.parameters, self.spec.gradient_clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        loss, mlm, kd, cosine = sums.tolist()
        taught = self.teacher is not None
        return StepRow(
            step=step,
            epoch=epoch,
            sequences=sequences,
            tokens=tokens,
            masked=masked,
            loss=loss,
            mlm=mlm,
            kd=kd if taught else None,
            cosine=cosine if taught else None,
            learning_rate=rate,
            gradient_norm=norm.item(),
        )

    def _to_device(self, batch: MicroBatch) -> MicroBatch:
        return MicroBatch(*(tensor.to(self.device) for tensor in (batch.input_ids, batch.attention_mask, batch.labels)))

    def _sums(self, batch: MicroBatch) -> LossSums:
        arguments = (batch.input_ids, batch.attention_mask, batch.labels)
        if self.teacher is None:
            return masked_model_sums(self.model, *arguments)
        return distillation_sums(
            self.model,
            self.teacher,
            *arguments,
            temperature=self.loss.temperature,
            positions=self.loss.positions,
        )

    def _weighted(self, sums: LossSums, tokens: int, masked: int) -> tuple[torch.Tensor, list[float]]:
        """This batch's share of the step's loss, and of its parts, over the step's counts."""
        mlm = sums.mlm / max(1, masked)
        if sums.kd is None or sums.cosine is None:
            return self.loss.mlm * mlm, [mlm.item(), 0.0, 0.0]
        kd = sums.kd / max(1, masked if self.loss.positions == "masked" else tokens)
        cosine = sums.cosine / max(1, tokens)
        total = self.loss.distillation * kd + self.loss.mlm * mlm + self.loss.cosine * cosine
        return total, [mlm.item(), kd.item(), cosine.item()]

    def _reduce_gradients(self, reduce: Reduce) -> None:
        """One sum over the workers a step; a worker without sequences brings zeros."""
        gradients = [
            torch.zeros_like(parameter) if parameter.grad is None else parameter.grad for parameter in self.parameters
        ]
        flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
        reduce(flat)
        pieces = flat.split([gradient.numel() for gradient in gradients])
        for parameter, piece in zip(self.parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)
