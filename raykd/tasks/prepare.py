"""A task's splits on storage: tasks/<task>-<hash8>/language=<l>/{train,validation,test}.parquet."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from raykd.artifacts import Result, ResultStore
from raykd.config import Cleaning, Sizes, Task
from raykd.corpus.documents import read_documents
from raykd.errors import InputError
from raykd.tasks.candidates import DRAWN_BY, NATURAL, Candidates, needs_all_rows, select_candidates
from raykd.tasks.splits import Counts, ready_splits, split_rows
from raykd.tasks.stratification import stratified_splits

VERSION = 3

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
) -> None:
    """Read the task's sources with Ray Data, split each language and write the splits (SPLIT, in random order).

    seed: of the choice of rows. Raises InputError for a language without rows, a label that no row has, sizes that the
    data cannot give and more rows than `rejected_share` allows that are unreadable or have another one's id.

    The manifest's facts: rows by language, split and origin; labels by language and split, with the rows that may have
    one or not; groups by language and split; languages that got half of the sizes; by language, texts that two ready
    splits held and, where all rows count, copies: rows that were left out as their text or id stands in another one.
    """
    started = time.time()
    store.storage.remove(result.directory)
    candidates = Candidates(task)
    sources = [source for source in task.sources if not set(languages).isdisjoint(source.languages)]
    documents = read_documents(sources, seed=seed, cleaning=cleaning)
    selected = documents.map_batches(
        partial(select_candidates, task=task, seed=seed), batch_format="pyarrow", batch_size=None
    )
    for block in selected.iter_batches(batch_format="pyarrow", batch_size=None):
        candidates.add(block)
    _check_rejected(name, task, candidates)

    counts = {"read": candidates.read.total(), "rejected": candidates.rejected}
    facts: dict[str, Any] = {**counts, "rows": [], "labels": [], "groups": {}, "halved": [], "copies": {}}
    facts["across_splits"] = {} if task.sizes else {lang: candidates.across_splits(lang) for lang in languages}
    for language in languages:
        try:
            rows = _rows(task, candidates, language)
            splits, halved = _split(task, rows, language)
        except InputError as error:
            raise InputError(f"tasks.{name}: {language}: {error}") from error
        if needs_all_rows(task):
            facts["copies"][language] = candidates.usable[language] - len(rows)
        facts["halved"] += [language] if halved else []
        for split, part in splits.items():
            table = pa.Table.from_pandas(part[SPLIT.names], SPLIT, preserve_index=False)
            store.storage.write_table(f"{result.directory}/language={language}/{split}.parquet", table)
            _add_facts(facts, task, language, split, part)
    store.complete(result, facts, started)


def _check_rejected(name: str, task: Task, candidates: Candidates) -> None:
    read = candidates.read.total()
    if candidates.rejected > task.rejected_share * read:
        raise InputError(
            f"tasks.{name}: {candidates.rejected} of {read} rows cannot be used, more than rejected_share "
            f"{task.rejected_share:g} allows; the first is {candidates.first_rejected}"
        )


def _rows(task: Task, candidates: Candidates, language: str) -> pd.DataFrame:
    """What the splits of a language take their rows from."""
    if not candidates.read[language]:
        paths = ", ".join(source.path for source in task.sources if language in source.languages)
        raise InputError(f"no rows in {paths or 'any source'}")
    return candidates.of_language(language)


def _split(task: Task, rows: pd.DataFrame, language: str) -> tuple[dict[str, pd.DataFrame], bool]:
    """The rows of each split, and whether the sizes were halved."""
    truth = np.array([[label in labels for label in task.labels] for labels in rows["labels"]])
    truth = truth.reshape(len(rows), len(task.labels))
    for label, carrying in zip(task.labels, truth.sum(axis=0), strict=True):
        if not carrying:
            raise InputError(f"no row has the label {label!r}")
    halved = False
    if not task.sizes:
        splits = ready_splits(task.labels, truth, rows["split"].to_numpy())
    else:
        counts = Counts.of(task.sizes.of(language), len(rows))
        try:
            splits = _by_sizes(task.labels, truth, rows, task.sizes, counts)
        except InputError as error:
            if task.sizes.smaller == "error":
                raise
            halved = True
            splits = _by_half(task.labels, truth, rows, task.sizes, counts.half, error)
    return {split: rows.iloc[splits[split]] for split in ("train", "validation", "test")}, halved


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
