"""The task that labels make, or why they make none: pure."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from raykd.config import TaskKind
from raykd.inspection.findings import Findings, Labels

LEAST_ROWS = 20  # of a label in every language: three in test, two in validation (SHARES)
MOST_LABELS = 50
# Of the labelled rows; what is left over is text for the encoder, which must not see what it is tested on.
SHARES = (0.25, 0.1, 0.15)
SHARES_BESIDE_TEXT = (0.6, 0.15, 0.25)  # where other text is there for it, as much as labelled rows or more
MOST = (1000, 300, 700)  # rows a language: a classifier of seconds
NO = re.compile(r"(?:0|false|no|n|none|negative|neg|other|ham|нет)|(?:not|non|no)[ _-].*")
YES = ("1", "true", "yes", "y", "positive", "pos", "spam", "sí", "si", "sim", "ja", "oui", "да")


@dataclass(frozen=True)
class TaskChoice:
    """sizes: train, validation and test, rows or shares; None where the file states them. rare: labels that have too
    few rows; beyond: those after the MOST_LABELS most frequent; left_out: languages that have too few, or lack
    labels."""

    kind: TaskKind
    labels: tuple[str, ...]
    positive: str | None
    languages: tuple[str, ...]
    sizes: tuple[float, float, float] | None
    rare: tuple[str, ...]
    beyond: tuple[str, ...]
    left_out: tuple[str, ...]


def choose_task(findings: Findings) -> TaskChoice | str:
    """As many languages as share two labels or more with LEAST_ROWS rows each; or what is missing, in a sentence."""
    labels = findings.labels
    if labels is None:
        return "no column holds labels"
    if len(labels.counts) < 2:
        return f"column {labels.columns[0]!r} holds one label alone, and a task needs two that can be told apart"
    every = list(findings.languages.rows)
    languages = [one for one in every if len(_frequent(labels, [one])) >= 2]
    for number in range(len(languages), 0, -1):
        enough = _frequent(labels, languages[:number])
        if len(enough) >= 2:
            return _task(findings, labels, enough, languages[:number])
    part = "in each split" if findings.split else f"{LEAST_ROWS} rows"
    return f"fewer than two labels have enough rows ({part}, in one language)"


def _frequent(labels: Labels, languages: list[str]) -> list[str]:
    """The labels that have LEAST_ROWS rows in every language, and some in every split that is stated, in the order of
    how frequent they are."""
    rows: Counter[tuple[str, str]] = Counter()
    parts: dict[tuple[str, str], set[str]] = {}
    for (language, split, label), count in labels.rows.items():
        rows[language, label] += count
        parts.setdefault((language, label), set()).add(split)
    stated = any("train" in splits or "test" in splits for splits in parts.values())

    def is_enough(label: str, language: str) -> bool:
        there = parts.get((language, label), set())
        return rows[language, label] >= LEAST_ROWS and (not stated or {"train", "test"} <= there)

    return [label for label in labels.counts if all(is_enough(label, language) for language in languages)]


def _task(findings: Findings, labels: Labels, enough: list[str], languages: list[str]) -> TaskChoice:
    several = labels.kind == "multi-label"
    kind: TaskKind = "multi-label" if several else "binary" if len(enough) == 2 else "multi-class"
    least = min(labels.labelled[language] for language in languages)
    return TaskChoice(
        kind=kind,
        labels=tuple(enough[:MOST_LABELS]),
        positive=_positive(enough) if kind == "binary" else None,
        languages=tuple(languages),
        sizes=None if findings.split else _sizes(least, labels),
        rare=tuple(label for label in labels.counts if label not in enough),
        beyond=tuple(enough[MOST_LABELS:]),
        left_out=tuple(one for one in findings.languages.rows if one not in languages),
    )


def _sizes(least: int, labels: Labels) -> tuple[float, float, float]:
    """Shares, or MOST where the shares of the smallest language would be more. least: its labelled rows."""
    shares = SHARES_BESIDE_TEXT if labels.unlabelled >= sum(labels.labelled.values()) else SHARES
    return MOST if all(share * least > most for share, most in zip(shares, MOST, strict=True)) else shares


def _positive(labels: list[str]) -> str:
    """The one that says yes, or does not say no, or else the rarer: what one looks for is rare."""
    yes = [label for label in labels if label.lower() in YES]
    not_no = [label for label in labels if not NO.fullmatch(label.lower())]
    return (yes or not_no or labels)[-1]
