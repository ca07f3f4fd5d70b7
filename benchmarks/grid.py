"""What the grid's short cuts save: `make bench-grid`, the summary last. CPU seconds on one thread, random weights.

Frozen: one encoder of mBERT's size (12 layers, width 768; a vocabulary of 30,000, since a lookup costs the same in
any), ten seeds of 3 epochs on texts of the lengths of posts (log-normal, median 180 tokens, cut at 512) and of chat
(median 16, 95 % below 80); train, validation and test as 8 : 1 : 1, batches of 32. Measured whole: encode once, train
ten heads. Against

- the same encoding path run again for each epoch of each seed, and for each seed's validation and test texts: encoding
  the texts once, measured, times 30 (10 for validation and test), and the heads, measured;
- the padded float32 loop: the transformers model in float32 on padded random batches of 32, without gradients, and a
  padded head, forward and backward, with the products of raykd.distill.models.mixed_precision: a few batches are
  measured, and their time multiplied by the number of them.

Both are linear in what is multiplied. Classify: texts to labels through the encoder and one head, and through it and
eight. Last, what --dry-run says of the paper's 540 cells, from the configs as they are shipped.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel, DistilBertConfig

from raykd.config import ClassifierTraining, Head
from raykd.distill.models.mixed_precision import compute_dtype, fast_products
from raykd.evaluate.classifier.encoder import TextEncoder, stored_states
from raykd.evaluate.classifier.head import Truth
from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.classifier.train import Examples, Recipe, make_head, train_frozen
from raykd.evaluate.predict.heads import SavedHead, TextClassifier, names

VOCABULARY, LABELS, SEEDS, EPOCHS, BATCH = 30_000, 10, 10, 3, 32
MIXES = {"chat": (16, 0.98), "posts": (180, 0.9)}  # median tokens, sigma of the logarithm; as benchmarks/distill.py


def make_encoder() -> TextEncoder:
    torch.manual_seed(0)
    model = BertModel(BertConfig(vocab_size=VOCABULARY), add_pooling_layer=False)
    return TextEncoder(model.eval()).eval()


def make_texts(mix: str, rows: int, seed: int = 0) -> Ragged:
    generator = np.random.default_rng(seed)
    median, sigma = MIXES[mix]
    lengths = np.clip(np.exp(generator.normal(np.log(median), sigma, rows)), 3, 512).astype(np.int64)
    ids = generator.integers(106, VOCABULARY, lengths.sum())
    return Ragged(torch.from_numpy(ids), torch.from_numpy(np.concatenate([[0], np.cumsum(lengths)])))


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def padded_batch_seconds(encoder: TextEncoder, tokens: Ragged, batches: int) -> list[float]:
    """Of one training step each, after a small one: the model as it comes, and its head, padded and in float32."""
    model = encoder.model
    first, second = nn.Linear(768, 768, bias=False), nn.Linear(768, 1, bias=False)
    output = nn.Linear(768, LABELS)
    optimizer = torch.optim.AdamW([*first.parameters(), *second.parameters(), *output.parameters()], lr=1e-3)

    @fast_products("cpu", torch.float32, 768)
    def step(rows: Tensor) -> None:
        batch = tokens.take(rows)
        places, mask = batch.places()
        with torch.no_grad():
            hidden = model(input_ids=batch.values[places], attention_mask=mask).last_hidden_state
        scores = second(torch.tanh(first(hidden))).masked_fill(~mask.unsqueeze(-1), -torch.inf)
        logits = output((scores.softmax(1).transpose(1, 2) @ hidden).flatten(1))
        functional.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits)).backward()
        optimizer.step()
        optimizer.zero_grad()

    order = torch.randperm(len(tokens), generator=torch.Generator().manual_seed(1)).split(BATCH)
    step(order[0][:2])
    return [cpu_seconds(lambda rows=rows: step(rows)) for rows in order[:batches]]  # type: ignore[misc]


def compare_frozen(mix: str, rows: int, padded_batches: int) -> str:
    dtype = compute_dtype("auto", "cpu")
    tokens, encoder = make_texts(mix, rows), make_encoder()
    train_rows = rows * 8 // 10
    cuts = (0, train_rows, rows * 9 // 10, rows)
    truth = Truth(torch.rand(rows, LABELS) < 0.2, torch.ones(rows, LABELS, dtype=torch.bool))
    training = ClassifierTraining(epochs=EPOCHS, batch=BATCH, learning_rate=1e-3)
    recipe = Recipe("multi-label", Head(), training, dtype=dtype)

    batch_seconds = statistics.mean(padded_batch_seconds(encoder, tokens.part(0, train_rows), padded_batches))
    padded = batch_seconds * SEEDS * (EPOCHS * train_rows + rows - train_rows) / BATCH

    began = time.process_time()
    with stored_states(encoder, tokens, 10**11, dtype=dtype) as states:
        encoding = time.process_time() - began
        parts = [Examples(states.part(start, stop), truth.part(start, stop)) for start, stop in pairwise(cuts)]
        heads = [
            cpu_seconds(lambda seed=seed: train_frozen(parts[0], parts[1], parts[2].inputs, recipe, seed))  # type: ignore[misc]
            for seed in range(SEEDS)
        ]
    ours = encoding + sum(heads)
    train_share = float(tokens.part(0, train_rows).lengths.sum() / tokens.lengths.sum())
    again = encoding * SEEDS * (EPOCHS * train_share + 1 - train_share) + sum(heads)
    print(
        f"{mix}: {rows:,} texts, {len(tokens.values):,} tokens, {dtype}: encoding once {encoding:.1f} s, ten heads "
        f"{sum(heads):.1f} s (a seed {min(heads):.2f} to {max(heads):.2f}), together {ours:.1f} s; encoding again "
        f"{again:.0f} s; padded float32 {padded:.0f} s ({padded_batches} batches of {batch_seconds:.2f} s measured)",
        flush=True,
    )
    return f"{mix} {again / ours:.1f}x less than encoding again, {padded / ours:.1f}x less than padded float32"


def compare_heads(mix: str, rows: int, rounds: int) -> str:
    """What jobs/classify.py calls, interleaved; medians, since the machine may be busy."""
    dtype = compute_dtype("auto", "cpu")
    encoder, tokens = make_encoder(), make_texts(mix, rows, seed=2)
    labels = tuple(f"label {number}" for number in range(LABELS))
    saved = SavedHead("tags", "multi-label", labels, None, (0.5,) * LABELS, Head(), 768, "")
    heads = [(saved, make_head(Head(), 768, LABELS).eval()) for _ in range(8)]
    tokenizer: Any = None  # the texts are tokens already

    def label(count: int) -> None:
        classifier = TextClassifier(tokenizer, encoder, {"eng": heads[:count]}, 512, "cpu", dtype)
        for answer in classifier.probabilities(tokens, "eng"):
            names(saved, answer)

    label(8)
    seconds: dict[int, list[float]] = {1: [], 8: []}
    for _ in range(rounds):
        for count, found in seconds.items():
            found.append(cpu_seconds(lambda count=count: label(count)))  # type: ignore[misc]
    one, eight = (statistics.median(found) for found in seconds.values())
    print(
        f"{mix}: {rows:,} texts, {len(tokens.values):,} tokens with one head {one:.2f} s ({_range(seconds[1])}), with "
        f"eight {eight:.2f} s ({_range(seconds[8])}), {len(tokens.values) / eight:,.0f} tokens/s of CPU time",
        flush=True,
    )
    return f"{mix} eight heads {eight / one:.2f}x of one"


def _range(seconds: list[float]) -> str:
    return f"{min(seconds):.2f} to {max(seconds):.2f}"


def planned() -> list[str]:
    """What --dry-run says of the grid of the paper's two experiments, on a machine without their data or models."""
    root, lines = Path(__file__).parents[1], list[str]()
    with TemporaryDirectory() as directory:
        models = {"mbert": BertConfig(vocab_size=119_547), "distilmbert": DistilBertConfig(vocab_size=119_547)}
        for name, config in models.items():
            config.save_pretrained(f"{directory}/{name}")
        overrides = [f"encoders.{name}.model={directory}/{name}" for name in models]
        places = dict.fromkeys(("RAYKD_STORAGE", "DUMPS", "MESSAGES"), directory)
        environment = {**os.environ, **places, "PYTHONPATH": str(root)}
        for name in ("td", "cc"):
            command = [sys.executable, "jobs/evaluate.py", f"configs/{name}.yaml", "--dry-run", *overrides]
            done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
            lines += [f"{name}: {line}" for line in done.stdout.splitlines() if line.startswith("grid: ")]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=23_000, help="about so many in a mix")
    parser.add_argument("--padded-batches", type=int, default=2, help="of 32 texts, measured of the padded loop")
    parser.add_argument("--mixes", nargs="+", choices=list(MIXES), default=list(MIXES))
    parser.add_argument("--rounds", type=int, default=3, help="of classification")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    results = []
    for mix in arguments.mixes:
        median, sigma = MIXES[mix]
        rows = int(arguments.tokens / min(median * np.exp(sigma**2 / 2), 250))
        results.append(compare_frozen(mix, rows, arguments.padded_batches * (8 if mix == "chat" else 1)))
        gc.collect()
        results.append(compare_heads(mix, rows // 2, arguments.rounds))
    print(*planned(), sep="\n")
    print(f"summary: {'; '.join(results)}")


if __name__ == "__main__":
    main()
