"""The scores of every seed: strips, and the distribution functions whose largest distance is the test's D."""

import numpy as np

from raykd.report.figures.figure import BLUE, INK, RED, Figure, dots, line_styles, panel_grid, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.aggregates import Strata
from raykd.report.tables.table import in_order
from raykd.report.text.numbers import percent
from raykd.statistics.aggregates import performance_profile
from raykd.statistics.summary import WEIGHTS

WEIGHTS_STYLE = {"frozen": (BLUE, -0.17), "fine-tuned": (RED, 0.17)}


def strip_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """F1 of every seed, one panel per task and language. Call inside `figure.style()`."""
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
    tallest = max(len(encoders) for _, _, encoders in panels)
    canvas, grid = panel_grid(len(panels), 2, 0.75 + 0.34 * tallest)
    names = {}
    samples = {
        key: 100 * v.to_numpy(float) for key, v in f1.groupby(["task", "language", "encoder", "weights"])["value"]
    }
    for axes, (task, language, encoders) in zip(grid, panels, strict=True):
        for weights, (colour, offset) in WEIGHTS_STYLE.items():
            own = [
                (place + offset, samples.get((task, language, name, weights))) for place, name in enumerate(encoders)
            ]
            found = [(height, values) for height, values in own if values is not None]
            if found:
                heights = np.concatenate([np.full(len(values), height) for height, values in found])
                points = np.concatenate([values for _, values in found])
                names[weights] = dots(axes, points, heights, colour, square=weights == "fine-tuned")
                means = [values.mean() for _, values in found]
                middle = np.array([height for height, _ in found])
                axes.vlines(means, middle - 0.13, middle + 0.13, color=INK)
        axes.set_title(f"{task}, {language}")
        axes.set_yticks(range(len(encoders)), encoders)
        axes.set_ylim(len(encoders) - 0.5, -0.5)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("F1 (%)")
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=len(names), handlelength=0.01)
    covered = ", ".join(f"{task} {language}" for task, language, _ in panels)
    return Figure(
        "score-distributions",
        "F1 of every classifier seed",
        f"F1 in percent, one dot per seed, by encoder and weights: {covered}. Table 8 gives the means.",
        to_svg(canvas),
        "Round: frozen; square: fine-tuned; upright stroke: the mean. The test compares two such strips.",
    )


def ecdf_figure(inputs: ReportInputs, results: Results) -> Figure | None:
    """The empirical distribution functions of F1 over seeds, one panel a task, language and weights."""
    f1 = results.headline[results.headline["metric"] == "f1"]
    panels = []
    for task, encoders in inputs.task_encoders.items():
        own = f1[(f1["task"] == task) & f1["encoder"].isin(encoders)]
        samples = {
            key: 100 * np.sort(v.to_numpy()) for key, v in own.groupby(["language", "weights", "encoder"])["value"]
        }
        for language in in_order(own["language"], inputs.languages):
            for weights in in_order(own["weights"], WEIGHTS):
                found = {name: samples[key] for name in encoders if (key := (language, weights, name)) in samples}
                if found:
                    panels.append((f"{task}, {language}, {weights}", found))
    if not panels:
        return None
    canvas, grid = panel_grid(len(panels), 3, 1.75)
    styles = line_styles(name for _, found in panels for name in found)
    names = {}
    for axes, (title, found) in zip(grid, panels, strict=True):
        for name, values in found.items():
            colour, line = styles[name]
            names[name] = axes.ecdf(values, color=colour, linestyle=line, linewidth=1.4)
        axes.set_title(title, fontsize=8)
        axes.set_yticks([0, 0.5, 1])
        axes.locator_params(axis="x", nbins=4)  # ticks are most of what many panels cost
    canvas.supxlabel("F1 (%)", fontsize=9)
    canvas.supylabel("share of seeds at or below", fontsize=9)
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=min(3, len(names)))
    ranges = "; ".join(
        f"{title}: " + ", ".join(f"{name} {values[0]:.1f} to {values[-1]:.1f}" for name, values in found.items())
        for title, found in panels
    )
    return Figure(
        "score-ecdfs",
        "Distribution of F1 over seeds",
        f"Rising step curves, one an encoder, from the lowest seed to the highest, in percent: {ranges}.",
        to_svg(canvas),
        "The Kolmogorov-Smirnov test's D is the largest upright distance between two of these curves.",
    )


POINTS = 60  # of a profile


def profile_figure(groups: Strata) -> Figure | None:
    """The share of scores above each F1, one panel a task and weights. Call inside `figure.style()`."""
    if not groups:
        return None
    canvas, grid = panel_grid(len(groups), 2, 2.3)
    styles = line_styles(name for encoders in groups.values() for name in encoders)
    names, told = {}, []
    for axes, ((task, weights), encoders) in zip(grid, groups.items(), strict=True):
        everything = np.concatenate([scores for own in encoders.values() for cell in own for scores in cell])
        thresholds = np.linspace(everything.min() - 0.002, everything.max() + 0.002, POINTS)
        for name, own in encoders.items():
            colour, line = styles[name]
            found = performance_profile(own, thresholds)
            axes.fill_between(100 * thresholds, found.low, found.high, color=colour, alpha=0.18, linewidth=0)
            (names[name],) = axes.plot(100 * thresholds, found.estimate, color=colour, linestyle=line, linewidth=1.5)
        axes.set_title(f"{task}, {weights}")
        axes.set_xlabel("F1 (%)")
        axes.set_ylabel("share of scores above")
        middle = thresholds[POINTS // 2]
        shares = {
            name: float(performance_profile(own, np.array([middle])).estimate[0]) for name, own in encoders.items()
        }
        above = ", ".join(f"{name} {percent(share, 0)} %" for name, share in shares.items())
        told.append(f"{task}, {weights}: above {percent(float(middle))} % are {above}")
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=min(3, len(names)))
    return Figure(
        "score-profiles",
        "Share of all scores above each F1",
        f"Falling curves, one an encoder; the one further right is better. {'; '.join(told)}.",
        to_svg(canvas),
        "All languages and seeds of a task together; bands: 95 % intervals, seeds drawn within each language, "
        "and distillations first where there are several.",
    )
