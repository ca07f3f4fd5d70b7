"""Attention of packed sequences: each position sees its own sequence alone. Two ways, one result."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from raykd.distill.dropout import dropout as drop

Runs = tuple[tuple[int, int], ...]  # (length, number of sequences of that length)


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, runs: Runs, dropout: float = 0.0
) -> torch.Tensor:
    """Context [tokens, heads, size] of query, key, value [tokens, heads, size]; dropout on the attention weights."""
    way = attend_nested if query.is_cuda else attend_by_length
    return way(query, key, value, runs, dropout)


def attend_by_length(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, runs: Runs, dropout: float = 0.0
) -> torch.Tensor:
    """One dense product a length: no mask and no padding. What a CPU does best."""
    sizes = [length * count for length, count in runs]
    contexts = []
    for (length, count), *parts in zip(runs, *(x.split(sizes) for x in (query, key, value)), strict=True):
        q, k, v = (part.unflatten(0, (count, length)).transpose(1, 2) for part in parts)
        contexts.append(_dense(q, k, v, dropout).transpose(1, 2).flatten(0, 1))
    return torch.cat(contexts)


def attend_nested(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, runs: Runs, dropout: float = 0.0
) -> torch.Tensor:
    """All sequences in one kernel (variable-length flash attention on CUDA)."""
    lengths = torch.tensor([length for length, count in runs for _ in range(count)])
    offsets = F.pad(lengths.cumsum(0), (1, 0)).to(query.device, non_blocking=True)
    shortest, longest = min(length for length, _ in runs), max(length for length, _ in runs)
    q, k, v = (
        torch.nested.nested_tensor_from_jagged(x, offsets, min_seqlen=shortest, max_seqlen=longest).transpose(1, 2)
        for x in (query, key, value)
    )
    context: torch.Tensor = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout).transpose(1, 2).values()
    return context


def _dense(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, dropout: float) -> torch.Tensor:
    """[sequences, heads, length, size]. With dropout torch's own function leaves its fast path and computes in float32;
    the plain products in the given precision are faster on a CPU."""
    if not dropout:
        return F.scaled_dot_product_attention(query, key, value)
    scores = query @ key.transpose(-1, -2) * query.shape[-1] ** -0.5
    return drop(scores.softmax(-1), dropout) @ value
