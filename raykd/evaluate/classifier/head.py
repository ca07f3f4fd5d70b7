"""Classifier heads over hidden states, the loss that trains them, and their logits as probabilities.

Heads are structured self-attention (Lin et al. 2017, arXiv 1703.03130), and the mean.

Weights are float32. The products over tokens are computed in the precision of the hidden states, the rest in float32.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from raykd.config import TaskKind
from raykd.evaluate.cell_flops import TEXTS_SUMMED
from raykd.evaluate.classifier.ragged import Ragged

ROUND_TOKENS = 32


class ClassifierHead(nn.Module):
    """Weighted means of a text's hidden states, and a linear layer on them."""

    def __init__(self, width: int, hops: int, labels: int) -> None:
        super().__init__()
        self.output = nn.Linear(hops * width, labels)

    def forward(self, states: Ragged) -> tuple[Tensor, Tensor]:
        """Hidden states [tokens, width] -> (logits [texts, labels], the weights [texts, longest, hops]); float32."""
        states = with_round_length(states)
        places, mask = states.places()
        weights = self.attention(states.values, places, mask)
        means = weighted_sums(weights[mask].to(states.values.dtype), states)
        return self.output(means.flatten(1).float()), weights

    def attention(self, hidden: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        """Weights of each text's tokens, which sum to 1 in each hop, 0 for padding: [texts, longest, hops]."""
        raise NotImplementedError


class StructuredSelfAttention(ClassifierHead):
    """A = softmax(W2 tanh(W1 H^T)) over a text's tokens, M = A H, logits = linear(M).

    width: of the hidden states H; hidden: d_a, the rows of W1; hops: r, the rows of A; labels: logits per text.
    W1 and W2 have no bias, as in the paper (equations 5 and 6). About 600,000 parameters at 768, 768, 1 and 10.
    """

    def __init__(self, width: int, hidden: int, hops: int, labels: int) -> None:
        super().__init__(width, hops, labels)
        self.first = nn.Linear(width, hidden, bias=False)
        self.second = nn.Linear(hidden, hops, bias=False)

    def attention(self, hidden: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        inner = torch.tanh(functional.linear(hidden, self.first.weight.to(hidden.dtype)))
        scores = functional.linear(inner, self.second.weight.to(hidden.dtype)).float()
        scores = scores.index_select(0, places.flatten()).unflatten(0, places.shape)
        return scores.masked_fill(~mask.unsqueeze(-1), -torch.inf).softmax(dim=1)


class MeanPooling(ClassifierHead):
    """logits = linear(mean of a text's hidden states)."""

    def __init__(self, width: int, labels: int) -> None:
        super().__init__(width, 1, labels)

    def attention(self, hidden: Tensor, places: Tensor, mask: Tensor) -> Tensor:
        return (mask / mask.sum(dim=1, keepdim=True)).unsqueeze(-1)


def with_round_length(states: Ragged) -> Ragged:
    """The states with zeros after the last row's, up to a multiple of ROUND_TOKENS.

    oneDNN makes a kernel for each new shape of a bf16 product, which takes a third of a training step on short texts.
    """
    missing = -len(states.values) % ROUND_TOKENS
    return Ragged(functional.pad(states.values, (0, 0, 0, missing)), states.offsets) if missing else states


def weighted_sums(weights: Tensor, states: Ragged) -> Tensor:
    """M = A H of each text: weights [tokens, hops], states [tokens, width] -> [texts, hops, width].

    A few texts at a time, their A side by side in one matrix that is mostly zeros: for short texts faster than padding
    the states and a product for each text.
    """
    owners = torch.arange(len(states), device=weights.device).repeat_interleave(states.lengths)
    bounds, sums = states.offsets.tolist(), []
    for first in range(0, len(states), TEXTS_SUMMED):
        last = min(first + TEXTS_SUMMED, len(states))
        start, stop = bounds[first], bounds[last]
        end = stop if last < len(states) else len(states.values)
        blocks = weights.new_zeros(last - first, weights.shape[1], end - start)
        blocks[owners[start:stop] - first, :, torch.arange(stop - start, device=weights.device)] = weights[start:stop]
        sums.append(blocks.flatten(0, 1) @ states.values[start:end])
    return torch.cat(sums).unflatten(0, (len(states), weights.shape[1]))


def redundancy(weights: Tensor) -> Tensor:
    """||A A^T - I||^2 (Frobenius), the mean over texts (Lin et al. 2017, equation 8): small where hops look at
    different tokens. weights: A^T of each text, [texts, longest, hops]."""
    overlap = weights.transpose(1, 2) @ weights
    identity = torch.eye(overlap.shape[-1], device=overlap.device)
    return (overlap - identity).square().sum(dim=(1, 2)).mean()


@dataclass(frozen=True)
class Truth:
    """labels: which each text has, known: which of them are known to be there or not; bool [rows, labels]."""

    labels: Tensor
    known: Tensor

    def take(self, rows: Tensor) -> Truth:
        return Truth(self.labels[rows], self.known[rows])

    def part(self, start: int, stop: int) -> Truth:
        return Truth(self.labels[start:stop], self.known[start:stop])

    def to(self, device: str) -> Truth:
        return Truth(self.labels.to(device), self.known.to(device))


def to_probabilities(logits: Tensor, kind: TaskKind) -> Tensor:
    """Softmax over two or more classes, a sigmoid for each label where a text may have several."""
    return logits.sigmoid() if kind == "multi-label" else logits.softmax(dim=-1)


def class_weights(kind: TaskKind, truth: Truth) -> Tensor:
    """What makes rare labels count as much as frequent ones, float32 [labels].

    Multi-label: what a positive counts beside a negative, known negatives over positives. Else: rows / (classes x rows
    of the class), scikit-learn's "balanced".
    """
    positives = (truth.labels & truth.known).sum(dim=0).clamp(min=1).float()
    if kind == "multi-label":
        negatives = (~truth.labels & truth.known).sum(dim=0)
        return torch.where(negatives > 0, negatives / positives, 1.0)  # 0 would teach nothing of the label
    return len(truth.labels) / (len(positives) * positives)


def loss_of(logits: Tensor, truth: Truth, kind: TaskKind, weights: Tensor | None) -> Tensor:
    """Cross-entropy: for multi-label tasks the mean over the labels that are known, else over texts.

    weights: `class_weights`, or None where all count alike.
    """
    if kind != "multi-label":
        return functional.cross_entropy(logits, truth.labels.to(torch.uint8).argmax(dim=-1), weight=weights)
    each = functional.binary_cross_entropy_with_logits(
        logits, truth.labels.to(logits.dtype), pos_weight=weights, reduction="none"
    )
    return (each * truth.known).sum() / truth.known.sum().clamp(min=1)
