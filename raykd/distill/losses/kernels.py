"""From logits to losses and to the gradient of the logits, put in their place. Two ways, one result."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch

TILE_ELEMENTS = 2**18  # logits taken at a time, 1 MB in float32: the second-level cache of a core


@dataclass(frozen=True)
class Scales:
    """What the sums over positions are multiplied with to give the loss: a weight over a count, for instance."""

    kd: float
    mlm: float
    temperature: float = 2.0


@dataclass(frozen=True)
class Logits:
    """product [rows, vocabulary] plus bias [vocabulary], which the pass that reads the product adds in float32."""

    product: torch.Tensor
    bias: torch.Tensor

    def __len__(self) -> int:
        return len(self.product)

    def __getitem__(self, rows: slice) -> Logits:
        return Logits(self.product[rows], self.bias)


@dataclass(frozen=True)
class Losses:
    """Sums over positions: kd of all that were given, mlm of those with a label."""

    kd: torch.Tensor
    mlm: torch.Tensor

    @staticmethod
    def none(like: torch.Tensor) -> Losses:
        return Losses(*like.new_zeros(2, dtype=torch.float64))

    def __add__(self, other: Losses) -> Losses:
        return Losses(self.kd + other.kd, self.mlm + other.mlm)


# (student's logits, their product overwritten by the gradient; teacher's; labels of the first rows; scales)
Gradient = Callable[[Logits, Logits | None, torch.Tensor, Scales], Losses]


def plain_gradient(
    product: torch.Tensor,
    bias: torch.Tensor,
    teacher_product: torch.Tensor | None,
    teacher_bias: torch.Tensor | None,
    labels: torch.Tensor,
    kd_scale: torch.Tensor,
    mlm_scale: torch.Tensor,
    temperature: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(gradient [rows, vocabulary] in the product's precision, kd, mlm), from the definitions, in float32 or wider."""
    student = _wide(product, bias)
    teacher = None if teacher_product is None or teacher_bias is None else _wide(teacher_product, teacher_bias)
    gradient, kd = torch.zeros_like(student), student.new_zeros(())
    if teacher is not None:
        log_student = torch.log_softmax(student / temperature, -1)
        log_teacher = torch.log_softmax(teacher / temperature, -1)
        kd = (log_teacher.exp() * (log_teacher - log_student)).sum() * temperature**2
        gradient = (log_student.exp() - log_teacher.exp()) * (kd_scale * temperature)
    log_predicted = torch.log_softmax(student[: len(labels)], -1)
    right = torch.arange(student.shape[1], device=student.device) == labels[:, None]
    gradient[: len(labels)] += (log_predicted.exp() - right.to(student.dtype)) * mlm_scale
    return gradient.to(product.dtype), kd, -log_predicted.gather(1, labels[:, None]).sum()


@cache
def compiled_gradient() -> Gradient:
    """The plain one by torch.compile, for GPUs; uncompiled, with a warning, where no compiler is found."""
    from torch._dynamo.exc import BackendCompilerFailed, ShortenTraceback

    state = {"kernel": torch.compile(plain_gradient, dynamic=True)}

    def gradient_of(student: Logits, teacher: Logits | None, labels: torch.Tensor, scales: Scales) -> Losses:
        # Tensors, because numbers that change from step to step would be compiled in, and compiled anew.
        kd_scale, mlm_scale = student.bias.new_tensor([scales.kd, scales.mlm], dtype=torch.float64)
        teacher_logits = (teacher.product, teacher.bias) if teacher else (None, None)
        values = student.product, student.bias, *teacher_logits, labels, kd_scale, mlm_scale, scales.temperature
        try:
            gradient, kd, mlm = state["kernel"](*values)
        except (BackendCompilerFailed, ShortenTraceback) as error:  # no Triton, a GPU too old for it
            warnings.warn(
                f"the vocabulary loss is not compiled, and slower ({str(error).splitlines()[0]})", stacklevel=2
            )
            state["kernel"] = plain_gradient
            gradient, kd, mlm = plain_gradient(*values)
        student.product.copy_(gradient)
        return Losses(kd.double(), mlm.double())

    return gradient_of


class TiledGradient:
    """For CPUs: a few rows at a time, in three buffers that stay in the cache; 1.9 ns a logit on one core of an EPYC,
    where torch.compile's kernel takes 1.6 and allocating as one goes 4 to 8."""

    def __init__(self, logits: torch.Tensor) -> None:
        wide = torch.promote_types(logits.dtype, torch.float32)
        self.rows = max(1, min(len(logits), TILE_ELEMENTS // logits.shape[1]))
        self.buffers = [logits.new_empty(self.rows, logits.shape[1], dtype=wide) for _ in range(3)]

    def __call__(self, student: Logits, teacher: Logits | None, labels: torch.Tensor, scales: Scales) -> Losses:
        losses = Losses.none(student.product)
        for start in range(0, len(student), self.rows):
            rows = slice(start, start + self.rows)
            losses += self._tile(student[rows], None if teacher is None else teacher[rows], labels[rows], scales)
        return losses

    def _tile(self, student: Logits, teacher: Logits | None, labels: torch.Tensor, scales: Scales) -> Losses:
        gradient, theirs, scratch = (buffer[: len(student)] for buffer in self.buffers)
        kd = mlm = gradient.new_zeros(())
        if teacher is None:
            gradient.zero_()
        else:
            for logits, buffer in ((student, gradient), (teacher, theirs)):
                buffer.copy_(logits.product).add_(logits.bias).mul_(1 / scales.temperature)
            torch.sub(theirs, gradient, out=scratch)
            kd = _softmax(gradient) - _softmax(theirs) + torch.linalg.vecdot(theirs, scratch)
            kd = kd.sum() * scales.temperature**2
            gradient.sub_(theirs).mul_(scales.kd * scales.temperature)
        if masked := len(labels):
            predicted, at = scratch[:masked].copy_(student.product[:masked]).add_(student.bias), labels[:, None]
            chosen = predicted.gather(1, at)[:, 0]
            mlm = (_softmax(predicted) - chosen).sum()
            gradient[:masked].add_(predicted, alpha=scales.mlm)
            gradient[:masked].scatter_add_(1, at, gradient.new_full(at.shape, -scales.mlm))
        student.product.copy_(gradient)
        return Losses(kd.double(), mlm.double())


def _wide(product: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    return product.to(torch.promote_types(product.dtype, torch.float32)) + bias


def _softmax(logits: torch.Tensor) -> torch.Tensor:
    """In place; log sum exp [rows], from the largest logit and its probability."""
    largest = logits.amax(-1)
    torch.softmax(logits, -1, out=logits)
    return largest - logits.amax(-1).log()
