"""Figure 2, the loss curves, and the scores behind each test."""

import math
from itertools import cycle

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, NullFormatter, StrMethodFormatter

from raykd.report.figure import BLUE, GREEN, INK, ORANGE, PINK, RED, SKY, Figure, new_canvas, style, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.quantity_table import sweep_cells
from raykd.report.results import Results
from raykd.report.table import byte_unit, in_order, percent, records
from raykd.statistics.summary import WEIGHTS

CURVE_POINTS = 200
LOSSES = (
    ("loss", "total", INK),
    ("kd", "distillation", BLUE),
    ("mlm", "masked tokens", ORANGE),
    ("cosine", "cosine", GREEN),
)
LINES = ((ORANGE, "--"), (GREEN, "-."), (PINK, ":"), (SKY, "--"), (RED, "-."))
WEIGHTS_STYLE = {"frozen": (BLUE, "o", -0.17), "fine-tuned": (RED, "^", 0.17)}


def build_figures(inputs: ReportInputs, results: Results) -> dict[str, Figure]:
    """Slug -> figure, for those that this experiment has results for."""
    with style():
        figures = (quantity_figure(inputs, results), loss_figure(inputs), score_figure(inputs, results))
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


def loss_figure(inputs: ReportInputs) -> Figure | None:
    """The losses of every trained encoder against the tokens seen; one line per seed and loss."""
    training = inputs.training
    encoders = list(training["encoder"].unique())
    if not encoders:
        return None
    columns = min(2, len(encoders))
    canvas, grid = new_canvas(math.ceil(len(encoders) / columns), columns, 6.6, 2.3)
    names, ends = {}, []
    for axes, encoder in zip(grid, encoders, strict=False):
        own = training[training["encoder"] == encoder]
        for _, curve in own.groupby("seed", sort=False):
            curve = _thin(curve.sort_values("step"))
            for column, name, colour in LOSSES:
                values = curve[column].to_numpy(float)
                # With one part only, the total is that part.
                if np.isfinite(values).any():
                    width = 1.6 if column == "loss" else 1.0
                    (names[name],) = axes.plot(curve["tokens"].to_numpy(float), values, color=colour, linewidth=width)
        _log_scale(axes)
        axes.set_title(encoder)
        axes.set_xlabel("tokens")
        axes.xaxis.set_major_formatter(EngFormatter())
        axes.set_ylabel("loss")
        total = own.sort_values("step")["loss"].to_numpy(float)
        ends.append(f"{encoder} from {total[0]:.3g} to {total[-1]:.3g}")
    for axes in grid[len(encoders) :]:
        axes.remove()
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=len(names))
    return Figure(
        "loss-curves",
        "Losses during training",
        f"Training loss by tokens seen, one panel per encoder. Total loss: {'; '.join(ends)}.",
        to_svg(canvas),
        f"Logarithmic scale; every point is the mean of up to 1/{CURVE_POINTS} of the steps.",
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


def _thin(curve: pd.DataFrame) -> pd.DataFrame:
    """At most CURVE_POINTS rows, each the mean of neighbouring steps."""
    if len(curve) <= CURVE_POINTS:
        return curve
    values = curve[["tokens", *(column for column, _, _ in LOSSES)]].astype(float)
    return values.groupby(np.arange(len(curve)) * CURVE_POINTS // len(curve)).mean()


def _log_scale(axes: Axes) -> None:
    """A logarithmic axis where every value allows it."""
    if all((np.asarray(line.get_ydata(), dtype=float)[np.isfinite(line.get_ydata())] > 0).all() for line in axes.lines):
        axes.set_yscale("log")
        # The usual labels of a logarithmic axis are mathematics, which the style turns off.
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
