"""The first screen: what to ship at which cost, what it gains and how sure that is, and on which tasks it does not.

A few sentences for a reader who decides on a product and knows no statistics. They say what `claims` can stand for and
no more: of one distillation they speak as of this encoder, and they never compare what was not tested.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.tables.encoders import first_latencies
from raykd.report.tables.table import records
from raykd.report.text.numbers import NO_BREAK, count, listed, milliseconds, plural
from raykd.statistics.claims import BETTER, CANNOT_TELL, NO_WORSE, NOT_YET, WORSE, Claim
from raykd.statistics.comparisons import SEED
from raykd.statistics.design import Change
from raykd.statistics.verdict import points

OUTCOMES = (BETTER, NO_WORSE, CANNOT_TELL, WORSE, NOT_YET)  # in the order in which they are told
MOST_SENTENCES = 2  # on claims of one kind, before they are grouped
MOST_NAMES = 4  # of tasks in a sentence
WHAT_A_CELL_IS = "A cell is a task in a language, with frozen or fine-tuned weights."
LESS, MORE = "less", "more"  # time than the baseline
DATE = 10  # characters of an ISO date without its time


@dataclass(frozen=True)
class FirstScreen:
    """ship, verdict and where: a sentence or two each, a line for each of two claims; others: one line for each further
    baseline; warnings: what makes all of it less sure than it sounds."""

    ship: str
    verdict: str
    where: str
    others: tuple[str, ...]
    warnings: tuple[str, ...]


def first_screen(inputs: ReportInputs, results: Results) -> FirstScreen:
    """What a report says before anything else."""
    primary = sorted(results.primary_claims, key=lambda claim: OUTCOMES.index(claim.outcome))
    if not primary:
        nothing = "No adapted encoder is planned beside a baseline in this experiment, so there is nothing to decide."
        return FirstScreen("", nothing, "", (), warnings(inputs))
    return FirstScreen(
        ship=ship(inputs, primary),
        verdict=verdicts(primary),
        where="\n".join(filter(None, (*(where(claim, len(primary)) for claim in primary), WHAT_A_CELL_IS))),
        others=tuple(beside(own) for own in _by_baseline(results.other_claims)),
        warnings=warnings(inputs),
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
    some = any(_once(claim) and not math.isnan(claim.gain) for claim in claims)
    return ["Where an encoder is distilled once, this says nothing of another distillation."] if some else []


def _grouped(claims: Sequence[Claim]) -> list[str]:
    """What is known against one baseline, the encoders of one outcome together."""
    baseline = claims[0].baseline
    openings = {
        BETTER: f"Better than {baseline}",
        NO_WORSE: f"No worse than {baseline} by more than {_margin(claims[0])}",
        CANNOT_TELL: f"Cannot tell from {baseline}",
        WORSE: f"Worse than {baseline}",
        NOT_YET: f"Not yet compared with {baseline}",
    }
    named = {name: [_briefly(claim) for claim in claims if claim.outcome == name] for name in OUTCOMES}
    return [f"{openings[name]}: {listed(names)}." for name, names in named.items() if names]


def verdict(claim: Claim, claims: int = 1) -> str:
    """What was better, by how many points, and how sure that is."""
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
    more = f", nor whether it loses more than {_margin(claim)}" if claim.smallest_effect else ""
    mean = " on average" if _cells(claim, "worse") else ""
    least = ", by less than the " + _margin(claim) + " worth having" if _small(claim) else ""
    whether = "may be a little better or worse than" if _small(claim) else "cannot be told to be better than"
    said = {
        BETTER: f"Better{mean}: {this} is better than {that}{least}",
        WORSE: f"Worse{' on average' if _cells(claim, 'better') else ''}: {this} is worse than {that}",
        NO_WORSE: f"No worse{mean} by more than {_margin(claim)}: {this} {whether} {that}",
        CANNOT_TELL: f"Cannot tell whether {this} is better or worse than {that}{more}",
    }[claim.outcome]
    together = f", since {claims} encoders are compared at once" if claims > 1 else ""
    over = f", {_covered([claim])}" if claim.outcome == CANNOT_TELL else ""  # the others say it in words
    interval = (
        f"{100 * claim.confidence:.3g}{NO_BREAK}% interval from {points(claim.low)} to {points(claim.high)}{together}"
    )
    return (
        f"{said}. The difference is {_points(claim.gain)} of F1 on average over {plural(len(claim.cells), 'cell')} "
        f"({interval}{over}). {_beyond(claim)}"
    ).strip()


def where(claim: Claim, claims: int = 1) -> str:
    """On which tasks it is better, on which not, and, of few claims, how far single cells lie from the mean."""
    several = claims > 1
    if claim.outcome == NOT_YET or math.isnan(claim.gain):
        return ""
    who = f"{claim.encoder}: " if several else ""
    by_outcome = {name: _cells(claim, name) for name in ("better", "worse", "unclear")}
    total, better = len(claim.cells), len(by_outcome["better"])
    if not better and not by_outcome["worse"]:
        cells = "its one cell" if total == 1 else f"any of the {total} cells by itself"
        text = f"{who}cannot tell in {cells}"
    elif total in (better, len(by_outcome["worse"])):
        outcome = "better" if better else "worse"
        text = f"{who}{outcome} in {'its one cell' if total == 1 else f'each of the {total} cells'}"
    else:
        words = {"better": "better", "worse": "worse", "unclear": "cannot tell"}
        parts = [f"{words[name]} in {_places(claim, name)}" for name, cells in by_outcome.items() if cells]
        text = f"{who}{'; '.join(parts)}"
    text = text if several else text[0].upper() + text[1:]
    return f"{text}. {_spread(claim) if claims <= MOST_SENTENCES else ''}".strip()


def ship(inputs: ReportInputs, primary: Sequence[Claim]) -> str:
    """What to do, what it gains, and what it costs where that is known: a line for each kind of answer."""
    lines = []
    better = [claim for claim in primary if claim.outcome == BETTER and not _small(claim)]
    # Where it depends on the task, whatever the mean of all says.
    mixed = [claim for claim in primary if claim.outcome != BETTER or _cells(claim, "worse")]
    split = [claim for claim in mixed if _cells(claim, "better")]
    for claim in primary:
        stored = " as it is stored here (another distillation would have to be scored anew)"
        what = f"{claim.encoder}{stored if _once(claim) and not claim.encoder_fixed else ''}"
        costs = cost(inputs, claim.encoder, claim.baseline)
        if claim in split:
            keep = _places(claim, "worse") if claim in better else "the others"
            lines.append(
                f"Ship {what} for {_places(claim, 'better')} alone: {_points(_gain(claim, 'better'))} on average there "
                f"over {claim.baseline}. Keep {claim.baseline} for {keep}. {costs}"
            )
        elif claim in better:
            keep = f" Keep {claim.baseline} for {_places(claim, 'worse')}." if _cells(claim, "worse") else ""
            lines.append(f"Ship {what}: {_points(claim.gain)} on average over {claim.baseline}.{keep} {costs}")
        elif claim.outcome == BETTER:
            small = f"gains is less than the {_margin(claim)} worth having"
            advice = {
                LESS: f"Ship {what}: what it {small}, but it takes less time for a text",
                MORE: f"Keep {claim.baseline}: what {claim.encoder} {small}, and it takes more time for a text",
                None: f"Ship {what} if it costs no more to run than {claim.baseline}: what it {small}",
            }
            lines.append(f"{advice[_time_taken(inputs, claim)]}. {costs}")
        elif claim.outcome == NO_WORSE:
            nothing, than = _small(claim), f"than {claim.baseline}"
            gain = "what it gains cannot be told"
            advice = {
                LESS: f"Ship {what}: it takes less time for a text {than}; "
                f"{'apart from that there is nothing to gain' if nothing else gain}",
                MORE: f"Keep {claim.baseline}: {claim.encoder} takes more time for a text, and "
                f"{'there is nothing to gain' if nothing else gain}",
                None: f"Ship {what} if it costs less to run {than}; "
                f"{'else there is nothing to gain' if nothing else gain}",
            }
            taken = _time_taken(inputs, claim)
            keep = f" Keep {claim.baseline} for {_places(claim, 'worse')}." if _cells(claim, "worse") else ""
            lose = f" It may lose up to {_points(-claim.low).removeprefix('+')} of F1." if claim.low < 0 else ""
            lines.append(f"{advice[taken]}.{lose + keep if taken != MORE else ''} {costs}")
    if len(better) > 1 and _share_cells(better):
        names = listed([claim.encoder for claim in better])
        lines.append(f"Nothing here tests {names} against each other, so choose by cost.")
    if unclear := [claim for claim in primary if claim.outcome == CANNOT_TELL and claim not in split]:
        names = listed([claim.encoder for claim in unclear], "or")
        also = f" where you thought of {names}" if len(primary) > len(unclear) else ""
        costs = f" {cost(inputs, unclear[0].encoder, unclear[0].baseline)}" if len(unclear) == 1 else ""
        lines.append(
            f"Keep {unclear[0].baseline} for now{also}: these data do not show what {names} would gain or lose.{costs}"
        )
    if worse := [claim for claim in primary if claim.outcome == WORSE and claim not in split]:
        lost = listed([f"{claim.encoder} loses {_points(-claim.gain).removeprefix('+')}" for claim in worse])
        lines.append(f"Keep {worse[0].baseline}: {lost}.")
    if waiting := [claim.encoder for claim in primary if claim.outcome == NOT_YET]:
        lines.append(f"Decide nothing on {listed(waiting)} yet.")
    return "\n".join(lines)


def cost(inputs: ReportInputs, encoder: str, baseline: str) -> str:
    """Size and time per text of one encoder beside another's, as far as they are measured: a sentence."""
    parameters = dict(zip(inputs.encoders["encoder"], inputs.encoders["parameters"], strict=True))
    own, other = (parameters.get(name) for name in (encoder, baseline))
    if own is None or other is None:
        size = "Its size beside it is not known here"
    elif own == other:
        size = f"Both have {_millions(own)} million parameters"
    else:
        size = (
            f"It has {_millions(own)} million parameters, and {baseline} {_millions(other)} ({_relative(own, other)})"
        )
    times = _times(inputs)
    if encoder not in times or baseline not in times:
        return f"{size}; their time per text was not measured."
    own, other = (times[name].median for name in (encoder, baseline))
    return (
        f"{size}; it takes {milliseconds(own)}{NO_BREAK}ms for a text in batches of {count(times[encoder].batch)}, and "
        f"{baseline} {milliseconds(other)} ({_relative(own, other)})."
    )


def _times(inputs: ReportInputs) -> dict[str, Any]:
    """Encoder -> its first measurement."""
    times: dict[str, Any] = {}
    for found in records(first_latencies(inputs)):
        times.setdefault(found.encoder, found)
    return times


def _time_taken(inputs: ReportInputs, claim: Claim) -> str | None:
    """Whether the encoder for sure takes less or more time than the baseline, by the intervals of their ratios to one
    reference; None where both were not timed or nothing is sure."""
    times = _times(inputs)
    if not {claim.encoder, claim.baseline} <= times.keys():
        return None
    own, other = times[claim.encoder], times[claim.baseline]
    return LESS if own.ratio_low > other.ratio_high else MORE if own.ratio_high < other.ratio_low else None


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
    return f"{claim.encoder} {_points(claim.gain)} ({points(claim.low)} to {points(claim.high)})"


def _covered(claims: Sequence[Claim]) -> str:
    """What the intervals of all of these hold over."""
    units = {claim.unit: None for claim in claims}
    over = " or ".join(f"{unit}s" for unit in units)
    return f"over {over}" + (" and test texts" if all(claim.covers_texts for claim in claims) else "")


def _beyond(claim: Claim) -> str:
    """What a claim holds for beside the encoders and texts at hand, and what it cannot say."""
    texts = "other test texts of their kind" if claim.covers_texts else ""
    seeds = f"This holds for {' and '.join(filter(None, ('other classifier seeds', texts)))}."
    if claim.unit == SEED and not _once(claim):
        return "" if claim.outcome == CANNOT_TELL else seeds  # no distillation was drawn
    if claim.unit == SEED:
        if claim.outcome == CANNOT_TELL or math.isnan(claim.stands_below):
            return "Nothing can be said of another distillation."
        spread = f"{100 * claim.stands_below:.2f}{NO_BREAK}points"
        return (
            f"{seeds} Another distillation may do otherwise, unless distillations of one recipe are known to differ by "
            f"less than {spread} (standard deviation)."
        )
    numbers = f"{claim.distillations} against {claim.baseline_distillations}"
    few = f"So few distillations ({numbers}) could not show a difference, whatever it is."
    told = f"This holds for {' and '.join(filter(None, ('other distillations by the same recipe', texts)))}."
    parts = ["" if claim.outcome == CANNOT_TELL else told, few if claim.resolution >= 0.05 else ""]
    return " ".join(filter(None, parts))


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


def _once(claim: Claim) -> bool:
    """Whether there is one distillation on a side that is not a given encoder."""
    return claim.unit == SEED and not (claim.baseline_fixed and claim.encoder_fixed)


def _small(claim: Claim) -> bool:
    """Whether the difference is below the smallest effect of interest for sure."""
    return claim.smallest_effect is not None and claim.high < claim.smallest_effect


def _cells(claim: Claim, outcome: str) -> list[tuple[str, str, str]]:
    """The cells that are better, worse or unclear; all are unclear where there are too few distillations for a test."""
    few = claim.resolution >= 0.05
    return [
        (cell.task, cell.language, cell.weights)
        for cell in records(claim.cells)
        if ("unclear" if few else "better" if cell.low > 0 else "worse" if cell.high < 0 else "unclear") == outcome
    ]


def _gain(claim: Claim, outcome: str) -> float:
    """The mean gain over the cells of one outcome."""
    here = set(_cells(claim, outcome))
    return float(
        np.mean([cell.gain for cell in records(claim.cells) if (cell.task, cell.language, cell.weights) in here])
    )


def _places(claim: Claim, outcome: str) -> str:
    """The cells of one outcome, a task and language without its weights where all of them are among these."""
    here = _cells(claim, outcome)
    everywhere = [(cell.task, cell.language) for cell in records(claim.cells)]
    names = []
    for task, language in dict.fromkeys((task, language) for task, language, _ in here):
        weights = [own[2] for own in here if own[:2] == (task, language)]
        whole = len(weights) == everywhere.count((task, language)) and len(weights) > 1
        names += [f"{task} {language}"] if whole else [f"{task} {language} {own}" for own in weights]
    shown = names[:MOST_NAMES]
    return listed([*shown, *([f"{len(names) - len(shown)} more"] if len(names) > len(shown) else [])])


def _planned(claim: Claim) -> int:
    complete = claim.cells["complete"].sum() if len(claim.cells) else 0
    return int(complete) + len({cell for cell, *_ in claim.missing})


def _share_cells(claims: Sequence[Claim]) -> bool:
    """Whether two of these encoders are scored in the same cell."""
    places = [set(claim.cells[["task", "language", "weights"]].itertuples(index=False, name=None)) for claim in claims]
    return any(own & other for place, own in enumerate(places) for other in places[place + 1 :])


def _points(difference: float) -> str:
    return f"{points(difference)}{NO_BREAK}points"


def _margin(claim: Claim) -> str:
    margin = 100 * (claim.smallest_effect or 0.0)
    return f"{margin:g}{NO_BREAK}point{'' if margin == 1 else 's'}"


def _millions(parameters: float) -> str:
    return f"{parameters / 1e6:.3g}"


def _relative(own: float, other: float) -> str:
    return f"{100 * (own / other - 1):+.0f}".replace("-", "−") + f"{NO_BREAK}%"
