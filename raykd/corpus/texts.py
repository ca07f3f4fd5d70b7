"""The text of a corpus: read and cleaned once, in rank order, in shards that are ranges of rank.

Three passes, each a task an item and each streamed. The first reads every source unit, drops what must not stay and
writes the rest by shard, and the keys of its texts by range of key. The second finds the copies in a range of keys,
whose ranks it writes by shard. The third brings a shard's documents together, leaves its copies out and sorts it.
Which shard a document is in follows from its rank and the size of the sources alone, so the result is the same on any
number of workers and for any size of unit. A task holds a unit's flush, a range of keys or a shard, however large the
corpus is. The budget is no part of it: a quantity is a cut-off rank (`raykd.corpus.quantity`).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raykd.artifacts import Result, ResultStore, Storage
from raykd.config import Cleaning, Corpus
from raykd.corpus.documents import reports_of_each, unit_documents
from raykd.corpus.partitions import partition_batches, range_of, read_partition, write_partitions
from raykd.corpus.readers import UNIT_BYTES, Unit, content_bytes, source_files, source_name, split_units
from raykd.corpus.schema import TEXT
from raykd.corpus.selection import (
    REJECTED,
    TaskRows,
    count_reasons,
    drop_reasons,
    later_copies,
    text_keys,
)
from raykd.corpus.text_facts import check_groups, check_rejected, text_facts

VERSION = 2
ROW_GROUP = 1024
FLUSH_BYTES = 32 << 20  # of documents that a unit gathers before it writes them
KEY_RANGE_BYTES = 500_000_000  # of source for a range of keys: at most some 6 million, 20 bytes each
DOCUMENTS = pa.schema([*TEXT, ("source", pa.int32())])  # source: its place in Job.sources
KEYS = pa.schema([("text_key", pa.uint64()), ("rank", pa.uint64()), ("shard", pa.int32())])  # shard: of all languages
COPIES = pa.schema([("rank", pa.uint64())])
REJECTED_FILE = "rejected.parquet"
REJECTED_ROWS = pa.schema([("language", pa.string()), ("place", pa.string()), ("problem", pa.string())])
REJECTED_LISTED = 100_000  # rows of REJECTED_FILE at most, the first by language and place; the others are counted


@dataclass(frozen=True)
class Job:
    """What every task is told. shards: per language; scratch: the folder of what passes leave each other."""

    storage: Storage
    directory: str
    scratch: str
    corpus: Corpus
    seed: int
    cleaning: Cleaning
    tasks: tuple[str, ...]
    shards: dict[str, int]
    key_ranges: int

    @property
    def sources(self) -> list[str]:
        return sorted({source_name(source) for source in self.corpus.sources})

    @property
    def all_shards(self) -> list[tuple[str, int]]:
        return [(language, shard) for language, count in sorted(self.shards.items()) for shard in range(count)]

    def shard_number(self, language: str) -> int:
        """The place in all_shards of a language's first."""
        return self.all_shards.index((language, 0))


def prepare_texts(
    store: ResultStore,
    result: Result,
    name: str,
    corpus: Corpus,
    seed: int,
    excluded_tasks: Sequence[Result],
    cleaning: Cleaning = Cleaning(),
    unit_bytes: int = UNIT_BYTES,
) -> None:
    """Write texts/<corpus>-<hash8>/language=<l>/part-<n>.parquet (`schema.TEXT`) and its manifest.

    excluded_tasks: the tasks whose rows, and whose longer texts, the corpus must not hold.
    Raises InputError for a corpus or language left empty, for too many unreadable rows, and where another run of the
    same result has taken scratch files away.
    """
    started, storage, scratch = time.time(), store.storage, f"scratch/{result.directory}"
    # Of this result alone: under another hash the scratch may be of a run that is at work now.
    storage.remove(scratch)
    storage.remove(result.directory)
    sizes = source_bytes(corpus)
    job = Job(
        storage,
        result.directory,
        scratch,
        corpus,
        seed,
        cleaning,
        tuple(task.directory for task in excluded_tasks),
        {language: 1 + (size - 1) // int(corpus.shard) for language, size in sizes.items()},
        1 + sum(sizes.values()) // KEY_RANGE_BYTES,
    )
    units = list(enumerate(split_units(corpus.sources, unit_bytes)))
    read = [report for unit in reports_of_each(units, lambda unit: _read_unit(job, *unit)) for report in unit]
    check_groups(name, corpus, read)
    rejected = REJECTED_ROWS.empty_table()
    for batch in partition_batches(storage, f"{scratch}/rejected", 0):
        rejected = _add_rejected(rejected, pa.table(batch))
    rejected = _first_rejected(rejected)
    storage.write_table(f"{result.directory}/{REJECTED_FILE}", rejected)
    check_rejected(name, corpus, read, rejected, REJECTED_LISTED, storage.address(result.directory, REJECTED_FILE))
    reports_of_each(range(job.key_ranges), lambda index: _find_copies(job, index))
    written = reports_of_each(list(enumerate(job.all_shards)), lambda shard: _write_shard(job, *shard))
    store.complete(result, text_facts(name, corpus, read, written) | {"rejected_listed": len(rejected)}, started)
    storage.remove(scratch)


def source_bytes(corpus: Corpus) -> dict[str, int]:
    """Bytes of each language's sources, uncompressed; for compressed files an estimate from their size.

    Where a column tells the language, a file counts for each of its languages in full: shards may come out smaller than
    asked, never larger.
    """
    sizes: Counter[str] = Counter()
    for source in corpus.sources:
        size = sum(content_bytes(path) for path in source_files(source))
        sizes.update(dict.fromkeys(source.languages, size))
    return {language: max(1, size) for language, size in sizes.items()}


def _add_rejected(rejected: pa.Table, more: pa.Table) -> pa.Table:
    """Both, or their first REJECTED_LISTED where they are twice as many: sorting is seldom, and memory is bounded."""
    rejected = pa.concat_tables([rejected, more]) if more.num_rows else rejected
    return rejected if len(rejected) <= 2 * REJECTED_LISTED else _first_rejected(rejected)


def _first_rejected(rejected: pa.Table) -> pa.Table:
    return rejected.sort_by([(column, "ascending") for column in REJECTED_ROWS.names]).slice(0, REJECTED_LISTED)


# --- first pass: units to documents and keys, by shard and by range of key ------------------------------------------


def _read_unit(job: Job, number: int, unit: Unit) -> list[dict[str, Any]]:
    """Reports of the unit, one for each language of its source."""
    tasks = _task_rows(job.storage.uri, job.tasks)
    counts = {language: Counter[str]() for language in unit.source.languages}
    groups: dict[str, set[str]] = {language: set() for language in counts}
    waiting: dict[str, list[pa.Table]] = {language: [] for language in counts}
    rejected, flushes = REJECTED_ROWS.empty_table(), count()
    leaves_tasks_out = job.corpus.exclude.tasks != "none" and bool(job.tasks)
    alone = partial(tasks.hold, corpus=job.corpus) if leaves_tasks_out else None
    for table in unit_documents(unit, job.seed, job.cleaning, job.corpus.chunk, alone):
        for language, documents in _by_language(table, unit.source.languages):
            keys = text_keys(documents["text"])
            reasons = drop_reasons(documents, keys, job.corpus, tasks)
            counts[language].update(read=documents.num_rows, **count_reasons(reasons))
            # Whatever else a row goes for: a group with nothing but empty rows is there.
            groups[language].update(set(job.corpus.exclude.groups).intersection(documents["group"].to_pylist()))
            bad = documents.filter(pa.array(reasons == REJECTED)).select(REJECTED_ROWS.names)
            rejected = _add_rejected(rejected, bad)
            stays = pa.array(reasons == "")
            waiting[language].append(documents.append_column("text_key", pa.array(keys)).filter(stays))
        if sum(table.nbytes for tables in waiting.values() for table in tables) >= FLUSH_BYTES:
            _flush(job, unit, f"{number:06}-{next(flushes):04}", waiting)
    _flush(job, unit, f"{number:06}-{next(flushes):04}", waiting)
    if rejected.num_rows:
        rejected = _first_rejected(rejected)
        one = np.zeros(rejected.num_rows, np.int64)
        write_partitions(job.storage, f"{job.scratch}/rejected/{number:06}.arrow", rejected, one, 1)
    source = source_name(unit.source)
    return [
        {"language": language, "source": source, "counts": counts[language], "groups": sorted(groups[language])}
        for language in counts
    ]


def _by_language(documents: pa.Table, languages: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    if len(languages) == 1:
        yield languages[0], documents
        return
    for language in languages:
        yield language, documents.filter(pc.equal(documents["language"], language))


def _flush(job: Job, unit: Unit, file: str, waiting: dict[str, list[pa.Table]]) -> None:
    """Write what waits, language by language, and empty it."""
    for language, tables in waiting.items():
        documents = pa.concat_tables(tables).combine_chunks() if tables else None
        if documents is not None and documents.num_rows:
            _write_documents(job, unit, language, file, documents)
        tables.clear()


def _write_documents(job: Job, unit: Unit, language: str, file: str, documents: pa.Table) -> None:
    shard = range_of(documents["rank"].to_numpy(), job.shards[language])
    source = np.full(documents.num_rows, job.sources.index(source_name(unit.source)), np.int32)
    documents = documents.append_column("bytes", pc.binary_length(documents["text"]).cast(pa.int64()))
    documents = documents.append_column("source", pa.array(source))
    path = f"{job.scratch}/documents/{language}/{file}.arrow"
    write_partitions(job.storage, path, documents.select(DOCUMENTS.names), shard, job.shards[language])
    keyed = documents["text_key"].to_numpy() > 0
    number = (shard + job.shard_number(language)).astype(np.int32)
    keys = documents.append_column("shard", pa.array(number)).select(KEYS.names).filter(pa.array(keyed))
    key_range = range_of(keys["text_key"].to_numpy(), job.key_ranges)
    write_partitions(job.storage, f"{job.scratch}/keys/{language}-{file}.arrow", keys, key_range, job.key_ranges)


@lru_cache(maxsize=1)
def _task_rows(uri: str, directories: tuple[str, ...]) -> TaskRows:
    storage = Storage(uri)
    ids: list[str] = []
    texts: list[str] = []
    for directory in directories:
        for language in storage.list(directory):
            for file in storage.list(f"{directory}/{language}") if language.startswith("language=") else []:
                table = storage.read_table(f"{directory}/{language}/{file}", columns=["doc_id", "text"])
                ids += table["doc_id"].to_pylist()
                texts += table["text"].to_pylist()
    return TaskRows.of(ids, texts)


# --- second pass: keys to copies, by shard --------------------------------------------------------------------------


def _find_copies(job: Job, key_range: int) -> None:
    keys = read_partition(job.storage, f"{job.scratch}/keys", key_range, KEYS)
    copies = keys.take(later_copies(keys["text_key"].to_numpy(), keys["rank"].to_numpy()))
    shard = copies["shard"].to_numpy()
    path = f"{job.scratch}/copies/{key_range:06}.arrow"
    write_partitions(job.storage, path, copies.select(COPIES.names), shard, len(job.all_shards))


# --- third pass: a shard's documents, in rank order -----------------------------------------------------------------


def _write_shard(job: Job, number: int, place: tuple[str, int]) -> dict[str, Any]:
    language, shard = place
    table = read_partition(job.storage, f"{job.scratch}/documents/{language}", shard, DOCUMENTS)
    # By text and group too: where a source's ids are not unique, which row stays must not depend on the order of files.
    table = table.sort_by([(column, "ascending") for column in ("rank", "text", "group", "source")])
    ranks = table["rank"].to_numpy()
    repeated = np.append(False, ranks[1:] == ranks[:-1])[: len(ranks)]
    other_text = repeated & np.append(False, _differs_from_last(table["text"]))[: len(ranks)]
    copies = read_partition(job.storage, f"{job.scratch}/copies", number, COPIES)["rank"].to_numpy()
    copied = np.isin(ranks, copies) & ~repeated
    kept = table.filter(pa.array(~(repeated | copied))).select(TEXT.names)
    file = f"language={language}/part-{shard:05}.parquet"
    if kept.num_rows:
        job.storage.write_table(f"{job.directory}/{file}", kept, row_group_size=ROW_GROUP)
    source, sizes = table["source"].to_numpy(), table["bytes"].to_numpy()
    of_sources = {
        name: _count(sizes[mine], repeated[mine], other_text[mine], copied[mine])
        for index, name in enumerate(job.sources)
        if (mine := source == index).any()
    }
    return {"language": language, "sources": of_sources, "shard": _shard_facts(file, kept) if kept.num_rows else None}


def _differs_from_last(column: pa.ChunkedArray) -> np.ndarray:
    """Whether each value but the first is another than the one before: [n] -> bool [n - 1]."""
    return pc.not_equal(column.slice(1), column.slice(0, max(0, len(column) - 1))).to_numpy()


def _count(sizes: np.ndarray, repeated: np.ndarray, other_text: np.ndarray, copied: np.ndarray) -> dict[str, int]:
    stays = ~(repeated | copied)
    return {
        "documents": int(stays.sum()),
        "bytes": int(sizes[stays].sum()),
        "read twice": int((repeated & ~other_text).sum()),
        "id used twice": int(other_text.sum()),
        "duplicate": int(copied.sum()),
    }


def _shard_facts(file: str, kept: pa.Table) -> dict[str, Any]:
    digest = hashlib.sha256()
    for batch in kept.to_batches(ROW_GROUP):
        for doc_id, text in zip(batch["doc_id"].to_pylist(), batch["text"].to_pylist(), strict=True):
            digest.update(f"{doc_id}\0{text}\0".encode())
    return {
        "file": file,
        "documents": kept.num_rows,
        "bytes": pc.sum(kept["bytes"]).as_py(),
        "last_rank": kept["rank"][-1].as_py(),
        "sha256": digest.hexdigest(),
    }
