"""What the manifest of a corpus' texts says: the reports of its tasks, added up and checked. No files, no Ray."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from raykd.config import Corpus
from raykd.corpus.values import Expected, Found, shown_by_file
from raykd.errors import InputError

Report = dict[str, Any]


def text_facts(name: str, corpus: Corpus, read: Sequence[Report], written: Sequence[Report]) -> dict[str, Any]:
    """{"languages": {language: documents, bytes, read, dropped by reason, masked, sources, shards}, "content": sha256}.

    read: of units (language, source, counts, masked, moved); written: of shards (language, sources, shard). `masked` is
    values of personal data by kind, in all rows that were read; `moved`, documents of another declared language.
    `sources` holds the same counts for each source by name. Raises InputError for a language of which nothing is left,
    and for rows that went between the passes.
    """
    languages = {
        language: _language(name, corpus, language, read, written)
        for language in sorted({language for source in corpus.sources for language in source.languages})
    }
    content = hashlib.sha256("".join(s["sha256"] for v in languages.values() for s in v["shards"]).encode())
    return {"languages": languages, "content": content.hexdigest()}


def check_groups(name: str, corpus: Corpus, read: Sequence[Report]) -> None:
    """A group that was to be left out and was never met is a mistake, and a promise that would not be kept; so are rows
    of groups that differ from it by case alone."""
    if not corpus.exclude.groups:
        return
    met: Counter[tuple[str, str]] = Counter()
    for report in read:
        for group, rows in report.get("groups", ()):
            met[report["file"], group] += rows
    expected = Expected(corpus.exclude.groups)
    there = {expected.find(group) for _, group in met}
    if missing := [group for group in corpus.exclude.groups if group not in there]:
        raise InputError(
            f"corpora.{name}.exclude.groups: no row has the group {missing[0]!r}; mend it or leave it out; there are: "
            f"{shown_by_file(met)}"
        )
    near = {one: rows for one, rows in met.items() if expected.find(one[1]) is None and expected.near(one[1])}
    if sum(near.values()) > corpus.unmatched_share * met.total():
        raise InputError(
            f"corpora.{name}.exclude.groups: {sum(near.values()):,} of {met.total():,} rows are of groups that differ "
            f"by case alone from one of these ({shown_by_file(near)}), and would stay; name them too, or raise "
            f"corpora.{name}.unmatched_share"
        )


def filters_met(read: Sequence[Report]) -> Counter[Found]:
    """Rows by the values of the columns that sources choose them by."""
    met: Counter[Found] = Counter()
    for report in read:
        for *found, rows in report.get("filters", ()):
            met[Found(*found)] += rows
    return met


def check_rejected(
    name: str, corpus: Corpus, read: Sequence[Report], rejected: pa.Table, limit: int, address: str
) -> None:
    """Raises InputError where more rows than allowed cannot be read. rejected: the first `limit` of them, in order."""
    rows, count = (sum(report["counts"].get(what, 0) for report in read) for what in ("read", "rejected"))
    if len(rejected) != min(count, limit):
        raise lost(name, f"{count} rows that cannot be read were to be listed, {len(rejected)} of them are there")
    if count > corpus.rejected_share * rows:
        listed = "all" if count <= limit else f"the first {limit}"
        raise InputError(
            f"{rejected['place'][0]}: {rejected['problem'][0]}; {count} of {rows} rows of corpora.{name} "
            f"cannot be read ({listed} in {address}); mend them, or allow a share with corpora.{name}.rejected_share"
        )


class ScratchChanged(InputError):
    """What passes leave each other is not what they have written."""


def lost(name: str, what: str) -> ScratchChanged:
    return ScratchChanged(
        f"corpora.{name}: {what}; another run has changed the scratch files of this one: prepare it again, "
        "with one run at a time"
    )


def _language(
    name: str, corpus: Corpus, language: str, read: Sequence[Report], written: Sequence[Report]
) -> dict[str, Any]:
    read = [report for report in read if report["language"] == language]
    masked: defaultdict[str, Counter[str]] = defaultdict(Counter)
    moved: Counter[str] = Counter()
    for report in read:
        masked[report["source"]].update(report.get("masked", {}))
        moved.update(report.get("moved", {}))
    written = [report for report in written if report["language"] == language]
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for report in read:
        counts[report["source"]].update(report["counts"])
    for report in written:
        for source, kept_and_dropped in report["sources"].items():
            counts[source].update(kept_and_dropped)
    for source, found in counts.items():
        if found["read"] != (known := found["documents"] + sum(_counts(found)["dropped"].values())):
            raise lost(name, f"{found['read']} rows of {source} were read, {known} are kept or dropped")
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
        "masked": dict(sorted(sum(masked.values(), Counter[str]()).items())),
        "moved": dict(sorted(moved.items())),
        "sources": {
            source: _counts(counts[source]) | {"masked": dict(sorted(masked[source].items()))}
            for source in sorted(counts)
        },
        "shards": shards,
    }


def by_kind(masked: Mapping[tuple[str, str], int], language: str) -> dict[str, int]:
    """What was masked in one language, by kind. masked: by language and kind."""
    return {kind: count for (of, kind), count in sorted(masked.items()) if of == language}


def _counts(counts: Counter[str]) -> dict[str, Any]:
    kept = {name: counts[name] for name in ("documents", "bytes", "read")}
    return kept | {"dropped": {reason: counts[reason] for reason in sorted(set(counts) - set(kept)) if counts[reason]}}
