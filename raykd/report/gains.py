"""Beside each claim: how often the encoder wins, where the chance comes from, and how far distributions differ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raykd.report.tables.table import records
from raykd.statistics.aggregates import Aggregate
from raykd.statistics.claims import NOT_YET, Claim, text_part
from raykd.statistics.comparisons import DISTILLATION
from raykd.statistics.design import CellKey, Design
from raykd.statistics.dominance import almost_stochastic_order, improvement_over_cells
from raykd.statistics.item_bootstrap import TextInfluence
from raykd.statistics.summary import CELL
from raykd.statistics.variance_and_advice import Advice, Components, advise, components

ONE_POINT = 0.01  # what an interval should tell where no smallest effect of interest is declared


@dataclass(frozen=True)
class Variance:
    """Where the chance in the gain of one claim comes from, and what would make its interval narrower.

    drawn: the one encoder whose distillations the advice is on, beside a given one; "" where it is on both.
    """

    encoder: str
    baseline: str
    components: Components
    advice: Advice
    drawn: str = ""


def improvements(f1: pd.DataFrame, claims: Sequence[Claim]) -> dict[tuple[str, str], Aggregate]:
    """(encoder, baseline) -> how often a score of the one beats one of the other in the same cell, of complete claims.

    f1: columns task, language, encoder, weights, encoder_seed, seed, value.
    """
    cells = {
        key: [scores.to_numpy() for _, scores in own.groupby("encoder_seed")["value"]]
        for key, own in f1.groupby(CELL, sort=False)
    }
    found = {}
    for claim in claims:
        if claim.outcome != NOT_YET:
            sides = [
                [cells[cell.task, cell.language, name, cell.weights] for name in (claim.encoder, claim.baseline)]
                for cell in records(claim.cells)
            ]
            found[claim.encoder, claim.baseline] = improvement_over_cells([(own, other) for own, other in sides])
    return found


def variances(
    f1: pd.DataFrame, claims: Sequence[Claim], design: Design, texts: Mapping[CellKey, TextInfluence]
) -> tuple[Variance, ...]:
    """The components and the advice of every complete claim that has two seeds or more; arguments as `improvements`."""
    found = []
    planned = f1[f1["seed"].isin(sorted(f1["seed"].unique())[: design.seeds])]
    for claim in claims:
        # Two given encoders have no distillations to buy.
        if claim.outcome == NOT_YET or math.isnan(claim.gain) or (claim.baseline_fixed and claim.encoder_fixed):
            continue
        places = list(claim.cells[["task", "language", "weights"]].itertuples(index=False, name=None))
        within = pd.Series(list(zip(planned["task"], planned["language"], planned["weights"], strict=True)))
        inside = planned[within.isin(places).to_numpy()]
        sides = [inside[inside["encoder"] == name] for name in (claim.encoder, claim.baseline)]
        influences = [
            (texts[task, language, name, weights], sign / len(places))
            for task, language, weights in places
            for name, sign in ((claim.encoder, 1), (claim.baseline, -1))
            if claim.covers_texts
        ]
        parts = components(sides, text_variance=text_part(influences).variance if influences else math.nan)
        target = design.smallest_effect or ONE_POINT
        drawn = {}
        if not claim.encoder_fixed:
            drawn[claim.encoder] = claim.distillations
        if not claim.baseline_fixed:
            drawn[claim.baseline] = claim.baseline_distillations
        given, level = len(drawn) == 1, 1 - claim.confidence
        advice = advise(parts, min(drawn.values()), design.seeds, target, level=level, given=given)
        found.append(Variance(claim.encoder, claim.baseline, parts, advice, next(iter(drawn)) if given else ""))
    return tuple(found)


def stochastic_orders(f1: pd.DataFrame, tests: pd.DataFrame) -> pd.DataFrame:
    """tests with epsilon_min: what speaks at most against the scores' lying above the baseline's (almost stochastic
    order), over the unit of each test; NaN beside F1, and where a side has one value or other units than the other."""
    cells = dict(iter(f1.groupby(CELL, sort=False)))
    found = []
    for test in records(tests):
        keys = [(test.task, test.language, name, test.weights) for name in (test.encoder, test.baseline)]
        if test.metric != "f1" or test.test == "Welch":
            found.append(np.nan)
            continue
        sides = [_units(cells[key], test.unit) for key in keys]
        enough = min(map(len, sides)) >= 2
        found.append(almost_stochastic_order(*sides).epsilon_min if enough else np.nan)
    return tests.assign(epsilon_min=np.array(found, dtype=float))


def _units(cell: pd.DataFrame, unit: str) -> np.ndarray:
    values = cell.groupby("encoder_seed")["value"].mean() if unit == DISTILLATION else cell["value"]
    return values.to_numpy(dtype=float)
