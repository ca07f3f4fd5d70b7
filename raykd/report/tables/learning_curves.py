"""What each number of labelled rows gives, and with how many an encoder reaches a baseline that has them all."""

from typing import Any

import pandas as pd

from raykd.report.results import Results
from raykd.report.tables.table import Table, TableCell, absent_table, first_appearance, records, row
from raykd.report.text.numbers import MISSING, count, percent
from raykd.statistics.learning_curves import PANEL
from raykd.statistics.summary import AVERAGE_PRECISION

POINT = [*PANEL, "encoder", "rows", "all_rows"]


def learning_table(results: Results) -> Table:
    """F1 and average precision of every cell by labelled rows."""
    slug, title, learning = "learning-curves", "Scores by number of labelled rows, in percent", results.learning
    if learning.empty:
        return absent_table(slug, title, "No cell of fewer training rows has scores yet.")
    ranked = learning.loc[learning["metric"] == AVERAGE_PRECISION, [*POINT, "mean"]]
    points = learning[learning["metric"] == "f1"].merge(
        ranked.rename(columns={"mean": AVERAGE_PRECISION}), on=POINT, how="left"
    )
    rows = []
    for panel_names, panel in points.groupby(PANEL, sort=False):
        names = [str(name) for name in panel_names]
        for _, beside in panel.groupby(["all_rows", "rows"], dropna=False):
            for point in records(beside):
                score = _score(point)
                precision = percent(point.average_precision)
                rows.append(row(*names, _rows(point), point.encoder, score, precision, count(point.n)))
    return Table(
        slug,
        title,
        ("task", "language", "weights", "labelled rows", "encoder", "F1", "average precision", "seeds"),
        tuple(rows),
        headings=5,
        groups=3,
        raw=learning,
        notes=(
            "F1: mean over classifier seeds ± their standard deviation, of one seed its score alone; no test. Each "
            "number of rows is one random part, the same for all encoders, and part of every larger one: seeds do not "
            "vary which rows are drawn.",
        ),
    )


def reach_table(results: Results) -> Table:
    """The labelled rows with which each adapted encoder reaches each baseline that has them all."""
    slug, title = "rows-needed", "Labelled rows needed to score what a baseline scores with all of them"
    if results.reached.empty:
        reason = "No adapted encoder has a score of fewer rows beside a baseline's score of all rows."
        return absent_table(slug, title, reason)
    # The languages of one encoder and baseline together.
    reached = results.reached.sort_values(
        ["task", "weights", "encoder", "baseline"], kind="stable", key=first_appearance, ignore_index=True
    )
    rows = [
        row(
            *(found.task, found.weights, f"{found.encoder} against {found.baseline}", found.language),
            *(percent(found.baseline_mean), count(found.baseline_rows), count(found.baseline_alone)),
            *(_needed(found), _saved(found)),
        )
        for found in records(reached)
    ]
    return Table(
        slug,
        title,
        (
            *("task", "weights", "comparison", "language"),
            *("baseline (%)", "its rows", "baseline needs", "encoder needs", "saved (%)"),
        ),
        tuple(rows),
        headings=4,
        groups=3,
        raw=reached,
        notes=(
            "Baseline: its mean F1 with all of its training rows. Encoder needs: the smallest number of rows scored "
            "with which the encoder's mean F1 is at least that. ≤: no smaller number is scored, so fewer may do. ↓: "
            "with more rows it is below again. Saved: the share of all rows that it does not need.",
            "Baseline needs: the same for the baseline itself. Where that is fewer than all, its own curve is flat or "
            "chance lifts it, and only what goes beyond it is saved by the encoder.",
            "Means as they are, without a test. Labels of the validation split, the same for every number of rows, are "
            "not counted.",
        ),
    )


def _score(point: Any) -> str:
    spread = "" if pd.isna(point.standard_deviation) else f" ± {percent(point.standard_deviation)}"
    return percent(point.mean) + spread


def _rows(point: Any) -> str:
    if not point.all_rows:
        return count(point.rows)
    return "all" if pd.isna(point.rows) else f"{count(point.rows)} (all)"


def _needed(found: Any) -> TableCell:
    if pd.isna(found.rows) and not found.all_rows:
        return TableCell("not reached")
    text = f"≤{_rows(found)}" if found.smallest else _rows(found)
    return TableCell(text, marks="" if found.kept else "↓", value=None if pd.isna(found.rows) else found.rows)


def _saved(found: Any) -> TableCell:
    if pd.isna(found.saved):
        return TableCell(MISSING)
    return TableCell(("≥" if found.smallest else "") + percent(found.saved, 0), value=100 * found.saved)
