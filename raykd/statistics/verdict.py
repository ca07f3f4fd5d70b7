"""A claim in plain words: what was better, by how many points, how sure that is, and what it does not cover."""

import math
from typing import NamedTuple

from raykd.statistics.claims import BETTER, CANNOT_TELL, NO_WORSE, NOT_YET, RATIO_FLOOR, WORSE, Claim, cell_name
from raykd.statistics.comparisons import SEED
from raykd.statistics.kolmogorov_smirnov import LEVEL
from raykd.statistics.summary import records

NOT_COVERED = (
    "No interval covers the choice of decision thresholds, of the labelled training rows and of the split into "
    "training and test texts."
)
ONE_EACH = "One distillation each: says nothing of another distillation"


class CellOutcomes(NamedTuple):
    """Names of the cells of a claim by what their intervals, which hold together, say."""

    better: tuple[str, ...]
    worse: tuple[str, ...]
    unclear: tuple[str, ...]


def cell_outcomes(claim: Claim) -> CellOutcomes:
    """In which cells the encoder is better, in which worse, and in which neither can be told.

    Distillations that are too few to show a difference over all cells show none in one of them.
    """
    names: dict[str, list[str]] = {"better": [], "worse": [], "unclear": []}
    for cell in records(claim.cells):
        way = "better" if cell.low > 0 else "worse" if cell.high < 0 else "unclear"
        way = "unclear" if claim.resolution >= LEVEL else way
        names[way].append(cell_name(cell.task, cell.language, cell.weights))
    return CellOutcomes(*(tuple(own) for own in names.values()))


def points(value: float, digits: int = 2) -> str:
    """.0123 -> "+1.23", in points; a true minus sign for losses, and no sign for what is shown as 0."""
    shown = f"{100 * value:+.{digits}f}".replace("-", "−")
    return f"{0:.{digits}f}" if float(f"{100 * value:.{digits}f}") == 0 else shown


def claim_sentence(claim: Claim) -> str:
    """The verdict in the words of its outcome, with its number and its interval, and what it stands on."""
    encoder, baseline = claim.encoder, claim.baseline
    if claim.outcome == NOT_YET:
        cells = len({cell for cell, *_ in claim.missing})
        return (
            f"{encoder} against {baseline}: not yet. {_many(cells, 'planned cell')} without all scores, and nothing is "
            "claimed before all are there."
        )
    if math.isnan(claim.gain):
        return f"{encoder} against {baseline}: cannot tell. One classifier seed shows no spread."
    where = f"{points(claim.gain)} points of F1 over {_many(len(claim.cells), 'cell')} ({_interval(claim)})"
    margin = "" if claim.smallest_effect is None else _many(f"{100 * claim.smallest_effect:g}", "point")
    name = f"{encoder}, distilled once," if claim.unit == SEED and not claim.encoder_fixed else encoder
    said = {
        BETTER: f"{name} is better than {baseline}: {where}.",
        WORSE: f"{name} is worse than {baseline}: {where}.",
        NO_WORSE: f"{name} is no worse than {baseline} by more than {margin}, and whether it is better "
        f"cannot be told: {where}.",
        CANNOT_TELL: f"Whether {name} is better or worse than {baseline} cannot be told: {where}.",
    }[claim.outcome]
    return f"{said} {distillation_sentence(claim)}"


def distillation_sentence(claim: Claim) -> str:
    """What the claim says of distillations other than those at hand."""
    if claim.unit == SEED:
        if claim.baseline_fixed and claim.encoder_fixed:
            return "Both are given encoders: no distillation was drawn."
        opening = ONE_EACH
        if claim.baseline_fixed or claim.encoder_fixed:
            drawn = claim.encoder if claim.baseline_fixed else claim.baseline
            opening = f"One distillation of {drawn}: says nothing of another distillation"
        if math.isnan(claim.stands_below):
            return f"{opening}."
        spread = points(claim.stands_below).removeprefix("+")
        return f"{opening}. Stands if the spread between distillations is below {spread} points."
    sizes = f"{_many(claim.distillations, 'distillation')} against {claim.baseline_distillations}"
    if claim.baseline_fixed:
        sizes = f"{_many(claim.distillations, 'distillation')} against a fixed encoder"
    elif claim.encoder_fixed:
        sizes = f"A fixed encoder against {_many(claim.baseline_distillations, 'distillation')}"
    if claim.resolution >= LEVEL:
        return f"{sizes}: so few cannot show a difference, whatever it is (p is at least {claim.resolution:.2g})."
    return f"{sizes}."


def caveats(claim: Claim) -> tuple[str, ...]:
    """What else a reader has to know, a sentence each."""
    found = []
    if not claim.covers_texts and not math.isnan(claim.gain):
        found.append(
            "On these test texts: their decisions are not stored, so the interval says nothing of other texts."
        )
    if claim.smallest_effect is None:
        found.append("No smallest effect of interest is declared, so it cannot be said that one is no worse.")
    below = claim.cells[claim.cells["below_floor"].astype(bool)]
    if len(below):
        names = ", ".join(cell_name(cell.task, cell.language, cell.weights) for cell in records(below))
        found.append(
            f"No ratio over all cells: {claim.baseline} scores below {100 * RATIO_FLOOR:g} % F1 in {names}, where "
            "a ratio says more of its failure than of the gain."
        )
    return (*found, NOT_COVERED)


def _interval(claim: Claim) -> str:
    over = "seeds" if claim.unit == SEED else "distillations"
    over += " and test texts" if claim.covers_texts else ""
    p_value = "" if math.isnan(claim.p_value) else f", p = {claim.p_value:.2g}"
    level = f"{100 * claim.confidence:.3g} % interval over {over}"
    return f"{level}: {points(claim.low)} to {points(claim.high)}{p_value}"


def _many(number: int | str, noun: str) -> str:
    return f"{number} {noun}{'' if str(number) == '1' else 's'}"
