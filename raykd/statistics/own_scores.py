"""The tests of a report on a table of scores of one's own: pure, and no experiment is needed.

raykd.compare(pd.DataFrame({"encoder": [...], "seed": [...], "f1": [...]}))
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from raykd.statistics.claims import Claim, claims
from raykd.statistics.comparisons import cell_tests
from raykd.statistics.design import Design
from raykd.statistics.summary import CELL, METRICS, RUN, WEIGHTS, cell_summary, checked_scores, long_scores
from raykd.statistics.verdict import claim_sentence

# What a table that lacks the column is taken to be of.
ONE: dict[str, Any] = {"task": "task", "language": "und", "weights": "frozen", "encoder_seed": 0}
CLAIM = (
    *("encoder", "baseline", "outcome", "gain", "low", "high", "confidence", "p_value"),
    *("unit", "distillations", "baseline_distillations", "stands_below"),
)


@dataclass(frozen=True)
class Comparison:
    """Every other encoder against `baseline`.

    claims: one an encoder, as `raykd.statistics.claims.Claim` has it, over all cells; `print` shows them in words.
    tests: each cell and metric, as `comparisons.cell_tests` has them; means: mean, standard deviation and number of
    scores of each cell and metric.
    """

    baseline: str
    claims: tuple[Claim, ...]
    tests: pd.DataFrame
    means: pd.DataFrame

    @property
    def table(self) -> pd.DataFrame:
        """The claims as a frame: columns CLAIM, a row an encoder, differences in the unit of the scores."""
        return pd.DataFrame([{name: getattr(claim, name) for name in CLAIM} for claim in self.claims], columns=[*CLAIM])

    def __str__(self) -> str:
        return "\n".join(map(claim_sentence, self.claims))


def compare(scores: pd.DataFrame, baseline: str | None = None, smallest_effect: float | None = None) -> Comparison:
    """Is an encoder better than the baseline, by how much, and how sure is that?

    scores: a row a run, with the columns encoder and seed (of the classifier), and f1, precision and recall, or some of
    these with f1 among them, from 0 to 1. Where there are several, also task, language, weights ("frozen" or
    "fine-tuned") and encoder_seed (which distillation). Or a row a metric, with the columns metric and value, as
    `Experiment.scores` gives them. Every encoder of a cell is compared where the baseline has scores too.
    baseline: an encoder; none: that of the first row. smallest_effect: the smallest difference worth having, in the
    unit of the scores (.01 is a point): then "no worse" can be told.
    Raises ValueError for columns or values that are missing or wrong, and for a baseline without scores.
    """
    headline = _headline(scores)
    encoders = list(dict.fromkeys(headline["encoder"]))
    baseline = encoders[0] if baseline is None else baseline
    if baseline not in encoders:
        raise ValueError(f"no scores of the baseline {baseline!r}; there are: {', '.join(encoders)}")
    if len(encoders) < 2:
        raise ValueError(f"scores of {baseline!r} alone; another encoder is needed to compare with it")
    design = Design(
        baselines=(baseline,),
        primary=baseline,
        cells=tuple(headline[CELL].drop_duplicates().itertuples(index=False, name=None)),
        seeds=int(headline.groupby([*CELL, "encoder_seed"])["seed"].nunique().min()),
        distillations={str(name): int(own["encoder_seed"].nunique()) for name, own in headline.groupby("encoder")},
        smallest_effect=smallest_effect,
    )
    return Comparison(baseline, tuple(claims(headline, design)), cell_tests(headline, design), cell_summary(headline))


def _headline(scores: pd.DataFrame) -> pd.DataFrame:
    """As `summary.headline_scores` returns them."""
    is_long = {"metric", "value"} <= set(scores.columns)
    names = [*RUN, *(("metric", "value") if is_long else METRICS)]
    whole = scores.assign(**{name: value for name, value in ONE.items() if name not in scores.columns})
    own = whole[[name for name in names if name in whole.columns]]
    if is_long:
        own = own[own["metric"].isin(METRICS)]
        wide = own.assign(**checked_scores(own[["value"]])).pivot(index=RUN, columns="metric", values="value")
        own = wide.reset_index().rename_axis(columns=None)
    if "f1" not in own.columns:
        raise ValueError(
            f"scores have the columns {list(scores.columns)}; f1 is not among them, which claims are about"
        )
    if strange := sorted(set(own["weights"]) - set(WEIGHTS)) if "weights" in own.columns else []:
        raise ValueError(f"weights are {' or '.join(WEIGHTS)}, not {strange[0]!r}")
    return long_scores(own)
