"""The numbers that tables, figures and conclusions share, computed once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.statistics.comparisons import compare_encoders
from raykd.statistics.summary import cell_summary, gains, headline_scores, paired_cells

ALL_ENCODERS = "all adapted encoders"


@dataclass(frozen=True)
class Results:
    """headline: one row per seed and metric; cells: their means; table_cells: those of Table 8; pairs: its
    adapted encoders beside their baselines; gains: mean gains over each baseline; tests: what
    `compare_encoders` found in the cells of Table 8. Encoders of the sweep alone are in headline and cells only."""

    headline: pd.DataFrame
    cells: pd.DataFrame
    table_cells: pd.DataFrame
    pairs: pd.DataFrame
    gains: pd.DataFrame
    tests: pd.DataFrame


def analyse(inputs: ReportInputs) -> Results:
    """All statistics of one report."""
    headline = headline_scores(inputs.scores, inputs.positive)
    cells = cell_summary(headline)
    named = {(task, encoder) for task, encoders in inputs.task_encoders.items() for encoder in encoders}
    in_table = np.array([pair in named for pair in zip(cells["task"], cells["encoder"], strict=True)], dtype=bool)
    pairs = paired_cells(cells[in_table], inputs.baselines)
    tests = compare_encoders(headline, inputs.task_encoders, inputs.baselines)
    return Results(headline, cells, cells[in_table], pairs, _gains_by_encoder(pairs), tests)


def _gains_by_encoder(pairs: pd.DataFrame) -> pd.DataFrame:
    """The gains of all adapted encoders together and, where there are several, of each alone."""
    encoders = list(pairs["encoder"].unique())
    scopes = [(ALL_ENCODERS, pairs)] if len(encoders) != 1 else []
    scopes += [(encoder, pairs[pairs["encoder"] == encoder]) for encoder in encoders]
    found = pd.concat([gains(own).assign(encoder=name) for name, own in scopes], ignore_index=True)
    place = {name: position for position, (name, _) in enumerate(scopes)}
    # Rows in the order of encoder, metric and baseline; within one, "all" comes before frozen and fine-tuned.
    order = found.sort_values(
        ["encoder", "metric", "baseline"],
        kind="stable",
        key=lambda c: c.map(place) if c.name == "encoder" else c,
    )
    return order[["encoder", *found.columns.drop("encoder")]].reset_index(drop=True)
