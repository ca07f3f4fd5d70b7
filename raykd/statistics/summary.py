"""From one row per seed and label to the numbers that Table 8 and section 8 state.

Frames are long. A cell is (task, language, encoder, weights); its headline score for one metric is the
positive label's for a binary task, and the unweighted mean over labels (macro average) otherwise, as
the caption of Table 8 in Howell et al. (2022) has it.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

METRICS = ("f1", "precision", "recall")  # those of Table 8, which are tested
AVERAGE_PRECISION = "average_precision"  # needs no threshold
WEIGHTS = ("frozen", "fine-tuned")
CELL = ["task", "language", "encoder", "weights"]
RUN = [*CELL, "encoder_seed", "seed"]
# A seed is far off its cell beyond both of these: eight robust standard deviations, and two points.
OUTLYING_SPREADS, OUTLYING_POINTS = 8, 0.02


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, one named tuple each."""
    yield from frame.itertuples(index=False)


def headline_scores(scores: pd.DataFrame, positive: Mapping[str, str]) -> pd.DataFrame:
    """One value per cell, encoder seed, classifier seed and metric.

    scores: columns task, kind, language, encoder, weights, encoder_seed, seed, label, precision, recall, f1
    and average_precision (0 to 1; this one missing for a label that no test text has, which its macro average
    leaves out). positive: binary task -> positive label.
    Returns columns task, language, encoder, weights, encoder_seed, seed, metric, value, in order of
    first appearance; an average precision of no label has no row. Raises ValueError for a binary task without a
    positive label among its scores, and for any other undefined score: a mean over the other labels would pass
    for the macro average.
    """
    undefined = scores[scores[list(METRICS)].isna().any(axis=1)]
    if len(undefined):
        first = undefined.iloc[0][[*RUN, "label"]].to_dict()
        raise ValueError(f"{len(undefined)} score rows have an undefined precision, recall or f1; the first is {first}")
    binary = scores["kind"] == "binary"
    for task in scores.loc[binary, "task"].unique():
        labels = sorted(set(scores.loc[scores["task"] == task, "label"]))
        if positive.get(task) not in labels:
            raise ValueError(f"binary task {task!r}: positive label {positive.get(task)!r} is not one of {labels}")
    counted = scores[~binary | (scores["label"] == scores["task"].map(dict(positive)))]
    metrics = [*METRICS, AVERAGE_PRECISION]
    macro = counted.astype({AVERAGE_PRECISION: float}).groupby(RUN, sort=False)[metrics].mean().reset_index()
    values = macro.melt(id_vars=RUN, value_vars=metrics, var_name="metric", value_name="value")
    return values.dropna(subset="value", ignore_index=True)


def long_scores(table: pd.DataFrame) -> pd.DataFrame:
    """A plain table of scores as `headline_scores` returns them: one row a metric.

    table: columns task, language, encoder, weights, encoder_seed, seed, and one column a metric, 0 to 1. Raises
    ValueError for a missing column, a table without a metric, a value that is missing or not from 0 to 1, and a run
    that occurs twice.
    """
    missing = [name for name in RUN if name not in table.columns]
    metrics = [str(name) for name in table.columns if name not in RUN]
    if missing or not metrics:
        raise ValueError(f"scores have the columns {list(table.columns)}; they need {RUN} and at least one metric")
    table = table.assign(**checked_scores(table[metrics]))
    if table.duplicated(RUN).any():
        first = table[table.duplicated(RUN)].iloc[0][RUN].to_dict()
        raise ValueError(f"scores of one run occur twice: {first}")
    return table.melt(id_vars=RUN, value_vars=metrics, var_name="metric", value_name="value")


def checked_scores(table: pd.DataFrame) -> pd.DataFrame:
    """The same as numbers. Raises ValueError naming row and column for what is missing or not from 0 to 1."""
    numbers = table.apply(pd.to_numeric, errors="coerce")
    wrong = ~((numbers >= 0) & (numbers <= 1)).to_numpy()
    if wrong.any():
        row, column = (int(place) for place in np.argwhere(wrong)[0])
        value: Any = table.iloc[row, column]
        shown = repr(value) if isinstance(value, str) else value
        raise ValueError(
            f"scores row {table.index[row]}: {table.columns[column]} is {shown}, and scores are from 0 to 1"
        )
    return numbers


def rare_labels(scores: pd.DataFrame, least: int = 10) -> pd.DataFrame:
    """Labels with fewer than `least` test texts: columns task, language, label, support.

    scores: columns task, language, label and support. Their F1 hangs on a few texts, and no interval over texts holds
    for it; one without any text has F1 0, which counts in a macro average as if every text of it had been missed.
    """
    support = scores.groupby(["task", "language", "label"], sort=False)["support"].max().reset_index()
    return support[support["support"] < least].reset_index(drop=True)


def outlying_seeds(headline: pd.DataFrame) -> pd.DataFrame:
    """Seeds far off the others of their cell: columns RUN, metric, value, median and side, "collapsed" or "lucky".

    headline: what `headline_scores` returns. Far: more than OUTLYING_SPREADS robust standard deviations (1.4826 times
    the median distance from the median) and OUTLYING_POINTS from the median of the cell. One of them can turn the sign
    of a mean difference. A cell needs five seeds or more for this.
    """
    cell = headline.groupby([*CELL, "metric"], sort=False)["value"]
    median = cell.transform("median")
    distance = (headline["value"] - median).abs()
    spread = 1.4826 * distance.groupby([headline[name] for name in [*CELL, "metric"]], sort=False).transform("median")
    far = (distance > OUTLYING_SPREADS * spread) & (distance > OUTLYING_POINTS) & (cell.transform("size") >= 5)
    found = headline.assign(median=median)[far]
    side = np.where(found["value"] < found["median"], "collapsed", "lucky")
    return found.assign(side=side)[[*RUN, "metric", "value", "median", "side"]].reset_index(drop=True)


def cell_summary(headline: pd.DataFrame) -> pd.DataFrame:
    """Mean, sample standard deviation (NaN for one seed) and n of every cell and metric.

    headline: what `headline_scores` returns. Returns columns task, language, encoder, weights, metric,
    mean, standard_deviation, n. n counts every pair of encoder seed and classifier seed.
    """
    values = headline.groupby([*CELL, "metric"], sort=False)["value"]
    return values.agg(mean="mean", standard_deviation="std", n="count").reset_index()


def paired_cells(cells: pd.DataFrame, baselines: Sequence[str]) -> pd.DataFrame:
    """Every encoder that is no baseline beside every baseline of the same task, language and weights.

    cells: columns task, language, encoder, weights, metric, mean. Adds baseline, baseline_mean,
    absolute (difference of the means) and relative (their ratio - 1; missing where the baseline is 0).
    """
    is_baseline = cells["encoder"].isin(list(baselines))
    beside = cells[is_baseline].rename(columns={"encoder": "baseline", "mean": "baseline_mean"})
    shared = ["task", "language", "weights", "metric"]
    pairs = cells[~is_baseline].merge(beside[[*shared, "baseline", "baseline_mean"]], on=shared)
    pairs["absolute"] = pairs["mean"] - pairs["baseline_mean"]
    pairs["relative"] = pairs["mean"] / pairs["baseline_mean"].where(pairs["baseline_mean"] > 0) - 1
    return pairs


def gains(pairs: pd.DataFrame) -> pd.DataFrame:
    """The mean gain over each baseline, over all cells and by encoder weights.

    pairs: what `paired_cells` returns. Returns columns metric, baseline, weights ("all", "frozen" or "fine-tuned"),
    cells (how many were averaged), relative (mean of the per-cell ratios - 1; missing where one of them is, a baseline
    being 0) and absolute (mean difference, in the unit of the scores). The ratios' mean, not the means' ratio, gives
    the 2.3 % and 1.2 % of section 8.
    """
    scopes = [pairs.assign(weights="all"), pairs]
    averaged = [
        scope.groupby(["metric", "baseline", "weights"], sort=False)
        .agg(cells=("absolute", "size"), relative=("relative", _mean_of_all), absolute=("absolute", "mean"))
        .reset_index()
        for scope in scopes
    ]
    return pd.concat(averaged, ignore_index=True)


def _mean_of_all(values: pd.Series) -> float:
    return float(values.mean(skipna=False))
