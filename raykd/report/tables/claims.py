"""Each claim with its number, interval and test; the gains by weights; and where the chance in them comes from."""

import math
from typing import Any

import pandas as pd

from raykd.report.results import Results
from raykd.report.tables.table import Table, TableCell, absent_table, records, row
from raykd.report.text.numbers import MISSING, count, decimal, interval, p_value, percent, signed_percent
from raykd.statistics.claims import NOT_YET, RATIO_FLOOR, Claim
from raykd.statistics.summary import AVERAGE_PRECISION

CLAIMS = (
    *("encoder", "baseline", "family", "outcome", "gain", "low", "high", "confidence", "p_value", "resolution", "unit"),
    *("distillations", "baseline_distillations", "baseline_fixed", "encoder_fixed", "covers_texts"),
    *("stands_below", "smallest_effect"),
    *("ratio", "probability", "probability_low", "probability_high"),
    *("lowest", "highest", "without_lowest", "without_highest"),
)


def claim_table(results: Results) -> Table:
    """One row a claim: an adapted encoder against a baseline, over all cells that both are planned in."""
    slug, title = "claims", "Gain in F1 over all cells of an encoder, in points"
    if not results.claims:
        return absent_table(slug, title, "No adapted encoder is planned beside a baseline.")
    rows, raw = [], []
    for claim in results.claims:
        beats = results.improvements.get((claim.encoder, claim.baseline))
        rows.append(
            row(
                *(claim.encoder, claim.baseline, claim.outcome),
                TableCell(_gain(claim), bold=claim.outcome in ("better", "worse")),
                *(p_value(claim.p_value, 0.001), _distillations(claim)),
                _between(claim.lowest, claim.highest),
                _between(claim.without_lowest, claim.without_highest),
                MISSING if beats is None else f"{percent(float(beats.estimate), 0)} {_whole(beats)}",
                signed_percent(None if math.isnan(claim.ratio) else claim.ratio),
                count(len(claim.cells)),
            )
        )
        raw.append(_raw(claim, beats))
    notes = [
        "Points: the mean over cells of the difference of mean F1, every cell alike; interval and p (one test a claim) "
        "over seeds where each encoder is distilled once, over distillations where there are several, and over test "
        "texts where decisions are stored; they hold for all claims of a family together. Bold: better or worse.",
        "Cells: the smallest and the largest gain. One left out: the smallest and the largest mean without one cell. "
        "n: how many cells. P: how often a score of the encoder beats one of the baseline in the same cell, in percent "
        "(Agarwal et al. 2021), with an interval over the distillations and seeds at hand: a description and no test, "
        "too narrow for few distillations, and of these encoders alone where there is one each. Ratio: the paper's "
        "number, the mean of the ratios of mean F1 less 1, in percent"
        + (
            f"; missing where a baseline scores below {100 * RATIO_FLOOR:g} % in a cell."
            if any(math.isnan(claim.ratio) and claim.outcome != NOT_YET for claim in results.claims)
            else "."
        ),
    ]
    return Table(
        slug,
        title,
        (
            *("encoder", "baseline", "outcome", "points", "p", "distillations"),
            *("cells", "one left out", "P (%)", "ratio (%)", "n"),
        ),
        tuple(rows),
        headings=3,
        raw=pd.DataFrame(raw, columns=list(CLAIMS)),
        notes=tuple(notes),
    )


def gain_table(results: Results) -> Table:
    """The mean gain of each adapted encoder by weights, in points first; the CSV has every metric."""
    slug, title = "gains", "Mean gain in F1 over each baseline, by weights"
    found = results.gains[results.gains["metric"] == "f1"]
    if found.empty:
        return absent_table(slug, title, "No adapted encoder has a score beside a baseline's.")
    ranked = results.gains[results.gains["metric"] == AVERAGE_PRECISION]
    precisions = ranked.set_index(["encoder", "baseline", "weights"])["absolute"].to_dict()
    f1 = results.pairs[results.pairs["metric"] == "f1"]
    below = f1[f1["baseline_mean"] < RATIO_FLOOR]
    flagged = set(below[["encoder", "baseline"]].itertuples(index=False, name=None))
    rows = [
        row(
            *(gain.encoder, gain.baseline, gain.weights, signed_percent(gain.absolute)),
            MISSING if (gain.encoder, gain.baseline) in flagged else signed_percent(gain.relative),
            signed_percent(precisions.get((gain.encoder, gain.baseline, gain.weights))),
            count(gain.cells),
        )
        for gain in records(found)
    ]
    notes = [
        "Every cell (task, language, weights) that both have scored counts alike; descriptive, without a test. "
        "Relative: the mean over cells of the ratio of mean scores. Average precision: its gain in points."
    ]
    if len(below):
        names = ", ".join(f"{cell.task} {cell.language} {cell.weights}" for cell in records(below.drop_duplicates()))
        notes.append(
            f"No ratio where a baseline scores below {100 * RATIO_FLOOR:g} % F1, which says more of its failure than "
            f"of the gain: {names}."
        )
    return Table(
        slug,
        title,
        ("encoder", "baseline", "weights", "points", "relative (%)", "average precision", "cells"),
        tuple(rows),
        headings=3,
        groups=2,
        raw=results.gains,
        notes=tuple(notes),
    )


def variance_table(results: Results) -> Table:
    """Where the chance in each claim's gain comes from, and what would make its interval narrower."""
    slug, title = "variance", "Where the chance in a gain comes from, in points of F1"
    if not results.variances:
        return absent_table(slug, title, "No claim has all of its planned scores, or there is one seed alone.")
    rows, raw = [], []
    for own in results.variances:
        found, advice = own.components, own.advice
        rows.append(
            row(
                *(own.encoder, own.baseline),
                *(percent(_known(value), 2) for value in (found.distillation, found.seed, found.text)),
                f"±{percent(advice.target, 2)}",
                *(MISSING if math.isnan(width) else f"±{percent(width, 2)}" for width in (advice.half_width_now,)),
                _advice(own),
            )
        )
        raw.append((own.encoder, own.baseline, found.distillation, found.seed, found.text, *vars(advice).values()))
    columns = ["encoder", "baseline", "distillation", "seed", "text"]
    advice_columns = list(vars(results.variances[0].advice))
    return Table(
        slug,
        title,
        ("encoder", "baseline", "distillation", "seed", "texts", "wanted", "now", "to get there"),
        tuple(rows),
        headings=2,
        raw=pd.DataFrame(raw, columns=columns + advice_columns),
        notes=(
            "Standard deviations of scores averaged over the cells of a claim: between distillations of one recipe, "
            "between classifier seeds, and of the gain over test texts; a dash where these runs cannot tell one. "
            "Wanted: half the width of the gain's interval in the claim, the smallest effect of interest or, where "
            "none is declared, one point; a distillation is taken to cost as much as 100 classifier seeds. Fewer "
            "distillations than can show any difference are never advised.",
        ),
    )


def _advice(own: Any) -> str:
    advice = own.advice
    if advice.buy == "nothing":
        return "enough as it is"
    if advice.buy == "texts":
        return "more test texts: no number of distillations or seeds is enough"
    side = f"of {own.drawn}," if own.drawn else "a side of"
    return f"{advice.distillations} distillations {side} {advice.seeds} seeds{' each' if own.drawn else ''}"


def _gain(claim: Claim) -> str:
    return MISSING if math.isnan(claim.gain) else f"{signed_percent(claim.gain)} {interval(claim.low, claim.high)}"


def _distillations(claim: Claim) -> str:
    sides = ((claim.distillations, claim.encoder_fixed), (claim.baseline_distillations, claim.baseline_fixed))
    return " / ".join("fixed" if given else count(number) for number, given in sides)


def _between(low: Any, high: Any) -> str:
    return MISSING if low is None or high is None else f"{signed_percent(low.gain)} to {signed_percent(high.gain)}"


def _whole(beats: Any) -> str:
    return f"[{decimal(100 * float(beats.low), 0)}, {decimal(100 * float(beats.high), 0)}]"


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _raw(claim: Claim, beats: Any) -> tuple[Any, ...]:
    shown = {name: getattr(claim, name) for name in CLAIMS if hasattr(claim, name)}
    for name in ("lowest", "highest", "without_lowest", "without_highest"):
        shown[name] = math.nan if shown[name] is None else shown[name].gain
    numbers = ("estimate", "low", "high")
    bounds = [math.nan] * 3 if beats is None else [float(getattr(beats, name)) for name in numbers]
    shown |= dict(zip(("probability", "probability_low", "probability_high"), bounds, strict=True))
    return tuple(shown[name] for name in CLAIMS)
