"""What became of a task's rows, in lines for the job's output and the report. Pure: from a manifest's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from raykd.corpus.values import filter_lines, shown_by_file

REASONS = {
    "rejected": "cannot be read",
    "empty": "without text",
    "unlabelled": "without a label",
    "outside": "with labels outside the task alone",
    "copies": "copies of another row",
    "not drawn": "not drawn",
}


def account_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """A line for each thing that a reader of the scores should know of the rows. facts: of `prepare.prepare_task`."""
    for language, counts in facts["counts"].items():
        left_out = ", ".join(f"{counts[reason]:,} {what}" for reason, what in REASONS.items() if counts[reason])
        drawn = sum(counts[split] for split in ("train", "validation", "test"))
        yield f"{drawn:,} of {counts['read']:,} rows of {language} are in the splits" + (
            f" (left out: {left_out})" if left_out else ""
        )
    read = sum(counts["read"] for counts in facts["counts"].values())
    for name, what in (
        ("outside", "rows have labels outside the task"),
        ("suspect", "rows have labels that differ by case from the task's, or look like several in one"),
    ):
        if rows := facts[name]:
            # A row may have several; where those without labels belong to the task, none is left out for it.
            alone = sum(counts["outside"] for counts in facts["counts"].values()) if name == "outside" else 0
            yield f"{alone or sum(row['rows'] for row in rows):,} of {read:,} {what}: {_values(rows)}"
    yield from filter_lines(facts["filtered"])
    for language, found in facts["conflicts"].items():
        if found["texts"]:
            yield (
                f"{found['texts']:,} texts of {language} stand under several labels; each has its most frequent one, "
                f"{found['rows']:,} rows gave way"
                + (f"; {found['ties']:,} were tied, and go by the order of the task's labels" if found["ties"] else "")
            )
    for language in facts["halved"]:
        yield f"{language} has too little for sizes and gets half of them"
    for language, rows in facts["carved"].items():
        yield f"{language} has no validation rows of its own: {rows:,} rows of train are validation now"
    for language, count in facts["across_splits"].items():
        if count:
            yield f"{count:,} texts of {language} stand in two splits" + (
                "" if facts["kept"] else ", and are in one now, test first"
            )


def _values(rows: list[dict[str, Any]]) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counts[row["file"], row["value"]] += row["rows"]
    return shown_by_file(counts)


def masked_lines(facts: Mapping[str, Any]) -> Iterator[str]:
    """How many values of personal data were masked, a line a language; those of all rows read, drawn or not."""
    by_language: dict[str, Counter[str]] = {}
    for row in facts.get("masked", ()):
        by_language.setdefault(row["language"], Counter())[row["kind"]] += row["values"]
    for language, counts in by_language.items():
        yield f"{language}: masked: {', '.join(f'{count:,} {kind}' for kind, count in sorted(counts.items()))}"
