"""The first screen: what to ship and what it gains, how sure that is, what it costs; then where it is otherwise.

Three sentences for a reader who decides on a product and knows no statistics, where one encoder is compared with one
baseline. They say what `claims` can stand for and no more: of one distillation they speak as of this encoder, and they
never compare what was not tested.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.text.advice import advice, costs
from raykd.report.text.claim_words import MOST_NAMES, cells_of, in_points, is_once, is_small, margin, places
from raykd.report.text.numbers import NO_BREAK, listed, plural
from raykd.statistics.claims import BETTER, CANNOT_TELL, NO_WORSE, NOT_YET, WORSE, Claim
from raykd.statistics.comparisons import SEED
from raykd.statistics.design import Change
from raykd.statistics.verdict import points

OUTCOMES = (BETTER, NO_WORSE, CANNOT_TELL, WORSE, NOT_YET)  # in the order in which they are told
MOST_SENTENCES = 2  # on claims of one kind, before they are grouped
WHAT_A_CELL_IS = "A cell is a task in a language, with frozen or fine-tuned weights."
DATE = 10  # characters of an ISO date without its time


@dataclass(frozen=True)
class FirstScreen:
    """ship, verdict, costs: a sentence each, a line for each of several claims; others: one line for each further
    baseline; warnings: what makes all of it less sure than it sounds; details: what it holds for, and where it is
    otherwise."""

    ship: str
    verdict: str
    costs: str
    others: tuple[str, ...]
    warnings: tuple[str, ...]
    details: tuple[str, ...]


def first_screen(inputs: ReportInputs, results: Results) -> FirstScreen:
    """What a report says before anything else."""
    primary = sorted(results.primary_claims, key=lambda claim: OUTCOMES.index(claim.outcome))
    if not primary:
        nothing = "No adapted encoder is planned beside a baseline in this experiment, so there is nothing to decide."
        return FirstScreen("", nothing, "", (), warnings(inputs), ())
    told = [where(claim, len(primary)) for claim in primary]
    if len(primary) <= MOST_SENTENCES:  # of more, `verdicts` says it once
        held = [beyond(claim) for claim in primary]
        several = [f"{claim.encoder}: {text}" for claim, text in zip(primary, held, strict=True) if text]
        told = [*(held if len(primary) == 1 else several), *told]
    return FirstScreen(
        ship=advice(inputs, primary),
        verdict=verdicts(primary),
        costs=costs(inputs, primary),
        others=tuple(beside(own) for own in _by_baseline(results.other_claims)),
        warnings=warnings(inputs),
        details=(*filter(None, told), WHAT_A_CELL_IS),
    )


def verdicts(claims: Sequence[Claim]) -> str:
    """The verdict on each claim against one baseline; more than two are grouped, to stay a sentence or two."""
    if len(claims) <= MOST_SENTENCES:
        return "\n".join(verdict(claim, len(claims)) for claim in claims)
    parts = _grouped(claims)
    known = [claim for claim in claims if not math.isnan(claim.gain)]
    if known:
        parts.append(
            f"Points of F1 on average over an encoder's cells, with {100 * known[0].confidence:.3g}{NO_BREAK}% "
            f"intervals {_covered(known)}, which hold together."
        )
    return " ".join([*parts, *_of_one(claims)])


def beside(claims: Sequence[Claim]) -> str:
    """The verdicts on all claims against one further baseline, in a line."""
    return " ".join([*_grouped(claims), *_of_one(claims)])


def _of_one(claims: Sequence[Claim]) -> list[str]:
    """What is said once of all claims, if there are some on single distillations."""
    some = any(is_once(claim) and not math.isnan(claim.gain) for claim in claims)
    return ["Where an encoder is distilled once, this says nothing of another distillation."] if some else []


def _grouped(claims: Sequence[Claim]) -> list[str]:
    """What is known against one baseline, the encoders of one outcome together."""
    baseline = claims[0].baseline
    openings = {
        BETTER: f"Better than {baseline}",
        NO_WORSE: f"No worse than {baseline} by more than {margin(claims[0])}",
        CANNOT_TELL: f"Cannot tell from {baseline}",
        WORSE: f"Worse than {baseline}",
        NOT_YET: f"Not yet compared with {baseline}",
    }
    named = {name: [_briefly(claim) for claim in claims if claim.outcome == name] for name in OUTCOMES}
    return [f"{openings[name]}: {listed(names)}." for name, names in named.items() if names]


def verdict(claim: Claim, claims: int = 1) -> str:
    """What was better, by how many points, and how sure that is: a sentence."""
    encoder, baseline = claim.encoder, claim.baseline
    if claim.outcome == NOT_YET:
        cells = len({cell for cell, *_ in claim.missing})
        lack = "lacks" if cells == 1 else "lack"
        return (
            f"Not yet: {encoder} and {baseline} are compared when all planned scores are there, and {cells} of their "
            f"{plural(_planned(claim), 'cell')} {lack} some classifier seeds."
        )
    if math.isnan(claim.gain):
        return (
            f"Cannot tell whether {encoder} is better or worse than {baseline}: one classifier seed shows nothing of "
            "chance."
        )
    one = claim.unit == SEED
    this = f"this one distillation of {encoder}" if one and not claim.encoder_fixed else encoder
    that = baseline if not one or claim.baseline_fixed else f"this one distillation of {baseline}"
    more = f", nor whether it loses more than {margin(claim)}" if claim.smallest_effect else ""
    mean = " on average" if cells_of(claim, "worse") else ""
    least = ", by less than the " + margin(claim) + " worth having" if is_small(claim) else ""
    whether = "may be a little better or worse than" if is_small(claim) else "cannot be told to be better than"
    said = {
        BETTER: f"Better{mean}: {this} is better than {that}{least}",
        WORSE: f"Worse{' on average' if cells_of(claim, 'better') else ''}: {this} is worse than {that}",
        NO_WORSE: f"No worse{mean} by more than {margin(claim)}: {this} {whether} {that}",
        CANNOT_TELL: f"Cannot tell whether {this} is better or worse than {that}{more}",
    }[claim.outcome]
    together = f", since {claims} encoders are compared at once" if claims > 1 else ""
    over = f", {_covered([claim])}" if claim.outcome == CANNOT_TELL else ""  # the others say it in words
    interval = (
        f"{100 * claim.confidence:.3g}{NO_BREAK}% interval from {points(claim.low)} to {points(claim.high)}{together}"
    )
    return (
        f"{said}; the difference is {in_points(claim.gain)} of F1 on average over {plural(len(claim.cells), 'cell')} "
        f"({interval}{over}){_few(claim)}."
    )


def where(claim: Claim, claims: int = 1) -> str:
    """On which tasks it is better, on which not, and, of few claims, how far single cells lie from the mean."""
    several = claims > 1
    if claim.outcome == NOT_YET or math.isnan(claim.gain):
        return ""
    who = f"{claim.encoder}: " if several else ""
    by_outcome = {name: cells_of(claim, name) for name in ("better", "worse", "unclear")}
    total, better = len(claim.cells), len(by_outcome["better"])
    if not better and not by_outcome["worse"]:
        cells = "its one cell" if total == 1 else f"any of the {total} cells by itself"
        text = f"{who}cannot tell in {cells}"
    elif total in (better, len(by_outcome["worse"])):
        outcome = "better" if better else "worse"
        text = f"{who}{outcome} in {'its one cell' if total == 1 else f'each of the {total} cells'}"
    else:
        words = {"better": "better", "worse": "worse", "unclear": "cannot tell"}
        parts = [f"{words[name]} in {places(claim, name)}" for name, cells in by_outcome.items() if cells]
        text = f"{who}{'; '.join(parts)}"
    text = text if several else text[0].upper() + text[1:]
    return f"{text}. {_spread(claim) if claims <= MOST_SENTENCES else ''}".strip()


def warnings(inputs: ReportInputs) -> tuple[str, ...]:
    """What was changed in the planned tests when scores were there, and what was never written down."""
    planned = inputs.planned_tests
    if planned is None:
        if inputs.design is None or inputs.scores.empty:
            return ()
        return (
            "What was to be tested was not written down before the first score, so nobody can see whether it was "
            "chosen after a look at the scores.",
        )
    lines = []
    if not planned.before_scores:
        first = planned.revisions[0]
        lines.append(
            f"What was to be tested was first written down on {first.date[:DATE]}, when "
            f"{plural(first.scored, 'cell')} already had scores."
        )
    for revision, changes in planned.late_changes:
        lines.append(
            f"Changed on {revision.date[:DATE]}, when {plural(revision.scored, 'cell')} had scores: "
            f"{_changed(changes)}. Read the claims as exploratory."
        )
    if (changes := planned.unwritten_changes(inputs.design)) and not inputs.scores.empty:
        lines.append(
            f"The configuration is not the one that was written down on {planned.revisions[-1].date[:DATE]}, and there "
            f"are scores: {_changed(changes)}. Read the claims as exploratory."
        )
    return tuple(lines)


def _changed(changes: Sequence[Change]) -> str:
    shown = [f"{change.what} (was {change.frozen}, is {change.now})" for change in changes[:MOST_NAMES]]
    more = len(changes) - len(shown)
    return listed([*shown, *([f"{more} more"] if more else [])])


def planned_sentence(inputs: ReportInputs) -> str:
    """When the planned tests were written down, if that was before all scores and nothing changed since."""
    planned = inputs.planned_tests
    if planned is None or not planned.before_scores or planned.late_changes:
        return ""
    if planned.unwritten_changes(inputs.design):
        return ""
    return f"What is tested was written down on {planned.revisions[-1].date[:DATE]}, before the first score."


def _by_baseline(claims: Sequence[Claim]) -> list[list[Claim]]:
    names = dict.fromkeys(claim.baseline for claim in claims)
    return [[claim for claim in claims if claim.baseline == name] for name in names]


def _briefly(claim: Claim) -> str:
    if math.isnan(claim.gain):
        return claim.encoder
    return f"{claim.encoder} {in_points(claim.gain)} ({points(claim.low)} to {points(claim.high)})"


def _covered(claims: Sequence[Claim]) -> str:
    """What the intervals of all of these hold over."""
    units = {claim.unit: None for claim in claims}
    over = " or ".join(f"{unit}s" for unit in units)
    return f"over {over}" + (" and test texts" if all(claim.covers_texts for claim in claims) else "")


def beyond(claim: Claim) -> str:
    """What a claim holds for beside the encoders and texts at hand, and what it cannot say."""
    if claim.outcome == NOT_YET or math.isnan(claim.gain):
        return ""
    texts = "other test texts of their kind" if claim.covers_texts else ""
    seeds = f"This holds for {' and '.join(filter(None, ('other classifier seeds', texts)))}."
    if claim.unit == SEED and not is_once(claim):
        return "" if claim.outcome == CANNOT_TELL else seeds  # no distillation was drawn
    if claim.unit == SEED:
        if claim.outcome == CANNOT_TELL or math.isnan(claim.stands_below):
            return "Nothing can be said of another distillation."
        spread = f"{100 * claim.stands_below:.2f}{NO_BREAK}points"
        return (
            f"{seeds} Another distillation may do otherwise, unless distillations of one recipe are known to differ by "
            f"less than {spread} (standard deviation)."
        )
    if claim.outcome == CANNOT_TELL:
        return ""
    return f"This holds for {' and '.join(filter(None, ('other distillations by the same recipe', texts)))}."


def _few(claim: Claim) -> str:
    """Whether no difference could have been shown: an exact test of so few has no small p."""
    if claim.unit == SEED or claim.resolution < 0.05:
        return ""
    numbers = f"{claim.distillations} against {claim.baseline_distillations}"
    return f"; so few distillations ({numbers}) could not show a difference, whatever it is"


def _spread(claim: Claim) -> str:
    """The cells with the smallest and largest gain, and whether few of them carry the mean."""
    gains = claim.cells["gain"].to_numpy(float)
    if len(gains) < 2 or claim.lowest is None or claim.highest is None:
        return ""
    ranging = (
        f"Cells range from {points(claim.lowest.gain)} ({claim.lowest.cell}) to {points(claim.highest.gain)} "
        f"({claim.highest.cell})"
    )
    middle = float(np.median(gains))
    if claim.outcome in (BETTER, WORSE) and (middle * claim.gain < 0 or abs(middle) < abs(claim.gain) / 2):
        pull, side = ("up", "below") if middle < claim.gain else ("down", "above")
        return f"{ranging}; a few pull the mean {pull}, and half of them are at {points(middle)} or {side}."
    return f"{ranging}."


def _planned(claim: Claim) -> int:
    complete = claim.cells["complete"].sum() if len(claim.cells) else 0
    return int(complete) + len({cell for cell, *_ in claim.missing})
