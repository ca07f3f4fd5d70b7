"""Table 6: what each quantity of training text gives (section 5)."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.results import Results
from raykd.report.table import Cell, Table, absent_table, byte_unit, count, decimal, in_unit, row

ORDER = ("precision", "recall", "f1")


def quantity_table(inputs: ReportInputs, results: Results) -> Table:
    """Table 6: scores of encoders distilled on growing quantities, below their baselines."""
    slug, title = "table6-quantity", "Scores by quantity of training text"
    sweep, cells = inputs.sweep, sweep_cells(inputs, results)
    if sweep is None or cells.empty:
        reason = "No sweep in this experiment." if sweep is None else "No encoder of the sweep has scores yet."
        return absent_table(slug, title, reason, 6)
    unit, size = byte_unit(max((number_of_bytes for number_of_bytes, _ in sweep.quantities), default=0))
    quantities = {name: in_unit(number_of_bytes, size) for number_of_bytes, name in sweep.quantities}
    means = cells.pivot(index="encoder", columns="metric", values="mean").to_dict()
    spread = cells[cells["metric"] == "f1"].set_index("encoder").to_dict()
    best = {metric: decimal(max(means[metric].values()), 3) for metric in ORDER}
    rows = []
    for name in (*sweep.baselines, *quantities):
        if name in means["f1"]:
            shown = {metric: decimal(means[metric][name], 3) for metric in ORDER}
            scores = [Cell(text, bold=text == best[metric]) for metric, text in shown.items()]
            deviation = decimal(spread["standard_deviation"][name], 3)
            seeds = count(spread["n"][name])
            rows.append(row(name, quantities.get(name, "baseline"), *scores, deviation, seeds))
    return Table(
        slug,
        f"Scores on {sweep.task} ({sweep.language}) by quantity of training text, frozen encoders",
        ("encoder", f"text ({unit})", "precision", "recall", "F1", "F1 sd", "seeds"),
        tuple(rows),
        headings=2,
        raw=cells.reset_index(drop=True),
        number=6,
        notes=(
            "The best value of a column in bold. sd: standard deviation over classifier seeds. It holds none of "
            "the variation between two distillations on the same text, so a small step between two rows can be "
            "chance.",
        ),
    )


def sweep_cells(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    """The frozen cells of the sweep and its baselines; adds `bytes`, missing for a baseline."""
    sweep, cells = inputs.sweep, results.cells
    if sweep is None:
        return cells.iloc[:0].assign(bytes=0)
    sizes = {name: number_of_bytes for number_of_bytes, name in sweep.quantities}
    chosen = cells[
        (cells["task"] == sweep.task)
        & (cells["language"] == sweep.language)
        & (cells["weights"] == "frozen")
        & cells["encoder"].isin([*sweep.baselines, *sizes])
    ]
    return chosen.assign(bytes=chosen["encoder"].map(sizes).astype("Int64"))
