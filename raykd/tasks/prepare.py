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
from raykd.config import Cleaning, Task
from raykd.corpus.documents import read_documents
from raykd.errors import InputError
from raykd.tasks.candidates import NATURAL, Candidates, select_candidates
from raykd.tasks.splits import split_rows

VERSION = 1

SPLIT = pa.schema(
    [
        ("doc_id", pa.string()),
        ("text", pa.string()),
        ("labels", pa.list_(pa.string())),  # the task's only, in its order
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
    """Read the task's sources with Ray Data, split each language and write the splits (SPLIT, in rank order).

    seed: of the ranks, so of the choice of rows. Raises InputError for a language without rows, a label that
    no row has, sizes that the data cannot give and more unreadable rows than `rejected_share` allows.
    """
    started = time.time()
    store.storage.remove(result.directory)
    candidates = Candidates(task)
    sources = [source for source in task.sources if source.language in languages]
    documents = read_documents(sources, seed=seed, cleaning=cleaning)
    selected = documents.map_batches(partial(select_candidates, task=task), batch_format="pyarrow", batch_size=None)
    for block in selected.iter_batches(batch_format="pyarrow", batch_size=None):
        candidates.add(block)
    _check_rejected(name, task, candidates)

    counts = {"read": candidates.read.total(), "rejected": candidates.rejected}
    facts: dict[str, Any] = {**counts, "rows": [], "labels": [], "groups": {}}
    for language in languages:
        for split, rows in _split_language(name, task, candidates, language).items():
            table = pa.Table.from_pandas(rows[SPLIT.names], SPLIT, preserve_index=False)
            store.storage.write_table(f"{result.directory}/language={language}/{split}.parquet", table)
            _add_facts(facts, task, language, split, rows)
    store.complete(result, facts, started)


def _check_rejected(name: str, task: Task, candidates: Candidates) -> None:
    read = candidates.read.total()
    if candidates.rejected > task.rejected_share * read:
        raise InputError(
            f"tasks.{name}: {candidates.rejected} of {read} rows cannot be used, more than rejected_share "
            f"{task.rejected_share:g} allows; the first is {candidates.first_rejected}"
        )


def _split_language(name: str, task: Task, candidates: Candidates, language: str) -> dict[str, pd.DataFrame]:
    where = f"tasks.{name}: {language}"
    if not candidates.read[language]:
        paths = ", ".join(source.path for source in task.sources if source.language == language)
        raise InputError(f"{where}: no rows in {paths or 'any source'}")
    rows = candidates.of_language(language)
    truth = np.array([[label in labels for label in task.labels] for labels in rows["labels"]])
    truth = truth.reshape(len(rows), len(task.labels))
    for label, carrying in zip(task.labels, truth.sum(axis=0), strict=True):
        if not carrying:
            raise InputError(f"{where}: none of {candidates.read[language]} rows has the label {label!r}")
    natural = rows["origin"].isin(NATURAL).to_numpy()
    try:
        splits = split_rows(task.kind, task.labels, truth, natural, rows["rank"].to_numpy(), task.sizes)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    return {split: rows.iloc[splits[split]] for split in ("train", "validation", "test")}


def _add_facts(facts: dict[str, Any], task: Task, language: str, split: str, rows: pd.DataFrame) -> None:
    place = {"language": language, "split": split}
    for origin, count in rows["origin"].value_counts().sort_index().items():
        facts["rows"].append({**place, "origin": origin, "rows": int(count)})
    carrying = rows["labels"].explode().value_counts()
    for label in task.labels:
        facts["labels"].append({**place, "label": label, "rows": int(carrying[label])})
    groups = rows["group"].value_counts().sort_index()
    facts["groups"].setdefault(language, {})[split] = {group: int(count) for group, count in groups.items()}
