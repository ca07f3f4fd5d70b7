"""Quantities of text as cut-off ranks: the documents of lowest rank whose bytes fit a budget.

A smaller quantity is a prefix of a larger one, and the bytes taken are within one document of those asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from raykd.artifacts import Result, ResultStore
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


def cutoff_rank(store: ResultStore, texts: Result, language: str, budget: int) -> int:
    """The highest rank taken: documents up to it hold at most `budget` bytes, and one more would exceed it.

    The first document is always taken, so that a budget is never empty.
    """
    shards: list[dict[str, Any]] = store.facts(texts)["languages"][language]["shards"]
    before, last = 0, 0
    for shard in shards:
        if before + shard["bytes"] > budget:
            table = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank", "bytes"])
            total = before + np.cumsum(table["bytes"].to_numpy())
            count = int(np.searchsorted(total, budget, side="right"))
            ranks = table["rank"].to_numpy()
            return int(ranks[count - 1]) if count else last or int(ranks[0])
        before, last = before + shard["bytes"], shard["last_rank"]
    return last


def cutoff_ranks(store: ResultStore, texts: Result, budget: Budget | None) -> dict[str, int]:
    """The cut-off rank of every language that a budget takes text of."""
    available = {language: facts["bytes"] for language, facts in store.facts(texts)["languages"].items()}
    return {
        language: cutoff_rank(store, texts, language, size)
        for language, size in language_budgets(available, budget).items()
    }


def taken(table: pa.Table, cutoff: int) -> pa.Array:
    """Which rows of a table with a `rank` column a cut-off takes: booleans [rows]."""
    return pa.array(table["rank"].to_numpy() <= np.uint64(cutoff))


def shards_up_to(shards: list[dict[str, Any]], cutoff: int) -> list[dict[str, Any]]:
    """The shards that hold documents up to a cut-off rank, the last of them perhaps in part."""
    below = [index for index, shard in enumerate(shards) if shard["last_rank"] < cutoff]
    return shards[: len(below) + 1]
