"""The fast path learns what the plain one learns: 300 steps of each from the same seeds, part of `make bench-distill`.

Fast: the engine, sequences packed, vocabulary in chunks, bf16. Plain: padded batches through transformers in float32
with all logits held, AdamW on the means of the step. Same student, sequences and masks; dropout .1 is drawn apart.
Three repeats, each with a seed of its own. What is compared is the mean loss of the last 50 steps: between the two
paths, between the plain one and itself with other dropout, and between two seeds of the same path. The vocabulary's
chunks are made small, so that each step has many.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
from collections.abc import Iterator

import numpy as np
import torch
from transformers import BertConfig, BertForMaskedLM

from raykd.config import Distill, Masking, Pretrain
from raykd.distill.data.masking import NOT_MASKED, Masker, mask_probabilities
from raykd.distill.data.packing import Sequences, SpecialIds, micro_batches
from raykd.distill.losses import chunked as vocabulary_loss
from raykd.distill.losses.reference import dense_losses
from raykd.distill.models.student import build_student
from raykd.distill.train.schedule import learning_rate
from raykd.distill.train.step import Engine

VOCABULARY, FIRST_WORD, MASK, SPECIAL = 200, 5, 4, SpecialIds(start=2, end=3, pad=0)
SEQUENCES, LAST, TEACHER_STEPS = 64, 50, 1000


def make_sequences(seed: int) -> Sequences:
    """Walks over the vocabulary: a word is followed by one of two others, so that there is something to learn."""
    successors = np.random.default_rng(0).integers(FIRST_WORD, VOCABULARY, (VOCABULARY, 2))
    generator = np.random.default_rng(seed)
    texts = []
    for _ in range(SEQUENCES):
        words = [FIRST_WORD + int(generator.zipf(1.5)) % (VOCABULARY - FIRST_WORD)]
        for _ in range(int(np.clip(np.exp(generator.normal(np.log(16), 0.9)), 3, 62))):
            words.append(int(successors[words[-1], generator.integers(2)]))
        texts.append(words)
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    return Sequences(
        np.concatenate(texts).astype(np.int32), offsets, generator.integers(0, 2**63, SEQUENCES, np.uint64)
    )


def make_masker(seed: int) -> Masker:
    probabilities = mask_probabilities(np.ones(VOCABULARY, np.int64), Masking())
    return Masker(probabilities, MASK, np.arange(FIRST_WORD, VOCABULARY), seed)


def train_teacher(steps: int) -> BertForMaskedLM:
    """A teacher that has learnt the walks a little: one of random weights would be at its best from the start."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=64, num_hidden_layers=4, num_attention_heads=4, intermediate_size=256
    )
    teacher = BertForMaskedLM(config)
    spec = Pretrain(corpus="walks", tokenizer={"train": {"vocabulary": 100}}, learning_rate=2e-3, warmup=0.1, dropout=0)  # type: ignore[arg-type]
    engine = Engine(teacher, None, spec, steps)
    for step in range(steps):
        batches = micro_batches(make_sequences(10_000 + step), make_masker(0), 0, SPECIAL, 4096)
        row = engine.step(step, 0, batches, lambda tensor: None)
    print(f"teacher: loss {row.loss:.3f} after {steps} steps")
    return teacher


def recipe() -> Distill:
    return Distill(teacher="teacher", corpus="walks", layers=2, learning_rate=5e-4)


def fast_losses(teacher: BertForMaskedLM, seed: int, steps: int) -> list[float]:
    spec, student = recipe(), build_student(teacher, recipe(), seed)
    torch.manual_seed(seed)
    copy = BertForMaskedLM(teacher.config)
    copy.load_state_dict(teacher.state_dict())
    engine = Engine(student, copy, spec, steps, dtype=torch.bfloat16)
    batches = (
        micro_batches(make_sequences(seed * steps + n), make_masker(seed), 0, SPECIAL, 512) for n in range(steps)
    )
    return [engine.step(step, 0, batch, lambda tensor: None).loss for step, batch in enumerate(batches)]


def plain_losses(teacher: BertForMaskedLM, seed: int, steps: int, draws: int = 1000) -> list[float]:
    spec, student = recipe(), build_student(teacher, recipe(), seed).train()
    torch.manual_seed(seed + draws)
    parameters = [parameter for parameter in student.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=spec.learning_rate, betas=spec.betas, eps=spec.epsilon, weight_decay=spec.weight_decay
    )
    losses = []
    for step, batch in enumerate(padded_batches(seed, steps)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, steps, spec.learning_rate, spec.warmup)
        parts = dense_losses(student, teacher.eval(), *batch)
        loss = 5 * parts["kd"] + 2 * parts["mlm"] + parts["cosine"]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, spec.gradient_clip)
        optimizer.step()
        losses.append(loss.item())
    return losses


def padded_batches(seed: int, steps: int) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    for step in range(steps):
        sequences = make_sequences(seed * steps + step)
        shown, labels = make_masker(seed)(sequences.ids, np.repeat(sequences.keys, np.diff(sequences.offsets)), 0)
        lengths = np.diff(sequences.offsets) + 2
        batch = np.zeros((3, SEQUENCES, lengths.max()), np.int64)
        batch[2] = NOT_MASKED
        for row, (begin, stop) in enumerate(itertools.pairwise(sequences.offsets)):
            batch[0, row, : lengths[row]] = [SPECIAL.start, *shown[begin:stop], SPECIAL.end]
            batch[1, row, : lengths[row]] = 1
            batch[2, row, 1 : lengths[row] - 1] = labels[begin:stop]
        ids, attention, targets = torch.from_numpy(batch)
        yield ids, attention, targets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    vocabulary_loss.CHUNK_ELEMENTS = 100 * VOCABULARY
    teacher = train_teacher(TEACHER_STEPS)
    ends: dict[str, list[float]] = {"fast": [], "plain": [], "plain, other dropout": []}
    for seed in range(1, arguments.repeats + 1):
        runs = {
            "fast": fast_losses(teacher, seed, arguments.steps),
            "plain": plain_losses(teacher, seed, arguments.steps),
            "plain, other dropout": plain_losses(teacher, seed, arguments.steps, draws=2000),
        }
        for name, values in runs.items():
            ends[name].append(statistics.mean(values[-LAST:]))
            print(f"seed {seed}, {name}: loss {values[0]:.3f} at first, {ends[name][-1]:.4f} over the last {LAST}")
    paths, dropouts = (difference(ends["plain"], ends[name]) for name in ("fast", "plain, other dropout"))
    seeds = statistics.mean(abs(a - b) for values in ends.values() for a, b in itertools.combinations(values, 2))
    print(
        f"convergence: fast and plain differ by {paths:.4f}, plain with other dropout by {dropouts:.4f}, two seeds "
        f"(other text, masks, dropout) by {seeds:.4f}; fast against plain is {paths / seeds:.2f} of two seeds"
    )


def difference(ours: list[float], theirs: list[float]) -> float:
    return statistics.mean(abs(a - b) for a, b in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    main()
