"""Which documents train and which validate, and how often each token occurs in those that train.

Both follow from a document's shuffle key, a hash (`hashing.shuffle_key`). A quantity of text is a cut-off: the
documents of lowest key whose bytes fit a budget. A smaller quantity is a prefix of a larger one, and the bytes taken
are within one document of those asked for. Held-out documents, which no training takes, are those of highest key, in
every language the same number: a random sample, and the same one for every budget. No Ray.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from raykd.artifacts import Result, ResultStore, Storage
from raykd.artifacts.storage import at_once
from raykd.config import Budget
from raykd.errors import InputError


def language_budgets(available: Mapping[str, int], budget: Budget | None) -> dict[str, int]:
    """Bytes to take per language of the bytes available; languages that get nothing are left out.

    A total is filled with all of `take_all` first; the other languages share the rest by bytes ** exponent, and what
    one of them lacks is shared again by those that have more. Raises InputError where take_all leaves them nothing.
    """
    if budget is None:
        return dict(available)
    if budget.total is None:
        return {language: min(int(size), available[language]) for language, size in budget.per_language.items()}
    taken = {language: available[language] for language in available if language in budget.take_all}
    rest = int(budget.total) - sum(taken.values())
    if rest < 0 or (rest == 0 and len(taken) < len(available)):
        raise InputError(
            f"budget.total: {int(budget.total):,} bytes, but the languages of take_all hold {sum(taken.values()):,} "
            "and leave nothing for the others; raise the total or shorten take_all"
        )
    open_languages = {language for language in available if language not in taken}
    while open_languages and rest > 0:
        weight = {language: available[language] ** budget.exponent for language in open_languages}
        share = {language: rest * weight[language] / sum(weight.values()) for language in open_languages}
        short = {language for language in open_languages if available[language] <= share[language]}
        if not short:
            taken |= {language: int(share[language]) for language in open_languages}
            break
        taken |= {language: available[language] for language in short}
        rest -= sum(available[language] for language in short)
        open_languages -= short
    return {language: taken[language] for language in available if taken.get(language)}


def shortfall(available: Mapping[str, int], budget: Budget) -> int:
    """Bytes that a budget asks for beyond what there is."""
    if budget.total is not None:
        return max(0, int(budget.total) - sum(available.values()))
    return sum(max(0, int(size) - available[language]) for language, size in budget.per_language.items())


def cutoff_key(store: ResultStore, texts: Result, language: str, budget: int) -> int:
    """The highest shuffle key taken: documents up to it hold at most `budget` bytes, and one more would exceed it.

    The first document is always taken, so that a budget is never empty.
    """
    shards: list[dict[str, Any]] = store.facts(texts)["languages"][language]["shards"]
    before, last = 0, 0
    for shard in shards:
        if before + shard["bytes"] > budget:
            table = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank", "bytes"])
            total = before + np.cumsum(table["bytes"].to_numpy())
            count = int(np.searchsorted(total, budget, side="right"))
            keys = table["rank"].to_numpy()
            return int(keys[count - 1]) if count else last or int(keys[0])
        before, last = before + shard["bytes"], shard["last_rank"]
    return last


def cutoff_keys(store: ResultStore, texts: Result, budget: Budget | None) -> dict[str, int]:
    """The cut-off key of every language that a budget takes text of."""
    available = {language: facts["bytes"] for language, facts in store.facts(texts)["languages"].items()}
    return {
        language: cutoff_key(store, texts, language, size)
        for language, size in language_budgets(available, budget).items()
    }


def taken(table: pa.Table, cutoff: int) -> pa.Array:
    """Which rows of a table with a `rank` column a cut-off takes: booleans [rows]."""
    return pa.array(table["rank"].to_numpy() <= np.uint64(cutoff))


def shards_up_to(shards: list[dict[str, Any]], cutoff: int) -> list[dict[str, Any]]:
    """The shards that hold documents up to a cut-off key, the last of them perhaps in part."""
    below = [index for index, shard in enumerate(shards) if shard["last_rank"] < cutoff]
    return shards[: len(below) + 1]


def held_out_floors(store: ResultStore, texts: Result, languages: Sequence[str], documents: int) -> dict[str, int]:
    """For each language the highest shuffle key that training may take: `documents` documents lie above it.

    Raises InputError where a language has no more documents than that.
    """
    facts = store.facts(texts)["languages"]
    return {language: _floor(store, texts, language, facts[language]["shards"], documents) for language in languages}


def below_floors(cutoffs: Mapping[str, int], floors: Mapping[str, int]) -> dict[str, int]:
    """Cut-off keys lowered so that training takes nothing that is held out."""
    return {language: min(cutoff, floors.get(language, cutoff)) for language, cutoff in cutoffs.items()}


def shards_above(shards: Sequence[dict[str, Any]], floor: int) -> list[dict[str, Any]]:
    """The shards that hold documents above a shuffle key, the first of them perhaps in part."""
    return [shard for shard in shards if shard["last_rank"] > floor]


def _floor(
    store: ResultStore, texts: Result, language: str, shards: Sequence[Mapping[str, Any]], documents: int
) -> int:
    left = documents
    for shard in reversed(shards):
        if shard["documents"] > left:
            keys = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank"])["rank"]
            return int(keys[shard["documents"] - left - 1].as_py())
        left -= shard["documents"]
    have = sum(shard["documents"] for shard in shards)
    raise InputError(
        f"validation.documents: {documents:,} documents of {language} are to be held out, but corpora.{texts.name} has "
        f"{have:,} and would leave none to train on; lower it"
    )


def token_counts(store: ResultStore, result: Result, cutoffs: Mapping[str, int], vocabulary: int) -> np.ndarray:
    """How often each id occurs in the sequences up to the cut-offs: int64 [vocabulary].

    Counted for the quantity really taken: a shard that is taken in part is counted row by row.
    """
    table = store.storage.read_table(sum_counts(store, result, cutoffs))
    counts = np.zeros(vocabulary, np.int64)
    counts[table["id"].to_numpy()] = table["count"].to_numpy()
    return counts


def sum_counts(store: ResultStore, result: Result, cutoffs: Mapping[str, int]) -> str:
    """The path of a file beside the shards with the counts of all of them up to the cut-offs (id, count).

    It is written where it is not there yet, so that a training's workers read one file and not one for each shard.
    """
    shards = [
        (shard, cutoffs[shard["language"]])
        for shard in store.facts(result)["shards"]
        if shard["sequences"] and shard["first_rank"] <= cutoffs.get(shard["language"], -1)
    ]
    path = f"{result.directory}/{_sum_name(shards)}"
    if not store.storage.exists(path):
        total = np.zeros(0, np.int64)
        for ids, counts in at_once(lambda one: _counts(store.storage, result, *one), shards):
            total = np.pad(total, (0, max(0, int(ids.max()) + 1 - len(total))))
            total[ids] += counts
        ids = np.flatnonzero(total)
        store.storage.write_table(path, pa.table({"id": ids, "count": total[ids]}))
    return path


def _sum_name(shards: Sequence[tuple[Mapping[str, Any], int]]) -> str:
    """Of the file with the counts of these shards up to their cut-offs: another for each quantity."""
    taken = [[shard["file"], shard["sequences"], min(cutoff, shard["last_rank"])] for shard, cutoff in shards]
    return f"counts-{hashlib.sha256(json.dumps(taken).encode()).hexdigest()[:16]}.parquet"


def _counts(storage: Storage, result: Result, shard: Mapping[str, Any], cutoff: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids of a shard's sequences up to a cut-off, and how often each occurs."""
    path = f"{result.directory}/{shard['file']}"
    if shard["last_rank"] <= cutoff:
        table = storage.read_table(f"{path}.counts.parquet")
        return table["id"].to_numpy(), table["count"].to_numpy()
    table = storage.read_table(path, columns=["rank", "input_ids"])
    ids = table.filter(taken(table, cutoff))["input_ids"].combine_chunks().flatten().to_numpy()
    return np.unique(ids, return_counts=True)
