"""Parts of sentences about a claim: its cells by outcome, their names, and differences in points."""

import numpy as np

from raykd.report.tables.table import records
from raykd.report.text.numbers import NO_BREAK, listed
from raykd.statistics.claims import Claim
from raykd.statistics.comparisons import SEED
from raykd.statistics.verdict import points

MOST_NAMES = 4  # of tasks in a sentence


def is_once(claim: Claim) -> bool:
    """Whether there is one distillation on a side that is not a given encoder."""
    return claim.unit == SEED and not (claim.baseline_fixed and claim.encoder_fixed)


def is_small(claim: Claim) -> bool:
    """Whether the difference is below the smallest effect of interest for sure."""
    return claim.smallest_effect is not None and claim.high < claim.smallest_effect


def cells_of(claim: Claim, outcome: str) -> list[tuple[str, str, str]]:
    """The cells that are better, worse or unclear; all are unclear where there are too few distillations for a test."""
    few = claim.resolution >= 0.05
    return [
        (cell.task, cell.language, cell.weights)
        for cell in records(claim.cells)
        if ("unclear" if few else "better" if cell.low > 0 else "worse" if cell.high < 0 else "unclear") == outcome
    ]


def gain_in(claim: Claim, outcome: str) -> float:
    """The mean gain over the cells of one outcome."""
    here = set(cells_of(claim, outcome))
    return float(
        np.mean([cell.gain for cell in records(claim.cells) if (cell.task, cell.language, cell.weights) in here])
    )


def places(claim: Claim, outcome: str) -> str:
    """The cells of one outcome, a task and language without its weights where all of them are among these."""
    here = cells_of(claim, outcome)
    everywhere = [(cell.task, cell.language) for cell in records(claim.cells)]
    names = []
    for task, language in dict.fromkeys((task, language) for task, language, _ in here):
        weights = [own[2] for own in here if own[:2] == (task, language)]
        whole = len(weights) == everywhere.count((task, language)) and len(weights) > 1
        names += [f"{task} {language}"] if whole else [f"{task} {language} {own}" for own in weights]
    shown = names[:MOST_NAMES]
    return listed([*shown, *([f"{len(names) - len(shown)} more"] if len(names) > len(shown) else [])])


def in_points(difference: float) -> str:
    """A difference of F1, from 0 to 1: `+1.20 points`."""
    return f"{points(difference)}{NO_BREAK}points"


def margin(claim: Claim) -> str:
    """The smallest effect of interest: `2 points`."""
    effect = 100 * (claim.smallest_effect or 0.0)
    return f"{effect:g}{NO_BREAK}point{'' if effect == 1 else 's'}"
