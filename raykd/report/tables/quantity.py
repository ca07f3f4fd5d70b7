"""Table 6: what each quantity of training text gives (section 5), how sure that is, and what it takes."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.quantities import Quantities
from raykd.report.results import Results
from raykd.report.tables.table import Table, absent_table, row
from raykd.report.text.numbers import byte_unit, count, decimal, in_unit, interval, p_value, percent
from raykd.statistics.verdict import points

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
    rows = []
    for name in (*sweep.baselines, *quantities):
        if name in means["f1"]:
            scores = [decimal(means[metric][name], 3) for metric in ORDER]
            deviation = decimal(spread["standard_deviation"][name], 3)
            seeds = count(spread["n"][name])
            rows.append(row(name, quantities.get(name, "baseline"), *scores, deviation, seeds))
    return Table(
        slug,
        f"Scores on {sweep.task} ({sweep.language}) by quantity of training text, {sweep.weights} encoders",
        ("encoder", f"text ({unit})", "precision", "recall", "F1", "F1 sd", "seeds"),
        tuple(rows),
        headings=2,
        raw=cells.reset_index(drop=True),
        number=6,
        notes=(
            "Means without a test. sd: standard deviation over classifier seeds of all distillations, a dash with one "
            "seed. With one distillation it holds none of the variation between two on the same text, so a step "
            "between two rows can be chance.",
        ),
    )


def curve_table(results: Results) -> Table:
    """The monotone fit of the sweep, how far each quantity is below its top, and the tests against baselines."""
    slug, title, found = "quantity-curve", "How much text is enough, in points of F1", results.quantities
    if found is None:
        return absent_table(slug, title, "No encoder of the sweep has scores yet.")
    unit, size = byte_unit(float(found.curve.sizes[-1]))
    flat, curve = found.plateau, found.curve
    baselines = tuple(found.tests)
    rows = []
    for place, name in enumerate(found.names):
        tests = (found.tests[baseline][place] for baseline in baselines)
        rows.append(
            row(
                *(name, in_unit(curve.sizes[place], size), count(curve.numbers[place]), percent(curve.means[place], 2)),
                _with_interval(flat.fit[place], flat.low[place], flat.high[place]),
                _with_interval(flat.shortfall[place], flat.shortfall_low[place], flat.shortfall_high[place]),
                percent(flat.flat[place], 0),
                *(f"{points(t.gain)} {interval(t.low, t.high)}, p {p_value(t.p_value)}" for t in tests),
            )
        )
    return Table(
        slug,
        title,
        (
            *("encoder", f"text ({unit})", "distillations", "F1", "monotone fit", "below its top"),
            *(f"chance within {100 * flat.margin:g} (%)", *(f"against {name}" for name in baselines)),
        ),
        tuple(rows),
        headings=2,
        raw=_curve_frame(found),
        notes=(
            "Monotone fit: isotonic regression, which assumes that more text is no worse and nothing else; intervals "
            "(95 %) from a bootstrap around it. Chance: that the quantity is within so many points of the top.",
            "Against a baseline: gain with the interval and p of Student's t, over distillations where there are "
            "several, each by itself; the text tests them from the largest down.",
        ),
    )


def _with_interval(value: float, low: float, high: float) -> str:
    return f"{percent(value, 2)} {interval(low, high)}"


def _curve_frame(found: Quantities) -> pd.DataFrame:
    flat = found.plateau
    columns = ("fit", "low", "high", "shortfall", "shortfall_low", "shortfall_high", "flat")
    frame = pd.DataFrame({"encoder": found.names, "bytes": found.curve.sizes, "mean": found.curve.means})
    frame = frame.assign(distillations=found.curve.numbers, **{name: getattr(flat, name) for name in columns})
    for baseline, tests in found.tests.items():
        for name in ("gain", "low", "high", "p_value"):
            frame[f"{baseline} {name}"] = [getattr(test, name) for test in tests]
    return frame


def cost_table(inputs: ReportInputs) -> Table:
    """What each quantity took to distil."""
    slug, title, costs = "quantity-costs", "What each quantity of text took to distil", inputs.sweep_costs
    if inputs.sweep is None or costs.empty:
        return absent_table(slug, title, "No encoder of the sweep is distilled yet.")
    unit, size = byte_unit(max(number_of_bytes for number_of_bytes, _ in inputs.sweep.quantities))
    amounts = {name: in_unit(number_of_bytes, size) for number_of_bytes, name in inputs.sweep.quantities}
    rows = []
    for name, own in costs.groupby("encoder", sort=False):
        means = own[["epochs", "steps", "tokens", "hours", "worker_hours", "money"]].mean()
        rows.append(
            row(
                *(str(name), amounts[str(name)], count(len(own)), decimal(means["epochs"], 2), count(means["steps"])),
                *(count(means["tokens"]), decimal(means["hours"], 3), decimal(means["worker_hours"], 3)),
                decimal(means["money"], 2),
            )
        )
    return Table(
        slug,
        title,
        (
            *("encoder", f"text ({unit})", "distillations", "epochs", "optimiser steps", "tokens"),
            *("hours", "worker hours", "money"),
        ),
        tuple(rows),
        headings=2,
        raw=costs.reset_index(drop=True),
        notes=(
            "Means over distillations, each with all of its runs. Equal epochs give a larger quantity more steps, "
            "equal steps fewer epochs: a gain by quantity holds both. Money: worker hours at their price in "
            "resources.train.limits.",
        ),
    )


def sweep_cells(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    """The cells of the sweep and its baselines; adds `bytes`, missing for a baseline."""
    sweep, cells = inputs.sweep, results.cells
    if sweep is None:
        return cells.iloc[:0].assign(bytes=0)
    sizes = {name: number_of_bytes for number_of_bytes, name in sweep.quantities}
    chosen = cells[
        (cells["task"] == sweep.task)
        & (cells["language"] == sweep.language)
        & (cells["weights"] == sweep.weights)
        & cells["encoder"].isin([*sweep.baselines, *sizes])
    ]
    return chosen.assign(bytes=chosen["encoder"].map(sizes).astype("Int64"))
