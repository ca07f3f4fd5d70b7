"""How scores grow with labelled rows, and with how many an encoder reaches a baseline that has them all."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from raykd.statistics.summary import cell_summary, headline_scores

PANEL = ["task", "language", "weights"]
CURVES = [*PANEL, "encoder", "metric", "rows", "all_rows", "mean", "standard_deviation", "n"]
REACHED = [
    *(*PANEL, "encoder", "baseline", "baseline_mean", "baseline_rows"),
    *("rows", "all_rows", "smallest", "kept", "saved", "baseline_alone"),
]


def learning_curves(
    sized: pd.DataFrame, whole: pd.DataFrame, train_rows: pd.DataFrame, positive: Mapping[str, str]
) -> pd.DataFrame:
    """The mean scores of every cell by the number of labelled rows that it was trained on; of all rows last.

    sized: what `headline_scores` takes, and train_rows, the number of rows; whole: what `cell_summary` returns for
    cells of all rows; train_rows: columns task, language and rows, how many all are (missing where it is not known).
    Returns the columns CURVES, rows in rising order within a cell and metric; all_rows tells the points of `whole`.
    Tasks, languages and weights without a score of fewer rows are left out.
    """
    parts = [
        cell_summary(headline_scores(own, positive)).assign(rows=rows, all_rows=False)
        for rows, own in sized.groupby("train_rows")
    ]
    if not parts:
        return pd.DataFrame(columns=CURVES)
    fewer = pd.concat(parts)
    last = whole.merge(fewer[PANEL].drop_duplicates(), on=PANEL).merge(train_rows, on=["task", "language"], how="left")
    return pd.concat([fewer, last.assign(all_rows=True)], ignore_index=True)[CURVES]


def rows_to_reach(curves: pd.DataFrame, baselines: Sequence[str]) -> pd.DataFrame:
    """The fewest labelled rows with which the mean of an encoder is at least that of a baseline with all rows.

    curves: what `learning_curves` returns, of one metric. Of the sizes that are scored, none is guessed between them.
    Returns the columns REACHED, a row for every encoder with a score of fewer rows that is no baseline, and baseline
    with one of all:
    rows, all_rows   the point of the encoder's curve; missing and False where none reaches the baseline
    smallest         it is the first of the curve, so still fewer might do
    kept             the points after it reach the baseline too
    saved            1 - rows / baseline_rows; missing with rows
    baseline_alone   the fewest rows with which the baseline itself reaches its mean with all: fewer than all where
                     its own curve is flat or chance lifts it
    """
    rows = []
    for names, panel in curves.groupby(PANEL, sort=False):
        cells = {str(name): cell for name, cell in panel.groupby("encoder", sort=False)}
        sized = [name for name, cell in cells.items() if not cell["all_rows"].all()]
        for baseline in (name for name in baselines if name in cells and cells[name]["all_rows"].any()):
            last = cells[baseline].iloc[-1]
            alone = _first_to_reach(cells[baseline], last)[0] if baseline in sized else np.nan
            for encoder in (name for name in sized if name not in baselines):
                found = _first_to_reach(cells[encoder], last)
                rows.append((*names, encoder, baseline, last["mean"], last["rows"], *found, alone))
    return pd.DataFrame(rows, columns=REACHED)


def _first_to_reach(curve: pd.DataFrame, last: pd.Series) -> tuple[float, bool, bool, bool, float]:
    """rows, all_rows, smallest, kept and saved of the first point of a curve that is not below `last`."""
    reaches = curve["mean"].to_numpy() >= last["mean"]
    if not reaches.any():
        return np.nan, False, False, False, np.nan
    place = int(reaches.argmax())
    rows = float(curve["rows"].iloc[place])
    return rows, bool(curve["all_rows"].iloc[place]), place == 0, bool(reaches[place:].all()), 1 - rows / last["rows"]
