"""The paper's values beside ours, where both have one, and every way in which the experiments differ.

A task stands beside the paper's domain of its kind: binary beside conversational commerce, multi-label beside technical
discussions. Of the baselines, the teacher of the adapted encoder stands beside mBERT and the first other one beside
DistilmBERT.
"""

import numpy as np
import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.paper.published import ADAPTED, DOMAINS, STUDENT, TEACHER, published, published_cells
from raykd.report.results import Results
from raykd.report.tables.encoders import first_latencies
from raykd.report.tables.quantity import sweep_cells
from raykd.report.tables.table import Table, absent_table, records, row
from raykd.report.text.numbers import MISSING, count, decimal, percent, signed_percent
from raykd.statistics.claims import RATIO_FLOOR
from raykd.statistics.summary import gains, paired_cells

NOT_ASKED = "Asked for with jobs/report.py --paper."
COLUMNS = ("table", "what", "language", "paper", "here")


def difference_table(inputs: ReportInputs) -> Table:
    """Every way in which the experiment is not the paper's."""
    slug, title = "paper-differences", "How this experiment differs from the paper's"
    if inputs.paper is None:
        return absent_table(slug, title, NOT_ASKED)
    rows = [(found.what, found.paper, found.here) for found in inputs.paper]
    return Table(
        slug,
        title,
        ("setting", "paper", "here"),
        tuple(row(*values) for values in rows),
        headings=3,
        raw=pd.DataFrame(rows, columns=["setting", "paper", "here"]),
        notes=("Reference: the code that the paper cites for distillation; the paper itself does not state these.",),
    )


def paper_gain_table(inputs: ReportInputs, results: Results) -> Table:
    """The mean gains of section 8 beside ours."""
    slug, title = "paper-gains", "Mean gains in F1, the paper's and ours"
    if inputs.paper is None:
        return absent_table(slug, title, NOT_ASKED)
    theirs = published_gains()
    ours = _gains_by_role(inputs, results)
    numbers = theirs.merge(ours, on=["baseline", "weights"], how="left", suffixes=("_paper", "_here"))
    rows = [
        row(
            *(f"over {found.baseline}", found.weights),
            *(signed_percent(found.relative_paper), signed_percent(found.relative_here)),
            *(signed_percent(found.absolute_paper), signed_percent(found.absolute_here)),
            *(count(found.cells_paper), count(found.cells_here)),
        )
        for found in records(numbers)
    ]
    pair = ("paper", "here")
    return Table(
        slug,
        title,
        ("", "weights", *(f"{what}, {who}" for what in ("% relative", "points", "cells") for who in pair)),
        tuple(rows),
        headings=2,
        groups=1,
        raw=numbers,
        notes=(
            "Both computed alike from mean scores: the mean over cells of the ratio of mean F1, less 1. Section 8 "
            "rounds its own to 2.3 and 1.2 %.",
        ),
    )


def published_gains() -> pd.DataFrame:
    """The gains of Table 8 by our definition: baseline, weights, cells, relative, absolute (F1)."""
    found = gains(paired_cells(published_cells(), [STUDENT, TEACHER]))
    return found[found["metric"] == "f1"].drop(columns="metric").sort_values("baseline", kind="stable")


def paper_table(inputs: ReportInputs, results: Results) -> Table:
    """Every value of Tables 1 to 6 and 8 of the paper beside ours."""
    slug, title = "paper-values", "The paper's values beside ours"
    if inputs.paper is None:
        return absent_table(slug, title, NOT_ASKED)
    parts = [
        part
        for part in (
            _corpus(inputs), _rows_and_labels(inputs), _sizes(inputs), _quantities(inputs, results),
            _scores(inputs, results),
        ) if len(part)
    ]  # fmt: skip
    if not parts:
        return absent_table(slug, title, "No task here is of a kind that the paper has.")
    raw = pd.concat(parts, ignore_index=True)
    rows = [
        row(f"Table {found.table}", found.what, found.language, _number(found.paper, found), _number(found.here, found))
        for found in records(raw)
    ]
    return Table(
        slug,
        title,
        COLUMNS,
        tuple(rows),
        headings=3,
        groups=1,
        raw=raw,
        notes=(
            "Tables 1: GB of text; 2 to 4: rows; 5: millions of parameters, and milliseconds a text in batches of 1 "
            "where they are measured, whose machine and texts are others than the paper's; 6: scores from 0 to 1, the "
            "quantities in order; 8: percent. Table 7 is not here: our sentences are others, and so are all distances.",
            "Binary tasks stand beside the paper's conversational commerce (CC), multi-label tasks beside its "
            "technical discussions (TD).",
        ),
    )


def roles(inputs: ReportInputs) -> dict[tuple[str, str], str]:
    """(task, encoder of ours) -> the paper's encoder that it stands beside. Of several adapted ones, the first."""
    kinds = dict(zip(inputs.expected_cells["task"], inputs.expected_cells["task"], strict=True))
    for frame in (inputs.scores, inputs.splits):
        kinds |= dict(zip(frame["task"], frame["kind"], strict=True))
    found = {}
    for task, encoders in inputs.task_encoders.items():
        domain = DOMAINS.get(kinds.get(task, ""))
        adapted = [name for name in encoders if name not in inputs.baselines]
        if domain is None or not adapted:
            continue
        found[task, adapted[0]] = ADAPTED[domain]
        teacher = inputs.teachers.get(adapted[0])
        others = [name for name in inputs.baselines if name != teacher]
        if teacher in inputs.baselines:
            found[task, str(teacher)] = TEACHER
        if others:
            found[task, others[0]] = STUDENT
    return found


def _gains_by_role(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    cells = _cells_by_role(inputs, results)
    pairs = paired_cells(cells, [STUDENT, TEACHER])
    # A ratio to a baseline that fails says nothing of the gain, and a mean without it is another one.
    failed = pairs.loc[(pairs["metric"] == "f1") & (pairs["baseline_mean"] < RATIO_FLOOR), "baseline"].unique()
    found = gains(pairs)
    found.loc[found["baseline"].isin(list(failed)), "relative"] = np.nan
    return found[found["metric"] == "f1"].drop(columns="metric")


def _cells_by_role(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    """Our cells under the paper's names of domain and encoder."""
    names = roles(inputs)
    cells = results.table_cells[["task", "language", "encoder", "weights", "metric", "mean"]]
    keys = list(zip(cells["task"], cells["encoder"], strict=True))
    domains = {task: encoder for (task, _), encoder in names.items() if encoder in ADAPTED.values()}
    short = {encoder: domain for domain, encoder in ADAPTED.items()}
    encoders = pd.Series([names.get(key) for key in keys], index=cells.index, dtype=object)
    tasks = pd.Series([short.get(domains.get(task, "")) for task, _ in keys], index=cells.index, dtype=object)
    renamed = cells.assign(encoder=encoders, task=tasks)
    return renamed.dropna(subset=["encoder", "task"]).drop_duplicates(
        ["task", "language", "encoder", "weights", "metric"]
    )


def _scores(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    keys = ["task", "language", "encoder", "weights", "metric"]
    ours = _cells_by_role(inputs, results)
    both = published_cells().merge(ours, on=keys, how="left", suffixes=("_paper", "_here"))
    both = both[both["task"].isin(ours["task"])]
    what = both["task"].str.upper() + " " + both["metric"] + ", " + both["weights"] + ", " + both["encoder"]
    return _frame(8, what, both["language"], both["mean_paper"], both["mean_here"])


def _corpus(inputs: ReportInputs) -> pd.DataFrame:
    ours = {encoder: name for (_, name), encoder in roles(inputs).items() if encoder in ADAPTED.values()}
    wide = published(1)[published(1)["encoder"].isin(list(ours))]
    table = wide.melt("encoder", var_name="language", value_name="paper")
    amounts = inputs.corpora.groupby(["encoder", "language"])["bytes"].sum()
    totals = inputs.corpora.groupby("encoder")["bytes"].sum()
    names = [ours[encoder] for encoder in table["encoder"]]
    here = [
        totals.get(name) if language == "total" else amounts.get((name, language))
        for name, language in zip(names, table["language"], strict=True)
    ]
    gigabytes = [None if size is None else size / 1e9 for size in here]
    return _frame(1, table["encoder"], table["language"], table["paper"], gigabytes)


def _rows_and_labels(inputs: ReportInputs) -> pd.DataFrame:
    domains = {task: encoder for (task, _), encoder in roles(inputs).items() if encoder in ADAPTED.values()}
    parts = []
    for domain, encoder in ADAPTED.items():
        tasks = [task for task, own in domains.items() if own == encoder]
        if not tasks:
            continue
        labels = inputs.labels[inputs.labels["task"].isin(tasks) & (inputs.labels["split"] == "test")]
        by_label = labels.groupby(["label", "language"])["rows"].sum()
        if domain == "cc":
            splits = inputs.splits[inputs.splits["task"].isin(tasks)]
            splits = splits.assign(origin=splits["origin"].replace("", "natural"))
            amounts = splits.groupby(["split", "origin", "language"])["rows"].sum()
            table = published(2).melt(["split", "origin"], var_name="language", value_name="paper").dropna()
            here = [amounts.get((found.split, found.origin, found.language)) for found in records(table)]
            parts.append(_frame(2, table["split"] + ", " + table["origin"], table["language"], table["paper"], here))
            number, key = 3, "label"
        else:
            number, key = 4, "tag"
        table = published(number).melt(key, var_name="language", value_name="paper")
        here = [by_label.get((name, language)) for name, language in zip(table[key], table["language"], strict=True)]
        parts.append(_frame(number, table[key], table["language"], table["paper"], here))
    return pd.concat(parts) if parts else _frame(2, [], [], [], [])


def _sizes(inputs: ReportInputs) -> pd.DataFrame:
    parameters = dict(zip(inputs.encoders["encoder"], inputs.encoders["parameters"], strict=True))
    names = {encoder: name for (_, name), encoder in roles(inputs).items()}
    ours: dict[str, float | None] = {encoder: parameters.get(name) for encoder, name in names.items()}
    table = published(5)[published(5)["encoder"].isin(list(ours))]
    here = [np.nan if (known := ours[name]) is None else known / 1e6 for name in table["encoder"]]
    sizes = _frame(5, table["encoder"], "", table["parameters_millions"], here)
    latency = first_latencies(inputs)
    times = latency[latency["batch"] == 1].set_index("encoder")["median"].to_dict()
    if not times:
        return sizes
    here = [times.get(names[name], np.nan) for name in table["encoder"]]
    what = table["encoder"] + ", milliseconds"
    return pd.concat([sizes, _frame(5, what, "", table["latency_ms_single_thread_batch1"], here)])


def _quantities(inputs: ReportInputs, results: Results) -> pd.DataFrame:
    """In order: the smallest quantity beside the paper's smallest, and so on; both baselines by their role."""
    if inputs.sweep is None:
        return _frame(6, [], [], [], [])
    sweep, means = inputs.sweep, sweep_cells(inputs, results).set_index(["encoder", "metric"])["mean"].to_dict()
    names = {encoder: name for (task, name), encoder in roles(inputs).items() if task == sweep.task}
    theirs = [name for name in published(6)["encoder"] if name.startswith("TD")]
    names |= dict(zip(theirs, (name for _, name in sweep.quantities), strict=False))
    table = published(6).melt("encoder", var_name="metric", value_name="paper")
    table = table[table["encoder"].isin(list(names))]
    here = [means.get((names[found.encoder], found.metric)) for found in records(table)]
    what = [f"{found.metric}, {found.encoder} beside {names[found.encoder]}" for found in records(table)]
    return _frame(6, what, sweep.language, table["paper"], here)


def _frame(number: int, what: object, language: object, paper: object, here: object) -> pd.DataFrame:
    found = pd.DataFrame({"what": list(what)})  # type: ignore[call-overload]
    values = {"language": language, "paper": paper, "here": here}
    for name, column in values.items():
        found[name] = column if isinstance(column, str) else list(column)  # type: ignore[call-overload]
    found = found.astype({"paper": float, "here": float})
    return found.assign(table=number)[list(COLUMNS)]


def _number(value: float, found: "pd.Series") -> str:
    if pd.isna(value):
        return MISSING
    if found.table == 8:
        return percent(value)
    if found.table in (2, 3, 4):
        return count(value)
    return decimal(value, 3) if found.table == 6 else f"{value:.3g}"
