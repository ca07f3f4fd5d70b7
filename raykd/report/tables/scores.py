"""Table 8: the scores of every encoder, task and language."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.table import Table, TableCell, absent_table, in_order, records, row
from raykd.report.text.certainty import threshold_sentences, variation_sentence
from raykd.report.text.numbers import MISSING, percent, relation
from raykd.statistics.comparisons import DISTRIBUTION, HIGHER, LOWER
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.summary import CELL, METRICS, WEIGHTS

SIGNS = {HIGHER: "", LOWER: "↓", DISTRIBUTION: "~"}
METRIC_NAMES = {"f1": "F1", "precision": "precision", "recall": "recall"}


def score_table(inputs: ReportInputs, results: Results) -> Table:
    """Table 8: mean scores of every cell in percent; differences marked, those that stand after Holm in bold."""
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
        blanks = [TableCell(MISSING if language in set(own["language"]) else "") for language in languages]
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
        f"{title}, in percent" + (": means over seeds" if (raw["n"] > 1).any() else ""),
        ("task", "metric", "weights", "encoder", *languages),
        tuple(rows),
        headings=4,
        groups=3,
        raw=raw,
        number=8,
        notes=tuple(_score_notes(inputs, results, raw)),
    )


def _marked_cells(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    """The cells of Table 8 with their marks, and what stands against the primary baseline after Holm's correction.

    "↓" follows the mark of a baseline that is better, "~" that of one from which only the distribution differs.
    """
    told = results.tests[results.tests["reading"].isin(list(SIGNS))]
    marks: dict[tuple[str, ...], str] = {}
    stands: dict[tuple[str, ...], str] = {}
    for test in sorted(records(told), key=lambda test: inputs.baselines.index(test.baseline)):
        cell = (test.task, test.language, test.encoder, test.weights, test.metric)
        marks[cell] = marks.get(cell, "") + inputs.mark(test.baseline) + SIGNS[test.reading]
        if inputs.design and test.baseline == inputs.design.primary:
            stands[cell] = test.stands
    cells = results.table_cells.reset_index(drop=True)
    keys = list(zip(*(cells[column] for column in [*CELL, "metric"]), strict=True))
    return cells.assign(marks=[marks.get(key, "") for key in keys], stands=[stands.get(key, "") for key in keys])


def _display(raw: pd.DataFrame) -> dict[tuple[str, ...], TableCell]:
    """(task, language, encoder, weights, metric) -> its cell, in bold where it stands above the primary baseline."""
    return {
        (cell.task, cell.language, cell.encoder, cell.weights, cell.metric): TableCell(
            percent(cell.mean), cell.stands == HIGHER, cell.marks
        )
        for cell in records(raw)
    }


def _score_notes(inputs: ReportInputs, results: Results, raw: pd.DataFrame) -> list[str]:
    least, most = int(raw["n"].min()), int(raw["n"].max())
    if most == 1:
        notes = ["Each number is of one classifier seed: how it varies is not known, and nothing is tested."]
    else:
        seeds = f"{most} scores" if least == most else f"{least} to {most} scores (each number is in the CSV)"
        notes = [f"Means over {seeds} of a cell: classifier seeds, of every distillation where there are several."]
    if inputs.positive:
        notes.append("Binary tasks: the positive label's scores. Other tasks: unweighted means over labels.")
    tested = [name for name in inputs.baselines if name in set(results.tests["baseline"])]
    if tested and inputs.design:
        marks = "; ".join(f"{inputs.mark(name)} differs from {name}" for name in tested)
        notes.append(
            f"{marks}: {relation('p', '<', LEVEL)}, two-sided, in the exact Kolmogorov-Smirnov test over seeds where "
            "each encoder is distilled once, else in the test over distillations. A mark alone: higher than that "
            "baseline; with ↓: lower; with ~: only the distribution differs, neither is ahead. No mark before a cell "
            f"has its planned seeds. Bold: higher than {inputs.design.primary} after Holm's correction too."
        )
    return [*notes, *threshold_sentences(results), variation_sentence(results)]
