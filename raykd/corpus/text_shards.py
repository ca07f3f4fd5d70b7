"""The text of a corpus by ascending shuffle key, in shards that are ranges of it, and the scratch files on the way.

Three passes, each streamed. The first reads and cleans the sources, a run of units a task, drops what must not stay and
writes the rest by shard, and the keys of its texts by range of key. The second finds the copies in ranges of keys,
whose shuffle keys it writes by shard. The third brings the documents of neighbouring shards together and, shard by
shard, leaves the copies out and sorts. Which shard a document is in follows from its shuffle key and the size of the
sources alone, so the result is the same on any number of workers and for any size of unit. A task holds a flush of
documents, a range of keys or a shard, and what lies compressed of its run of shards, however large the corpus is. The
budget is no part of it: a quantity is a cut-off key (`raykd.corpus.budget`).

What passes leave each other are a few large files (`raykd.corpus.partitions`), and a report from each of their tasks,
from which an interrupted run resumes (`raykd.corpus.resume`).
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raykd.artifacts import Result, ResultStore, Storage
from raykd.artifacts.result import settings_hash
from raykd.config import Cleaning, Corpus
from raykd.corpus.contamination import Overlap, mark_contaminated, task_overlap
from raykd.corpus.dedup_and_exclusion import (
    REJECTED,
    TaskRows,
    count_reasons,
    drop_reasons,
    text_keys,
)
from raykd.corpus.documents import unit_documents, units_of
from raykd.corpus.languages import mark_other_languages, sort_languages
from raykd.corpus.line_counts import FROM, count_lines, line_facts, one_line_in
from raykd.corpus.near_duplicates import KEYS, LINE, apply_copies, keys_a_document, keys_of, kinds, places_to_drop
from raykd.corpus.partitions import Layout, PartitionWriter, range_of, read_bucket, write_index
from raykd.corpus.readers import UNIT_BYTES, Unit, content_bytes, passed_over, source_files, source_name
from raykd.corpus.resume import Done, Piece, Say, Watch, begin_or_resume, work_through
from raykd.corpus.schema import TEXT
from raykd.corpus.text_facts import (
    ScratchChanged,
    by_kind,
    check_groups,
    check_rejected,
    filters_met,
    lost,
    text_facts,
)
from raykd.corpus.unpack import unpack
from raykd.corpus.values import Expected, Tally, check_filters, left_out

ROW_GROUP = 1024
SCRATCH_VERSION = 3  # of what passes leave each other: where it is another, an interrupted run is not resumed
FLUSH_BYTES = 32 << 20  # of documents that are gathered before they are sorted by shard
# How much a task reads and writes at most, and into how many tasks a smaller corpus is cut all the same: large files
# are few requests, small ones keep a cluster busy and lose little when a task is lost. At 1 TB the first pass writes
# 500 files, and the passes after it read 850,000 ranges.
READ_BYTES = 2_000_000_000  # of source for a task of the first pass: about 1 GB as it is written
WRITE_BYTES = 1_000_000_000  # of source for the shards of a task of the third
TASKS = 256
KEY_RANGE_BYTES = 500_000_000  # of source for a range of keys: at most some 6 million, 20 bytes each
KEY_RANGES_READ = 4  # at a time
KEY_TASKS = 128  # at most; each reads so many ranges at a time, one time after the other
DOCUMENTS = pa.schema([*TEXT, ("source", pa.int32())])  # source: its place in Job.sources
COPIES = pa.schema([("rank", pa.uint64()), ("text_key", pa.uint64())])
REJECTED_FILE = "rejected.parquet"
REJECTED_ROWS = pa.schema([("language", pa.string()), ("place", pa.string()), ("problem", pa.string())])
REJECTED_LISTED = 100_000  # rows of REJECTED_FILE at most, the first by language and place; the others are counted


@dataclass(frozen=True)
class Job:
    """What every task is told. shards: per language; scratch: the folder of what passes leave each other; one_line_in:
    of how many lines one is counted."""

    name: str
    storage: Storage
    directory: str
    scratch: str
    corpus: Corpus
    seed: int
    cleaning: Cleaning
    tasks: tuple[str, ...]
    shards: dict[str, int]
    shards_a_task: int
    key_ranges: int
    one_line_in: int

    @property
    def sources(self) -> list[str]:
        return sorted({source_name(source) for source in self.corpus.sources})

    @cached_property
    def all_shards(self) -> list[tuple[str, int]]:
        return [(language, shard) for language, count in sorted(self.shards.items()) for shard in range(count)]

    @property
    def shard_layout(self) -> Layout:
        """Of documents and copies: a part for each of all_shards."""
        return Layout(len(self.all_shards), self.shards_a_task)

    @property
    def key_layout(self) -> Layout:
        """A part for each range of keys."""
        return Layout(self.key_ranges, KEY_RANGES_READ)

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
    say: Say = print,
) -> None:
    """Write texts/<corpus>-<hash8>/language=<l>/part-<n>.parquet (`schema.TEXT`) and its manifest.

    excluded_tasks: the tasks whose rows, and whose longer texts, the corpus must not hold; say: takes lines on how far
    the work is. An interrupted run is resumed.
    Raises InputError for a corpus or language left empty, for too many unreadable rows, and where another run of the
    same result has taken scratch files away.
    """
    started, storage = time.time(), store.storage
    sizes = source_bytes(corpus)
    one_in = one_line_in(corpus, sum(sizes.values()))
    job = Job(
        name,
        storage,
        result.directory,
        # Of this result alone: under another hash the scratch may be of a run that is at work now.
        f"scratch/{result.directory}",
        corpus,
        seed,
        cleaning,
        tuple(task.directory for task in excluded_tasks),
        {language: 1 + (size - 1) // int(corpus.shard) for language, size in sizes.items()},
        max(1, min(WRITE_BYTES, sum(sizes.values()) // TASKS) // int(corpus.shard)),
        1 + keys_a_document(corpus, one_in) * sum(sizes.values()) // KEY_RANGE_BYTES,
        one_in,
    )
    units = units_of(corpus.sources, unit_bytes)
    unpacked = unpack(storage, units, f"corpus {name}", say, cleaning, chunked=corpus.chunk is not None)
    runs = _runs(unpacked.units)
    begin_or_resume(storage, job.scratch, _plan(job, result, runs), [result.directory])
    try:
        facts, seconds = _run_passes(job, runs, say)
    except ScratchChanged:
        storage.remove(job.scratch)
        raise
    store.complete(result, facts, started, unpacked.seconds + seconds)
    storage.remove(job.scratch)


def _plan(job: Job, result: Result, runs: Sequence[Sequence[Unit]]) -> dict[str, Any]:
    """What an interrupted run must have had in common with this one, to be resumed."""
    units = [[[unit.path, unit.start, unit.stop] for unit in run] for run in runs]
    return {
        "hash": result.hash,
        "units": settings_hash(units),
        "layouts": [asdict(job.shard_layout), asdict(job.key_layout)],
        "pyarrow": pa.__version__,
        "version": SCRATCH_VERSION,
    }


def _run_passes(job: Job, runs: Sequence[Sequence[Unit]], say: Say) -> tuple[dict[str, Any], float]:
    """The facts of the manifest, and the seconds of all tasks."""
    storage, scratch, corpus, what = job.storage, job.scratch, job.corpus, f"corpus {job.name}"
    there = {f"{folder}/{file}" for folder in (scratch, job.directory) for file in storage.sizes(folder)}
    seconds = 0.0

    def through(folder: str, pieces: Sequence[Piece[Any]], work: Callable[[str, Any], Done], *watch: Any) -> list[Any]:
        nonlocal seconds
        named = {f"{number:06}": piece for number, piece in enumerate(pieces)}
        of_pass = Watch(say, f"{what}, {watch[0]}", *watch[1:])
        done = work_through(storage, f"{scratch}/{folder}", named, work, there, of_pass)
        seconds += done.seconds
        return done.reports

    units = [Piece(run, len(run), sum(unit.bytes for unit in run)) for run in runs]
    found = through("read", units, partial(_read_units, job), "read", "units", _documents_read)
    for kind, layout in (("documents", job.shard_layout), ("keys", job.key_layout)):
        write_index(storage, f"{scratch}/{kind}", [file for run in found for file in run[kind]], layout)
    read = [report for run in found for report in run["reports"]]
    check_groups(job.name, corpus, read)
    filters = filters_met(read)
    check_filters(f"corpora.{job.name}.sources", corpus.sources, filters, corpus.unmatched_share)
    rejected = REJECTED_ROWS.empty_table()
    with _scratch_there(job.name):
        for file in (run["rejected"] for run in found if run["rejected"]):
            rejected = _add_rejected(rejected, storage.read_table(file))
    rejected = _first_rejected(rejected)
    storage.write_table(f"{job.directory}/{REJECTED_FILE}", rejected)
    listed = storage.address(job.directory, REJECTED_FILE)
    check_rejected(job.name, corpus, read, rejected, REJECTED_LISTED, listed)

    a_task = -(-job.key_layout.buckets // KEY_TASKS)
    starts = range(0, job.key_layout.buckets, a_task)
    runs_of_ranges = [range(start, min(start + a_task, job.key_layout.buckets)) for start in starts]
    key_ranges = [Piece(run, sum(len(job.key_layout.parts_of(bucket)) for bucket in run)) for run in runs_of_ranges]
    copies = through("copied", key_ranges, partial(_find_copies, job), "copies", "ranges of keys")
    write_index(storage, f"{scratch}/copies", [file for run in copies for file in run["files"]], job.shard_layout)
    buckets = [Piece(bucket, len(job.shard_layout.parts_of(bucket))) for bucket in range(job.shard_layout.buckets)]
    shards = through("written", buckets, partial(_write_shards, job), "write", "shards")
    written = [shard for run in shards for shard in run]
    beside = {source.path: names for source in corpus.sources if (names := passed_over(source))}
    facts = text_facts(job.name, corpus, read, written)
    facts |= {
        "rejected_listed": len(rejected),
        "passed_over": beside,
        "filtered": left_out(corpus.sources, filters),
        "lines": line_facts(np.sum([run["lines"] for run in copies], axis=0), job.one_line_in),
    }
    return facts, seconds


@contextmanager
def _scratch_there(name: str) -> Iterator[None]:
    """Raises InputError where a file that a pass has written is gone."""
    try:
        yield
    except FileNotFoundError as error:
        raise lost(name, f"{error.filename or error} is gone") from error


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


def _runs(units: Sequence[Unit]) -> list[list[Unit]]:
    """Units that follow each other, each run a task."""
    most = min(READ_BYTES, sum(unit.bytes for unit in units) // TASKS)
    runs: list[list[Unit]] = []
    size = most
    for unit in units:
        if size >= most:
            runs.append([])
            size = 0
        runs[-1].append(unit)
        size += unit.bytes
    return runs


def _read_units(job: Job, file: str, units: Sequence[Unit]) -> Done:
    """Reports of a run of units: `reports` (for each unit, one a language of its source), and the files written."""
    rejected = REJECTED_ROWS.empty_table()
    reports: list[dict[str, Any]] = []
    with (
        PartitionWriter(job.storage, f"{job.scratch}/documents/{file}", DOCUMENTS, job.shard_layout) as documents,
        PartitionWriter(job.storage, f"{job.scratch}/keys/{file}", KEYS, job.key_layout) as keys,
    ):
        kept = _Kept(job, documents, keys)
        for unit in units:
            with _scratch_there(job.name) if unit.content else nullcontext():
                of_unit, bad = _read_unit(job, unit, kept)
            reports += of_unit
            rejected = _add_rejected(rejected, bad)
        kept.flush()
    listed = f"{job.scratch}/rejected/{file}.parquet" if rejected.num_rows else ""
    if listed:
        job.storage.write_table(listed, _first_rejected(rejected))
    report = {"reports": reports, "rejected": listed, "documents": documents.files, "keys": keys.files}
    return Done(report, [one["name"] for one in (*documents.files, *keys.files)] + [listed] * bool(listed))


def _documents_read(report: dict[str, Any]) -> int:
    """report: of `_read_units`, which JSON may have had meanwhile."""
    return sum(of_unit["counts"].get("read", 0) for of_unit in report["reports"])


def _read_unit(job: Job, unit: Unit, kept: _Kept) -> tuple[list[dict[str, Any]], pa.Table]:
    """Reports of the unit, one for each language of its source, and its first rows that cannot be read."""
    tasks = _task_rows(job.storage.uri, job.tasks)
    languages = unit.source.languages if not job.corpus.detect else tuple(job.shards)  # documents may move
    counts = {language: Counter[str]() for language in languages}
    groups, tally, excluded = Tally(), Tally(), Expected(job.corpus.exclude.groups)
    masked, moved = Counter[tuple[str, str]](), {language: Counter[str]() for language in counts}
    rejected = REJECTED_ROWS.empty_table()
    leaves_tasks_out = job.corpus.exclude.tasks != "none" and bool(job.tasks)
    overlap = _overlap(job)
    alone = partial(_is_of_task, tasks, overlap, job.corpus) if leaves_tasks_out else None
    for table in unit_documents(unit, job.seed, job.cleaning, job.corpus.chunk, alone, tally, masked):
        if detect := job.corpus.detect:
            table = sort_languages(table, detect, list(job.shards))
        for language, documents in _by_language(table, list(counts)):
            keys = text_keys(documents["text"])
            reasons = drop_reasons(documents, keys, job.corpus, tasks)
            if overlap:
                mark_contaminated(documents["text"], reasons, overlap)
            if detect:
                mark_other_languages(documents, reasons, moved[language])
            counts[language].update(read=documents.num_rows, **count_reasons(reasons))
            # Whatever else a row goes for: a group with nothing but empty rows is there.
            for group in documents["group"].to_pylist() if job.corpus.exclude.groups else ():
                groups.add("group", group, excluded)
            bad = documents.filter(pa.array(reasons == REJECTED)).select(REJECTED_ROWS.names)
            rejected = _add_rejected(rejected, bad)
            stays = pa.array(reasons == "")
            kept.add(unit, language, documents.filter(stays), keys[reasons == ""])
    source = source_name(unit.source)
    met = {
        "file": unit.path,
        "groups": [[group, rows] for (_, group), rows in groups.counts.items()],
        "filters": [
            [job.corpus.sources.index(unit.source), unit.path, *one, rows] for one, rows in tally.counts.items()
        ],
    }
    reports: list[dict[str, Any]] = [
        {
            "language": language,
            "source": source,
            "counts": counts[language],
            "masked": by_kind(masked, language),
            "moved": moved[language],
        }
        for language in counts
        if language in unit.source.languages or counts[language]
    ]
    reports[0] |= met
    return reports, rejected


def _by_language(documents: pa.Table, languages: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    if len(languages) == 1:
        yield languages[0], documents
        return
    for language in languages:
        yield language, documents.filter(pc.equal(documents["language"], language))


class _Kept:
    """The documents that a task of the first pass keeps, gathered until they are worth sorting."""

    def __init__(self, job: Job, documents: PartitionWriter, keys: PartitionWriter) -> None:
        self._job, self._documents, self._keys = job, documents, keys
        self._waiting: list[pa.Table] = []

    def add(self, unit: Unit, language: str, documents: pa.Table, text_keys: np.ndarray) -> None:
        job = self._job
        shard = range_of(documents["rank"].to_numpy(), job.shards[language]) + job.shard_number(language)
        source = np.full(documents.num_rows, job.sources.index(source_name(unit.source)), np.int32)
        columns = {
            "bytes": pc.binary_length(documents["text"]).cast(pa.int64()),
            "source": pa.array(source),
            "text_key": pa.array(text_keys),
            "shard": pa.array(shard.astype(np.int32)),
        }
        for name, column in columns.items():
            documents = documents.append_column(name, column)
        self._waiting.append(documents.select([*DOCUMENTS.names, "text_key", "shard"]))
        if sum(table.nbytes for table in self._waiting) >= FLUSH_BYTES:
            self.flush()

    def flush(self) -> None:
        if not self._waiting:
            return
        documents = pa.concat_tables(self._waiting).combine_chunks()
        self._waiting.clear()
        self._documents.add(documents.select(DOCUMENTS.names), documents["shard"].to_numpy())
        keys = keys_of(documents, self._job.corpus, self._job.one_line_in)
        self._keys.add(keys, range_of(keys["text_key"].to_numpy(), self._job.key_ranges))


def _overlap(job: Job) -> Overlap | None:
    characters = job.corpus.exclude.shared_run
    return task_overlap(job.storage.uri, job.tasks, characters) if characters and job.tasks else None


def _is_of_task(tasks: TaskRows, overlap: Overlap | None, corpus: Corpus, doc_id: str, text: str) -> bool:
    """Whether a turn is to go by itself, so that its conversation stays."""
    return tasks.hold(doc_id, text, corpus) or (overlap is not None and overlap.holds(text))


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


def _find_copies(job: Job, file: str, run: range) -> Done:
    """`files` with the copies of a run of buckets of keys, and `lines`, how often those among them return."""
    lines = np.zeros((len(FROM), 2), np.int64)
    with (
        _scratch_there(job.name),
        PartitionWriter(job.storage, f"{job.scratch}/copies/{file}", COPIES, job.shard_layout) as writer,
    ):
        for bucket in run:
            for _, keys in read_bucket(job.storage, f"{job.scratch}/keys", bucket, KEYS):
                copies = keys.take(places_to_drop(keys["text_key"].to_numpy(), keys["rank"].to_numpy(), job.corpus))
                writer.add(copies.select(COPIES.names), copies["shard"].to_numpy())
                of_lines = keys.filter(pa.array(kinds(keys["text_key"].to_numpy()) == LINE))
                lines += count_lines(*(of_lines[name].to_numpy() for name in ("text_key", "rank", "line_bytes")))
    return Done({"files": writer.files, "lines": lines.tolist()}, [one["name"] for one in writer.files])


# --- third pass: a shard's documents, by shuffle key -----------------------------------------------------------------


def _write_shards(job: Job, _: str, run: int) -> Done:
    """Reports of a run of neighbouring shards."""
    with _scratch_there(job.name):
        copies = dict(read_bucket(job.storage, f"{job.scratch}/copies", run, COPIES))
        documents = read_bucket(job.storage, f"{job.scratch}/documents", run, DOCUMENTS)
        reports, following = [], next(documents, None)
        for number in job.shard_layout.parts_of(run):
            table = DOCUMENTS.empty_table()
            if following and following[0] == number:
                table, following = following[1], next(documents, None)
            of_shard = copies.get(number, COPIES.empty_table())
            reports.append(_write_shard(job, *job.all_shards[number], table, of_shard))
    return Done(reports, [f"{job.directory}/{one['shard']['file']}" for one in reports if one["shard"]])


def _write_shard(job: Job, language: str, shard: int, table: pa.Table, copies: pa.Table) -> dict[str, Any]:
    """table: DOCUMENTS of the shard, in any order; copies: COPIES of it."""
    # By text and group too: where a source's ids are not unique, which row stays must not depend on the order of files.
    table = table.sort_by([(column, "ascending") for column in ("rank", "text", "group", "source")])
    keys = table["rank"].to_numpy()
    repeated = np.append(False, keys[1:] == keys[:-1])[: len(keys)]
    other_text = repeated & np.append(False, _differs_from_last(table["text"]))[: len(keys)]
    copied, near, table = apply_copies(table, copies)
    copied, near = copied & ~repeated, near & ~repeated
    vanished = (pc.binary_length(table["text"]).to_numpy() == 0) & ~(repeated | copied | near)
    kept = table.filter(pa.array(~(repeated | copied | near | vanished))).select(TEXT.names)
    file = f"language={language}/part-{shard:05}.parquet"
    if kept.num_rows:
        job.storage.write_table(f"{job.directory}/{file}", kept, row_group_size=ROW_GROUP)
    source, sizes = table["source"].to_numpy(), table["bytes"].to_numpy()
    of_sources = {
        name: _count(sizes[mine], repeated[mine], other_text[mine], copied[mine], near[mine], vanished[mine])
        for index, name in enumerate(job.sources)
        if (mine := source == index).any()
    }
    return {"language": language, "sources": of_sources, "shard": _shard_facts(file, kept) if kept.num_rows else None}


def _differs_from_last(column: pa.ChunkedArray) -> np.ndarray:
    """Whether each value but the first is another than the one before: [n] -> bool [n - 1]."""
    return pc.not_equal(column.slice(1), column.slice(0, max(0, len(column) - 1))).to_numpy()


def _count(
    sizes: np.ndarray,
    repeated: np.ndarray,
    other_text: np.ndarray,
    copied: np.ndarray,
    near: np.ndarray,
    vanished: np.ndarray,
) -> dict[str, int]:
    stays = ~(repeated | copied | near | vanished)
    return {
        "documents": int(stays.sum()),
        "bytes": int(sizes[stays].sum()),
        "read twice": int((repeated & ~other_text).sum()),
        "id used twice": int(other_text.sum()),
        "duplicate": int(copied.sum()),
        "near duplicate": int(near.sum()),
        "repeated lines": int(vanished.sum()),
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
