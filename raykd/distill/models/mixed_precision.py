"""The precision that a model computes in, beside the float32 weights that are trained, and float32 products by oneDNN,
where torch's own choice leaves half of the CPU unused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Literal

import torch
from torch import nn
from torch.func import functional_call

from raykd.distill.losses.chunked import Vocabulary
from raykd.distill.models.load import TrainedModel, has_head
from raykd.distill.models.packed_encoder import PackedEncoder, decoder_of

SMALLEST_WIDTH = 256  # oneDNN makes a kernel for each shape (2 ms), which the products of narrow models do not pay for


def compute_dtype(precision: Literal["auto", "float32", "bfloat16"], device: str) -> torch.dtype:
    """The precision asked for; auto: bfloat16 where the GPU or the CPU multiplies in it, float32 elsewhere."""
    if precision != "auto":
        return torch.float32 if precision == "float32" else torch.bfloat16
    if torch.device(device).type == "cuda":
        has = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        has = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return torch.bfloat16 if has else torch.float32


class Computed:
    """A module whose weights are copied to the precision that it computes in, once a step (`refresh`).

    Gradients go to the module's own weights, in float32, so that neither small updates nor sums over micro-batches are
    rounded away. Word embeddings are looked up in the module's own weights, and the copies cost nothing in float32.
    """

    def __init__(self, module: nn.Module, dtype: torch.dtype) -> None:
        self.module = module
        self.masters: dict[str, nn.Parameter] = dict(module.named_parameters(remove_duplicate=False))
        self.copies = {
            name: master.detach().to(dtype)
            for name, master in self.masters.items()
            if master.dtype != dtype and not name.endswith("word_embeddings.weight")
        }

    def refresh(self) -> None:
        """Copy the weights as they are now."""
        for name, copy in self.copies.items():
            copy.copy_(self.masters[name].detach())

    def __call__(self, *arguments: Any) -> Any:
        """As the module's `forward`."""
        weights = {name: _Copy.apply(self.masters[name], copy) for name, copy in self.copies.items()}
        return functional_call(self.module, weights, arguments, tie_weights=False)


class ComputedModel(Computed):
    """A model as a `PackedEncoder`, and its vocabulary head if it has one."""

    def __init__(self, model: TrainedModel, dtype: torch.dtype) -> None:
        super().__init__(PackedEncoder(model, sparse=True), dtype)
        self.model = model

    @property
    def vocabulary(self) -> Vocabulary:
        """Of a model with a vocabulary head."""
        assert has_head(self.model)
        decoder = decoder_of(self.model)
        name = next(name for name, module in self.module.named_modules() if module is decoder)
        weight, bias = (
            self.copies.get(f"{name}.{part}", self.masters[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        return Vocabulary(weight.detach(), bias.detach(), (decoder.weight, decoder.bias))


class _Copy(torch.autograd.Function):
    """A weight's copy in another precision: its gradient goes to the weight."""

    @staticmethod
    def forward(ctx: Any, master: torch.Tensor, copy: torch.Tensor) -> torch.Tensor:
        ctx.dtype = master.dtype
        return copy.view_as(copy)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return gradients[0].to(ctx.dtype), None


@contextmanager
def fast_products(device: str, dtype: torch.dtype, width: int) -> Iterator[None]:
    """float32 products inside are oneDNN's on a CPU with AVX-512 but no AMX, for matrices of at least SMALLEST_WIDTH.

    Torch multiplies float32 by MKL, which on AMD's CPUs uses no AVX-512: 95 GFLOP/s on a core on which oneDNN does 210.
    It asks oneDNN only in the mode that allows rounding to bf16 (`fp32_precision`). Without AMX oneDNN has no kernels
    that round, and computes in float32; `_is_exact` makes sure of it.
    """
    settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    float32 = dtype == torch.float32 and torch.device(device).type == "cpu"
    if not float32 or width < SMALLEST_WIDTH or not _is_exact():
        yield
        return
    before = settings.fp32_precision
    settings.fp32_precision = "bf16"
    try:
        yield
    finally:
        settings.fp32_precision = before


@cache
def _is_exact() -> bool:
    """Whether this CPU has AVX-512 and no AMX, and a product in that mode has float32's error (bf16's is 2e-3)."""
    if torch.backends.cpu.get_cpu_capability() != "AVX512" or torch.cpu._is_amx_tile_supported():
        return False
    generator = torch.Generator().manual_seed(0)
    one, other = (torch.randn(256, 256, generator=generator) for _ in range(2))
    settings = torch.backends.mkldnn.matmul  # type: ignore[attr-defined]
    before, settings.fp32_precision = settings.fp32_precision, "bf16"
    try:
        found = one @ other
    finally:
        settings.fp32_precision = before
    exact = one.double() @ other.double()
    return bool((found - exact).norm() < 1e-6 * exact.norm())
