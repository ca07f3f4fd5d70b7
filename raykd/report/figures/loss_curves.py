"""The losses of every encoder trained here: one small figure each, as wide as a phone, so that its text stays text."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, NullFormatter, StrMethodFormatter

from raykd.report.figures.figure import BLUE, GREEN, INK, ORANGE, PINK, RED, Figure, new_canvas, to_svg
from raykd.report.inputs import ReportInputs

PREFIX = "loss-"  # of the figures' slugs
POINTS = 100  # of a curve; more cannot be told apart at this width
LOSSES = (
    ("loss", "total", INK, "-"),
    ("kd", "distillation", BLUE, "--"),
    ("mlm", "masked", ORANGE, "-"),
    ("cosine", "cosine", GREEN, ":"),
    ("hidden_mse", "hidden MSE", RED, "-."),
    ("relations", "relations", PINK, "--"),
)


def loss_figures(inputs: ReportInputs) -> list[Figure]:
    """Losses against the tokens seen, one line for each seed and loss. Call inside `style()`."""
    training = inputs.training
    return [_figure(name, training[training["encoder"] == name]) for name in training["encoder"].unique()]


def _figure(encoder: str, rows: pd.DataFrame) -> Figure:
    canvas, (axes,) = new_canvas(1, 1, 3.3, 2.5)
    seeds = [curve.sort_values("step") for _, curve in rows.groupby("seed", sort=False)]
    shown = {}
    for curve in seeds:
        thinned = _thin(curve)
        for column, name, colour, line in LOSSES:
            values = thinned[column].to_numpy(float)
            if np.isfinite(values).any():
                (shown[name],) = axes.plot(
                    thinned["tokens"].to_numpy(float), values, color=colour, linestyle=line, linewidth=1.5
                )
    _log_scale(axes)
    axes.set_xlabel("tokens")
    axes.xaxis.set_major_formatter(EngFormatter())
    axes.set_ylabel("loss")
    canvas.legend(
        shown.values(), shown.keys(), loc="outside upper center", ncols=len(shown), handlelength=1.3, columnspacing=0.9
    )
    first = seeds[0]
    ends = [
        f"{name} loss from {values[0]:.3g} to {values[-1]:.3g}"
        for column, name, _, _ in LOSSES
        if name in shown and np.isfinite(values := first[column].to_numpy(float)).all()
    ]
    return Figure(
        f"{PREFIX}{encoder}",
        f"Losses of {encoder}",
        f"Losses of {encoder} by tokens seen, first to last step: {'; '.join(ends)}.",
        to_svg(canvas),
    )


def _thin(curve: pd.DataFrame) -> pd.DataFrame:
    """At most POINTS rows, each the mean of neighbouring steps."""
    values = curve[["tokens", *(column for column, *_ in LOSSES)]].astype(float)
    if len(curve) <= POINTS:
        return values
    return values.groupby(np.arange(len(curve)) * POINTS // len(curve)).mean()


def _log_scale(axes: Axes) -> None:
    """A logarithmic axis where every value allows it."""
    if all((np.asarray(line.get_ydata(), dtype=float)[np.isfinite(line.get_ydata())] > 0).all() for line in axes.lines):
        axes.set_yscale("log")
        # The usual labels of a logarithmic axis are mathematics, which the style turns off.
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
