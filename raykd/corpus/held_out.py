"""Documents that no training takes, for validation: those of highest rank, in every language the same number.

Rank is a hash, so that they are a random sample; and being the highest, they are the same for every budget.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from raykd.artifacts import Result, ResultStore
from raykd.errors import InputError


def held_out_floors(store: ResultStore, texts: Result, languages: Sequence[str], documents: int) -> dict[str, int]:
    """For each language the highest rank that training may take: `documents` documents lie above it.

    Raises InputError where a language has no more documents than that.
    """
    facts = store.facts(texts)["languages"]
    return {language: _floor(store, texts, language, facts[language]["shards"], documents) for language in languages}


def below_floors(cutoffs: Mapping[str, int], floors: Mapping[str, int]) -> dict[str, int]:
    """Cut-off ranks lowered so that training takes nothing that is held out."""
    return {language: min(cutoff, floors.get(language, cutoff)) for language, cutoff in cutoffs.items()}


def shards_above(shards: Sequence[dict[str, Any]], floor: int) -> list[dict[str, Any]]:
    """The shards that hold documents above a rank, the first of them perhaps in part."""
    return [shard for shard in shards if shard["last_rank"] > floor]


def _floor(
    store: ResultStore, texts: Result, language: str, shards: Sequence[Mapping[str, Any]], documents: int
) -> int:
    left = documents
    for shard in reversed(shards):
        if shard["documents"] > left:
            ranks = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank"])["rank"]
            return int(ranks[shard["documents"] - left - 1].as_py())
        left -= shard["documents"]
    have = sum(shard["documents"] for shard in shards)
    raise InputError(
        f"validation.documents: {documents:,} documents of {language} are to be held out, but corpora.{texts.name} has "
        f"{have:,} and would leave none to train on; lower it"
    )
