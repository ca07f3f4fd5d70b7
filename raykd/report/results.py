"""The numbers that tables, figures and sentences share, computed once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raykd.report.gains import Variance, improvements, stochastic_orders, variances
from raykd.report.inputs import Predictions, ReportInputs
from raykd.report.quantities import Quantities, analyse_quantities
from raykd.report.tables.unseen_groups import unseen_gains
from raykd.report.text_intervals import intervals_over_texts, resample_texts, text_influences, text_units
from raykd.statistics.aggregates import Aggregate
from raykd.statistics.claims import Claim, claims
from raykd.statistics.comparisons import COLUMNS, cell_tests
from raykd.statistics.design import CellKey
from raykd.statistics.item_bootstrap import (
    LEAST_SUPPORT,
)
from raykd.statistics.learning_curves import learning_curves, rows_to_reach
from raykd.statistics.summary import (
    WEIGHTS,
    cell_summary,
    gains,
    headline_scores,
    outlying_seeds,
    paired_cells,
    rare_labels,
)


@dataclass(frozen=True)
class Results:
    """What one report is made from.

    headline     one row per seed and metric; cells: their means; table_cells: those of Table 8
    pairs        its adapted encoders beside their baselines
    gains        mean gains of each adapted encoder over each baseline, by weights: descriptive, without an interval
    claims       what is known of each adapted encoder against each baseline, the primary baseline's first
    tests        what `cell_tests` finds in the cells of Table 8, those on F1 with the interval of the difference over
                 texts (texts_low, texts_high) and over texts and seeds (both_low, both_high),
                 and with epsilon_min (almost stochastic order)
    improvements (encoder, baseline) -> how often a score of the one beats one of the other; variances: where the chance
                 in each complete claim comes from
    outliers     what `outlying_seeds` finds in Table 8, in F1; rare: what `rare_labels` finds
    unseen       what `unseen_gains` returns
    learning     what `learning_curves` returns, in the order of Table 8
    reached      what `rows_to_reach` returns for F1
    quantities   what the sweep answers; None without scores of one

    Intervals over texts are NaN where no predictions are stored, a label has fewer than LEAST_SUPPORT test texts, or
    distillations are the unit: a few of them have no bootstrap. Encoders of the sweep alone are in headline and cells
    only.
    """

    headline: pd.DataFrame
    cells: pd.DataFrame
    table_cells: pd.DataFrame
    pairs: pd.DataFrame
    gains: pd.DataFrame
    claims: tuple[Claim, ...]
    improvements: Mapping[tuple[str, str], Aggregate]
    variances: tuple[Variance, ...]
    tests: pd.DataFrame
    outliers: pd.DataFrame
    rare: pd.DataFrame
    unseen: pd.DataFrame
    learning: pd.DataFrame
    reached: pd.DataFrame
    quantities: Quantities | None

    @property
    def primary_claims(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if claim.family == "primary")

    @property
    def other_claims(self) -> tuple[Claim, ...]:
        return tuple(claim for claim in self.claims if claim.family != "primary")


def analyse(inputs: ReportInputs) -> Results:
    """All statistics of one report."""
    headline = headline_scores(inputs.scores, inputs.positive)
    cells = cell_summary(headline)
    named = {(task, encoder) for task, encoders in inputs.task_encoders.items() for encoder in encoders}
    in_table = _in(named, cells)
    pairs = paired_cells(cells[in_table], inputs.baselines)
    own = headline[_in(named, headline)]
    units, design = text_units(inputs.predictions, lambda key: f"{key[0]} {key[1]}"), inputs.design
    texts = text_influences(inputs.predictions, units)
    f1 = own[own["metric"] == "f1"]
    found = claims(own, design, texts) if design else []
    tests = cell_tests(own, design) if design else pd.DataFrame(columns=COLUMNS)
    learning = _in_table_order(
        inputs, learning_curves(inputs.sized_scores, cells[in_table], inputs.train_rows, inputs.positive)
    )
    return Results(
        headline,
        cells,
        cells[in_table],
        pairs,
        _gains_by_encoder(pairs),
        tuple(found),
        improvements(f1, found),
        variances(f1, found, design, texts) if design else (),
        intervals_over_texts(stochastic_orders(f1, tests), resample_texts(_of_table(inputs), units)),
        outlying_seeds(f1),
        rare_labels(inputs.scores, LEAST_SUPPORT),
        unseen_gains(inputs),
        learning,
        rows_to_reach(learning[learning["metric"] == "f1"], inputs.baselines),
        analyse_quantities(inputs, headline, texts),
    )


def _in(named: set[tuple[str, str]], frame: pd.DataFrame) -> np.ndarray:
    """Which rows of a frame are of one of these tasks and encoders."""
    return np.array([pair in named for pair in zip(frame["task"], frame["encoder"], strict=True)], dtype=bool)


def _of_table(inputs: ReportInputs) -> dict[CellKey, Predictions]:
    return {key: own for key, own in inputs.predictions.items() if key[2] in inputs.task_encoders.get(key[0], ())}


def _in_table_order(inputs: ReportInputs, cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of cells in the order of tasks, languages, weights and encoders in Table 8."""
    encoders = [name for names in inputs.task_encoders.values() for name in names]
    orders: dict[str, Sequence[str]] = {
        "task": list(inputs.task_encoders), "language": inputs.languages, "weights": WEIGHTS, "encoder": encoders
    }  # fmt: skip
    places = {name: {v: place for place, v in enumerate(dict.fromkeys(own))} for name, own in orders.items()}
    order = cells.sort_values(list(places), kind="stable", key=lambda column: column.map(places[str(column.name)]))
    return order.reset_index(drop=True)


def _gains_by_encoder(pairs: pd.DataFrame) -> pd.DataFrame:
    """What `gains` finds, of one encoder after the other: no mean is taken over encoders."""
    parts = [gains(own).assign(encoder=name) for name, own in pairs.groupby("encoder", sort=False)]
    if not parts:
        return gains(pairs).assign(encoder="")
    found = pd.concat(parts, ignore_index=True)
    # Within one encoder, metric and baseline, "all" comes before frozen and fine-tuned.
    places = {name: place for place, name in enumerate(dict.fromkeys(found["encoder"]))}
    order = found.sort_values(
        ["encoder", "metric", "baseline"], kind="stable", key=lambda c: c.map(places) if c.name == "encoder" else c
    )
    return order[["encoder", *found.columns.drop("encoder")]].reset_index(drop=True)
