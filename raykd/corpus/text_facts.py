"""What the manifest of a corpus' texts says: the reports of its tasks, added up and checked. No files, no Ray."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from raykd.config import Corpus
from raykd.errors import InputError

Report = dict[str, Any]


def text_facts(name: str, corpus: Corpus, read: Sequence[Report], written: Sequence[Report]) -> dict[str, Any]:
    """{"languages": {language: documents, bytes, read, dropped by reason, sources, shards}, "content": sha256}.

    read: of units (language, source, counts); written: of shards (language, sources, shard). `sources` holds the same
    counts for each source by name. Raises InputError for a language of which nothing is left, and for rows that went
    between the passes.
    """
    languages = {
        language: _language(name, corpus, language, read, written)
        for language in sorted({language for source in corpus.sources for language in source.languages})
    }
    content = hashlib.sha256("".join(s["sha256"] for v in languages.values() for s in v["shards"]).encode())
    return {"languages": languages, "content": content.hexdigest()}


def check_groups(name: str, corpus: Corpus, read: Sequence[Report]) -> None:
    """A group that was to be left out and was never met is a mistake, and a promise that would not be kept."""
    met = {group for report in read for group in report["groups"]}
    if missing := [group for group in corpus.exclude.groups if group not in met]:
        raise InputError(f"corpora.{name}.exclude.groups: no row has the group {missing[0]!r}; mend it or leave it out")


def check_rejected(
    name: str, corpus: Corpus, read: Sequence[Report], rejected: pa.Table, limit: int, address: str
) -> None:
    """Raises InputError where more rows than allowed cannot be read. rejected: the first `limit` of them, in order."""
    rows, count = (sum(report["counts"].get(what, 0) for report in read) for what in ("read", "rejected"))
    if len(rejected) != min(count, limit):
        raise _lost(name, f"{count} rows that cannot be read were to be listed, {len(rejected)} of them are there")
    if count > corpus.rejected_share * rows:
        listed = "all" if count <= limit else f"the first {limit}"
        raise InputError(
            f"{rejected['place'][0]}: {rejected['problem'][0]}; {count} of {rows} rows of corpora.{name} "
            f"cannot be read ({listed} in {address}); mend them, or allow a share with corpora.{name}.rejected_share"
        )


def _lost(name: str, what: str) -> InputError:
    return InputError(
        f"corpora.{name}: {what}; another run has changed the scratch files of this one: prepare it again, "
        "with one run at a time"
    )


def _language(
    name: str, corpus: Corpus, language: str, read: Sequence[Report], written: Sequence[Report]
) -> dict[str, Any]:
    read = [report for report in read if report["language"] == language]
    written = [report for report in written if report["language"] == language]
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for report in read:
        counts[report["source"]].update(report["counts"])
    for report in written:
        for source, kept_and_dropped in report["sources"].items():
            counts[source].update(kept_and_dropped)
    for source, found in counts.items():
        if found["read"] != (known := found["documents"] + sum(_counts(found)["dropped"].values())):
            raise _lost(name, f"{found['read']} rows of {source} were read, {known} are kept or dropped")
    total = sum(counts.values(), Counter[str]())
    shards = sorted((report["shard"] for report in written if report["shard"]), key=itemgetter("file"))
    if not shards:
        dropped = _counts(total)["dropped"]
        why = ", ".join(f"{reason} {count}" for reason, count in dropped.items()) or "no rows"
        paths = ", ".join(source.path for source in corpus.sources if language in source.languages)
        raise InputError(
            f"corpora.{name}: no document of {language} is left of {total['read']} read ({why}) in {paths}"
        )
    return {
        **_counts(total),
        "sources": {source: _counts(counts[source]) for source in sorted(counts)},
        "shards": shards,
    }


def _counts(counts: Counter[str]) -> dict[str, Any]:
    kept = {name: counts[name] for name in ("documents", "bytes", "read")}
    return kept | {"dropped": {reason: counts[reason] for reason in sorted(set(counts) - set(kept)) if counts[reason]}}
