"""What preparing a large corpus asks of a store and a driver, on the real code with small bytes.

python benchmarks/scale.py                      1 TB's units, shards and tasks (10 minutes); bytes from an S3 server
python benchmarks/scale.py --terabytes 0.1
python benchmarks/scale.py --skip-bookkeeping
python benchmarks/scale.py --skip-bookkeeping --skip-bytes --groups 1000000 41000000

Bookkeeping: the three passes of a corpus of so many units of 32 MB and shards of 32 MB, each unit of some forty short
documents in place of 32 MB, with results in this process' memory; tasks run one after the other. Counted are requests
as an object store would bill them, by pass, and the reads of a task; seconds in tasks and of the driver, and the memory
of this one process, which does the work of all of them.

Bytes: real text through every stage against moto's S3 server, which counts what it sends, over what each stage needs:
its sources, the files that the pass before has left, the columns that are read.

Groups: what a training's worker holds of so many groups of 64 sequences, and what its start costs, without a step.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import tracemalloc
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage, retry, storage
from raykd.config import Corpus, TableSource
from raykd.corpus import resume, text_shards
from raykd.corpus.budget import cutoff_keys, sum_counts, token_counts
from raykd.corpus.readers import UNIT_BYTES, Unit
from raykd.corpus.schema import DOCUMENT
from raykd.corpus.text_shards import prepare_texts
from raykd.corpus.token_shards import prepare_tokens
from raykd.distill.data.sampler import training_sampler

GROUP_SEQUENCES = 64
DOCUMENTS = 40  # of a simulated unit
PASSES = ("read", "copies", "write")
READS, WRITES = ("cat_file", "size", "info", "get_file"), ("pipe_file", "put_file")
DOLLARS = {"read": 0.4e-6, "write": 5e-6}  # of S3 for a GET, and for a PUT or a listing
TEXTS = Result("texts", "td", 1, {})


def bookkeeping(terabytes: float) -> None:
    size = int(terabytes * 10**12)
    source = TableSource(reader="table", language="eng", path=__file__, name="rows", text="text", delimiter=";")
    corpus = Corpus(sources=(source,))
    units = [Unit(source, __file__, start, start + UNIT_BYTES) for start in range(0, size, UNIT_BYTES)]
    text_shards.source_bytes = lambda corpus: {"eng": size}
    text_shards.units_of = lambda sources, unit_bytes: units  # type: ignore[assignment]
    text_shards.passed_over = lambda source: []
    text_shards.unit_documents = _documents  # type: ignore[assignment]
    counts: dict[str, Counter[str]] = {}
    most: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    in_time = retry.in_time

    def counted(filesystem: Any, method: str, *arguments: Any, **options: Any) -> Any:
        asked[method] += 1
        return in_time(filesystem, method, *arguments, **options)

    retry.in_time = storage.in_time = counted

    def one_by_one(items: list[Any], work: Callable[[Any], Any]) -> Iterator[Any]:
        name = PASSES[len(counts)]
        counts[name] = Counter()
        for item in items:
            before, began = asked.copy(), time.perf_counter()
            yield json.loads(json.dumps(work(item)))
            made = asked - before
            counts[name] += made
            most[name] = max(most[name], sum(made[method] for method in READS))
            counts[name]["tasks"] += 1
            seconds[name] += time.perf_counter() - began

    resume.reports_of_each = one_by_one  # type: ignore[assignment]
    start_memory, began = _memory(), time.perf_counter()
    store = ResultStore(Storage("memory://scale"))
    prepare_texts(store, TEXTS, "td", corpus, 56, [], say=lambda line: None)
    total = time.perf_counter() - began
    facts = store.facts(TEXTS)["languages"]["eng"]
    print(f"{terabytes:g} TB: {len(units):,} units, {1 + (size - 1) // int(corpus.shard):,} shards", flush=True)
    for name in PASSES:
        reads, writes = (sum(counts[name][method] for method in methods) for methods in (READS, WRITES))
        print(
            f"  {name:<7}{counts[name]['tasks']:6,} tasks, {reads:9,} reads (at most {most[name]:,} a task), "
            f"{writes:7,} writes, {seconds[name]:7.1f} s in tasks"
        )
    reads = sum(asked[method] for method in READS)
    others = asked.total() - reads
    price = reads * DOLLARS["read"] + others * DOLLARS["write"]
    stored = sum(store.storage.sizes("").values())
    memory = (_memory() - start_memory) / 1e6
    print(
        f"  in all {reads:,} reads, {others:,} other requests: {price:,.2f} dollars; "
        f"driver {total - seconds.total():.1f} s;\n  this process took {memory:,.0f} MB, and "
        f"{facts['documents']:,} documents, {stored / 1e6:,.0f} MB, are in it",
        flush=True,
    )


def training_start(groups: int) -> None:
    """Of a training's worker, before and at the first step of an epoch."""
    store, tokens = ResultStore(Storage("memory://training")), Result("tokens", "td", 1, {})
    sequences = 2000 * GROUP_SEQUENCES  # of a shard of 32 MB
    shards = [
        {
            **{"language": "eng", "file": f"language=eng/part-{number:05}.parquet", "sequences": sequences},
            **{"first_rank": number << 32, "last_rank": (number + 1 << 32) - 1, "tokens": 128 * sequences},
        }
        for number in range(groups // 2000)
    ]
    counts = pa.table({"id": range(0, 120_000, 4), "count": range(1, 30_001)})
    summed = len(shards) if len(shards) <= 2000 else 0  # they lie in this process' memory
    for shard in shards[:summed]:
        store.storage.write_table(f"{tokens.directory}/{shard['file']}.counts.parquet", counts)
    store.complete(tokens, {"shards": shards}, 0.0)
    print(f"{groups:,} groups of {len(shards):,} shards:", flush=True)
    cutoffs = {"eng": 2**64 - 1}

    def told(what: str, work: Callable[[], Any]) -> Any:
        tracemalloc.start()
        made = work()
        held, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        began = time.perf_counter()
        work()  # untraced, which is faster
        seconds = time.perf_counter() - began
        print(f"  {what:<34}{held / 1e6:8.1f} MB held, {most / 1e6:8.1f} at most, {seconds:8.3f} s", flush=True)
        return made

    if summed:
        began = time.perf_counter()
        sum_counts(store, tokens, cutoffs)
        print(f"  counts of all shards summed by the driver in {time.perf_counter() - began:.2f} s", flush=True)
        told("counts, as a worker reads them", lambda: token_counts(store, tokens, cutoffs, 120_000))
    sampler = told(
        "list of shards, and their groups",
        lambda: training_sampler(store, tokens, cutoffs, GROUP_SEQUENCES, 64, epochs=2, seed=56),
    )
    told("an epoch's order and its first step", lambda: next(steps := sampler.steps(0, 8)) and steps)


def _documents(unit: Unit, seed: int, *rest: Any) -> Iterator[pa.Table]:
    drawn = np.random.default_rng(unit.start)
    keys = drawn.integers(0, 2**64, DOCUMENTS, np.uint64)
    empty = [""] * DOCUMENTS
    columns: dict[str, Any] = {name: empty for name in DOCUMENT.names}
    columns |= {name: [[]] * DOCUMENTS for name in ("labels", "unknown", "known")}
    names = [f"{key:032x}" for key in keys.tolist()]
    columns |= {"doc_id": names, "rank": keys, "language": ["eng"] * DOCUMENTS, "text": [2 * name for name in names]}
    yield pa.table(columns, schema=DOCUMENT)


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def bytes_fetched(megabytes: int) -> None:
    """Each stage's bytes from an S3 server, over those that it needs."""
    server = Path(__file__).parents[1] / "tests/s3_server.py"
    process = subprocess.Popen([sys.executable, str(server)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = f"http://127.0.0.1:{int(process.stdout.readline())}"
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= keys | {"AWS_ENDPOINT_URL": address}
    try:
        import boto3

        boto3.client("s3", endpoint_url=address).create_bucket(Bucket="scale")
        _measure_bytes(address, megabytes)
    finally:
        process.kill()
        process.wait()


def _measure_bytes(address: str, megabytes: int) -> None:
    def sent() -> int:
        with urllib.request.urlopen(address + "/-counts") as answer:
            return int(ast.literal_eval(answer.read().decode())["sent"])

    root = Storage("s3://scale")
    rows, columns = _write_sources(root, megabytes)
    sources = tuple(
        TableSource(reader="table", language=language, path=root.address(path), name=language, id="id")
        for language, path in (("eng", "rows.jsonl"), ("spa", "rows.parquet"))
    )
    fetched: Counter[str] = Counter()
    passes = iter((*PASSES, "tokens"))

    def one_by_one(items: Iterable[Any], work: Callable[[Any], Any]) -> Iterator[Any]:
        name, before = next(passes), sent()
        yield from map(work, items)
        fetched[name] = sent() - before

    resume.reports_of_each = one_by_one  # type: ignore[assignment]
    store = ResultStore(Storage("s3://scale/experiment"))
    needed: Counter[str] = Counter(read=rows + columns)
    remove, scratch = Storage.remove, f"scratch/{TEXTS.directory}"

    def measured(self: Storage, path: str) -> None:
        if path == scratch:
            for name, size in self.sizes(scratch).items():
                folder = name.split("/")[0]
                if name.endswith(".arrow"):
                    needed["copies" if folder == "keys" else "write"] += size
        remove(self, path)

    Storage.remove = measured  # type: ignore[method-assign]
    corpus = Corpus(sources=sources, shard=8_000_000)
    prepare_texts(store, TEXTS, "td", corpus, 56, [], say=lambda line: None)
    for language in store.facts(TEXTS)["languages"].values():
        for shard in language["shards"]:
            with store.storage.open_parquet(f"{TEXTS.directory}/{shard['file']}") as parquet:
                needed["tokens"] += _column_bytes(parquet.metadata, ("doc_id", "rank", "bytes", "text"))
    with tempfile.TemporaryDirectory() as directory:
        tokenizer = SavedEncoder("words", 0, "", _write_tokenizer(directory), stored=False)
        settings = {"max_length": 128, "minimum": 0, "unknown": 0.5}
        tokens = Result("tokens", "td", 1, settings)
        prepare_tokens(store, tokens, TEXTS, tokenizer, cutoff_keys(store, TEXTS, None), say=lambda line: None)
    for name in (*PASSES, "tokens"):
        share = f"{fetched[name] / needed[name]:.2f}" if needed[name] else "-"
        print(
            f"  {name:<7}{fetched[name] / 1e6:8.1f} MB fetched, {needed[name] / 1e6:8.1f} needed: {share}", flush=True
        )


def _write_sources(storage: Storage, megabytes: int) -> tuple[int, int]:
    """JSON lines, and a parquet of small row groups with a column that nobody reads: bytes of it that are needed."""
    drawn = random.Random(0)
    words = [f"{drawn.randrange(16**6):06x}" for _ in range(50_000)]
    rows = [
        {"id": number, "text": " ".join(drawn.choices(words, k=drawn.randrange(20, 400)))}
        for number in range(megabytes * 1000 // 3)
    ]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    storage.write_bytes("rows.jsonl", content)
    ignored = [drawn.randbytes(1500).hex() for _ in rows]
    table = pa.table({"id": [row["id"] for row in rows], "other": ignored, "text": [row["text"] for row in rows]})
    storage.write_table("rows.parquet", table, row_group_size=1000)
    with storage.open_parquet("rows.parquet") as parquet:
        return len(content), _column_bytes(parquet.metadata, ("id", "text"))


def _column_bytes(metadata: pq.FileMetaData, names: tuple[str, ...]) -> int:
    """Of these columns, and of the footer."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    parts = [group.column(number) for group in groups for number in range(group.num_columns)]
    return sum(part.total_compressed_size for part in parts if part.path_in_schema in names) + metadata.serialized_size


def _write_tokenizer(directory: str) -> str:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"{number:06x}" for number in range(1000))]
    tokenizer = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(directory)
    return directory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terabytes", type=float, nargs="+", default=[1.0])
    parser.add_argument("--megabytes", type=int, default=150, help="of text in each source for the bytes fetched")
    parser.add_argument("--skip-bookkeeping", action="store_true")
    parser.add_argument("--skip-bytes", action="store_true")
    parser.add_argument("--groups", type=int, nargs="+", default=[], help="of a training, whose start is measured")
    given = parser.parse_args()
    for groups in given.groups:
        training_start(groups)
    if not given.skip_bytes:
        bytes_fetched(given.megabytes)
    for terabytes in () if given.skip_bookkeeping else given.terabytes:
        # In a process of its own, whose memory is this corpus' alone.
        if len(given.terabytes) == 1 and given.skip_bytes:
            bookkeeping(terabytes)
        else:
            subprocess.run([sys.executable, __file__, "--skip-bytes", "--terabytes", str(terabytes)], check=True)


if __name__ == "__main__":
    main()
