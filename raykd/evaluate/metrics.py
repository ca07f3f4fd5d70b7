"""Probabilities to decisions, decisions to scores of every label and their averages, as scikit-learn's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

MEASURES = ("precision", "recall", "f1", "average_precision")


def decide(
    kind: str, labels: Sequence[str], positive: str | None, probabilities: np.ndarray, thresholds: Sequence[float]
) -> np.ndarray:
    """Which labels each text gets, bool [rows, labels], from probabilities [rows, labels] and a threshold a label.

    Multi-label: every label above its threshold. Binary: the positive label where it is above its threshold,
    else the other. Multi-class: the most probable.
    """
    if kind == "multi-label":
        return probabilities.astype(float) > np.asarray(thresholds)
    if kind == "binary":
        column = list(labels).index(positive or "")
        # In float32 a threshold just below 1 would be 1.
        chosen = np.where(probabilities[:, column].astype(float) > thresholds[column], column, 1 - column)
    else:
        chosen = probabilities.argmax(axis=1)
    return chosen[:, None] == np.arange(len(labels))


def best_thresholds(truth: np.ndarray, known: np.ndarray, probabilities: np.ndarray) -> list[float]:
    """The threshold of each label with the best F1 on these rows, .5 where no row has the label; all [rows, labels].

    It lies midway between two probabilities that occur, and where several are equally good it is the highest.
    """
    return [
        _best_threshold(*(array[known[:, label], label] for array in (truth, probabilities)))
        for label in range(truth.shape[1])
    ]


def _best_threshold(truth: np.ndarray, probabilities: np.ndarray) -> float:
    if not truth.any():
        return 0.5
    from sklearn.metrics import precision_recall_curve  # a second of imports, which a driver of trials does not need

    precision, recall, thresholds = precision_recall_curve(truth, probabilities)
    f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    best = int(np.flatnonzero(f1[:-1] == f1[:-1].max())[-1])  # the last pair is (1, 0), without a threshold
    # "above" is meant here, "at least" by scikit-learn; a positive may have probability 0.
    below = thresholds[best - 1] if best else min(0.0, thresholds[0] - 1e-6)
    return float((thresholds[best].astype(float) + below) / 2)


def label_scores(
    labels: Sequence[str], truth: np.ndarray, known: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray
) -> list[dict[str, Any]]:
    """precision, recall and f1 (0 where undefined), average_precision (None without positives) and support of each
    label, over the rows where it is known; truth, known, predicted: bool [rows, labels]."""
    return [
        {"label": label, **_scores_of(*(array[known[:, n], n] for array in (truth, predicted, probabilities)))}
        for n, label in enumerate(labels)
    ]


def _scores_of(truth: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray) -> dict[str, Any]:
    if not len(truth):  # a label of which no row of a ready validation split knows
        return {**dict.fromkeys(MEASURES, 0.0), "average_precision": None, "support": 0}
    from sklearn.metrics import average_precision_score  # as above

    return {
        **_of_decisions(truth, predicted),
        "average_precision": float(average_precision_score(truth, probabilities)) if truth.any() else None,
        "support": int(truth.sum()),
    }


def _of_decisions(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """0 where undefined. scikit-learn's own takes 5 ms, most of what a small classifier's scores take."""
    found, chosen, right = (int(own.sum()) for own in (truth & predicted, predicted, truth))
    return {
        "precision": found / chosen if chosen else 0.0,
        "recall": found / right if right else 0.0,
        "f1": 2 * found / (chosen + right) if chosen + right else 0.0,
    }


def averages(
    positive: str | None, scores: Sequence[dict[str, Any]], truth: np.ndarray, known: np.ndarray, predicted: np.ndarray
) -> list[dict[str, Any]]:
    """One row an average: macro (mean over labels), micro (all decisions on known labels pooled), and the positive
    label alone where a task has one. average_precision: of macro the mean over labels that have one; None for micro.

    scores: `label_scores` of the arrays, bool [rows, labels].
    """
    macro = {measure: _mean(row[measure] for row in scores) for measure in MEASURES}
    micro = _of_decisions(truth[known], predicted[known])
    rows = [{"average": "macro", **macro}, {"average": "micro", **micro, "average_precision": None}]
    if positive is not None:
        only = next(row for row in scores if row["label"] == positive)
        rows.append({"average": "positive", **{measure: only[measure] for measure in MEASURES}})
    return rows


def _mean(values: Iterable[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None
