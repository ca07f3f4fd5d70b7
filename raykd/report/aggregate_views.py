"""All seeds and languages of an encoder together: interquartile means, and profiles of their scores."""

import numpy as np
import pandas as pd

from raykd.report.figure import Figure, line_styles, new_canvas, to_svg
from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.table import Cell, Table, absent_table, count, in_order, percent, row
from raykd.statistics.aggregates import interquartile_mean, performance_profile
from raykd.statistics.summary import AVERAGE_PRECISION, WEIGHTS

COLUMNS = ("task", "weights", "encoder", "interquartile_mean", "low", "high", "mean", AVERAGE_PRECISION, "scores")
POINTS = 60  # of a profile
PRECISION_NOTE = (
    "Average precision: how well the texts are ranked by probability, so no threshold counts (scikit-learn's); of the "
    "same labels as F1, averaged in the same way, without labels that no test text has."
)

Strata = dict[tuple[str, str], dict[str, list[np.ndarray]]]


def strata(inputs: ReportInputs, results: Results, metric: str = "f1") -> Strata:
    """(task, weights) -> encoder -> the scores of each language in one metric.

    Only languages in which all its encoders are scored: encoders can be compared on the same cells alone.
    """
    scores = results.headline[results.headline["metric"] == metric]
    found: Strata = {}
    for task, encoders in inputs.task_encoders.items():
        own = scores[(scores["task"] == task) & scores["encoder"].isin(encoders)]
        for weights in in_order(own["weights"], WEIGHTS):
            cells = {
                key: v.to_numpy() for key, v in own[own["weights"] == weights].groupby(["encoder", "language"])["value"]
            }
            present = [name for name in encoders if any(encoder == name for encoder, _ in cells)]
            shared = [x for x in inputs.languages if all((name, x) in cells for name in present)]
            if shared:
                found[task, weights] = {name: [cells[name, language] for language in shared] for name in present}
    return found


def aggregate_table(groups: Strata, precisions: Strata) -> Table:
    """The interquartile mean of F1 with its interval, beside the mean and that of the average precision."""
    slug, title = "aggregates", "F1 over all languages and seeds, in percent"
    if not groups:
        return absent_table(slug, title, "Nothing has been evaluated yet.")
    rows, raw = [], []
    for (task, weights), encoders in groups.items():
        found = {name: interquartile_mean(scores) for name, scores in encoders.items()}
        best = max(percent(float(own.estimate)) for own in found.values())
        for name, own in found.items():
            scores = np.concatenate(encoders[name])
            ranked = precisions.get((task, weights), {}).get(name)
            precision = float(np.concatenate(ranked).mean()) if ranked else np.nan
            shown = percent(float(own.estimate))
            interval = f"[{percent(float(own.low))}, {percent(float(own.high))}]"
            rows.append(
                row(
                    task,
                    weights,
                    name,
                    Cell(shown, bold=shown == best),
                    interval,
                    percent(scores.mean()),
                    percent(precision),
                    count(len(scores)),
                )
            )
            bounds = (float(own.low), float(own.high))
            raw.append((task, weights, name, float(own.estimate), *bounds, scores.mean(), precision, len(scores)))
    return Table(
        slug,
        title,
        ("task", "weights", "encoder", "interquartile mean", "95 %", "mean", "average precision", "scores"),
        tuple(rows),
        headings=3,
        groups=2,
        raw=pd.DataFrame(raw, columns=list(COLUMNS)),
        notes=(
            "Interquartile mean: of the middle half of all scores, so one hard language sways it less. Intervals: "
            "bootstrap over seeds within each language (Agarwal et al. 2021). Only languages in which all encoders of "
            "the task are scored.",
            PRECISION_NOTE,
        ),
    )


def profile_figure(groups: Strata) -> Figure | None:
    """The share of scores above each F1, one panel a task and weights. Call inside `figure.style()`."""
    if not groups:
        return None
    columns = min(2, len(groups))
    canvas, grid = new_canvas(-(-len(groups) // columns), columns, 6.6, 2.3)
    styles = line_styles(name for encoders in groups.values() for name in encoders)
    names, told = {}, []
    for axes, ((task, weights), encoders) in zip(grid, groups.items(), strict=False):
        everything = np.concatenate([scores for own in encoders.values() for scores in own])
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
    for axes in grid[len(groups) :]:
        axes.remove()
    canvas.legend(names.values(), names.keys(), loc="outside upper center", ncols=min(3, len(names)))
    return Figure(
        "score-profiles",
        "Share of all scores above each F1",
        f"Falling curves, one an encoder; the one further right is better. {'; '.join(told)}.",
        to_svg(canvas),
        "All languages and seeds of a task together; bands: 95 % intervals, seeds drawn within each language.",
    )
