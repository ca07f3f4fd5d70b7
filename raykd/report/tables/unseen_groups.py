"""Does the gain hold for groups (companies, say) whose text the adapted encoder never saw? (section 3.1.1)

Only the corpus of the adapted encoder leaves groups out; a baseline beside it is scored on the same two parts of the
test set. Every part is scored from the stored decisions, and its interval draws its groups again.
"""

import zlib
from typing import Any

import numpy as np
import pandas as pd

from raykd.report.inputs import Predictions, ReportInputs
from raykd.report.tables.table import Table, absent_table, first_appearance, records, row
from raykd.report.text.numbers import count, interval, percent, signed_percent
from raykd.statistics.item_bootstrap import Decisions, difference_over_texts, resample

COLUMNS = (
    *("task", "weights", "encoder", "baseline", "language", "part", "texts", "groups"),
    *("f1", "baseline_f1", "difference", "low", "high"),
)
PARTS = ("seen", "unseen")


def unseen_gains(inputs: ReportInputs) -> pd.DataFrame:
    """F1 of each adapted encoder whose corpus left groups out, and of each baseline, on either part of each test set.

    Columns COLUMNS; low and high: 95 % interval of the difference over the groups of the part, or over the texts of a
    single one, the seeds held. A part without texts has no row, nor have texts without a group.
    """
    rows = []
    for (task, language, encoder, weights), own in inputs.predictions.items():
        left_out = inputs.unseen.get(encoder, ())
        if not left_out or encoder in inputs.baselines or encoder not in inputs.task_encoders.get(task, ()):
            continue
        for baseline in inputs.baselines:
            other = inputs.predictions.get((task, language, baseline, weights))
            if other is not None:
                names = (task, weights, encoder, baseline, language)
                rows += [(*names, *part) for part in _parts(own, other, left_out, f"{task} {language}")]
    gains = pd.DataFrame(rows, columns=list(COLUMNS))
    return gains.sort_values(["task", "weights", "encoder", "baseline"], kind="stable", key=first_appearance)


def unseen_table(gains: pd.DataFrame) -> Table:
    """The gain on groups that the encoder saw and on those that it did not."""
    slug, title = "unseen-groups", "Difference in F1 on groups that the encoder has seen and on others"
    if gains.empty:
        return absent_table(slug, title, "No scored test text is of a group that an encoder's corpus left out.")
    rows = [
        row(
            *(found.task, found.weights, f"{found.encoder} against {found.baseline}", found.language, found.part),
            *(count(found.groups), count(found.texts), percent(found.f1), percent(found.baseline_f1)),
            f"{signed_percent(found.difference)} {interval(found.low, found.high)}",
        )
        for found in records(gains)
    ]
    return Table(
        slug,
        title,
        (
            "task",
            "weights",
            "comparison",
            "language",
            "groups are",
            "groups",
            "texts",
            "F1 (%)",
            "baseline (%)",
            "points, 95 %",
        ),
        tuple(rows),
        headings=5,
        groups=3,
        raw=gains,
        notes=(
            "Unseen: groups whose text the adapted encoder's corpus leaves out in full. Classifiers are trained on "
            "texts of both. Intervals draw the groups of each part again (BCa), or the texts of one that is a single "
            "group, the seeds held; with few groups they are too narrow, and say little of other groups.",
        ),
    )


def _parts(own: Predictions, other: Predictions, left_out: tuple[str, ...], name: str) -> list[tuple[Any, ...]]:
    unseen = np.isin(own.groups, list(left_out))
    rows = []
    for part, chosen in zip(PARTS, (~unseen & (own.groups != ""), unseen), strict=True):
        if chosen.any() and unseen.any():
            pair = [
                Decisions(cell.decisions.truth[chosen], cell.decisions.predicted[:, chosen]) for cell in (own, other)
            ]
            groups = len(set(own.groups[chosen]))
            clusters = own.groups[chosen] if groups > 1 else None
            first, second = resample(pair, zlib.crc32(f"{name} {part}".encode()), clusters)
            found = difference_over_texts(first, second)
            rows.append((part, int(chosen.sum()), groups, first.estimate, second.estimate, *found))
    return rows
