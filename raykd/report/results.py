"""The numbers that tables, figures and conclusions share, computed once."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.table import records
from raykd.report.unseen import unseen_gains
from raykd.statistics.comparisons import compare_encoders
from raykd.statistics.item_bootstrap import (
    Resampled,
    difference_over_both,
    difference_over_texts,
    mean_gain_over_both,
    resample,
)
from raykd.statistics.learning_curves import learning_curves, rows_to_reach
from raykd.statistics.summary import CELL, WEIGHTS, cell_summary, gains, headline_scores, paired_cells

ALL_ENCODERS = "all adapted encoders"
OVER_TEXTS = ("texts_low", "texts_high", "both_low", "both_high")

CellKey = tuple[str, str, str, str]  # task, language, encoder, weights


@dataclass(frozen=True)
class Results:
    """What one report is made from.

    headline     one row per seed and metric; cells: their means; table_cells: those of Table 8
    pairs        its adapted encoders beside their baselines
    gains        mean gains over each baseline, those in F1 with their interval over texts and seeds (low, high)
    tests        what `compare_encoders` found in the cells of Table 8, those on F1 with the interval of the difference
                 over texts (texts_low, texts_high) and over texts and seeds (both_low, both_high)
    unseen       what `unseen_gains` returns
    learning     what `learning_curves` returns, in the order of Table 8
    reached      what `rows_to_reach` returns for F1

    Intervals over texts are NaN where no predictions are stored. Encoders of the sweep alone are in headline and cells
    only.
    """

    headline: pd.DataFrame
    cells: pd.DataFrame
    table_cells: pd.DataFrame
    pairs: pd.DataFrame
    gains: pd.DataFrame
    tests: pd.DataFrame
    unseen: pd.DataFrame
    learning: pd.DataFrame
    reached: pd.DataFrame


def analyse(inputs: ReportInputs) -> Results:
    """All statistics of one report."""
    headline = headline_scores(inputs.scores, inputs.positive)
    cells = cell_summary(headline)
    named = {(task, encoder) for task, encoders in inputs.task_encoders.items() for encoder in encoders}
    in_table = np.array([pair in named for pair in zip(cells["task"], cells["encoder"], strict=True)], dtype=bool)
    pairs = paired_cells(cells[in_table], inputs.baselines)
    expected = inputs.expected_cells[CELL].itertuples(index=False, name=None)
    tests = compare_encoders(headline, inputs.task_encoders, inputs.baselines, expected)
    resampled = resample_texts(inputs)
    learning = _in_table_order(
        inputs, learning_curves(inputs.sized_scores, cells[in_table], inputs.train_rows, inputs.positive)
    )
    return Results(
        headline,
        cells,
        cells[in_table],
        pairs,
        _gain_intervals(_gains_by_encoder(pairs), pairs, resampled),
        intervals_over_texts(tests, resampled),
        unseen_gains(inputs),
        learning,
        rows_to_reach(learning[learning["metric"] == "f1"], inputs.baselines),
    )


def _in_table_order(inputs: ReportInputs, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of cells in the order of tasks, languages, weights and encoders in Table 8."""
    encoders = [name for names in inputs.task_encoders.values() for name in names]
    orders = {"task": list(inputs.task_encoders), "language": inputs.languages, "weights": WEIGHTS, "encoder": encoders}
    places = {name: {v: place for place, v in enumerate(dict.fromkeys(own))} for name, own in orders.items()}
    order = cells.sort_values(list(places), kind="stable", key=lambda column: column.map(places[str(column.name)]))
    return order.reset_index(drop=True)


def resample_texts(inputs: ReportInputs) -> dict[CellKey, Resampled]:
    """The bootstrap over test texts of every cell of Table 8 whose predictions are stored."""
    together: dict[tuple[str, str], list[CellKey]] = {}
    for key in inputs.predictions:
        if key[2] in inputs.task_encoders.get(key[0], ()):
            together.setdefault(key[:2], []).append(key)
    resampled: dict[CellKey, Resampled] = {}
    for (task, language), keys in together.items():
        decisions = [inputs.predictions[key].decisions for key in keys]
        # Test sets are drawn apart from each other, and a set always in the same way.
        found = resample(decisions, zlib.crc32(f"{task} {language}".encode()))
        resampled |= dict(zip(keys, found, strict=True))
    return resampled


def intervals_over_texts(tests: pd.DataFrame, resampled: Mapping[CellKey, Resampled]) -> pd.DataFrame:
    """tests with the columns OVER_TEXTS."""
    rows = []
    for test in records(tests):
        own, other = (resampled.get((test.task, test.language, e, test.weights)) for e in (test.encoder, test.baseline))
        if test.metric != "f1" or own is None or other is None:
            rows.append((np.nan,) * len(OVER_TEXTS))
        else:
            rows.append((*difference_over_texts(own, other)[1:], *difference_over_both(own, other)))
    return pd.concat([tests, pd.DataFrame(rows, columns=list(OVER_TEXTS), index=tests.index)], axis=1)


def _gain_intervals(found: pd.DataFrame, pairs: pd.DataFrame, resampled: Mapping[CellKey, Resampled]) -> pd.DataFrame:
    """gains with low and high, of the relative gain in F1."""
    f1 = pairs[pairs["metric"] == "f1"]
    bounds = []
    for gain in records(found):
        own = f1[f1["baseline"] == gain.baseline]
        own = own[own["encoder"] == gain.encoder] if gain.encoder != ALL_ENCODERS else own
        own = own[own["weights"] == gain.weights] if gain.weights != "all" else own
        keys = [[(p.task, p.language, e, p.weights) for e in (p.encoder, p.baseline)] for p in records(own)]
        whole = gain.metric == "f1" and all(key in resampled for pair in keys for key in pair)
        bounds.append(
            mean_gain_over_both([(resampled[first], resampled[second]) for first, second in keys])
            if whole
            else (np.nan, np.nan)
        )
    return pd.concat([found, pd.DataFrame(bounds, columns=["low", "high"], index=found.index)], axis=1)


def _gains_by_encoder(pairs: pd.DataFrame) -> pd.DataFrame:
    """The gains of all adapted encoders together and, where there are several, of each alone."""
    encoders = list(pairs["encoder"].unique())
    scopes = [(ALL_ENCODERS, pairs)] if len(encoders) != 1 else []
    scopes += [(encoder, pairs[pairs["encoder"] == encoder]) for encoder in encoders]
    found = pd.concat([gains(own).assign(encoder=name) for name, own in scopes], ignore_index=True)
    place = {name: position for position, (name, _) in enumerate(scopes)}
    # Rows in the order of encoder, metric and baseline; within one, "all" comes before frozen and fine-tuned.
    order = found.sort_values(
        ["encoder", "metric", "baseline"],
        kind="stable",
        key=lambda c: c.map(place) if c.name == "encoder" else c,
    )
    return order[["encoder", *found.columns.drop("encoder")]].reset_index(drop=True)
