"""A task's splits on storage: tasks/<task>-<hash8>/language=<l>/{train,validation,test}.parquet."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from raykd.artifacts import Result, ResultStore
from raykd.config import Cleaning, Sizes, Source, Task
from raykd.corpus.documents import each, unit_documents, units_of
from raykd.corpus.readers import Unit, source_name
from raykd.corpus.resume import Say
from raykd.corpus.unpack import unpack
from raykd.corpus.values import LISTED, Expected, Tally, check_filters, left_out, shown, shown_by_file, truth_matrix
from raykd.errors import InputError
from raykd.tasks.candidates import (
    DRAWN_BY,
    LEFT_OUT,
    NATURAL,
    Candidates,
    needs_all_rows,
    select_candidates,
    unit_counts,
)
from raykd.tasks.draw_splits import Counts, ready_splits, split_rows
from raykd.tasks.stratification import carve, stratified_splits

SPLIT = pa.schema(
    [
        ("doc_id", pa.string()),
        ("text", pa.string()),
        ("labels", pa.list_(pa.string())),  # the task's only, in its order
        ("unknown", pa.list_(pa.string())),  # those that the row may have or not: neither loss nor scores count them
        ("group", pa.string()),
        ("origin", pa.string()),
    ]
)


def prepare_task(
    store: ResultStore,
    result: Result,
    name: str,
    task: Task,
    languages: Sequence[str],
    seed: int,
    cleaning: Cleaning = Cleaning(),
    say: Say = print,
) -> None:
    """Read the task's sources with Ray Data, split each language and write the splits (SPLIT, in random order).

    seed: of the choice of rows; say: takes lines on how far the work is.
    Raises InputError for a language without rows, a label that no row has, sizes that the data cannot give, more rows
    than `rejected_share` allows that are unreadable or have another one's id, and more than `unmatched_share` whose
    labels, or what a source chooses them by, match nothing in the config.

    The manifest's facts: `counts`, by language the rows that were read and what became of all of them (split, or reason
    for being left out); rows by language, split and origin; labels by language and split, with the rows that may have
    one or not; groups by language and split; `outside`, the labels outside the task's by file, and `filtered`, the
    values by which sources left rows out; `masked`, personal data by language, source and kind; `conflicts`, by
    language the texts with several labels; languages that got half of the sizes; `carved`, by language the validation
    rows taken from train; and, by language, texts that two ready splits held.
    """
    started = time.time()
    store.storage.remove(result.directory)
    sources = [source for source in task.sources if not set(languages).isdisjoint(source.languages)]
    unpacked = unpack(store.storage, units_of(sources), f"task {name}", say, cleaning)
    candidates = read_candidates(task, unpacked.units, seed, cleaning)
    check_rows(name, task, candidates)
    facts: dict[str, Any] = {
        "read": candidates.read,
        "rejected": candidates.count("rejected"),
        "counts": {},
        "rows": [],
        "labels": [],
        "groups": {},
        "halved": [],
        "carved": {},
        "conflicts": {},
        "outside": _listed(candidates.outside),
        "suspect": _listed(candidates.suspect),
        "filtered": left_out(task.sources, candidates.filters),
        "masked": masked_facts(task, candidates),
        "kept": task.duplicates == "keep",
        "across_splits": {} if task.sizes else {one: candidates.across_splits(one) for one in languages},
    }
    for language in languages:
        try:
            rows = candidate_rows(task, candidates, language)
            splits, notes = split_task(task, rows, language)
        except InputError as error:
            raise InputError(f"tasks.{name}: {language}: {error}") from error
        if task.across_splits == "error" and (texts := facts["across_splits"].get(language)):
            raise InputError(
                f"tasks.{name}: {language}: texts that stand in two of its splits: {texts:,}; take them out of one, "
                "or only count them, with across_splits: count"
            )
        facts["halved"] += [language] if notes.get("halved") else []
        facts["carved"] |= {language: notes["carved"]} if "carved" in notes else {}
        facts["conflicts"] |= {language: candidates.conflicts[language]} if candidates.conflicts.get(language) else {}
        facts["counts"][language] = row_counts(task, candidates, language, len(rows), splits)
        for split, part in splits.items():
            table = pa.Table.from_pandas(part[SPLIT.names], SPLIT, preserve_index=False)
            store.storage.write_table(f"{result.directory}/language={language}/{split}.parquet", table)
            _add_facts(facts, task, language, split, part)
    store.complete(result, facts, started, unpacked.seconds + candidates.seconds)


def read_candidates(task: Task, units: Sequence[Unit], seed: int, cleaning: Cleaning) -> Candidates:
    """The rows of units that splits can take, and counts of all others."""
    candidates = Candidates(task)

    def read(unit: Unit) -> Iterator[pa.Table]:
        yield from unit_candidates(unit, task, seed, cleaning)

    for block in each(units, read).iter_batches(batch_format="pyarrow", batch_size=None):
        candidates.add(block)
    return candidates


def unit_candidates(unit: Unit, task: Task, seed: int, cleaning: Cleaning) -> Iterator[pa.Table]:
    """Tables of candidates.SELECTED."""
    began, tally, masked = time.perf_counter(), Tally(), Counter[tuple[str, str]]()
    for documents in unit_documents(unit, seed, cleaning, tally=tally, masked=masked):
        yield select_candidates(documents, task, seed)
    source: Source = unit.source
    yield unit_counts(task.sources.index(source), unit.path, tally, masked, time.perf_counter() - began)


def check_rows(name: str, task: Task, candidates: Candidates) -> None:
    """Raises InputError for too many rows that cannot be used, or that match nothing in the config."""
    read, rejected = candidates.read, candidates.count("rejected")
    if rejected > task.rejected_share * read:
        raise InputError(
            f"tasks.{name}: {rejected} of {read} rows cannot be used, more than rejected_share "
            f"{task.rejected_share:g} allows; the first is {candidates.first_rejected}; mend them or their source, or "
            "raise it"
        )
    check_filters(f"tasks.{name}.sources", task.sources, candidates.filters, task.unmatched_share)
    if candidates.unmatched > task.unmatched_share * (read - rejected):
        raise InputError(f"tasks.{name}: {unmatched_line(task, candidates)}")


def unmatched_line(task: Task, candidates: Candidates) -> str:
    """How many rows have labels that match none of the task's, which, where, and what to write."""
    read, rows = candidates.read - candidates.count("rejected"), candidates.unmatched
    expected = Expected(task.labels)
    joined = Counter({one: count for one, count in candidates.suspect.items() if expected.joined(one[1])})
    if 2 * joined.total() > candidates.suspect.total():
        return (
            f"{joined.total():,} of {read:,} rows seem to have several labels in one cell: {shown_by_file(joined)}; "
            "say in the source what stands between them (separator: '|'), or write them as a list"
        )
    values = candidates.suspect if task.kind == "multi-label" else candidates.outside | candidates.suspect
    return (
        f"{rows:,} of {read:,} rows have labels outside the task: {shown_by_file(values)}; it has "
        f"{', '.join(task.labels)}; mend one or the other, leave them out with the source's `where`, or raise "
        f"unmatched_share {task.unmatched_share:g}"
    )


def candidate_rows(task: Task, candidates: Candidates, language: str) -> pd.DataFrame:
    """What the splits of a language take their rows from. Raises InputError where a label, or all rows, are missing."""
    if not candidates.read_of(language):
        where = f"{_paths(task, language)}{_codes_met(task, candidates, language)}"
        raise InputError(f"no rows in {where}; give some, or leave the language out of the task's `languages`")
    rows = candidates.of_language(language)
    carrying = Counter(label for labels in rows["labels"] for label in labels)
    for label in task.labels:
        if not carrying[label]:
            there = dict(carrying) | {f"{value} (outside the task)": n for (_, value), n in candidates.outside.items()}
            if not there:
                raise InputError(f"no row has any label; name the column that holds them in {_paths(task, language)}")
            raise InputError(
                f"no row has the label {label!r}; there are: {shown(there)}{_files(candidates)}; mend the task's "
                "`labels`, or give rows of this one"
            )
    return rows


def _paths(task: Task, language: str) -> str:
    return ", ".join(source.path for source in task.sources if language in source.languages) or "any source"


def _codes_met(task: Task, candidates: Candidates, language: str) -> str:
    met = {(one.file, one.value): count for one, count in candidates.filters.items()}
    return f" with a value that is read; there are: {shown_by_file(met)}" if met else ""


def _files(candidates: Candidates) -> str:
    files = sorted({file for file, _ in candidates.outside})
    return f" (outside ones in {', '.join(files[:3])})" if files else ""


def split_task(task: Task, rows: pd.DataFrame, language: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The rows of each split, and what there is to say of them: halved, carved."""
    truth, notes = truth_matrix(rows["labels"], task.labels), dict[str, Any]()
    if not task.sizes:
        split = rows["split"].to_numpy()
        if not (split == "validation").any():
            split = carve(truth, rows["text"].to_numpy(), split, task.validation_share)
            notes["carved"] = int((split == "validation").sum())
        splits = ready_splits(task.labels, truth, split)
    else:
        counts = Counts.of(task.sizes.of(language), len(rows))
        try:
            splits = _by_sizes(task.labels, truth, rows, task.sizes, counts)
        except InputError as error:
            if task.sizes.smaller == "error":
                raise
            notes["halved"] = True
            splits = _by_half(task.labels, truth, rows, task.sizes, counts.half, error)
    return {split: rows.iloc[splits[split]] for split in ("train", "validation", "test")}, notes


def _by_half(
    labels: Sequence[str], truth: np.ndarray, rows: pd.DataFrame, sizes: Sizes, half: Counts, whole: InputError
) -> dict[str, np.ndarray]:
    try:
        return _by_sizes(labels, truth, rows, sizes, half)
    except InputError as error:
        raise InputError(f"{whole}; nor does half of all sizes do: {error}") from error


def _by_sizes(
    labels: Sequence[str], truth: np.ndarray, rows: pd.DataFrame, sizes: Sizes, counts: Counts
) -> dict[str, np.ndarray]:
    natural = rows["origin"].isin(NATURAL).to_numpy()
    if not (sizes.stratified or sizes.whole_groups):
        orders = {split: np.argsort(rows[key].to_numpy(), kind="stable") for split, key in DRAWN_BY.items()}
        return split_rows(labels, truth, natural, orders, counts)
    # A row that names no group is one of its own.
    units = np.arange(len(rows)).astype(str)
    if sizes.whole_groups:
        units = np.where(rows["group"] == "", units, "group " + rows["group"])
    return stratified_splits(labels, truth, natural, np.unique(units, return_inverse=True)[1], counts)


def row_counts(
    task: Task, candidates: Candidates, language: str, rows: int, splits: Mapping[str, pd.DataFrame]
) -> dict[str, int]:
    """What became of every row that was read of a language: the split that it is in, or why it is in none.

    "not drawn" holds copies too, where not all rows are needed: there they are not told apart.
    """
    counts = {"read": candidates.read_of(language)} | {split: len(part) for split, part in splits.items()}
    counts |= {reason: candidates.count(reason, language) for reason in LEFT_OUT}
    usable, drawn = candidates.count("", language), sum(len(part) for part in splits.values())
    counts["copies"] = usable - rows if needs_all_rows(task) else 0
    counts["not drawn"] = usable - counts["copies"] - drawn
    return counts


def masked_facts(task: Task, candidates: Candidates) -> list[dict[str, Any]]:
    """Values of personal data that were masked in all rows read: language, source, kind, values."""
    found: Counter[tuple[str, str, str]] = Counter()
    for (language, kind, source), count in candidates.masked.items():
        found[language, source_name(task.sources[source]), kind] += count
    names = ("language", "source", "kind")
    return [dict(zip(names, key, strict=True)) | {"values": count} for key, count in sorted(found.items())]


def _listed(values: Counter[tuple[str, str]]) -> list[dict[str, Any]]:
    ordered = sorted(values.items(), key=lambda item: (-item[1], item[0]))[:LISTED]
    return [{"file": file, "value": value, "rows": count} for (file, value), count in ordered]


def _add_facts(facts: dict[str, Any], task: Task, language: str, split: str, rows: pd.DataFrame) -> None:
    place = {"language": language, "split": split}
    for origin, count in rows["origin"].value_counts().sort_index().items():
        facts["rows"].append({**place, "origin": origin, "rows": int(count)})
    carrying = rows["labels"].explode().value_counts()
    unknown = rows["unknown"].explode().value_counts()
    for label in task.labels:
        counts = {"rows": int(carrying.get(label, 0)), "unknown": int(unknown.get(label, 0))}
        facts["labels"].append({**place, "label": label, **counts})
    groups = rows["group"].value_counts().sort_index()
    facts["groups"].setdefault(language, {})[split] = {group: int(count) for group, count in groups.items()}
