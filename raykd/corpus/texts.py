"""The text of a corpus: read and cleaned once, in rank order, in shards that are ranges of rank.

Two passes, both streamed. Pass one reads every source unit and writes its documents into buckets by rank range; pass
two sorts each bucket, drops duplicates and writes its shards. Which shard a document is in follows from its rank and
the size of the sources alone, so the result is the same on any number of workers and for any size of unit. The
budget is no part of it: a quantity is a cut-off rank (`raykd.corpus.quantity`).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import ray

from raykd.artifacts import Result, ResultStore, Storage
from raykd.config import Corpus
from raykd.corpus.documents import reports_of_each, unit_documents
from raykd.corpus.rank import text_key
from raykd.corpus.readers import UNIT_BYTES, Unit, source_files, split_units
from raykd.corpus.schema import TEXT
from raykd.errors import InputError

VERSION = 1
DUPLICATE_CHARACTERS = 50  # "ok" and "thank you" are chat, longer repetitions are copies
ROW_GROUP = 1024
MAXIMUM_BUCKETS = 64
BUCKET = pa.schema([*TEXT, ("text_key", pa.uint64())])  # text_key 0: too short to be a duplicate
REJECTED = pa.schema([("language", pa.string()), ("place", pa.string()), ("problem", pa.string())])


def prepare_texts(
    store: ResultStore,
    result: Result,
    name: str,
    corpus: Corpus,
    seed: int,
    excluded_tasks: Sequence[Result],
    unit_bytes: int = UNIT_BYTES,
) -> None:
    """Write texts/<corpus>-<hash8>/language=<l>/part-<n>.parquet (`schema.TEXT`) and its manifest.

    excluded_tasks: the tasks whose rows, and whose longer texts, the corpus must not hold.
    Raises InputError for a corpus or language left empty and for too many unreadable rows.
    """
    started, storage = time.time(), store.storage
    scratch = f"scratch/{result.directory}"
    storage.remove(scratch)
    storage.remove(result.directory)
    shards = count_shards(corpus)
    excluded = [task.directory for task in excluded_tasks]

    def fill(numbered: tuple[int, Unit]) -> dict[str, Any]:
        return _fill_buckets(storage, scratch, numbered, seed, shards, corpus, excluded)

    reports = reports_of_each(list(enumerate(split_units(corpus.sources, unit_bytes))), fill)
    _check_groups(name, corpus, reports)
    _write_rejected(store, result, name, corpus, reports)

    buckets = sorted({(report["language"], bucket) for report in reports for bucket in report["buckets"]})
    copies = ray.put(duplicate_ranks(storage, scratch, buckets))

    def sort(place: tuple[str, int]) -> dict[str, Any]:
        language, bucket = place
        return _sort_bucket(storage, scratch, result.directory, language, bucket, shards[language], ray.get(copies))

    written = reports_of_each(buckets, sort)
    store.complete(result, _facts(name, corpus, reports, written), started)
    storage.remove(scratch)


def count_shards(corpus: Corpus) -> dict[str, int]:
    """Shards per language, from the size of the source files."""
    sizes: Counter[str] = Counter()
    for source in corpus.sources:
        for path in source_files(source):
            filesystem, local = fsspec.core.url_to_fs(path)
            sizes[source.language] += int(filesystem.size(local))
    return {language: max(1, -(-size // int(corpus.shard))) for language, size in sizes.items()}


def shard_of(ranks: np.ndarray, shards: int) -> np.ndarray:
    """The shard of each rank: equal ranges of the upper 32 bits. ranks: uint64 [documents] -> int64 [documents]."""
    return (((ranks >> np.uint64(32)) * np.uint64(shards)) >> np.uint64(32)).astype(np.int64)


def bucket_of(shard: np.ndarray, shards: int) -> np.ndarray:
    """The bucket of each shard: whole shards, at most MAXIMUM_BUCKETS buckets."""
    return shard * min(shards, MAXIMUM_BUCKETS) // shards


def duplicate_ranks(storage: Storage, scratch: str, buckets: Sequence[tuple[str, int]]) -> np.ndarray:
    """Ranks, ascending, of documents whose text a document of lower rank has too. Takes 16 bytes a document."""
    keys, ranks = [], []
    for language, bucket in buckets:
        for file in storage.list(f"{scratch}/{language}/{bucket}"):
            table = storage.read_table(f"{scratch}/{language}/{bucket}/{file}", columns=["text_key", "rank"])
            table = table.filter(pa.array(table["text_key"].to_numpy() > 0))
            keys.append(table["text_key"].to_numpy())
            ranks.append(table["rank"].to_numpy())
    if not keys:
        return np.empty(0, np.uint64)
    key, rank = np.concatenate(keys), np.concatenate(ranks)
    order = np.lexsort((rank, key))
    key, rank = key[order], rank[order]
    # A document read twice has the same rank twice: it is no copy of itself, and sorting keeps one of it.
    copies = rank[1:][(key[1:] == key[:-1]) & (rank[1:] != rank[:-1])]
    return np.unique(copies)


@lru_cache(maxsize=4)
def _task_rows(uri: str, directories: tuple[str, ...]) -> tuple[frozenset[str], frozenset[int]]:
    """Document ids and keys of the longer texts of whole tasks."""
    storage = Storage(uri)
    ids: set[str] = set()
    keys: set[int] = set()
    for directory in directories:
        for language in storage.list(directory):
            for file in storage.list(f"{directory}/{language}") if language.startswith("language=") else []:
                table = storage.read_table(f"{directory}/{language}/{file}", columns=["doc_id", "text"])
                ids.update(table["doc_id"].to_pylist())
                keys.update(text_key(text) for text in table["text"].to_pylist() if len(text) > DUPLICATE_CHARACTERS)
    return frozenset(ids), frozenset(keys)


def _fill_buckets(
    storage: Storage,
    scratch: str,
    numbered: tuple[int, Unit],
    seed: int,
    shards: dict[str, int],
    corpus: Corpus,
    excluded: list[str],
) -> dict[str, Any]:
    number, unit = numbered
    language = unit.source.language
    task_ids, task_keys = _task_rows(storage.uri, tuple(excluded))
    counts: Counter[str] = Counter()
    groups: set[str] = set()
    problems: list[dict[str, str]] = []
    rows: defaultdict[int, list[dict]] = defaultdict(list)
    for table in unit_documents(unit, seed):
        buckets = bucket_of(shard_of(table["rank"].to_numpy(), shards[language]), shards[language])
        for bucket, document in zip(buckets.tolist(), table.to_pylist(), strict=True):
            counts["read"] += 1
            text = document["text"]
            key = text_key(text) if len(text) > DUPLICATE_CHARACTERS else 0
            if document["problem"]:
                counts["rejected"] += 1
                problems.append({"place": document["place"], "problem": document["problem"]})
            elif not text:
                counts["empty"] += 1
            elif document["group"] in corpus.exclude.groups:
                counts["excluded group"] += 1
                groups.add(document["group"])
            elif document["doc_id"] in task_ids or key in task_keys:
                counts["task row"] += 1
            else:
                rows[bucket].append({**document, "bytes": len(text.encode()), "text_key": key})
    for bucket, documents in rows.items():
        table = pa.Table.from_pylist(documents, schema=BUCKET)
        storage.write_table(f"{scratch}/{language}/{bucket}/{number:06}.parquet", table)
    return {
        "language": language,
        "buckets": sorted(rows),
        "counts": counts,
        "groups": sorted(groups),
        "problems": problems,
    }


def _sort_bucket(
    storage: Storage,
    scratch: str,
    directory: str,
    language: str,
    bucket: int,
    shards: int,
    copies: np.ndarray,
) -> dict[str, Any]:
    files = storage.list(f"{scratch}/{language}/{bucket}")
    table = pa.concat_tables([storage.read_table(f"{scratch}/{language}/{bucket}/{file}") for file in files])
    # By text too: where a source's ids are not unique, which row stays must not depend on the order of files.
    table = table.sort_by([("rank", "ascending"), ("text", "ascending")])
    ranks = table["rank"].to_numpy()
    repeated = np.concatenate([[False], ranks[1:] == ranks[:-1]])
    copied = np.isin(ranks, copies) & ~repeated
    table = table.filter(pa.array(~(repeated | copied)))
    ranks, shard = table["rank"].to_numpy(), shard_of(table["rank"].to_numpy(), shards)
    written = []
    for index in np.unique(shard).tolist():
        part = table.filter(pa.array(shard == index)).select(TEXT.names)
        file = f"language={language}/part-{index:05}.parquet"
        storage.write_table(f"{directory}/{file}", part, row_group_size=ROW_GROUP)
        digest = hashlib.sha256()
        for doc_id, text in zip(part["doc_id"].to_pylist(), part["text"].to_pylist(), strict=True):
            digest.update(f"{doc_id}\0{text}\0".encode())
        written.append(
            {
                "file": file,
                "documents": part.num_rows,
                "bytes": pc.sum(part["bytes"]).as_py(),
                "last_rank": part["rank"][-1].as_py(),
                "sha256": digest.hexdigest(),
            }
        )
    return {
        "language": language,
        "dropped": {"read twice": int(repeated.sum()), "duplicate": int(copied.sum())},
        "shards": written,
    }


def _check_groups(name: str, corpus: Corpus, reports: list[dict[str, Any]]) -> None:
    """A group that was to be left out and was never met is a mistake, and a promise that would not be kept."""
    met = {group for report in reports for group in report["groups"]}
    if missing := [group for group in corpus.exclude.groups if group not in met]:
        raise InputError(f"corpora.{name}.exclude.groups: no row has the group {missing[0]!r}; mend it or leave it out")


def _write_rejected(
    store: ResultStore, result: Result, name: str, corpus: Corpus, reports: list[dict[str, Any]]
) -> None:
    rejected = [{"language": report["language"], **problem} for report in reports for problem in report["problems"]]
    rejected.sort(key=itemgetter("language", "place"))
    store.storage.write_table(f"{result.directory}/rejected.parquet", pa.Table.from_pylist(rejected, schema=REJECTED))
    read = sum(report["counts"].get("read", 0) for report in reports)
    if len(rejected) > corpus.rejected_share * read:
        raise InputError(
            f"{rejected[0]['place']}: {rejected[0]['problem']}; {len(rejected)} of {read} rows of corpora.{name} "
            f"cannot be read (all in {store.storage.address(result.directory, 'rejected.parquet')}); mend them, "
            f"or allow a share with corpora.{name}.rejected_share"
        )


def _facts(name: str, corpus: Corpus, reports: list[dict[str, Any]], written: list[dict[str, Any]]) -> dict[str, Any]:
    languages: dict[str, Any] = {}
    for language in sorted({source.language for source in corpus.sources}):
        dropped: Counter[str] = Counter()
        for report in reports:
            if report["language"] == language:
                dropped.update(report["counts"])
        buckets = [bucket for bucket in written if bucket["language"] == language]
        for bucket in buckets:
            dropped.update(bucket["dropped"])
        shards = sorted((shard for bucket in buckets for shard in bucket["shards"]), key=itemgetter("file"))
        read = dropped.pop("read", 0)
        if not shards:
            why = ", ".join(f"{reason} {count}" for reason, count in dropped.items() if count) or "no rows"
            paths = ", ".join(source.path for source in corpus.sources if source.language == language)
            raise InputError(f"corpora.{name}: no document of {language} is left of {read} read ({why}) in {paths}")
        languages[language] = {
            "documents": sum(shard["documents"] for shard in shards),
            "bytes": sum(shard["bytes"] for shard in shards),
            "read": read,
            "dropped": {reason: count for reason, count in dropped.items() if count},
            "shards": shards,
        }
    content = hashlib.sha256("".join(s["sha256"] for v in languages.values() for s in v["shards"]).encode())
    return {"languages": languages, "content": content.hexdigest()}
