"""Findings as lines of a table: what is shown of a file is names of columns, labels and numbers, never its text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from raykd.corpus.values import shown_value
from raykd.inspection.columns import LONGEST_LABEL
from raykd.inspection.findings import MIXED, Findings, Labels
from raykd.inspection.task import MOST_LABELS, TaskChoice, choose_task

SHOWN = 8  # labels and columns


def findings_lines(findings: Findings) -> list[str]:
    """Two columns: what, and what was seen of it."""
    rows = [*_file(findings), *_columns(findings), *_texts(findings), *_task(findings)]
    width = max(len(what) for what, _ in rows)
    return [f"{what:{width}}  {seen}".rstrip() for what, seen in rows]


def _file(findings: Findings) -> list[tuple[str, str]]:
    file = findings.file
    form = [file.suffix.removeprefix("."), file.encoding or ("" if file.suffix == ".parquet" else "UTF-8")]
    form += [f"values separated by {file.delimiter!r}"] if file.delimiter else []
    files = f"{file.files:,} files, " if file.files > 1 else ""
    rows = [(file.path, f"{files}{_size(file.bytes)}: {', '.join(filter(None, form))}")]
    looked = "" if findings.whole else ", the first of the file: more were not looked at"
    rows.append(("rows", f"{findings.rows:,} with text{looked}"))
    if findings.rejected:
        rows.append(("", f"{findings.rejected:,} cannot be read; the first: {findings.first_rejected}"))
    return rows


def _columns(findings: Findings) -> list[tuple[str, str]]:
    named = [column for column in findings.columns if column.role]
    others = [column.name for column in findings.columns if not column.role]
    rows = [
        (column.role, f"{shown_value(column.name)}: {column.distinct:,} values in {column.filled:,} rows")
        for column in named[: SHOWN * 2]
    ]
    if others:
        rows.append(("not used", _some(others)))
    return rows


def _texts(findings: Findings) -> list[tuple[str, str]]:
    languages = findings.languages
    rows = [("characters", f"{findings.median:,} in the median, {findings.long:,} or fewer in 95 of 100 texts")]
    if languages.found:
        told = f"detected: {_counts(languages.found)}, {languages.untold:,} too short or unclear to tell"
        rows.append(("languages", f"{told}{'; taken together' if MIXED in languages.rows else ''}"))
    else:
        rows.append(("languages", _counts(languages.rows)))
    if languages.unknown:
        named = {name or "(empty)": count for name, count in languages.unknown.items()}
        rows.append(("", f"left out, rows in no known language: {_counts(named)}"))
    conflicts = f", {findings.conflicts:,} texts with several labels" if findings.conflicts else ""
    rows.append(("duplicates", f"{findings.copies:,} rows with the text of another{conflicts}"))
    if findings.group:
        rows.append(("groups", f"{findings.groups:,}"))
    seen = _counts(findings.personal) if findings.personal else "none"
    rows.append(("personal data", f"{seen} in {findings.private_texts:,} texts; masked in all that is stored"))
    return rows


def _task(findings: Findings) -> list[tuple[str, str]]:
    labels, task = findings.labels, choose_task(findings)
    rows = [("labels", _counts(labels.counts) + _balance(labels))] if labels else []
    if labels and labels.unlabelled:
        rows.append(("", f"{labels.unlabelled:,} rows without"))
    if labels and (alike := _alike(labels.counts)):
        rows.append(("", f"taken for several labels; write them alike if they are one: {'; '.join(alike)}"))
    if isinstance(task, TaskChoice):
        rows.append(("task", f"{task.kind}, {len(task.labels)} labels, in {', '.join(task.languages)}"))
        left = [f"labels with too few rows: {_some(task.rare)}"] if task.rare else []
        left += [f"labels beyond the {MOST_LABELS} most frequent: {_some(task.beyond)}"] if task.beyond else []
        left += [f"languages with too few: {', '.join(task.left_out)}"] if task.left_out else []
        return rows + [("", f"left out, {one}") for one in left]
    return [*rows, ("task", f"none: {task}{_candidates(findings)}")]


def _alike(names: Iterable[str]) -> list[str]:
    """The first few that a reader would take for one: `Order and order`."""
    groups = dict[str, list[str]]()
    for name in names:
        groups.setdefault(re.sub(r"[\s_-]+", " ", name).strip().casefold(), []).append(name)
    several = [group for group in groups.values() if len(group) > 1]
    return [" and ".join(shown_value(name, LONGEST_LABEL) for name in group) for group in several[:SHOWN]]


def _balance(labels: Labels) -> str:
    counts = list(labels.counts.values())
    return f" (the most frequent has {counts[0] / counts[-1]:.1f} times the rows of the rarest)" if counts[1:] else ""


def _candidates(findings: Findings) -> str:
    if not findings.candidates:
        return ""
    return f"; columns that may be labels: {_some(findings.candidates)} (call one `label`, or write the task by hand)"


def _counts(counts: Mapping[str, int]) -> str:
    shown = [f"{shown_value(name, LONGEST_LABEL)} {count:,}" for name, count in list(counts.items())[:SHOWN]]
    return ", ".join(shown) + (f" and {len(counts) - SHOWN:,} more" if len(counts) > SHOWN else "")


def _some(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return ", ".join(shown_value(name, LONGEST_LABEL) for name in names[:SHOWN]) + more


def _size(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e6 else f"{count / 1e3:,.1f} kB"
