"""What the run cost: every stage, its time and where its result lies."""

from collections.abc import Sequence

import pandas as pd

from raykd.report.inputs import ReportInputs
from raykd.report.tables.table import Table, TableCell, absent_table, records, row
from raykd.report.text.numbers import MISSING, count, duration
from raykd.statistics.design import Change, design_changes


def stage_table(inputs: ReportInputs) -> Table:
    """Time, directory and hash of every stage; hashes in full are in the CSV."""
    slug, title, stages = "stages", "Time per stage, and where its result lies", inputs.stages
    if stages.empty:
        return absent_table(slug, title, "No stage has finished.")
    rows = [
        row(
            found.stage,
            found.name,
            found.directory,
            found.hash[:12],
            TableCell(duration(found.seconds), value=found.seconds),
        )
        for found in records(stages)
    ]
    seconds = stages.groupby("stage", sort=False)["seconds"].sum().to_dict()
    parts = ", ".join(f"{stage} {duration(spent)}" for stage, spent in seconds.items())
    return Table(
        slug,
        title,
        ("stage", "name", "directory", "hash", "time"),
        tuple(rows),
        headings=4,
        groups=1,
        raw=stages.reset_index(drop=True),
        notes=(
            f"In total {duration(sum(seconds.values()))}: {parts}. What was done before and reused counts as well.",
        ),
    )


def planned_test_table(inputs: ReportInputs) -> Table:
    """What the experiment was to test, when that was written down, and what was changed later."""
    slug, title, planned = "planned-tests", "What was to be tested, and when it was written down", inputs.planned_tests
    if planned is None:
        return absent_table(slug, title, "Nothing was written down before the first score.")
    rows = []
    for place, revision in enumerate(planned.revisions):
        design = revision.design
        if place:
            what = _changed(design_changes(planned.revisions[place - 1].design, design))
        else:
            effect = design.smallest_effect
            smallest = "not declared" if effect is None else f"{100 * effect:g} points"
            what = (
                f"primary baseline {design.primary}, baselines {', '.join(design.baselines)}, {design.seeds} "
                f"classifier seeds, smallest effect of interest {smallest}"
            )
        rows.append((revision.date, count(revision.scored), count(len(design.cells)), what))
    if inputs.design and (changes := planned.unwritten_changes(inputs.design)):
        rows.append(("now, not written down", MISSING, count(len(inputs.design.cells)), _changed(changes)))
    return Table(
        slug,
        title,
        ("date (UTC)", "cells with scores by then", "cells planned", "what"),
        tuple(row(*own) for own in rows),
        headings=4,
        raw=pd.DataFrame(rows, columns=["date", "scored", "planned", "what"]),
    )


def _changed(changes: Sequence[Change]) -> str:
    return "; ".join(f"{change.what}: {change.frozen} became {change.now}" for change in changes)
