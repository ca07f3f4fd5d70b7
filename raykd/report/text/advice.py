"""What to ship, and what that costs to run: a sentence each for a reader who decides on a product."""

from collections.abc import Sequence
from typing import Any

from raykd.report.inputs import ReportInputs
from raykd.report.tables.encoders import first_latencies
from raykd.report.tables.table import records
from raykd.report.text.claim_words import cells_of, gain_in, in_points, is_once, is_small, margin, places
from raykd.report.text.numbers import NO_BREAK, count, listed, milliseconds
from raykd.statistics.claims import BETTER, CANNOT_TELL, NO_WORSE, NOT_YET, WORSE, Claim

LESS, MORE = "less", "more"  # time than the baseline


def advice(inputs: ReportInputs, claims: Sequence[Claim]) -> str:
    """What to do, and what it gains: a line for each encoder that may be shipped, and one for all that may not."""
    lines = []
    better = [claim for claim in claims if claim.outcome == BETTER and not is_small(claim)]
    split = _split(claims)
    for claim in claims:
        baseline = claim.baseline
        ship = f"Ship {claim.encoder}{' as it is stored here' if is_once(claim) and not claim.encoder_fixed else ''}"
        keep = f"; keep {baseline} for {places(claim, 'worse')}" if cells_of(claim, "worse") else ""
        if claim in split:
            others = keep if claim in better else f"; keep {baseline} for the others"
            gain = f"{in_points(gain_in(claim, 'better'))} on average there over {baseline}"
            lines.append(f"{ship} for {places(claim, 'better')} alone: {gain}{others}.")
        elif claim in better:
            lines.append(f"{ship}: {in_points(claim.gain)} on average over {baseline}{keep}.")
        elif claim.outcome == BETTER:
            small = f"gains is less than the {margin(claim)} worth having"
            told = {
                LESS: f"{ship}: what it {small}, but it takes less time for a text",
                MORE: f"Keep {baseline}: what {claim.encoder} {small}, and it takes more time for a text",
                None: f"{ship} if it costs no more to run than {baseline}: what it {small}",
            }
            lines.append(f"{told[_time_taken(inputs, claim)]}.")
        elif claim.outcome == NO_WORSE:
            nothing = is_small(claim)
            gain = "there is nothing to gain" if nothing else "what it gains cannot be told"
            loss = f", and it may lose up to {_loss(-claim.low)} of F1" if claim.low < 0 else ""
            told = {
                LESS: f"{ship}: it takes less time for a text than {baseline}; "
                f"{'apart from that ' if nothing else ''}{gain}{loss}{keep}",
                MORE: f"Keep {baseline}: {claim.encoder} takes more time for a text, and {gain}",
                None: f"{ship} if it costs less to run than {baseline}; else {gain}{loss}{keep}",
            }
            lines.append(f"{told[_time_taken(inputs, claim)]}.")
    if len(better) > 1 and _share_cells(better):
        names = listed([claim.encoder for claim in better])
        lines.append(f"Nothing here tests {names} against each other, so choose by cost.")
    if unclear := [claim for claim in claims if claim.outcome == CANNOT_TELL and claim not in split]:
        names = listed([claim.encoder for claim in unclear], "or")
        also = f" where you thought of {names}" if len(claims) > len(unclear) else ""
        lines.append(
            f"Keep {unclear[0].baseline} for now{also}: these data do not show what {names} would gain or lose."
        )
    if worse := [claim for claim in claims if claim.outcome == WORSE and claim not in split]:
        lost = listed([f"{claim.encoder} loses {_loss(-claim.gain)}" for claim in worse])
        lines.append(f"Keep {worse[0].baseline}: {lost}.")
    if waiting := [claim.encoder for claim in claims if claim.outcome == NOT_YET]:
        lines.append(f"Decide nothing on {listed(waiting)} yet.")
    return "\n".join(lines)


def costs(inputs: ReportInputs, claims: Sequence[Claim]) -> str:
    """Size and time of each encoder that may be shipped beside its baseline's, a line each."""
    split = _split(claims)
    told = [claim for claim in claims if claim.outcome in (BETTER, NO_WORSE) or claim in split]
    unclear = [claim for claim in claims if claim.outcome == CANNOT_TELL and claim not in split]
    told += unclear if len(unclear) == 1 else []
    several = len(told) > 1
    return "\n".join(_cost(inputs, claim.encoder, claim.baseline, named=several) for claim in told)


def _split(claims: Sequence[Claim]) -> list[Claim]:
    """Those of which it depends on the task what to ship, whatever the mean of all says."""
    mixed = [claim for claim in claims if claim.outcome != BETTER or cells_of(claim, "worse")]
    return [claim for claim in mixed if cells_of(claim, "better")]


def _cost(inputs: ReportInputs, encoder: str, baseline: str, named: bool) -> str:
    """Size and time per text of one encoder beside another's, as far as they are measured: a sentence."""
    subject = encoder if named else "It"
    parameters = dict(zip(inputs.encoders["encoder"], inputs.encoders["parameters"], strict=True))
    own, other = (parameters.get(name) for name in (encoder, baseline))
    if own is None or other is None:
        whose = f"{encoder}'s size" if named else "Its size"
        size = f"{whose} beside {baseline} is not known here"
    elif own == other:
        size = f"{subject} has {_millions(own)} million parameters, as {baseline} has"
    else:
        size = f"{subject} has {_millions(own)} million parameters, and {baseline} {_millions(other)} "
        size += f"({_relative(own, other)})"
    times = _times(inputs)
    if encoder not in times or baseline not in times:
        return f"{size}; their time per text was not measured."
    found = times[encoder]
    own, other = found.median, times[baseline].median
    busy = ", timed on a busy machine" if isinstance(found.busy, str) and found.busy else ""
    return (
        f"{size}; it takes {milliseconds(own)}{NO_BREAK}ms for a text in batches of {count(found.batch)}, and "
        f"{baseline} {milliseconds(other)} ({_relative(own, other)}){busy}."
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


def _share_cells(claims: Sequence[Claim]) -> bool:
    """Whether two of these encoders are scored in the same cell."""
    places = [set(claim.cells[["task", "language", "weights"]].itertuples(index=False, name=None)) for claim in claims]
    return any(own & other for place, own in enumerate(places) for other in places[place + 1 :])


def _loss(difference: float) -> str:
    return in_points(difference).removeprefix("+")


def _millions(parameters: float) -> str:
    return f"{parameters / 1e6:.3g}"


def _relative(own: float, other: float) -> str:
    return f"{100 * (own / other - 1):+.0f}".replace("-", "−") + f"{NO_BREAK}%"
