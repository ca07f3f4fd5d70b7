"""Two runs of an experiment against each other: which cells can be compared, and which cannot or need not.

A cell of one run is compared with the same cell of the other only where the two were scored on the same test texts:
otherwise a difference lies between test sets as well. Cells that are one and the same result (an encoder and its data
unchanged) say nothing of the change and are left out of every mean. The number of tests is fixed by the two plans, not
by what is scored so far.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from raykd.statistics.claims import Claim, planned_claims
from raykd.statistics.comparisons import compare_pairs
from raykd.statistics.design import PLANNED, CellKey, Design
from raykd.statistics.holm import EXPLORATORY, PRIMARY
from raykd.statistics.item_bootstrap import TextInfluence
from raykd.statistics.samples import DECIMALS
from raykd.statistics.summary import CELL, METRICS

FIRST, SECOND = " (A)", " (B)"  # put behind an encoder's name, to keep one of A and one of B apart
COMPARED, IDENTICAL = "compared", "identical"
OTHER_TEXTS, UNKNOWN_TEXTS = "other test texts", "test texts not known"
NOT_SCORED = "not scored"
STATUS = [*CELL, "status"]


def match_runs(
    first: pd.DataFrame,
    second: pd.DataFrame,
    planned: Iterable[CellKey],
    same_texts: Mapping[tuple[str, str], bool | None],
    identical: Iterable[CellKey] = (),
) -> pd.DataFrame:
    """What can be compared of each planned cell: columns task, language, encoder, weights, status.

    first and second: the scores of A and of B, as `cell_tests` takes them; planned: the cells that both plans ask for;
    same_texts: (task, language) -> whether both were scored on the same test texts, None (or absent) where it is not
    known; identical: cells whose results are the same one. Cells are also identical where all scores are equal.

    status: "compared", "identical", "other test texts", "test texts not known", "not scored in A", "... B", "... A or
    B".
    """
    tables = [_by_cell(scores) for scores in (first, second)]
    same = set(identical)
    rows = []
    for cell in dict.fromkeys(planned):
        absent = [name for name, table in zip("AB", tables, strict=True) if cell not in table]
        texts = same_texts.get((cell[0], cell[1]))
        if cell in same or (not absent and _equal(tables[0][cell], tables[1][cell])):
            status = IDENTICAL
        elif absent:
            status = f"{NOT_SCORED} in {' or '.join(absent)}"
        elif texts is None:
            status = UNKNOWN_TEXTS
        else:
            status = COMPARED if texts else OTHER_TEXTS
        rows.append((*cell, status))
    return pd.DataFrame(rows, columns=STATUS)


def compare_runs(
    first: pd.DataFrame,
    second: pd.DataFrame,
    matched: pd.DataFrame,
    plan: Design,
    identical: Iterable[CellKey] = (),
    texts: tuple[Mapping[CellKey, TextInfluence], Mapping[CellKey, TextInfluence]] | None = None,
) -> tuple[pd.DataFrame, list[Claim]]:
    """B's cells against A's of the same name: what `cell_tests` and `claims` return, A's encoders being the baselines.

    matched: what `match_runs` returns; plan: how many distillations and seeds both runs ask for, and which encoders are
    fixed; identical: those of `match_runs`, known from the plans; texts: the influences of A and of B, by cell. A
    family counts all planned cells but those; a claim is over all cells of one encoder that are compared or still lack
    scores ("not yet"), and its family has as many claims as encoders.
    """
    left_out = set(identical)
    counted = matched[[tuple(cell) not in left_out for cell in matched[CELL].itertuples(index=False, name=None)]]
    tested = counted[counted["status"] == COMPARED]
    # What comes in first may be the best of it.
    claimed = counted[(counted["status"] == COMPARED) | counted["status"].str.startswith(NOT_SCORED)]
    keys = set(tested[CELL].itertuples(index=False, name=None))
    scores = pd.concat([_renamed(own, keys, name) for own, name in ((first, FIRST), (second, SECOND))])
    influences = {
        (task, language, encoder + name, weights): own
        for side, name in zip(texts or ({}, {}), (FIRST, SECOND), strict=True)
        for (task, language, encoder, weights), own in side.items()
    }
    planned = _planned(counted, plan)
    sizes = {PRIMARY: counted["encoder"].nunique()}
    found = planned_claims(scores, _planned(claimed, plan), plan.smallest_effect, influences, sizes)
    return compare_pairs(scores, planned), found


def _planned(cells: pd.DataFrame, plan: Design) -> pd.DataFrame:
    """The tests of B's encoders against A's in these cells, as `Design.planned_tests` has them."""
    rows = []
    for metric in METRICS:
        family = PRIMARY if metric == "f1" else EXPLORATORY
        for task, language, encoder, weights in cells[CELL].itertuples(index=False, name=None):
            number = plan.planned_distillations(encoder)
            names = (task, metric, weights, language, encoder + SECOND, encoder + FIRST)
            rows.append((*names, family, plan.seeds, number, number, *[encoder in plan.fixed] * 2))
    return pd.DataFrame(rows, columns=list(PLANNED))


def _renamed(scores: pd.DataFrame, keys: set[CellKey], name: str) -> pd.DataFrame:
    """The scores of the cells `keys`, their encoders told apart by the name of the run."""
    own = [cell in keys for cell in scores[CELL].itertuples(index=False, name=None)]
    return scores[own].assign(encoder=scores["encoder"] + name)


def _by_cell(scores: pd.DataFrame) -> dict[CellKey, pd.Series]:
    ordered = scores.sort_values(["metric", "encoder_seed", "seed"]).set_index(["metric", "encoder_seed", "seed"])
    groups: Any = ordered.groupby(CELL, sort=False)["value"]
    return {tuple(key): own for key, own in groups}


def _equal(own: pd.Series, other: pd.Series) -> bool:
    return own.index.equals(other.index) and bool(np.allclose(own, other, rtol=0, atol=10.0**-DECIMALS))
