"""Attention of packed sequences: each position sees its own sequence alone. Two ways, one result.

On a CPU, dense products over classes of sequences padded to one length. Calls are what costs with small models, pairs
of positions with large ones, so classes are as wide as is cheaper. On CUDA, all sequences in one kernel.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from raykd.distill.data.packing import Runs
from raykd.distill.models.dropout import dropout as drop

CLASS_PAIRS = 2**20  # pairs of positions, times the width, that cost as much as the calls for a class of its own


@dataclass(frozen=True)
class Classes:
    """Sequences as [count, length] rows with padding, one block a class after the other.

    shapes: (count, length) of each; padded: int64 [padded positions], the token that stands there, any one for padding;
    real: int64 [tokens], where each token stands; filled: [padded positions, 1, 1], 1 for tokens and 0 for padding;
    biases: what is added to a class's scores, [count, 1, 1, length] of 0 and -inf, or None where nothing is padded.
    """

    shapes: tuple[tuple[int, int], ...]
    padded: torch.Tensor
    real: torch.Tensor
    filled: torch.Tensor
    biases: tuple[torch.Tensor | None, ...]

    @staticmethod
    def of(runs: Runs, width: int, dtype: torch.dtype) -> Classes:
        """dtype: of the scores."""
        lengths = np.repeat([length for length, _ in runs], [count for _, count in runs])
        starts = np.cumsum(lengths) - lengths
        shapes, padded, filled, biases = [], [], [], []
        for first, stop in _cut(runs, width):
            longest, places = lengths[first], np.arange(lengths[first])
            inside = places < lengths[first:stop, None]
            shapes.append((stop - first, int(longest)))
            padded.append(np.where(inside, starts[first:stop, None] + places, 0).ravel())
            filled.append(inside.ravel())
            bias = torch.zeros(inside.shape, dtype=dtype).masked_fill_(torch.from_numpy(~inside), float("-inf"))
            biases.append(None if inside.all() else bias[:, None, None, :])
        index, there = np.concatenate(padded), np.concatenate(filled)
        return Classes(
            tuple(shapes),
            torch.from_numpy(index),
            torch.from_numpy(np.flatnonzero(there)),
            torch.from_numpy(there).to(dtype)[:, None, None],
            tuple(biases),
        )

    def attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """Context [tokens, heads, size] of query, key, value of that shape; dropout on the attention weights."""
        exact = len(self.padded) == len(self.real)
        sizes = [count * length for count, length in self.shapes]
        parts = ((x if exact else _Pad.apply(x, self)).split(sizes) for x in (query, key, value))
        contexts = []
        for shape, bias, *qkv in zip(self.shapes, self.biases, *parts, strict=True):
            q, k, v = (part.unflatten(0, shape).transpose(1, 2) for part in qkv)
            contexts.append(_dense(q, k, v, bias, dropout).transpose(1, 2).flatten(0, 1))
        context = torch.cat(contexts)
        return context if exact else _Unpad.apply(context, self)


@dataclass(frozen=True)
class Nested:
    """Offsets of the sequences, for kernels that take sequences of any length (flash attention on CUDA)."""

    offsets: torch.Tensor
    shortest: int
    longest: int

    @staticmethod
    def of(runs: Runs, device: torch.device) -> Nested:
        lengths = torch.tensor([length for length, count in runs for _ in range(count)])
        offsets = F.pad(lengths.cumsum(0), (1, 0)).to(device, non_blocking=True)
        return Nested(offsets, int(lengths.min()), int(lengths.max()))

    def attend(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, dropout: float = 0.0) -> torch.Tensor:
        """As `Classes.attend`."""
        q, k, v = (
            torch.nested.nested_tensor_from_jagged(
                x, self.offsets, min_seqlen=self.shortest, max_seqlen=self.longest
            ).transpose(1, 2)
            for x in (query, key, value)
        )
        context: torch.Tensor = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout).transpose(1, 2).values()
        return context


Layout = Classes | Nested


def layout_of(runs: Runs, width: int, like: torch.Tensor) -> Layout:
    """How attention sees sequences on a tensor's device and in its precision."""
    return Nested.of(runs, like.device) if like.is_cuda else Classes.of(runs, width, like.dtype)


def attended_positions(runs: Runs, width: int, device: str) -> int:
    """Positions that attention computes for sequences, padding included: more than their tokens on a CPU alone."""
    if device != "cpu":
        return sum(length * count for length, count in runs)
    lengths = np.repeat([length for length, _ in runs], [count for _, count in runs])
    return sum((stop - first) * int(lengths[first]) for first, stop in _cut(runs, width))


def _cut(runs: Runs, width: int) -> Iterator[tuple[int, int]]:
    """Classes as ranges of sequences: one goes on while its padding costs less than another class would."""
    first = sequence = extra = 0
    longest = runs[0][0]
    for length, count in runs:
        more = (longest**2 - length**2) * count
        if (extra + more) * width > CLASS_PAIRS:
            yield first, sequence
            first, longest, extra, more = sequence, length, 0, 0
        sequence, extra = sequence + count, extra + more
    yield first, sequence


def _dense(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, bias: torch.Tensor | None, dropout: float
) -> torch.Tensor:
    """[sequences, heads, length, size]. Plain products where torch's own function is slow on a CPU: its backward pass
    takes five times as long in bf16 as in float32, and with dropout it computes in float32."""
    if not dropout and not (query.requires_grad and query.dtype == torch.bfloat16):
        return F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    return drop((scores if bias is None else scores + bias).softmax(-1), dropout) @ value


class _Pad(torch.autograd.Function):
    """[tokens, ...] to [padded positions, ...]. What stands in the padding is masked, so that it has no gradient."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, classes: Classes) -> torch.Tensor:
        ctx.classes = classes
        return values.index_select(0, classes.padded)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return gradients[0].index_select(0, ctx.classes.real), None


class _Unpad(torch.autograd.Function):
    """[padded positions, ...] to [tokens, ...]."""

    @staticmethod
    def forward(ctx: Any, values: torch.Tensor, classes: Classes) -> torch.Tensor:
        ctx.classes = classes
        return values.index_select(0, classes.real)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return gradients[0].index_select(0, ctx.classes.padded) * ctx.classes.filled, None
