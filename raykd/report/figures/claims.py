"""The figure of the first screen: each task's and language's gain over the primary baseline, with its interval."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from raykd.report.figures.figure import BLUE, FAINT, INK, ORANGE, Figure, new_canvas, to_svg
from raykd.report.results import Results
from raykd.report.tables.table import records
from raykd.statistics.claims import NOT_YET, Claim
from raykd.statistics.comparisons import SEED
from raykd.statistics.verdict import points

STYLES = {"frozen": (BLUE, "o"), "fine-tuned": (ORANGE, "s")}
MEAN = "mean of all"
NARROW = 4.8  # inches: its text can still be read on a telephone
MOST_ROWS = 36  # of all encoders together; with more only the means are drawn


def claim_figure(results: Results) -> Figure | None:
    """Points of F1 by task and language, one panel an adapted encoder. Call inside `figure.style()`."""
    claims = [claim for claim in results.primary_claims if claim.outcome != NOT_YET and len(claim.cells)]
    if not claims:
        return None
    names = [list(dict.fromkeys(f"{cell.task}, {cell.language}" for cell in records(own.cells))) for own in claims]
    if sum(map(len, names)) > MOST_ROWS:
        return _means_alone(claims)
    canvas, grid = new_canvas(len(claims), 1, NARROW, 0.75 + 0.3 * (max(map(len, names)) + 1))
    shown: dict[str, Any] = {}
    told = []
    for axes, claim, places in zip(grid, claims, names, strict=True):
        weights = list(dict.fromkeys(claim.cells["weights"]))
        for kind in weights:
            colour, marker = STYLES[kind]
            own = claim.cells[claim.cells["weights"] == kind]
            offset = 0.0 if len(weights) == 1 else (weights.index(kind) - 0.5) * 0.3
            heights = [places.index(f"{cell.task}, {cell.language}") + offset for cell in records(own)]
            gain, low, high = (100 * own[name].to_numpy(float) for name in ("gain", "low", "high"))
            bars = np.nan_to_num(np.maximum([gain - low, high - gain], 0))
            shown[kind] = axes.errorbar(
                gain, heights, xerr=bars, fmt=marker, color=colour, markersize=5, linewidth=1.5, linestyle="none"
            )
        axes.axhline(len(places) - 0.5, color=FAINT, linewidth=0.8)
        _draw_means(axes, [claim], [len(places)])
        _finish(axes, claims, [*places, MEAN])
        axes.set_title(f"{claim.encoder} minus {claim.baseline}")
        each = (f"{cell.task} {cell.language} {cell.weights} {points(cell.gain)}" for cell in records(claim.cells))
        told.append(f"{claim.encoder} minus {claim.baseline}: {', '.join(each)}; mean {points(claim.gain)}")
    canvas.legend(shown.values(), shown.keys(), loc="outside upper right", ncols=len(shown))
    note = f"{_note(claims)} They are wide enough to hold in all tasks of an encoder at once with 95 %."
    return Figure(
        "gains-by-task",
        "Gain in F1 by task and language",
        f"Points with intervals. {'. '.join(told)}.",
        to_svg(canvas),
        note,
    )


def _means_alone(claims: Sequence[Claim]) -> Figure:
    canvas, (axes,) = new_canvas(1, 1, NARROW, 0.75 + 0.3 * len(claims))
    _draw_means(axes, claims, list(range(len(claims))))
    _finish(axes, claims, [claim.encoder for claim in claims])
    axes.set_title(f"minus {claims[0].baseline}")
    told = ", ".join(f"{claim.encoder} {points(claim.gain)}" for claim in claims)
    return Figure(
        "gains-by-task",
        "Mean gain in F1 of each encoder",
        f"Points with intervals: {told}.",
        to_svg(canvas),
        f"{_note(claims)} Tasks and languages are too many for a figure; they are in the table of differences below.",
    )


def _draw_means(axes: Axes, claims: Sequence[Claim], places: list[int]) -> None:
    gain, low, high = (100 * np.array([getattr(claim, name) for claim in claims]) for name in ("gain", "low", "high"))
    bars = np.nan_to_num(np.maximum([gain - low, high - gain], 0))
    axes.errorbar(gain, places, xerr=bars, fmt="D", color=INK, markersize=5.5, linewidth=1.8, linestyle="none")


def _finish(axes: Axes, claims: Sequence[Claim], names: list[str]) -> None:
    axes.axvline(0, color=INK, linewidth=1)
    if (margin := claims[0].smallest_effect) is not None:
        axes.axvspan(-100 * margin, 100 * margin, color=FAINT, alpha=0.5, linewidth=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.6)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("points of F1: left of 0 worse, right of 0 better")


def _note(claims: Sequence[Claim]) -> str:
    over = "seeds" if all(claim.unit == SEED for claim in claims) else "distillations"
    texts = " and test texts" if all(claim.covers_texts for claim in claims) else ""
    note = f"Lines: intervals over {over}{texts}."
    if claims[0].smallest_effect is not None:
        note += " Grey: differences smaller than the smallest effect of interest."
    return note
