"""The report's first lines: what won, by how much, and what is missing."""

from collections import Counter
from typing import Any

import pandas as pd

from raykd.report.certainty import NO_BREAK
from raykd.report.inputs import ReportInputs
from raykd.report.quantity_table import sweep_cells
from raykd.report.results import ALL_ENCODERS, Results
from raykd.report.table import byte_unit, in_unit, records, signed_percent
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.summary import CELL


def verdict(results: Results) -> list[str]:
    """What won, by how much and how sure, in one sentence a baseline: all adapted encoders together, F1."""
    sentences = []
    for gain in _gains_together(results):
        if pd.isna(gain.relative):
            continue
        pairs = results.pairs[(results.pairs["metric"] == "f1") & (results.pairs["baseline"] == gain.baseline)]
        tests = results.tests[(results.tests["metric"] == "f1") & (results.tests["baseline"] == gain.baseline)]
        who = gain.encoder[0].upper() + gain.encoder[1:] if gain.encoder == ALL_ENCODERS else gain.encoder
        several = gain.encoder == ALL_ENCODERS
        way = "above" if gain.relative > 0 else "below"
        sentences.append(
            f"{who} {'score' if several else 'scores'} {abs(100 * gain.relative):.2f}{NO_BREAK}% {way} {gain.baseline} "
            f"in F1 on average, {_interval(gain)}. {'They are' if several else 'It is'} ahead in "
            f"{int((pairs['absolute'] > 0).sum())} of {_many(len(pairs), 'cell')} (task, language, weights); "
            f"{_beyond_chance(tests)}."
        )
    return sentences


def conclusions(inputs: ReportInputs, results: Results) -> list[str]:
    """Plain sentences on F1, the score that section 8 is about."""
    pairs = results.pairs[results.pairs["metric"] == "f1"]
    if pairs.empty:
        return ["No adapted encoder has been scored beside a baseline yet, so there is nothing to conclude."]
    sentences = [_winner(results)]
    for encoder in pairs["encoder"].unique():
        scored = set(pairs.loc[pairs["encoder"] == encoder, "baseline"])
        sentences += [_gain(encoder, name, results) for name in inputs.baselines if name in scored]
    return [*sentences, *_labels(results), *_quantity(inputs, results)]


def key_figures(results: Results) -> list[tuple[str, str]]:
    """(number, what it is) for the mean F1 gain over each baseline, of all adapted encoders together."""
    return [
        (_percent(gain.relative), f"mean F1 gain, {gain.encoder} over {gain.baseline}")
        for gain in _gains_together(results)
    ]


def missing(inputs: ReportInputs, results: Results) -> list[str]:
    """What the experiment asks for and storage does not hold yet; empty when nothing is missing."""
    lines = _missing_cells(inputs.expected_cells, inputs.scores)
    for rows in sorted(set(inputs.sized_cells["train_rows"])):
        expected, scores = (own[own["train_rows"] == rows] for own in (inputs.sized_cells, inputs.sized_scores))
        lines += _missing_cells(expected, scores, rows)
    if inputs.sweep is not None:
        scored = set(sweep_cells(inputs, results)["encoder"])
        planned = [*inputs.sweep.baselines, *(name for _, name in inputs.sweep.quantities)]
        names = [name for name in planned if name not in scored]
        lines += [f"Sweep: no scores for {', '.join(names)}."] if names else []
    return lines


def _missing_cells(expected: pd.DataFrame, scores: pd.DataFrame, train_rows: int | None = None) -> list[str]:
    """Lines on cells of all training rows, or of so many of them: those without scores, then those that lack seeds."""
    # With several encoder seeds a cell is as complete as its poorest one.
    seeds = scores.groupby([*CELL, "encoder_seed"])["seed"].nunique().groupby(CELL).min().to_dict()
    sized = (f"{train_rows:,} rows",) if train_rows else ()
    absent: dict[tuple[str, ...], list[str]] = {}
    partial = []
    for cell in records(expected):
        found = seeds.get((cell.task, cell.language, cell.encoder, cell.weights), 0)
        where = (cell.task, cell.encoder, cell.weights, *sized)
        if not found:
            absent.setdefault(where, []).append(cell.language)
        elif found < cell.seeds:
            partial.append(f"{', '.join(where)}, {cell.language}: {found} of {cell.seeds} seeds.")
    lines = [f"{', '.join(where)}: no scores for {', '.join(names)}." for where, names in absent.items()]
    return lines + partial


def _gains_together(results: Results) -> list[Any]:
    """The mean F1 gain over each baseline in all cells, of all adapted encoders together or of the only one."""
    gains = results.gains[(results.gains["metric"] == "f1") & (results.gains["weights"] == "all")]
    return list(records(gains[gains["encoder"] == gains["encoder"].iloc[0]])) if len(gains) else []


def _interval(gain: Any) -> str:
    if pd.isna(gain.low):
        return "without an interval, since no predictions are stored"
    low, high = (signed_percent(bound) for bound in (gain.low, gain.high))
    sure = "0 is outside it" if gain.low > 0 or gain.high < 0 else "so it may well be none"
    return f"with a 95{NO_BREAK}% interval over seeds and test texts from {low} to {high}{NO_BREAK}% ({sure})"


def _beyond_chance(tests: pd.DataFrame) -> str:
    """How many differences stand after Holm's correction, either way."""
    if tests.empty:
        return "with fewer than two seeds on a side none can be tested"
    ways = tests.loc[tests["holm_p_value"] < LEVEL, "direction"].value_counts().to_dict()
    higher, lower = ways.get("higher", 0), ways.get("lower", 0)
    return f"beyond what chance between seeds explains are {higher} ahead and {lower} behind (corrected for all tests)"


def _winner(results: Results) -> str:
    """Which encoder has the highest mean F1 in how many cells of Table 8."""
    cells = results.table_cells[results.table_cells["metric"] == "f1"]
    groups = [own for _, own in cells.groupby(["task", "language", "weights"], sort=False) if len(own) > 1]
    wins = Counter(max(records(own), key=lambda cell: cell.mean).encoder for own in groups)
    parts = ", ".join(f"{name} in {number}" for name, number in wins.most_common())
    return f"Highest mean F1 over {_many(len(groups), 'comparison')} (task, language, weights): {parts}."


def _gain(encoder: str, baseline: str, results: Results) -> str:
    """How far one encoder is above or below one baseline, and in how many cells."""

    def own(frame: pd.DataFrame) -> pd.DataFrame:
        chosen = (frame["encoder"] == encoder) & (frame["baseline"] == baseline) & (frame["metric"] == "f1")
        return frame[chosen]

    gains, pairs, tests = own(results.gains), own(results.pairs), own(results.tests)
    total, *parts = records(gains)
    by_weights = ", ".join(f"{part.weights} {_percent(part.relative)}" for part in parts)
    significant = tests.loc[tests["p_value"] < LEVEL, "direction"].value_counts().to_dict()
    corrected = tests.loc[tests["holm_p_value"] < LEVEL, "direction"].value_counts().to_dict()
    higher, lower = (f"{significant.get(way, 0)} ({corrected.get(way, 0)})" for way in ("higher", "lower"))
    return (
        f"{encoder} against {baseline}: {_percent(total.relative)} in F1 on average "
        f"({signed_percent(total.absolute)} points; {by_weights}). "
        f"Higher in {int((pairs['absolute'] > 0).sum())} of {_many(len(pairs), 'cell')}; "
        f"significantly higher in {higher}, significantly lower in {lower}; in brackets, after Holm's correction."
    )


def _labels(results: Results) -> list[str]:
    """In how many cells each encoder needs fewer labelled rows than all to score what a baseline does with all."""
    sentences = []
    for (encoder, baseline), own in results.reached.groupby(["encoder", "baseline"], sort=False):
        fewer = int((own["rows"].notna() & ~own["all_rows"] & ~(own["rows"] >= own["baseline_rows"])).sum())
        never = int((own["rows"].isna() & ~own["all_rows"]).sum())
        sentences.append(
            f"With fewer labelled rows {encoder} scores what {baseline} scores with all of them in {fewer} of "
            f"{_many(len(own), 'cell')}; in {never} with no number of rows that is scored."
        )
    return sentences


def _quantity(inputs: ReportInputs, results: Results) -> list[str]:
    """The best quantity, and the smallest whose student passes each baseline of the sweep."""
    cells = sweep_cells(inputs, results)
    cells = cells[cells["metric"] == "f1"]
    students = list(records(cells[cells["bytes"].notna()].sort_values("bytes")))
    if inputs.sweep is None or not students:
        return []
    unit, size = byte_unit(students[-1].bytes)
    best = max(students, key=lambda student: student.mean)
    where = f"{inputs.sweep.task}, {inputs.sweep.language}, frozen"
    sentences = [f"By quantity of text ({where}), {in_unit(best.bytes, size)}{NO_BREAK}{unit} scores best."]
    for baseline in records(cells[cells["encoder"].isin(inputs.sweep.baselines)]):
        first = next((student for student in students if student.mean > baseline.mean), None)
        sentences.append(
            f"No quantity passes {baseline.encoder}."
            if first is None
            else f"The smallest that passes {baseline.encoder} is {in_unit(first.bytes, size)}{NO_BREAK}{unit}."
        )
    return [" ".join(sentences)]


def _percent(ratio: float) -> str:
    return f"{signed_percent(ratio)}{NO_BREAK}%"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
