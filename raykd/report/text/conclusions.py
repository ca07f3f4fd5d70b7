"""Each claim in full, what fewer texts and fewer labels give as far as tested, and what is missing."""

import math

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.quantities import Quantities, by_distillation, is_fixed
from raykd.report.results import Results
from raykd.report.tables.quantity import sweep_cells
from raykd.report.tables.table import records
from raykd.report.text.numbers import (
    NO_BREAK,
    byte_unit,
    in_unit,
    interval,
    percent,
    plural,
    relation,
    signed_percent,
    with_percent_sign,
)
from raykd.report.text_intervals import text_influences, text_units
from raykd.statistics.claims import Claim, text_part
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.quantity_curve import NextGain
from raykd.statistics.ranking import enough
from raykd.statistics.summary import CELL, headline_scores
from raykd.statistics.verdict import NOT_COVERED, caveats, claim_sentence, points


def conclusions(results: Results) -> list[str]:
    """One paragraph a claim: its number, interval and test, how much hangs on single cells, and what it leaves open."""
    if not results.claims:
        return ["No adapted encoder is planned beside a baseline, so there is nothing to conclude."]
    return [" ".join(_in_full(claim, results)) for claim in results.claims]


def quantity_sentences(inputs: ReportInputs, results: Results) -> list[str]:
    """The smallest quantity of text whose student is better than each baseline, tested; the plateau; the next gain."""
    sweep, found = inputs.sweep, results.quantities
    if sweep is None or found is None:
        return []
    unit, size = byte_unit(float(found.curve.sizes[-1]))
    opening = f"By quantity of text ({sweep.task}, {sweep.language}, {sweep.weights}), tested from the largest down"
    far = ", as far as one distillation of each tells" if found.once else ""
    sentences = []
    for baseline, smallest in found.smallest.items():
        if smallest is None:
            sentences.append(f"{opening}, not even the largest is better than {baseline}{far}.")
            continue
        test = next(test for test in found.tests[baseline] if test.size == smallest)
        sentences.append(
            f"{opening}, the smallest that is better than {baseline} with all larger ones is "
            f"{in_unit(smallest, size)}{NO_BREAK}{unit}{far}. There the gain is {points(test.gain)} points "
            f"{interval(test.low, test.high)}, {relation('p', '=', test.p_value)}."
        )
    sentences.append(_plateau_sentence(found, unit, size))
    if found.upcoming and len(found.curve.sizes) > 2:
        sentences.append(_next_sentence(found.upcoming, float(found.curve.sizes[-1]), unit, size))
    if sweep.left_out:
        names = ", ".join(name for _, name in sweep.left_out)
        chance = f"{percent(sweep.flat_chance, 0)}{NO_BREAK}%"
        sentences.append(f"The sweep stopped there, as that chance was below {chance}; not distilled: {names}.")
    return sentences


def _plateau_sentence(found: Quantities, unit: str, size: int) -> str:
    flat = found.plateau
    opening = (
        f"A fit that only rises comes within {100 * flat.margin:g} points of its top at {in_unit(flat.start, size)}"
        f"{NO_BREAK}{unit}"
    )
    if not flat.noise.freedom:
        return f"{opening}; how sure that is cannot be told, as nothing tells what two distillations differ by."
    return (
        f"{opening} (95 % interval {in_unit(flat.start_low, size)} to {in_unit(flat.start_high, size)}), where two "
        f"distillations on the same text are taken to have a standard deviation of {percent(flat.noise.deviation, 2)} "
        f"points ({plural(flat.noise.freedom, 'degree')} of freedom)."
    )


def _next_sentence(coming: NextGain, last: float, unit: str, size: int) -> str:
    return (
        f"From {in_unit(last, size)} to {in_unit(coming.size, size)}{NO_BREAK}{unit} the curve is expected to gain "
        f"{points(coming.gain)} points {interval(coming.low, coming.high)}; the chance of more than "
        f"{100 * coming.margin:g} is {percent(coming.chance)}{NO_BREAK}%."
    )


def label_sentences(inputs: ReportInputs, results: Results) -> list[str]:
    """In how many cells each encoder is better than a baseline with all rows while it has fewer of them, tested.

    Nothing is said of an encoder and a baseline before all of their planned scores are there. What the test texts do to
    a gain is taken from the cells of all rows, where decisions are stored: those of fewer rows have none.
    """
    if inputs.sized_scores.empty:
        return []
    sized = inputs.sized_scores.assign(rows=inputs.sized_scores["train_rows"].astype(float))
    every = pd.concat(
        [
            headline_scores(own, inputs.positive).assign(rows=rows)
            for rows, own in [*sized.groupby("rows"), (math.inf, inputs.scores)]
        ]
    )
    places = [*CELL, "rows"]
    scores = {key: own for key, own in every[every["metric"] == "f1"].groupby(places)}
    planned = pd.concat([inputs.sized_cells, inputs.expected_cells.assign(train_rows=math.inf)])
    asked = {
        tuple(key): seeds for *key, seeds in planned[[*CELL, "train_rows", "seeds"]].itertuples(index=False, name=None)
    }
    pairs: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    for task, language, encoder, weights in inputs.sized_cells[CELL].drop_duplicates().itertuples(index=False):
        for baseline in inputs.baselines:
            if encoder not in inputs.baselines and (task, language, baseline, weights, math.inf) in asked:
                pairs.setdefault((encoder, baseline), []).append((task, language, weights))
    units = text_units(inputs.predictions, lambda key: f"{key[0]} {key[1]}")
    texts = text_influences(inputs.predictions, units)
    sentences = []
    for (encoder, baseline), cells in pairs.items():
        keys = [key for key in asked if key[2] == encoder and (key[0], key[1], key[3]) in cells]
        keys += [(task, language, baseline, weights, math.inf) for task, language, weights in cells]
        if any(key not in scores or len(scores[key]) < max(2, asked[key]) for key in keys):
            continue
        fewer = 0
        for task, language, weights in cells:
            own = [key for key in keys if key[:4] == (task, language, encoder, weights)]
            sides = [(task, language, name, weights) for name in (encoder, baseline)]
            covered = all(side in texts for side in sides)
            part = text_part([(texts[sides[0]], 1.0), (texts[sides[1]], -1.0)]) if covered else None
            found = enough(
                [(key[4], by_distillation(scores[key])) for key in own],
                by_distillation(scores[(*sides[1], math.inf)]),
                fixed=is_fixed(inputs, baseline),
                texts=part,
                level=LEVEL / len(cells),
            )
            fewer += found.smallest is not None and math.isfinite(found.smallest)
        once = all(scores[key]["encoder_seed"].nunique() == 1 for key in keys)
        sentences.append(
            f"With fewer labelled rows than {baseline} has, {encoder} is better than it in {fewer} of "
            f"{plural(len(cells), 'cell')} (tested from all rows down in each, corrected for the cells)"
            f"{', as far as one distillation of each tells' if once else ''}."
        )
    return sentences


def _in_full(claim: Claim, results: Results) -> list[str]:
    sentences = [claim_sentence(claim)]
    if claim.lowest and claim.highest and claim.without_lowest and claim.without_highest and len(claim.cells) > 1:
        sentences.append(
            f"Cells from {points(claim.lowest.gain)} ({claim.lowest.cell}) to {points(claim.highest.gain)} "
            f"({claim.highest.cell}); with one cell left out the mean is from {points(claim.without_lowest.gain)} "
            f"(without {claim.without_lowest.cell}) to {points(claim.without_highest.gain)} (without "
            f"{claim.without_highest.cell})."
        )
    own = (results.gains["encoder"] == claim.encoder) & (results.gains["baseline"] == claim.baseline)
    parts = results.gains[own & (results.gains["metric"] == "f1") & (results.gains["weights"] != "all")]
    if len(parts) > 1:
        named = (f"{part.weights} {signed_percent(part.absolute)}" for part in records(parts))
        sentences.append(f"By weights, in points: {', '.join(named)}.")
    if not math.isnan(claim.ratio):
        sentences.append(f"As the paper counts, the mean of the ratios: {with_percent_sign(claim.ratio)}.")
    return [*sentences, *(line for line in caveats(claim) if line != NOT_COVERED)]


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
