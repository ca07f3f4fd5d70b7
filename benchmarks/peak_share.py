"""The share of a core's peak that steps of a small model reach: `python benchmarks/peak_share.py`, five minutes.

Masked-language training of 12 layers of width 384 and 20,000 pieces in bfloat16, no dropout, micro-batches of 4,096
tokens, one thread: the operations of whole steps, padding not counted, over those of a square product that is measured
before each (`raykd/distill/train/peak.py`), since a machine that others share may do half as much a minute later.
"""

from __future__ import annotations

import statistics
import time

import torch
from distill import MIXES, SPECIAL, make_masker, make_sequences
from transformers import BertConfig, BertForMaskedLM

from raykd.config import Pretrain
from raykd.distill.data.packing import micro_batches
from raykd.distill.models.shape import Shape
from raykd.distill.train.flops import training_flops
from raykd.distill.train.peak import measured_peak
from raykd.distill.train.step import Engine

LAYERS, WIDTH, HEADS, INTERMEDIATE, VOCABULARY = 12, 384, 6, 1536, 20_000
BUDGET, MICRO_BATCHES, STEPS = 4096, 8, 5


def make_engine() -> Engine:
    shape = {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS}
    dropouts = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    torch.manual_seed(0)
    model = BertForMaskedLM(BertConfig(vocab_size=VOCABULARY, intermediate_size=INTERMEDIATE, **shape, **dropouts))
    tokenizer = {"train": {"vocabulary": VOCABULARY, "corpora": ["corpus"]}}
    spec = Pretrain.model_validate({"corpus": "corpus", "tokenizer": tokenizer, "dropout": 0})
    return Engine(model, None, spec, STEPS + 1, "cpu", torch.bfloat16)


def main() -> None:
    torch.set_num_threads(1)
    results = []
    for mix in MIXES:
        engine = make_engine()
        sequences = make_sequences(mix, MICRO_BATCHES * BUDGET, VOCABULARY, seed=1)
        batches = list(micro_batches(sequences, make_masker(VOCABULARY), 0, SPECIAL, BUDGET))
        tokens, masked = (sum(getattr(batch, name) for batch in batches) for name in ("tokens", "masked"))
        attended = sum(count * length**2 for batch in batches for length, count in batch.runs) / tokens
        flops = tokens * training_flops(Shape.of(engine.model.config), None, engine.loss, attended, masked / tokens)
        shares, peaks = [], []
        for step in range(STEPS + 1):
            peaks.append(measured_peak("cpu", engine.dtype))
            started = time.perf_counter()
            engine.step(step, 0, batches, lambda tensor: None)
            shares.append(flops / (time.perf_counter() - started) / peaks[-1])
        of_steps = ", ".join(f"{share:.0%}" for share in shares[1:])  # the first makes oneDNN's kernels
        print(f"{mix}: {of_steps} of {statistics.median(peaks) / 1e9:.0f} GFLOP/s", flush=True)
        results.append(f"{mix} {statistics.median(shares[1:]):.0%}")
    print(f"summary: {LAYERS} x {WIDTH}, share of a core's peak: {'; '.join(results)} (at least 75 %)")


if __name__ == "__main__":
    main()
