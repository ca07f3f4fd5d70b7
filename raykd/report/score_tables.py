"""Table 8, and the mean gains that section 8 draws from it."""

from typing import Any

import pandas as pd

from raykd.report.certainty import relation, threshold_sentences, variation_sentence
from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.table import (
    MISSING,
    Cell,
    Table,
    absent_table,
    count,
    in_order,
    percent,
    records,
    row,
    signed_percent,
)
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.summary import AVERAGE_PRECISION, CELL, METRICS, WEIGHTS

METRIC_NAMES = {"f1": "F1", "precision": "precision", "recall": "recall"}


def score_table(inputs: ReportInputs, results: Results) -> Table:
    """Table 8: mean scores of every cell in percent, the best in bold, significant differences marked."""
    slug, title, raw = "table8-results", "Scores of every encoder", _marked_cells(inputs, results)
    if raw.empty:
        return absent_table(slug, title, "Nothing has been evaluated yet.", 8)
    planned = pd.concat([inputs.expected_cells[CELL], raw[CELL]])
    planned = planned[planned["task"].isin(list(inputs.task_encoders))]
    languages = in_order(planned["language"], inputs.languages)
    shown = _display(raw)
    rows = []
    for task, encoders in inputs.task_encoders.items():
        own = planned[planned["task"] == task]
        # A cell that is missing is a dash; a language that the task does not have stays blank.
        blanks = [Cell(MISSING if language in set(own["language"]) else "") for language in languages]
        for metric in METRICS:
            for weights in in_order(own["weights"], WEIGHTS):
                for encoder in encoders:
                    cells = [
                        shown.get((task, language, encoder, weights, metric), blank)
                        for language, blank in zip(languages, blanks, strict=True)
                    ]
                    rows.append(row(task, METRIC_NAMES[metric], weights, encoder, *cells))
    return Table(
        slug,
        f"{title}, in percent: means over seeds",
        ("task", "metric", "weights", "encoder", *languages),
        tuple(rows),
        headings=4,
        groups=3,
        raw=raw,
        number=8,
        notes=tuple(_score_notes(inputs, results, raw)),
    )


def gain_table(results: Results) -> Table:
    """The mean gains in F1 of section 8, relative and absolute, and in average precision; the CSV has every metric."""
    slug, title = "gains", "Mean gain in F1 over each baseline"
    found = results.gains[results.gains["metric"] == "f1"]
    if found.empty:
        return absent_table(slug, title, "No adapted encoder has a score beside a baseline's.")
    ranked = results.gains[results.gains["metric"] == AVERAGE_PRECISION]
    precisions = ranked.set_index(["encoder", "baseline", "weights"])["absolute"].to_dict()
    rows = [
        row(
            *(gain.encoder, gain.baseline, gain.weights),
            *(signed_percent(gain.relative), _gain_interval(gain), signed_percent(gain.absolute)),
            signed_percent(precisions.get((gain.encoder, gain.baseline, gain.weights))),
            count(gain.cells),
        )
        for gain in records(found)
    ]
    return Table(
        slug,
        title,
        ("encoder", "baseline", "weights", "relative (%)", "95 %", "absolute (points)", "average precision", "cells"),
        tuple(rows),
        headings=3,
        groups=2,
        raw=results.gains,
        notes=(
            "Relative: the mean over cells (task, language, weights) of the ratio of mean scores. Absolute: the "
            "mean difference of mean scores. Every cell counts the same. 95 %: of the relative gain, over seeds and "
            "test texts, where predictions are stored. Average precision: its absolute gain.",
        ),
    )


def _gain_interval(gain: Any) -> str:
    return MISSING if pd.isna(gain.low) else f"[{_bound(gain.low)}, {_bound(gain.high)}]"


def _bound(ratio: float) -> str:
    return signed_percent(ratio).removeprefix("+")


def _marked_cells(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    """The cells of Table 8 with their marks; "↓" follows the mark of a baseline that is better."""
    significant = results.tests[(results.tests["p_value"] < LEVEL) & (results.tests["direction"] != "same")]
    marks: dict[tuple[str, ...], str] = {}
    for test in sorted(records(significant), key=lambda test: inputs.baselines.index(test.baseline)):
        cell = (test.task, test.language, test.encoder, test.weights, test.metric)
        down = "↓" if test.direction == "lower" else ""
        marks[cell] = marks.get(cell, "") + inputs.mark(test.baseline) + down
    cells = results.table_cells.reset_index(drop=True)
    keys = zip(*(cells[column] for column in [*CELL, "metric"]), strict=True)
    return cells.assign(marks=[marks.get(key, "") for key in keys])


def _display(raw: pd.DataFrame) -> dict[tuple[str, ...], Cell]:
    """(task, language, encoder, weights, metric) -> its cell. All that round to the best are bold."""
    best = raw.groupby(["task", "language", "weights", "metric"])["mean"].max().to_dict()
    shown: dict[tuple[str, ...], Cell] = {}
    for cell in records(raw):
        text = percent(cell.mean)
        bold = text == percent(best[(cell.task, cell.language, cell.weights, cell.metric)])
        key = (cell.task, cell.language, cell.encoder, cell.weights, cell.metric)
        shown[key] = Cell(text, bold, cell.marks)
    return shown


def _score_notes(inputs: ReportInputs, results: Results, raw: pd.DataFrame) -> list[str]:
    least, most = int(raw["n"].min()), int(raw["n"].max())
    seeds = f"{most} seeds" if least == most else f"{least} to {most} seeds (each number is in the CSV)"
    notes = [f"Means over {seeds}; the best of each column and group in bold."]
    if inputs.positive:
        notes.append("Binary tasks: the positive label's scores. Other tasks: unweighted means over labels.")
    tested = [name for name in inputs.baselines if name in set(results.tests["baseline"])]
    if tested:
        marks = "; ".join(f"{inputs.mark(name)} differs from {name}" for name in tested)
        notes.append(
            f"{marks}: {relation('p', '<', LEVEL)} in the two-sample Kolmogorov-Smirnov test, exact and "
            "two-sided. A mark alone: higher than that baseline; with ↓: lower."
        )
    return [*notes, *threshold_sentences(results), variation_sentence(inputs, results)]
