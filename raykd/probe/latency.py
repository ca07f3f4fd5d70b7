"""How long encoders take over texts: forward passes alone, on tokens that lie on their device (paper, Table 5).

All are timed in one run, batch by batch in turn, so that what else the machine does meets them alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from raykd.evaluate.classifier.encoder import TextEncoder
from raykd.evaluate.classifier.ragged import Ragged, longest_first
from raykd.evaluate.predict.onnx_runtime import OnnxModel

Pass = Callable[[], object]
RESAMPLES = 2_000


@dataclass(frozen=True)
class Timing:
    """Texts encoded in batches, over and over. lengths: tokens of each batch; wall, cpu: seconds [runs, batches]."""

    texts: int
    lengths: np.ndarray
    wall: np.ndarray
    cpu: np.ndarray

    @property
    def milliseconds(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile over the runs, a text."""
        lower, median, upper = np.quantile(self.wall.sum(axis=1), [0.25, 0.5, 0.75]) * 1000 / self.texts
        return float(lower), float(median), float(upper)

    @property
    def of_a_batch(self) -> tuple[float, float]:
        """(median, 95th percentile) over batches of each one's median over the runs, in milliseconds: at batch 1 what a
        message waits, and what one in twenty waits or more."""
        median, high = np.quantile(np.median(self.wall, axis=0), [0.5, 0.95]) * 1000
        return float(median), float(high)

    @property
    def tokens_per_second(self) -> float:
        """Of the median run."""
        return float(self.lengths.sum() / np.median(self.wall.sum(axis=1)))


def speed_up(own: Timing, reference: Timing, clock: str = "wall", seed: int = 0) -> tuple[float, float, float]:
    """How many times as long the reference takes: (estimate, low, high), 95 %.

    The median over runs of the ratio of their totals, each run with its neighbour; the interval is over runs drawn with
    replacement. clock: "wall" or "cpu", which other work on the machine disturbs less but which is only right for
    passes of one thread.
    """
    ratios = getattr(reference, clock).sum(axis=1) / getattr(own, clock).sum(axis=1)
    generator = np.random.default_rng(seed)
    drawn = np.median(ratios[generator.integers(len(ratios), size=(RESAMPLES, len(ratios)))], axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(np.median(ratios)), float(low), float(high)


def measure(
    passes: Mapping[str, Sequence[Pass]],
    lengths: Mapping[str, Sequence[int]],
    texts: int,
    threads: int,
    warm_up: int,
    runs: int,
    after_round: Callable[[], object] = lambda: None,
) -> dict[str, Timing]:
    """Time `runs` rounds after `warm_up` rounds: in each, every batch by every encoder in turn, a different one first.

    passes: by encoder, one a batch, as many for all; lengths: their tokens. A pass returns when its work is done.
    after_round: in no time that is measured.
    """
    names = list(passes)
    batches = len(passes[names[0]])
    wall, cpu = ({name: np.empty((warm_up + runs, batches)) for name in names} for _ in range(2))
    with torch.inference_mode(), torch_threads(threads):
        for run in range(warm_up + runs):
            for batch in range(batches):
                first = (run + batch) % len(names)
                for name in names[first:] + names[:first]:
                    began, began_cpu = time.perf_counter(), time.process_time()
                    passes[name][batch]()
                    cpu[name][run, batch] = time.process_time() - began_cpu
                    wall[name][run, batch] = time.perf_counter() - began
            after_round()
    return {name: Timing(texts, np.asarray(lengths[name]), wall[name][warm_up:], cpu[name][warm_up:]) for name in names}


def torch_passes(encoder: TextEncoder, tokens: Ragged, batch: int, device: str) -> list[Pass]:
    """One for each batch of the texts that follow one another, as a server would take them."""

    def one(part: Ragged) -> Pass:
        def encode() -> None:
            encoder(part)
            if device == "cuda":
                torch.cuda.synchronize()  # a call returns before the GPU has done its work

        return encode

    rows = torch.arange(len(tokens)).split(batch)
    return [one(tokens.take(longest_first(tokens.lengths, part)).to(device)) for part in rows]


def onnx_passes(model: OnnxModel, tokens: Ragged, batch: int) -> list[Pass]:
    """The same by onnxruntime, padded to the longest of each batch."""

    def one(inputs: dict[str, np.ndarray]) -> Pass:
        return lambda: model.session.run(["last_hidden_state"], inputs)

    return [one(model.inputs(tokens.take(part))) for part in torch.arange(len(tokens)).split(batch)]


def batch_lengths(tokens: Ragged, batch: int) -> list[int]:
    return [int(part.sum()) for part in tokens.lengths.split(batch)]


def waiting(timings: Mapping[str, Timing]) -> float:
    """The share of the time by the clock in which a single thread did not run."""
    wall, cpu = (sum(float(getattr(one, clock).sum()) for one in timings.values()) for clock in ("wall", "cpu"))
    return max(0.0, 1 - cpu / wall)


def random_tokens(length: int, texts: int, vocabulary: int, padding: int) -> Ragged:
    """Texts of random tokens, the same each time; which they are does not change how long they take."""
    generator = torch.Generator().manual_seed(0)
    values = torch.randint(vocabulary, (texts * length,), generator=generator)
    # RoBERTa-like models take a padding token's position from elsewhere.
    values[values == padding] = (padding + 1) % vocabulary
    return Ragged(values, torch.arange(texts + 1) * length)


def sizes(encoder: TextEncoder) -> dict[str, int]:
    """Parameters without pooler and vocabulary head: in all, and of the word embeddings; bytes: what they take."""
    embeddings = encoder.model.get_input_embeddings()
    assert isinstance(embeddings, torch.nn.Embedding)
    parameters = list(encoder.parameters())
    return {
        "parameters": sum(one.numel() for one in parameters),
        "word_embeddings": embeddings.weight.numel(),
        "bytes": sum(one.numel() * one.element_size() for one in parameters),
    }


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
