"""All seeds and languages of an encoder together: interquartile means."""

import numpy as np
import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.table import Table, absent_table, in_order, row
from raykd.report.text.numbers import count, percent
from raykd.statistics.aggregates import interquartile_mean
from raykd.statistics.summary import AVERAGE_PRECISION, WEIGHTS

COLUMNS = ("task", "weights", "encoder", "interquartile_mean", "low", "high", "mean", AVERAGE_PRECISION, "scores")
PRECISION_NOTE = (
    "Average precision: how well the texts are ranked by probability, so no threshold counts (scikit-learn's); of the "
    "same labels as F1, averaged in the same way, without labels that no test text has."
)

Strata = dict[tuple[str, str], dict[str, list[list[np.ndarray]]]]


def strata(inputs: ReportInputs, results: Results, metric: str = "f1") -> Strata:
    """(task, weights) -> encoder -> the scores of each language in one metric, one array [seeds] a distillation.

    Only languages in which all its encoders are scored: encoders can be compared on the same cells alone.
    """
    scores = results.headline[results.headline["metric"] == metric]
    found: Strata = {}
    for task, encoders in inputs.task_encoders.items():
        own = scores[(scores["task"] == task) & scores["encoder"].isin(encoders)]
        for weights in in_order(own["weights"], WEIGHTS):
            cells = {
                key: [scores.to_numpy() for _, scores in cell.groupby("encoder_seed")["value"]]
                for key, cell in own[own["weights"] == weights].groupby(["encoder", "language"])
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
        means = {name: _mean(scores) for name, scores in encoders.items()}
        for name, own in found.items():
            number = sum(len(scores) for language in encoders[name] for scores in language)
            ranked = precisions.get((task, weights), {}).get(name)
            precision = _mean(ranked) if ranked else np.nan
            interval = f"[{percent(float(own.low))}, {percent(float(own.high))}]"
            rows.append(
                row(
                    task,
                    weights,
                    name,
                    percent(float(own.estimate)),
                    interval,
                    percent(means[name]),
                    percent(precision),
                    count(number),
                )
            )
            bounds = (float(own.low), float(own.high))
            raw.append((task, weights, name, float(own.estimate), *bounds, means[name], precision, number))
    return Table(
        slug,
        title,
        ("task", "weights", "encoder", "interquartile mean", "95 %", "mean", "average precision", "scores"),
        tuple(rows),
        headings=3,
        groups=2,
        raw=pd.DataFrame(raw, columns=list(COLUMNS)),
        notes=(
            "Interquartile mean: of the middle half of all scores, so one hard language sways it less. Each language "
            "has one weight, whatever its number of seeds. Intervals: bootstrap over seeds within each language "
            "(Agarwal et al. 2021), so of these encoders alone; several distillations are drawn first, and few of them "
            "make too narrow an interval. Only languages in which all encoders of the task are scored.",
            PRECISION_NOTE,
        ),
    )


def _mean(languages: list[list[np.ndarray]]) -> float:
    """Each language with one weight, and each distillation in it, whatever their numbers of seeds."""
    return float(np.mean([np.mean([scores.mean() for scores in language]) for language in languages]))
