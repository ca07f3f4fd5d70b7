"""What the grid's short cuts save: `make bench-grid`, the summary last. CPU seconds on one thread, random weights.

Frozen: one encoder of mBERT's size (12 layers, width 768; a vocabulary of 30,000, since a lookup costs the same in
any), ten seeds of 3 epochs on texts of the lengths of posts (log-normal, median 180 tokens, cut at 512) and of chat
(median 16, 95 % below 80); train, validation and test as 8 : 1 : 1, batches of 32. Measured whole: encode once, train
ten heads. Against

- the same encoding path run again for each epoch of each seed, and for each seed's validation and test texts: encoding
  the texts once, measured, times 30 (10 for validation and test), and the heads, measured;
- the padded float32 loop: the transformers model in float32 on padded random batches of 32, without gradients, and a
  padded head, forward and backward: a few batches are measured, and their time multiplied by the number of them.

Both are linear in what is multiplied. Classify: texts through the encoder and one head, and through it and eight.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from raykd.config import ClassifierTraining, Head
from raykd.distill.precision import compute_dtype
from raykd.evaluate.classifier import Examples, Recipe, make_head, train_frozen
from raykd.evaluate.encoder import TextEncoder
from raykd.evaluate.features import encode, stored_states
from raykd.evaluate.objective import Truth
from raykd.evaluate.ragged import Ragged

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


def encode_all(encoder: TextEncoder, tokens: Ragged) -> None:
    for _ in encode(encoder, tokens, "cpu"):
        pass


def padded_batch_seconds(encoder: TextEncoder, tokens: Ragged, batches: int) -> list[float]:
    """Of one training step each, after a small one: the model as it comes, and its head, padded and in float32."""
    model = encoder.model
    first, second = nn.Linear(768, 768, bias=False), nn.Linear(768, 1, bias=False)
    output = nn.Linear(768, LABELS)
    optimizer = torch.optim.AdamW([*first.parameters(), *second.parameters(), *output.parameters()], lr=1e-3)

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
    padded = batch_seconds * (SEEDS * (EPOCHS * 8 + 2) / 8) * -(-train_rows // BATCH)

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
        f"{again:.0f} s; padded float32 {padded:.0f} s ({padded_batches} batches of {batch_seconds:.2f} s measured)"
    )
    return f"{mix} {again / ours:.1f}x less than encoding again, {padded / ours:.1f}x less than padded float32"


def compare_heads(mix: str, rows: int, rounds: int) -> str:
    """Interleaved, medians: the machine may be busy."""
    dtype = compute_dtype("auto", "cpu")
    encoder, tokens = make_encoder().to(dtype=dtype), make_texts(mix, rows, seed=2)
    heads = [make_head(Head(), 768, LABELS) for _ in range(8)]

    @torch.inference_mode()
    def label(count: int) -> None:
        for numbers, hidden in encode(encoder, tokens, "cpu"):
            offsets = functional.pad(tokens.lengths[numbers].cumsum(0), (1, 0))
            for head in heads[:count]:
                head(Ragged(hidden, offsets))

    label(8)
    seconds = {count: [cpu_seconds(lambda count=count: label(count)) for _ in range(1)] for count in (1, 8)}  # type: ignore[misc]
    for _ in range(rounds - 1):
        for count in (1, 8):
            seconds[count].append(cpu_seconds(lambda count=count: label(count)))  # type: ignore[misc]
    one, eight = (statistics.median(seconds[count]) for count in (1, 8))
    print(
        f"{mix}: {len(tokens.values):,} tokens with one head {one:.2f} s, with eight {eight:.2f} s, "
        f"{len(tokens.values) / eight:,.0f} tokens/s of CPU time"
    )
    return f"{mix} eight heads {eight / one:.2f}x of one"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=60_000, help="about so many in a mix")
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
        results.append(compare_heads(mix, rows // 10, arguments.rounds))
    print(f"summary: {'; '.join(results)}")


if __name__ == "__main__":
    main()
