"""Probing one encoder, and what is stored of it.

probe/<encoder>-<hash8>/latency.parquet has a row for each text length and batch, homonyms.parquet one for each word and
sense; what was not asked for has no file.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch
import transformers

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.config import Homonym, Latency
from raykd.corpus.tokenizer import open_tokenizer
from raykd.errors import InputError
from raykd.evaluate.encoder import TextEncoder, check_positions, load_encoder
from raykd.evaluate.ragged import Ragged, tokenise
from raykd.probe.homonyms import homonym_rows
from raykd.probe.latency import measure, processor, random_tokens, sizes

VERSION = 1
LATENCY, HOMONYMS = "latency.parquet", "homonyms.parquet"

LATENCY_SCHEMA = pa.schema(
    [
        ("length", pa.int32()),  # tokens of every text; null: texts of a task
        ("batch", pa.int32()),
        ("texts", pa.int32()),
        ("tokens", pa.int64()),  # of all texts
        ("lower", pa.float64()),  # milliseconds a text: quartiles over the runs
        ("median", pa.float64()),
        ("upper", pa.float64()),
        ("tokens_per_second", pa.float64()),
        ("seconds", pa.list_(pa.float64())),  # of each run over all texts
    ]
)


@dataclass(frozen=True)
class ProbeJob:
    """What one encoder is asked. texts: the file of the task's test texts, if a task's are timed; max_length: tokens
    that these are cut to."""

    result: Result
    encoder: SavedEncoder
    latency: Latency | None
    homonyms: tuple[Homonym, ...]
    texts: str | None = None
    max_length: int | None = None


def probe_encoder(store: ResultStore, job: ProbeJob) -> None:
    """Measure and store. The latency is right only where nothing else has work at the time: `load` among the facts is
    the machine's before it began, the mean number of waiting or running threads over a minute.

    Raises InputError for an encoder that cannot be loaded or has too few positions, for a task with too few texts, and
    for words that it cannot find.
    """
    started = time.time()
    facts: dict[str, Any] = {"load": os.getloadavg()[0], "cores": os.cpu_count()}
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    with job.encoder.local(store.storage) as location:
        tokenizer = open_tokenizer(location, job.encoder.revision)
        encoder = load_encoder(location, job.encoder.revision)
    if job.homonyms:
        found = pa.Table.from_pylist(list(homonym_rows(encoder, tokenizer, job.homonyms)))
        store.storage.write_table(f"{job.result.directory}/{HOMONYMS}", found)
    if job.latency:
        texts = dict(_texts(store, job, job.latency, encoder, tokenizer))
        encoder.to(job.latency.device, getattr(torch, job.latency.precision))
        rows = list(_latency_rows(encoder, job.latency, texts))
        store.storage.write_table(f"{job.result.directory}/{LATENCY}", pa.Table.from_pylist(rows, LATENCY_SCHEMA))
        facts["processor"] = processor(job.latency.device)
    store.complete(job.result, facts | sizes(encoder), started)


def _texts(
    store: ResultStore, job: ProbeJob, spec: Latency, encoder: TextEncoder, tokenizer: Any
) -> Iterator[tuple[int | None, Ragged]]:
    if job.texts:
        texts = store.storage.read_table(job.texts, ["text"])["text"].to_pylist()
        if len(texts) < spec.texts:
            raise InputError(
                f"probe.latency.texts: {spec.texts} asked, but tasks.{spec.task} has {len(texts)} test texts; "
                "ask for fewer"
            )
        assert job.max_length
        tokens = tokenise(tokenizer, texts[: spec.texts], job.max_length)
        check_positions(encoder, tokens)
        yield None, tokens
    config = encoder.model.config
    for length in spec.lengths:
        if encoder.positions is not None and length > encoder.positions:
            raise InputError(
                f"probe.latency.lengths: {length} tokens, but {job.encoder.name} has {encoder.positions} positions; "
                "leave it out"
            )
        yield length, random_tokens(length, spec.texts, config.vocab_size, config.pad_token_id or 0)


def _latency_rows(encoder: TextEncoder, spec: Latency, texts: dict[int | None, Ragged]) -> Iterator[dict[str, Any]]:
    for length, tokens in texts.items():
        for batch in spec.batches:
            timing = measure(encoder, tokens, batch, spec.threads, spec.device, spec.warm_up, spec.runs)
            lower, median, upper = timing.milliseconds
            yield {
                "length": length,
                "batch": batch,
                "texts": timing.texts,
                "tokens": timing.tokens,
                "lower": lower,
                "median": median,
                "upper": upper,
                "tokens_per_second": timing.tokens_per_second,
                "seconds": list(timing.seconds),
            }
