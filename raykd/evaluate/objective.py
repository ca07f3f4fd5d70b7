"""What a classifier minimises, and how its logits become probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

Kind = Literal["binary", "multi-class", "multi-label"]


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


def to_probabilities(logits: Tensor, kind: Kind) -> Tensor:
    """Softmax over two or more classes, a sigmoid for each label where a text may have several."""
    return logits.sigmoid() if kind == "multi-label" else logits.softmax(dim=-1)


def class_weights(kind: Kind, truth: Truth) -> Tensor:
    """What makes rare labels count as much as frequent ones, float32 [labels].

    Multi-label: what a positive counts beside a negative, known negatives over positives. Else: rows / (classes x rows
    of the class), scikit-learn's "balanced".
    """
    positives = (truth.labels & truth.known).sum(dim=0).clamp(min=1).float()
    if kind == "multi-label":
        negatives = (~truth.labels & truth.known).sum(dim=0)
        return torch.where(negatives > 0, negatives / positives, 1.0)  # 0 would teach nothing of the label
    return len(truth.labels) / (len(positives) * positives)


def loss_of(logits: Tensor, truth: Truth, kind: Kind, weights: Tensor | None) -> Tensor:
    """Cross-entropy: for multi-label tasks the mean over the labels that are known, else over texts.

    weights: `class_weights`, or None where all count alike.
    """
    if kind != "multi-label":
        return functional.cross_entropy(logits, truth.labels.to(torch.uint8).argmax(dim=-1), weight=weights)
    each = functional.binary_cross_entropy_with_logits(
        logits, truth.labels.to(logits.dtype), pos_weight=weights, reduction="none"
    )
    return (each * truth.known).sum() / truth.known.sum().clamp(min=1)
