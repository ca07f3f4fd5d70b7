"""Learning curves: F1 against the number of labelled rows."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from raykd.report.figures.figure import Figure, dots, line_styles, panel_grid, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.statistics.learning_curves import PANEL

TICKS = 8  # at most so many fit below a panel


def learning_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """F1 by labelled rows, one panel a task, language and weights. Call inside `figure.style()`."""
    f1 = results.learning[results.learning["metric"] == "f1"].dropna(subset="rows")
    if f1.empty:
        return None
    panels = [(", ".join(map(str, names)), own) for names, own in f1.groupby(PANEL, sort=False)]
    canvas, grid = panel_grid(len(panels), 2, 2.4)
    styles = line_styles(f1["encoder"])
    names, told = {}, []
    for axes, (title, panel) in zip(grid, panels, strict=True):
        for name, curve in panel.groupby("encoder", sort=False):
            colour, line = styles[str(name)]
            rows, mean, spread = (curve[column].to_numpy(float) for column in ("rows", "mean", "standard_deviation"))
            low, high = 100 * (mean - np.nan_to_num(spread)), 100 * (mean + np.nan_to_num(spread))
            axes.fill_between(rows, low, high, color=colour, alpha=0.18, linewidth=0)
            dots(axes, rows, 100 * mean, colour)
            (names[str(name)],) = axes.plot(rows, 100 * mean, color=colour, linestyle=line, linewidth=1.4)
            if name in inputs.baselines and curve["all_rows"].any():
                axes.axhline(100 * mean[-1], color=colour, linestyle=line, linewidth=0.7, alpha=0.7)
            told.append(f"{title}, {name}: {_in_words(rows, mean)}")
        axes.set_xscale("log")
        axes.set_xticks(ticks := _ticks(panel["rows"]), [_short(tick) for tick in ticks], fontsize=8)
        axes.set_xticks([], minor=True)
        axes.set_title(title)
    canvas.supxlabel("labelled rows", fontsize=9)
    canvas.supylabel("F1 (%)", fontsize=9)
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=min(3, len(names)))
    return Figure(
        "learning-curves",
        "F1 by number of labelled rows",
        f"Curves of mean F1 in percent, one an encoder, the last point of all rows. {'; '.join(told)}.",
        to_svg(canvas),
        "Logarithmic scale; the last point of a curve is of all training rows. Bands: one standard deviation over "
        "classifier seeds to either side. Level lines: what a baseline scores with all rows.",
    )


def _ticks(rows: pd.Series) -> list[float]:
    """The numbers of rows, without those that would stand too near to the next larger one."""
    kept: list[float] = []
    gap = math.log(rows.max() / rows.min()) / TICKS
    for size in sorted(set(rows), reverse=True):
        if not kept or math.log(kept[-1] / size) >= gap:
            kept.append(size)
    return kept[::-1]


def _short(rows: float) -> str:
    """8000 -> 8k, 7842 -> 7.8k."""
    return f"{rows:.0f}" if rows < 1000 else f"{rows / 1000:.3g}k"


def _in_words(rows: Iterable[float], mean: Iterable[float]) -> str:
    return ", ".join(f"{size:,.0f} rows {100 * score:.1f}" for size, score in zip(rows, mean, strict=True))
