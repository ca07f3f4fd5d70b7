"""What a sweep would gain if its trials shared the teacher's work: `python benchmarks/shared_teacher.py`, two minutes.

The plain step is that of benchmarks/distill.py: mBERT's size, posts, bfloat16, without the optimiser. Beside it, on the
same tokens: the same step with the teacher's last hidden states read from a file, which must give the same losses; the
teacher's encoder and its vocabulary head; writing and reading hidden states, and the 64 most probable entries of the
logits. CPU seconds of one thread for 1,000 real tokens, medians of the rounds. Files are read from the page cache, so
no disk's or network's time is in the figures; the bytes stand beside them.

What can be shared is computed, not timed. Masks hang on how often each token occurs in a quantity, so two quantities of
configs/td_sweep.yaml show a sequence with the same mask only by a chance, which follows from counts of Zipf's law.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from unittest.mock import patch

import numpy as np
import torch
from distill import MBERT_VOCABULARY, VARIANTS, engine_batches, make_engine, make_sequences
from safetensors.torch import load_file, save_file
from torch import Tensor

from raykd.config import Masking
from raykd.distill.data.masking import mask_probabilities
from raykd.distill.data.packing import PackedBatch
from raykd.distill.losses.chunked import TEACHER_POSITIONS
from raykd.distill.models.packed_encoder import Encoded, decoder_of, encode_packed, head_features
from raykd.distill.train.step import Engine

T = TypeVar("T")
VARIANT = next(variant for variant in VARIANTS if variant.name == "bf16")
ENTRIES = 64  # of each position's logits
QUANTITIES = np.arange(1.5, 4.6, 0.3)  # GB; configs/td_sweep.yaml
BYTES_PER_TOKEN, EPOCHS = 3, 3  # of text, as resources.prepare has it there; the default
SAMPLE = 1_000_000  # tokens of sequences whose lengths stand for all


class Costs:
    """CPU seconds for 1,000 tokens, by the work done."""

    def __init__(self, tokens: int) -> None:
        self.tokens, self.rounds = tokens, dict[str, list[float]]()

    def measure(self, name: str, work: Callable[[], T]) -> T:
        started = time.process_time()
        result = work()
        self.rounds.setdefault(name, []).append((time.process_time() - started) / self.tokens * 1000)
        return result

    def __getitem__(self, name: str) -> float:
        return statistics.median(self.rounds[name][1:])  # the first round warms up


def compare(tokens: int, rounds: int, folder: Path) -> tuple[Costs, dict[str, float]]:
    """What each kind of work costs, and how many bytes a token's outputs take in a file."""
    engine, costs, sizes = make_engine(VARIANT, "cpu"), Costs(tokens), dict[str, float]()
    for number in range(rounds + 1):
        (batch,) = engine_batches(VARIANT, "posts", tokens, 2 * tokens, number)
        sizes = _round(engine, batch, costs, folder)
        print(
            f"round {number}: " + ", ".join(f"{name} {own[-1]:.3f}" for name, own in costs.rounds.items()), flush=True
        )
    return costs, sizes


def _round(engine: Engine, batch: PackedBatch, costs: Costs, folder: Path) -> dict[str, float]:
    teacher: Any = engine.teacher
    states_file, entries_file = folder / "states", folder / "entries"
    plain = costs.measure("step", lambda: step(engine, batch))
    with torch.no_grad():
        encoded = (teacher.base_model, batch.input_ids, batch.position_ids, batch.runs)
        hidden = costs.measure("encoder", lambda: encode_packed(*encoded))
        costs.measure("head", lambda: most_probable(teacher, hidden, 0))
        entries = costs.measure("head and entries", lambda: most_probable(teacher, hidden, ENTRIES))
    costs.measure("write states", lambda: save_file({"hidden": hidden}, states_file))
    costs.measure("read states", lambda: read(states_file))
    costs.measure("write entries", lambda: save_file(entries, entries_file))
    costs.measure("read entries", lambda: read(entries_file))
    shared = costs.measure("step that reads", lambda: step(engine, batch, states_file))
    torch.testing.assert_close(shared, plain, rtol=1e-6, atol=0)
    return {"states": states_file.stat().st_size / batch.tokens, "entries": entries_file.stat().st_size / batch.tokens}


def step(engine: Engine, batch: PackedBatch, hidden_states: Path | None = None) -> Tensor:
    """The losses, forward and backward; hidden_states: the teacher's, where its encoder is not to make them."""

    def stored(teacher: Any) -> Callable[..., Encoded]:
        assert hidden_states
        hidden = read(hidden_states)["hidden"]
        return lambda batch, predicted, layer: Encoded(hidden, head_features(teacher, hidden[predicted]), None)

    torch.manual_seed(0)  # of dropout
    with patch("raykd.distill.train.step.PackedEncoder", stored) if hidden_states else nullcontext():
        return engine.accumulate([batch], batch.tokens, batch.masked)


def read(file: Path) -> dict[str, Tensor]:
    """Copied, since a mapped file is read when it is looked at."""
    return {name: tensor.clone() for name, tensor in load_file(file).items()}


def most_probable(teacher: Any, hidden: Tensor, entries: int) -> dict[str, Tensor]:
    """The largest logits [tokens, entries] and which they are; logits go by in chunks, as in the step."""
    decoder, values, indices = decoder_of(teacher), list[Tensor](), list[Tensor]()
    logits = hidden.new_empty(TEACHER_POSITIONS, decoder.out_features)
    for part in head_features(teacher, hidden).split(TEACHER_POSITIONS):
        product = torch.addmm(decoder.bias, part, decoder.weight.t(), out=logits[: len(part)])
        if entries:
            found = product.topk(entries)
            values.append(found.values)
            indices.append(found.indices.int())
    return {"values": torch.cat(values), "indices": torch.cat(indices)} if entries else {}


class Masks:
    """How a seed's masks differ between the quantities of a sweep."""

    def __init__(self) -> None:
        generator, ranks = np.random.default_rng(0), np.arange(1, MBERT_VOCABULARY + 1)
        self.frequencies = 1 / ranks / (1 / ranks).sum()
        self.added = np.diff(QUANTITIES, prepend=0) * 1e9 / BYTES_PER_TOKEN  # tokens, by each quantity
        counts = np.cumsum([generator.poisson(self.frequencies * tokens) for tokens in self.added], axis=0)
        self.probabilities = [mask_probabilities(own, Masking()) for own in counts]

    def same(self, one: int, other: int, lengths: np.ndarray) -> float:
        """The share of tokens in sequences that have the same mask in two quantities; lengths: without special tokens.

        A token's draw is the same in both, so whether it is masked differs by the difference of its probabilities.
        """
        differs = (self.frequencies * np.abs(self.probabilities[one] - self.probabilities[other])).sum()
        return float(np.average((1 - differs) ** lengths, weights=lengths))

    def readable(self, lengths: np.ndarray) -> float:
        """Of the tokens that a seed's trials show: the share in sequences that have the mask with which the smallest
        quantity that holds them has shown them, and so could have stored them."""
        places = range(len(QUANTITIES))
        read = sum(self.added[first] * self.same(first, own, lengths) for own in places for first in range(own))
        return float(read / sum(self.added[: own + 1].sum() for own in places))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=1024, help="real tokens of a round")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, 1 thread, torch {torch.__version__}")
    with TemporaryDirectory() as folder:
        costs, sizes = compare(arguments.tokens, arguments.rounds, Path(folder))
    print(f"\nCPU seconds for 1,000 real tokens, median of {arguments.rounds}, and as a share of the plain step")
    for name in costs.rounds:
        print(f"  {name:<18}{costs[name]:8.3f}{costs[name] / costs['step']:8.3f}")
    print(f"bytes a token: hidden states {sizes['states']:,.0f}, {ENTRIES} entries {sizes['entries']:,.0f}")

    masks, lengths = Masks(), np.diff(make_sequences("posts", SAMPLE, MBERT_VOCABULARY, 0).offsets)
    double = int(np.argmin(np.abs(QUANTITIES - 2 * QUANTITIES[0])))
    same = ", ".join(f"{masks.same(0, double, np.array([n])):.0%} of those of {n} tokens" for n in (128, 250))
    print(f"sequences with the same mask in {QUANTITIES[0]:g} and {QUANTITIES[double]:g} GB: {same}")
    readable, first = masks.readable(lengths), QUANTITIES[-1] / QUANTITIES.sum()
    reading, writing = costs["step that reads"] / costs["step"], costs["write states"] / costs["step"]
    stored = QUANTITIES[-1] * 1e9 / BYTES_PER_TOKEN * EPOCHS * sizes["states"]
    entries = (costs["head and entries"] - costs["head"]) / costs["head"]
    print(
        f"summary: the step that reads hidden states takes {reading:.2f} of the plain one; {readable:.0%} of what the "
        f"trials of a seed show could be read, and {first:.0%} must be written: a sweep takes "
        f"{1 - readable * (1 - reading) + first * writing:.2f} of the plain one, and {stored / 1e12:.1f} TB a seed; "
        f"finding {ENTRIES} entries takes {entries:.2f} of the head that they save"
    )


if __name__ == "__main__":
    main()
