"""Probing encoders, and what is stored of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle, islice
from typing import Any

import pyarrow as pa
import torch
from transformers import PreTrainedTokenizerBase

from raykd.artifacts import ResultStore, SavedEncoder
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import TextEncoder, check_positions, load_with_tokenizer
from raykd.evaluate.classifier.ragged import Ragged, tokenise
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.probe.homonym_distances import homonym_rows
from raykd.probe.homonym_shift import shift_rows
from raykd.probe.job import HOMONYM_SHIFT, HOMONYMS, LATENCY, HomonymJob, HomonymShiftJob, LatencyJob
from raykd.probe.latency import (
    Pass,
    Timing,
    batch_lengths,
    measure,
    onnx_passes,
    random_tokens,
    sizes,
    speed_up,
    torch_passes,
    waiting,
)
from raykd.probe.machine import Watch, cpu_features, processor

SEND_SECONDS = 0.5  # between two reports of progress, each a call to another process
LATENCY_SCHEMA = pa.schema(
    [
        ("encoder", pa.string()),
        ("runtime", pa.string()),  # torch, onnx or onnx-int8
        ("parameters", pa.int64()),  # without pooler and vocabulary head
        ("word_embeddings", pa.int64()),  # of these
        ("bytes", pa.int64()),  # of these parameters in the precision that is timed, or of the graph's file
        ("length", pa.int32()),  # tokens of every text; null: texts of a task
        ("batch", pa.int32()),
        ("texts", pa.int32()),
        ("tokens", pa.int64()),  # of all texts
        ("lower", pa.float64()),  # milliseconds a text: quartiles over the runs
        ("median", pa.float64()),
        ("upper", pa.float64()),
        ("batch_median", pa.float64()),  # milliseconds a batch: over the batches
        ("batch_p95", pa.float64()),
        ("tokens_per_second", pa.float64()),
        ("ratio", pa.float64()),  # how many times as long the reference takes, with its 95 % interval over runs
        ("ratio_low", pa.float64()),
        ("ratio_high", pa.float64()),
        ("seconds", pa.list_(pa.float64())),  # of each run over all texts
        ("cpu_seconds", pa.list_(pa.float64())),
    ]
)


@dataclass
class Loaded:
    """An encoder in memory, with all that is timed of it. tokens: by length, None for a task's texts."""

    saved: SavedEncoder
    encoder: TextEncoder
    graphs: dict[str, tuple[OnnxModel, int]]
    tokens: dict[int | None, Ragged] = field(default_factory=dict)


def probe_homonyms(store: ResultStore, job: HomonymJob) -> None:
    """Measure and store. Raises InputError for an encoder that cannot be loaded and words that it cannot find."""
    started = time.time()
    tokenizer, encoder = _load(store, job.encoder)
    found = pa.Table.from_pylist(list(homonym_rows(encoder, tokenizer, job.homonyms)))
    store.storage.write_table(f"{job.result.directory}/{HOMONYMS}", found)
    store.complete(job.result, sizes(encoder), started)


def probe_homonym_shift(store: ResultStore, job: HomonymShiftJob) -> None:
    """Measure and store. Raises InputError as `probe_homonyms` does."""
    started = time.time()
    first, second = (_load(store, encoder) for encoder in (job.first, job.second))
    found = pa.Table.from_pylist(list(shift_rows(first, second, job.homonyms)))
    store.storage.write_table(f"{job.result.directory}/{HOMONYM_SHIFT}", found)
    store.complete(job.result, {"first": job.first.name, "second": job.second.name}, started)


def probe_latency(store: ResultStore, job: LatencyJob, progress: Callable[[tuple[int, int]], object]) -> None:
    """Time all encoders in one run, and store. Other work on the machine makes times longer: what there was of it is
    among the facts, `busy` in words. progress: called with (tokens encoded, tokens in all), at most twice a second.

    Raises InputError for an encoder that cannot be loaded or has too few positions.
    """
    started, watch = time.time(), Watch()
    loaded = [_loaded(store, job, saved) for saved in job.encoders]
    rows, timed = list[dict[str, Any]](), list[dict[str, Timing]]()
    rounds = _Rounds(loaded, job, progress)
    for length in loaded[0].tokens:
        for batch in job.spec.batches:
            timings = _timings(loaded, job, length, batch, partial(rounds.add, length))
            timed.append(timings)
            rows += _rows(loaded, job, length, batch, timings)
    store.storage.write_table(f"{job.result.directory}/{LATENCY}", pa.Table.from_pylist(rows, LATENCY_SCHEMA))
    shares = [waiting(one) for one in timed]
    quiet = watch.quiet(sum(shares) / len(shares) if _one_thread(job) else None)
    facts = quiet.facts() | {"reference": job.reference, "clock": _clock(job), "features": cpu_features()}
    facts["processor"] = torch.cuda.get_device_name() if job.spec.device == "cuda" else processor()
    store.complete(job.result, facts, started)


class _Rounds:
    """How far the timing is: rounds over long texts count for more."""

    def __init__(self, loaded: list[Loaded], job: LatencyJob, progress: Callable[[tuple[int, int]], object]) -> None:
        self.tokens = {length: sum(len(one.tokens[length].values) for one in loaded) for length in loaded[0].tokens}
        self.total = len(job.spec.batches) * (job.spec.warm_up + job.spec.runs) * sum(self.tokens.values())
        self.progress, self.done, self.said = progress, 0, time.monotonic()

    def add(self, length: int | None) -> None:
        self.done += self.tokens[length]
        if time.monotonic() - self.said >= SEND_SECONDS:
            self.said = time.monotonic()
            self.progress((self.done, self.total))


def _one_thread(job: LatencyJob) -> bool:
    return job.spec.device == "cpu" and job.spec.threads == 1


def _clock(job: LatencyJob) -> str:
    """Of ratios: CPU seconds are right for one thread, whatever else runs."""
    return "cpu" if _one_thread(job) else "wall"


def _load(store: ResultStore, saved: SavedEncoder) -> tuple[PreTrainedTokenizerBase, TextEncoder]:
    return load_with_tokenizer(saved, store.storage)


def _loaded(store: ResultStore, job: LatencyJob, saved: SavedEncoder) -> Loaded:
    tokenizer, encoder = _load(store, saved)
    graphs = {
        runtime: (_encoder_alone(store.storage.read_bytes(file), job.spec.threads), store.storage.size(file))
        for (name, runtime), file in job.graphs.items()
        if name == saved.name
    }
    loaded = Loaded(saved, encoder, graphs)
    if job.texts:
        loaded.tokens[None] = _task_tokens(store, job, encoder, tokenizer)
    config = encoder.model.config
    for length in job.spec.lengths:
        if encoder.positions is not None and length > encoder.positions:
            raise InputError(
                f"probe.latency.lengths: {length} tokens, but {saved.name} has {encoder.positions} positions; "
                "leave it out"
            )
        loaded.tokens[length] = random_tokens(length, job.spec.texts, config.vocab_size, config.pad_token_id or 0)
    encoder.to(job.spec.device, getattr(torch, job.spec.precision))
    return loaded


def _encoder_alone(graph: bytes, threads: int) -> OnnxModel:
    """The graph without its heads, which onnxruntime would compute whatever is asked for."""
    import onnx

    model = onnx.load_model_from_string(graph)
    del model.graph.output[1:]
    return OnnxModel(model.SerializeToString(), threads)


def _task_tokens(store: ResultStore, job: LatencyJob, encoder: TextEncoder, tokenizer: Any) -> Ragged:
    assert job.texts and job.max_length
    texts = store.storage.read_table(job.texts, ["text"])["text"].to_pylist()
    # In turn, so that a task with few test texts has as many batches: which text it is changes nothing but its length.
    tokens = tokenise(tokenizer, list(islice(cycle(texts), job.spec.texts)), job.max_length)
    check_positions(encoder, tokens)
    return tokens


def _timings(
    loaded: list[Loaded], job: LatencyJob, length: int | None, batch: int, after_round: Callable[[], object]
) -> dict[str, Timing]:
    """By encoder and runtime."""
    passes: dict[str, list[Pass]] = {}
    lengths: dict[str, list[int]] = {}
    for one in loaded:
        tokens = one.tokens[length]
        passes[_key(one, "torch")] = torch_passes(one.encoder, tokens, batch, job.spec.device)
        for runtime, (model, _) in one.graphs.items():
            passes[_key(one, runtime)] = onnx_passes(model, tokens, batch)
        lengths |= {_key(one, runtime): batch_lengths(tokens, batch) for runtime in ("torch", *one.graphs)}
    spec = job.spec
    return measure(passes, lengths, spec.texts, spec.threads, spec.warm_up, spec.runs, after_round)


def _key(loaded: Loaded, runtime: str) -> str:
    return f"{loaded.saved.name}/{runtime}"


def _rows(
    loaded: list[Loaded], job: LatencyJob, length: int | None, batch: int, timings: dict[str, Timing]
) -> Iterator[dict[str, Any]]:
    reference = timings[f"{job.reference}/torch"]
    for one in loaded:
        size = sizes(one.encoder)
        for runtime in ("torch", *one.graphs):
            timing = timings[_key(one, runtime)]
            values = (*timing.milliseconds, *timing.of_a_batch, *speed_up(timing, reference, _clock(job)))
            names = ("lower", "median", "upper", "batch_median", "batch_p95", "ratio", "ratio_low", "ratio_high")
            yield (
                size
                | dict(zip(names, values, strict=True))
                | {
                    "encoder": one.saved.name,
                    "runtime": runtime,
                    "bytes": size["bytes"] if runtime == "torch" else one.graphs[runtime][1],
                    "length": length,
                    "batch": batch,
                    "texts": timing.texts,
                    "tokens": int(timing.lengths.sum()),
                    "tokens_per_second": timing.tokens_per_second,
                    "seconds": timing.wall.sum(axis=1).tolist(),
                    "cpu_seconds": timing.cpu.sum(axis=1).tolist(),
                }
            )
