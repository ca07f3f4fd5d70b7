"""Does the gain hold for groups (companies, say) whose text the adapted encoder never saw? (section 3.1.1)

Only the corpus of the adapted encoder leaves groups out; a baseline beside it is scored on the same two parts of the
test set. Every part is scored from the stored decisions, and its interval draws its texts again.
"""

import zlib
from typing import Any

import numpy as np
import pandas as pd

from raykd.report.figure import BLUE, INK, ORANGE, Figure, new_canvas, to_svg
from raykd.report.inputs import Predictions, ReportInputs
from raykd.report.table import Table, absent_table, count, first_appearance, percent, records, row, signed_percent
from raykd.statistics.item_bootstrap import Decisions, difference_over_texts, resample

COLUMNS = (
    *("task", "weights", "encoder", "baseline", "language", "part", "texts", "groups"),
    *("f1", "baseline_f1", "difference", "low", "high"),
)
PARTS = ("seen", "unseen")
STYLE = {"seen": (BLUE, "o", -0.14), "unseen": (ORANGE, "s", 0.14)}


def unseen_gains(inputs: ReportInputs) -> pd.DataFrame:
    """F1 of each adapted encoder whose corpus left groups out, and of each baseline, on either part of each test set.

    Columns COLUMNS; low and high: 95 % interval of the difference over the texts of the part, the seeds held. A part
    without texts has no row, nor have texts without a group.
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
            f"{signed_percent(found.difference)} [{_bound(found.low)}, {_bound(found.high)}]",
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
            "texts of both. Intervals draw the texts of each part again (BCa), the seeds held; with few groups they "
            "say little of other groups.",
        ),
    )


def unseen_figure(gains: pd.DataFrame) -> Figure | None:
    """The differences of `unseen_table` with their intervals. Call inside `figure.style()`."""
    if gains.empty:
        return None
    keys = ["task", "language", "weights", "encoder", "baseline"]
    names = list(gains[keys].drop_duplicates().itertuples(index=False, name=None))
    canvas, (axes,) = new_canvas(1, 1, 6.6, 0.8 + 0.36 * len(names))
    for part, own in gains.groupby("part"):
        colour, marker, offset = STYLE[str(part)]
        places = [names.index(key) + offset for key in own[keys].itertuples(index=False, name=None)]
        points, low, high = (100 * own[name].to_numpy() for name in ("difference", "low", "high"))
        bars = np.maximum([points - low, high - points], 0)
        axes.errorbar(points, places, xerr=bars, fmt=marker, color=colour, markersize=5, linewidth=1.4, label=part)
    told = [
        f"{found.task} {found.language} {found.weights} {found.encoder} against {found.baseline} {found.part} "
        f"{signed_percent(found.difference)}"
        for found in records(gains)
    ]
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(
        range(len(names)), [f"{task}, {x}, {weights}, against {name}" for task, x, weights, _, name in names]
    )
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("difference in F1 (points)")
    canvas.legend(loc="outside upper center", ncols=2)
    return Figure(
        "unseen-groups",
        "Groups that the encoder has seen, and others",
        f"Difference in F1 in points, adapted encoder less baseline: {'; '.join(told)}.",
        to_svg(canvas),
        "Lines: 95 % intervals over the test texts.",
    )


def _parts(own: Predictions, other: Predictions, left_out: tuple[str, ...], name: str) -> list[tuple[Any, ...]]:
    unseen = np.isin(own.groups, list(left_out))
    rows = []
    for part, chosen in zip(PARTS, (~unseen & (own.groups != ""), unseen), strict=True):
        if chosen.any() and unseen.any():
            pair = [
                Decisions(cell.decisions.truth[chosen], cell.decisions.predicted[:, chosen]) for cell in (own, other)
            ]
            first, second = resample(pair, zlib.crc32(f"{name} {part}".encode()))
            groups = len(set(own.groups[chosen]))
            found = difference_over_texts(first, second)
            rows.append((part, int(chosen.sum()), groups, first.estimate, second.estimate, *found))
    return rows


def _bound(value: float) -> str:
    return signed_percent(value).removeprefix("+")
