"""How long an encoder takes over texts: its forward pass alone, on tokens that lie on its device (paper, Table 5)."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from raykd.evaluate.encoder import TextEncoder
from raykd.evaluate.ragged import Ragged, longest_first


@dataclass(frozen=True)
class Timing:
    """Texts encoded in batches of `batch`, over and over. tokens: of all the texts; seconds: of each run over them."""

    batch: int
    texts: int
    tokens: int
    seconds: tuple[float, ...]

    @property
    def milliseconds(self) -> tuple[float, float, float]:
        """Lower quartile, median and upper quartile over the runs, a text."""
        lower, median, upper = np.quantile(self.seconds, [0.25, 0.5, 0.75]) * 1000 / self.texts
        return float(lower), float(median), float(upper)

    @property
    def tokens_per_second(self) -> float:
        """Of the median run."""
        return self.tokens / float(np.median(self.seconds))


def measure(
    encoder: TextEncoder, tokens: Ragged, batch: int, threads: int, device: str, warm_up: int, runs: int
) -> Timing:
    """Time `runs` passes over all texts, after `warm_up` passes. The encoder is on the device, in its precision.

    Texts keep their order: a batch has the `batch` texts that follow one another, as a server would take them.
    """
    rows = torch.arange(len(tokens)).split(batch)
    batches = [tokens.take(longest_first(tokens.lengths, part)).to(device) for part in rows]
    with torch.inference_mode(), torch_threads(threads):
        for _ in range(warm_up):
            _pass(encoder, batches, device)
        seconds = tuple(_pass(encoder, batches, device) for _ in range(runs))
    return Timing(batch, len(tokens), int(tokens.lengths.sum()), seconds)


def _pass(encoder: TextEncoder, batches: list[Ragged], device: str) -> float:
    """Seconds from the first batch to the end of the last, one at a time."""
    started = time.perf_counter()
    for batch in batches:
        encoder(batch)
        if device == "cuda":
            torch.cuda.synchronize()  # a call returns before the GPU has done its work
    return time.perf_counter() - started


def random_tokens(length: int, texts: int, vocabulary: int, padding: int) -> Ragged:
    """Texts of random pieces, the same each time; which they are does not change how long they take."""
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


def processor(device: str) -> str:
    """What the GPU or the CPU is called."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
