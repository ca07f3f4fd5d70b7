"""The gain on groups that the adapted encoder has seen and on others."""

import numpy as np
import pandas as pd

from raykd.report.figures.figure import BLUE, INK, ORANGE, WIDTH, Figure, new_canvas, to_svg
from raykd.report.tables.table import records
from raykd.report.text.numbers import signed_percent

STYLE = {"seen": (BLUE, "o", -0.14), "unseen": (ORANGE, "s", 0.14)}


def unseen_figure(gains: pd.DataFrame) -> Figure | None:
    """The differences of `unseen_table` with their intervals. Call inside `figure.style()`."""
    if gains.empty:
        return None
    keys = ["task", "language", "weights", "encoder", "baseline"]
    names = list(gains[keys].drop_duplicates().itertuples(index=False, name=None))
    canvas, (axes,) = new_canvas(1, 1, WIDTH, 0.8 + 0.36 * len(names))
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
