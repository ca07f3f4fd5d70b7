"""Figure 2 and the scores behind each test; the other figures have modules of their own."""

import math
from itertools import cycle

import numpy as np

from raykd.report.corpus_figure import corpus_figure
from raykd.report.figure import BLUE, GREEN, INK, ORANGE, PINK, RED, SKY, Figure, new_canvas, style, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.loss_curves import loss_figures
from raykd.report.quantity_table import sweep_cells
from raykd.report.results import Results
from raykd.report.table import byte_unit, in_order, percent, records
from raykd.statistics.summary import WEIGHTS

LINES = ((ORANGE, "--"), (GREEN, "-."), (PINK, ":"), (SKY, "--"), (RED, "-."))
WEIGHTS_STYLE = {"frozen": (BLUE, "o", -0.17), "fine-tuned": (RED, "^", 0.17)}


def build_figures(inputs: ReportInputs, results: Results) -> dict[str, Figure]:
    """Slug -> figure, for those that this experiment has results for."""
    with style():
        figures = (
            corpus_figure(inputs),
            quantity_figure(inputs, results),
            *loss_figures(inputs),
            score_figure(inputs, results),
        )
    return {figure.slug: figure for figure in figures if figure is not None}


def quantity_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """Figure 2: training text against macro F1, mean and one standard deviation over classifier seeds."""
    cells = sweep_cells(inputs, results)
    cells = cells[cells["metric"] == "f1"].fillna({"standard_deviation": 0.0})
    points = cells[cells["bytes"].notna()].sort_values("bytes")
    if inputs.sweep is None or points.empty:
        return None
    unit, size = byte_unit(float(points["bytes"].max()))
    amounts = points["bytes"].to_numpy(float) / size
    mean, spread = (100 * points[name].to_numpy(float) for name in ("mean", "standard_deviation"))
    canvas, (axes,) = new_canvas(1, 1, 6.6, 3.6)
    axes.fill_between(amounts, mean - spread, mean + spread, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(amounts, mean, color=BLUE, marker="o", markersize=5, label=inputs.sweep.encoder)
    baselines = list(records(cells[cells["bytes"].isna()]))
    for baseline, (colour, line) in zip(baselines, cycle(LINES), strict=False):
        centre, half = 100 * baseline.mean, 100 * baseline.standard_deviation
        axes.axhspan(centre - half, centre + half, color=colour, alpha=0.10, linewidth=0)
        axes.axhline(centre, color=colour, linestyle=line, linewidth=1.5, label=baseline.encoder)
    axes.set_xlabel(f"training text ({unit})")
    axes.set_ylabel("F1 (%)")
    axes.set_xticks(amounts, [f"{amount:.3g}" for amount in amounts])
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    steps = ", ".join(f"{amount:.3g} {unit} {score:.1f}" for amount, score in zip(amounts, mean, strict=True))
    against = ", ".join(f"{baseline.encoder} {percent(baseline.mean)}" for baseline in baselines) or "none"
    where = f"{inputs.sweep.task} ({inputs.sweep.language})"
    return Figure(
        "figure2-quantity",
        f"Figure 2. Quantity of training text against F1 on {where}, frozen encoders",
        f"Line of mean F1 in percent by training text: {steps}. Baselines, as horizontal lines: {against}.",
        to_svg(canvas),
        "Bands: one standard deviation over classifier seeds to either side.",
    )


def score_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """F1 of every seed, one panel per task and language: the samples that the tests compare."""
    f1 = results.headline[results.headline["metric"] == "f1"]
    panels = [
        (task, language, encoders)
        for task, encoders in inputs.task_encoders.items()
        for language in in_order(
            f1.loc[(f1["task"] == task) & f1["encoder"].isin(encoders), "language"], inputs.languages
        )
    ]
    if not panels:
        return None
    columns = min(2, len(panels))
    tallest = max(len(encoders) for _, _, encoders in panels)
    canvas, grid = new_canvas(math.ceil(len(panels) / columns), columns, 6.6, 0.75 + 0.34 * tallest)
    names = {}
    for axes, (task, language, encoders) in zip(grid, panels, strict=False):
        for place, encoder in enumerate(encoders):
            chosen = f1[(f1["task"] == task) & (f1["language"] == language) & (f1["encoder"] == encoder)]
            for weights in in_order(chosen["weights"], WEIGHTS):
                values = 100 * chosen.loc[chosen["weights"] == weights, "value"].to_numpy(float)
                colour, marker, offset = WEIGHTS_STYLE[weights]
                height = np.full(len(values), place + offset)
                names[weights] = axes.scatter(
                    values, height, s=16, color=colour, marker=marker, alpha=0.55, linewidth=0
                )
                axes.plot([values.mean()] * 2, [height[0] - 0.13, height[0] + 0.13], color=INK, linewidth=1.4)
        axes.set_title(f"{task}, {language}")
        axes.set_yticks(range(len(encoders)), encoders)
        axes.set_ylim(len(encoders) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("F1 (%)")
    for axes in grid[len(panels) :]:
        axes.remove()
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=len(names))
    covered = ", ".join(f"{task} {language}" for task, language, _ in panels)
    return Figure(
        "score-distributions",
        "F1 of every classifier seed",
        f"F1 in percent, one dot per seed, by encoder and weights: {covered}. Table 8 gives the means.",
        to_svg(canvas),
        "Dots: seeds. Upright stroke: their mean. The Kolmogorov-Smirnov test compares two such strips.",
    )
