"""Tables 2 to 4: rows per split and per label of every task."""

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.tables.table import Table, absent_table, first_appearance, in_order, records, row
from raykd.report.text.numbers import count

SPLITS = ("train", "validation", "test")


ORIGINS = {"natural": "N", "translated": "T", "": "all"}


def split_table(inputs: ReportInputs) -> Table:
    """Table 2: rows per split and origin of every task."""
    slug, title, splits = "table2-splits", "Rows per split of each task", inputs.splits
    if splits.empty:
        return absent_table(slug, title, "No task has been prepared.", 2)
    languages = in_order(splits["language"], inputs.languages)
    rows = []
    for task, own in splits.groupby("task", sort=False):
        if own["origin"].any():  # beside rows of another origin, those that name none are the natural ones
            own = own.assign(origin=own["origin"].replace("", "natural"))
        others = sorted(set(own["origin"]) - set(ORIGINS))
        for split in in_order(own["split"], SPLITS):
            for origin in in_order(own["origin"], (*ORIGINS, *others)):
                chosen = own[(own["split"] == split) & (own["origin"] == origin)]
                amounts = chosen.groupby("language")["rows"].sum()
                if amounts.sum():
                    rows.append(row(str(task), split, ORIGINS.get(origin, origin), *_counts(amounts, languages)))
    translated = splits[(splits["origin"] == "translated") & (splits["rows"] > 0)]
    notes = ["N: natural; T: machine-translated."] if len(translated) else []
    if (translated["split"] == "test").any():
        notes.append("Some test rows are translated: scores on them are not scores on natural text.")
    elif len(translated):
        notes.append("No test row is translated.")
    return Table(
        slug,
        title,
        ("task", "split", "origin", *languages),
        tuple(rows),
        headings=3,
        groups=1,
        raw=splits.reset_index(drop=True),
        number=2,
        notes=tuple(notes),
    )


def binary_label_table(inputs: ReportInputs) -> Table:
    """Table 3: test rows per label of the binary tasks."""
    positive = {
        task: f"The scores of {task} are those of the label “{label}”." for task, label in inputs.positive.items()
    }
    return _label_table(inputs, 3, "table3-binary-labels", "Test rows per label, binary tasks", ("binary",), positive)


def label_table(inputs: ReportInputs) -> Table:
    """Table 4: test rows per label of the tasks with more labels."""
    title, kinds = "Test rows per label, tasks with more than two labels", ("multi-label", "multi-class")
    several = dict.fromkeys(
        inputs.labels.loc[inputs.labels["kind"] == "multi-label", "task"],
        "A row of a multi-label task can have several labels, so the labels can add up to more than the rows.",
    )
    return _label_table(inputs, 4, "table4-labels", title, kinds, several)


def _label_table(
    inputs: ReportInputs, number: int, slug: str, title: str, kinds: tuple[str, ...], notes: dict[str, str]
) -> Table:
    labels = inputs.labels[inputs.labels["kind"].isin(kinds) & (inputs.labels["split"] == "test")]
    if labels.empty:
        return absent_table(slug, title, f"No {' or '.join(kinds)} task has test rows.", number)
    languages = in_order(labels["language"], inputs.languages)
    rows = [
        row(str(task), str(label), *_counts(own.groupby("language")["rows"].sum(), languages))
        for (task, label), own in labels.groupby(["task", "label"], sort=False)
    ]
    shown = dict.fromkeys(notes[task] for task in labels["task"].unique() if task in notes)
    return Table(
        slug,
        title,
        ("task", "label", *languages),
        tuple(rows),
        headings=2,
        groups=1,
        raw=labels.reset_index(drop=True),
        number=number,
        notes=tuple(shown),
    )


def _counts(amounts: pd.Series, languages: list[str]) -> list[str]:
    """One cell per language; a language that the task lacks is a dash, not a zero."""
    return [count(amounts.get(language)) for language in languages]


def left_out_table(inputs: ReportInputs) -> Table:
    """What preparing the tasks and corpora counted and left out, by reason."""
    slug, title, found = "rows-left-out", "Rows left out, by reason", inputs.rows_left_out
    if found.empty:
        return absent_table(slug, title, "Nothing was counted that did not become a row.")
    ordered = found.sort_values(["where", "fact"], kind="stable", key=first_appearance)
    rows = [
        row(own.where, own.fact.replace("_", " "), own.what or "in all", count(own.number)) for own in records(ordered)
    ]
    return Table(
        slug,
        title,
        ("where", "reason", "of", "rows"),
        tuple(rows),
        headings=3,
        groups=1,
        raw=ordered.reset_index(drop=True),
        notes=("Reasons are the stages' own names for them, as in their manifests.",),
    )
