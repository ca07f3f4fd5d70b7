"""What grows with a corpus: bytes that stages fetch from a store, and what a driver holds of 10^5 shards."""

import ast
import base64
import json
import random
import time
import tracemalloc
import urllib.request
from collections.abc import Callable

import fsspec
import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import Result, Storage
from raykd.config import TableSource
from raykd.corpus.budget import cutoff_keys
from raykd.corpus.partitions import OFFSET, Layout, offsets_of, write_index
from raykd.corpus.readers import read_unit, split_units
from raykd.corpus.token_shards import missing_shards
from raykd.distill.data.sampler import training_sampler

MOST = 1.2  # bytes fetched over bytes needed


@pytest.fixture
def sent(s3) -> Callable[[], int]:
    """Bytes that the S3 server has sent so far."""
    fsspec.get_filesystem_class("s3").clear_instance_cache()

    def count() -> int:
        with urllib.request.urlopen(s3["AWS_ENDPOINT_URL"] + "/-counts") as answer:
            return int(ast.literal_eval(answer.read().decode())["sent"])

    return count


def rows(count: int) -> list[dict]:
    drawn = random.Random(0)
    return [{"id": n, "text": drawn.randbytes(drawn.randrange(100, 3_000)).hex()} for n in range(count)]


def read_all(source: TableSource, unit_bytes: int) -> int:
    units = split_units([source], unit_bytes)
    assert len(units) >= 3
    return sum(1 for unit in units for row in read_unit(unit) if not row.problem)


def test_units_of_a_file_of_lines_fetch_little_more_than_it_has(sent):
    storage, made = Storage("s3://tests/lines"), rows(6_000)
    content = "".join(json.dumps(row) + "\n" for row in made).encode()
    storage.write_bytes("rows.jsonl", content)
    source = TableSource(reader="table", language="eng", path=storage.address("rows.jsonl"), name="rows", id="id")
    before = sent()
    assert read_all(source, 6 << 20) == len(made)
    assert sent() - before <= MOST * len(content)


def test_units_of_a_parquet_file_fetch_the_columns_that_are_read_once(sent):
    """Text that repeats has a dictionary, which is looked at before its rows."""
    storage, made = Storage("s3://tests/columns"), rows(8_000)
    table = pa.table(
        {
            "id": [row["id"] for row in made],
            "other": [random.Random(row["id"]).randbytes(500).hex() for row in made],
            "text": [made[row["id"] // 2]["text"] for row in made],
        }
    )
    storage.write_table("rows.parquet", table, row_group_size=500)
    source = TableSource(reader="table", language="eng", path=storage.address("rows.parquet"), name="rows", id="id")
    with storage.open_parquet("rows.parquet") as parquet:
        groups = [parquet.metadata.row_group(number) for number in range(parquet.num_row_groups)]
        needed = sum(group.column(column).total_compressed_size for group in groups for column in (0, 2))
    before = sent()
    assert read_all(source, 3 << 20) == len(made)
    assert sent() - before <= MOST * needed


@pytest.mark.slow
def test_a_driver_holds_the_reports_and_the_index_of_10_tb(store):
    """5,000 files and 10,000 tasks: 50 million offsets."""
    layout, files = Layout(312_500, 31), 4_968
    lengths = np.random.default_rng(0).integers(50_000, 150_000, layout.buckets)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(OFFSET)
    tracemalloc.start()
    reports = [
        {"name": f"documents/{number:06}-0.arrow", "offsets": base64.b64encode(offsets + number).decode()}
        for number in range(files)
    ]
    started = time.process_time()
    write_index(store.storage, "scratch", reports, layout)
    assert time.process_time() - started < 60
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e9
    width = files * OFFSET.itemsize
    row = np.frombuffer(store.storage.read_range("scratch/index", 7 * width, 8 * width), OFFSET)
    assert (row == offsets_of(reports[0])[7] + np.arange(files)).all()


@pytest.mark.slow
def test_a_hundred_thousand_shards_are_planned_in_seconds(store):
    """3 TB of text: what is missing, what a budget takes, and the first steps of a training from the middle."""
    shards = 100_000
    ranks = np.linspace(2**50, 2**62, shards).astype(np.int64).tolist()
    texts, tokens = Result("texts", "td", 1, {}), Result("tokens", "td", 1, {})
    files = [f"language=eng/part-{number:05}.parquet" for number in range(shards)]
    of_texts = [
        {"file": file, "documents": 30_000, "bytes": 30_000_000, "last_rank": rank, "sha256": "0" * 64}
        for file, rank in zip(files, ranks, strict=True)
    ]
    of_tokens = [
        {"language": "eng", "file": file, "first_rank": rank - 1, "last_rank": rank, "sequences": 40_000, "tokens": 1}
        for file, rank in zip(files, ranks, strict=True)
    ]
    store.complete(texts, {"languages": {"eng": {"bytes": 3 * 10**12, "shards": of_texts}}}, time.time())
    store.complete(tokens, {"shards": of_tokens[: shards // 2]}, time.time())
    started = time.process_time()
    cutoffs = cutoff_keys(store, texts, None)
    assert len(missing_shards(store, tokens, texts, cutoffs)) == shards // 2
    sampler = training_sampler(store, tokens, cutoffs, 64, 4_096, 3, seed=1)
    assert len(sampler) == shards // 2 * 625
    step = next(sampler.steps(3, 8, first_step=sampler.steps_per_epoch // 2))
    assert len(step) == 512 and {group.stop - group.start for group in step} == {64}
    assert time.process_time() - started < 60
