"""The precision that a model computes in, beside the float32 weights that are trained."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import nn
from torch.func import functional_call

from raykd.distill.models import MaskedModel
from raykd.distill.packed_encoder import PackedEncoder, decoder_of
from raykd.distill.vocabulary_loss import Vocabulary


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
    """A masked language model as a `PackedEncoder`, and its vocabulary head."""

    def __init__(self, model: MaskedModel, dtype: torch.dtype) -> None:
        super().__init__(PackedEncoder(model, sparse=True), dtype)
        self.model = model

    @property
    def vocabulary(self) -> Vocabulary:
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
