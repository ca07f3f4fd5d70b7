"""Probabilities to decisions, decisions to precision, recall and F1 of every label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import precision_recall_fscore_support


def decide(
    kind: str, labels: Sequence[str], positive: str | None, probabilities: np.ndarray, threshold: float
) -> np.ndarray:
    """Which labels each text gets, bool [rows, labels], from probabilities [rows, labels].

    Multi-label: every label above the threshold. Binary: the positive label where it is above the threshold,
    else the other. Multi-class: the most probable.
    """
    if kind == "multi-label":
        return probabilities > threshold
    if kind == "binary":
        column = list(labels).index(positive or "")
        chosen = np.where(probabilities[:, column] > threshold, column, 1 - column)
    else:
        chosen = probabilities.argmax(axis=1)
    return chosen[:, None] == np.arange(len(labels))


def label_scores(labels: Sequence[str], truth: np.ndarray, predicted: np.ndarray) -> list[dict[str, Any]]:
    """Precision, recall, f1 (0 where undefined) and support of each label; truth, predicted: bool [rows, labels]."""
    scores = precision_recall_fscore_support(truth.astype(int), predicted.astype(int), average=None, zero_division=0)
    return [
        {"label": label, "precision": float(p), "recall": float(r), "f1": float(f), "support": int(n)}
        for label, p, r, f, n in zip(labels, *scores, strict=True)
    ]


def headline(positive: str | None, f1: dict[str, float]) -> float:
    """The one number of a seed: the positive label's F1 in a binary task, else the mean over labels (macro F1)."""
    return f1[positive] if positive is not None else float(np.mean(list(f1.values())))
