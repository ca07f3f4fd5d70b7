"""The distillation step against a plain implementation of the reference's: `make bench-distill`, the summary last.

Teacher of mBERT's size (12 layers, width 768, vocabulary 119,547), student of 6 layers, random weights, dropout .1 on
both sides of the comparison, loss 5 KD + 2 MLM + 1 cosine. Two mixes of lengths: chat (log-normal, median 16 tokens,
95 % below 80) and posts (median 180, cut at 512). Every variant trains on about as many tokens of the same lengths,
interleaved, forward and backward, without the optimiser; figures are medians of CPU seconds (all threads) per 1,000
real tokens.

"masked" (KD at masked positions only) and "30k" (a vocabulary of 30,000) change the objective: part of their ratio is
work that is left out.

`python benchmarks/distill.py --device cuda --tokens 262144` on a GPU: tokens a second and the share of its peak.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from transformers import BertConfig, BertForMaskedLM, DistilBertForMaskedLM

from raykd.config import Distill, Loss, Masking
from raykd.distill.data.masking import NOT_MASKED, Masker, mask_probabilities
from raykd.distill.data.packing import PackedBatch, Sequences, SpecialIds, micro_batches
from raykd.distill.models.load import MaskedModel
from raykd.distill.models.shape import Shape
from raykd.distill.models.student import build_student
from raykd.distill.train.flops import training_flops
from raykd.distill.train.peak import measured_peak
from raykd.distill.train.step import Engine

MBERT_VOCABULARY, TRIMMED_VOCABULARY = 119_547, 30_000
MIXES = {"chat": (16, 0.98), "posts": (180, 0.9)}  # median tokens, sigma of the logarithm
SPECIAL, MASK, FIRST_WORD = SpecialIds(start=101, end=102, pad=0), 103, 106
REFERENCE_BATCH = 5  # Sanh train.py --batch_size
POOL = 50  # times the tokens of a round, from which the reference's batches are cut
GPU_MICRO_BATCH = 32_768  # tokens


class Variant(NamedTuple):
    name: str
    dtype: torch.dtype
    positions: str
    vocabulary: int


VARIANTS = (
    Variant("float32", torch.float32, "all", MBERT_VOCABULARY),
    Variant("bf16", torch.bfloat16, "all", MBERT_VOCABULARY),
    Variant("bf16 masked", torch.bfloat16, "masked", MBERT_VOCABULARY),
    Variant("bf16 30k", torch.bfloat16, "all", TRIMMED_VOCABULARY),
    Variant("bf16 30k masked", torch.bfloat16, "masked", TRIMMED_VOCABULARY),
)


def make_models(vocabulary: int) -> tuple[MaskedModel, BertForMaskedLM]:
    torch.manual_seed(0)
    teacher = BertForMaskedLM(BertConfig(vocab_size=vocabulary))
    student = build_student(teacher, spec("all"))
    assert isinstance(student, DistilBertForMaskedLM)
    return student, teacher


def spec(positions: str) -> Distill:
    return Distill(teacher="teacher", corpus="corpus", loss=Loss(kd_positions=positions), dropout=0.1)  # type: ignore[arg-type]


def make_sequences(mix: str, tokens: int, vocabulary: int, seed: int) -> Sequences:
    """About so many tokens, special ones included, of ids that follow Zipf's law."""
    generator = np.random.default_rng(seed)
    median, sigma = MIXES[mix]
    lengths: list[int] = []
    while sum(lengths) + 2 * len(lengths) < tokens:
        lengths.append(int(np.clip(np.exp(generator.normal(np.log(median), sigma)) - 2, 1, 510)))
    lengths[-1] = max(1, lengths[-1] - (sum(lengths) + 2 * len(lengths) - tokens))
    ids = FIRST_WORD + generator.zipf(1.3, sum(lengths)) % (vocabulary - FIRST_WORD)
    keys = generator.integers(0, 2**63, len(lengths), dtype=np.uint64)
    return Sequences(ids.astype(np.int32), np.concatenate([[0], np.cumsum(lengths)]), keys)


def make_masker(vocabulary: int) -> Masker:
    probabilities = mask_probabilities(np.ones(vocabulary, np.int64), Masking())
    return Masker(probabilities, MASK, np.arange(FIRST_WORD, vocabulary), seed=0)


def reference_batches(sequences: Sequences, masker: Masker, tokens: int, seed: int) -> list[tuple[torch.Tensor, ...]]:
    """Padded batches of five sequences of like length: input_ids, attention_mask, labels [batch, length].

    They are cut from many sequences sorted by length, so that they are padded as little as those of a large corpus are,
    and drawn from there up to so many real tokens.
    """
    batches = list(padded_batches(sequences, masker))
    drawn: list[tuple[torch.Tensor, ...]] = []
    for index in np.random.default_rng(seed).permutation(len(batches)):
        if real_tokens(drawn) >= tokens:
            break
        drawn.append(batches[index])
    return drawn


def real_tokens(batches: list[tuple[torch.Tensor, ...]]) -> int:
    return sum(int(attention_mask.sum()) for _, attention_mask, _ in batches)


def padded_batches(sequences: Sequences, masker: Masker) -> Iterator[tuple[torch.Tensor, ...]]:
    shown, labels = masker(sequences.ids, np.repeat(sequences.keys, np.diff(sequences.offsets)), 0)
    order = np.argsort(np.diff(sequences.offsets), kind="stable")
    for rows in np.split(order, range(REFERENCE_BATCH, len(order), REFERENCE_BATCH)):
        lengths = np.diff(sequences.offsets)[rows]
        batch = np.full((3, len(rows), lengths.max() + 2), SPECIAL.pad, np.int64)
        batch[1], batch[2] = 0, NOT_MASKED
        for row, index in enumerate(rows):
            part, size = slice(sequences.offsets[index], sequences.offsets[index + 1]), lengths[row]
            batch[0, row, 0], batch[0, row, size + 1] = SPECIAL.start, SPECIAL.end
            batch[0, row, 1 : size + 1], batch[2, row, 1 : size + 1] = shown[part], labels[part]
            batch[1, row, : size + 2] = 1
        yield tuple(torch.from_numpy(batch))


def reference_step(student: MaskedModel, teacher: BertForMaskedLM, batch: tuple[torch.Tensor, ...]) -> None:
    """The reference's step (Sanh distiller.py, step), as written there: logits of all positions, selected copies."""
    input_ids, attention_mask, labels = batch
    ours = student(input_ids, attention_mask=attention_mask, output_hidden_states=True)
    with torch.no_grad():
        theirs = teacher(input_ids, attention_mask=attention_mask, output_hidden_states=True)
    mask = attention_mask.bool().unsqueeze(-1)
    student_logits, teacher_logits = (
        torch.masked_select(answer.logits, mask.expand_as(answer.logits)).view(-1, answer.logits.shape[-1])
        for answer in (ours, theirs)
    )
    kd = 4 * F.kl_div(
        F.log_softmax(student_logits / 2, dim=-1), F.softmax(teacher_logits / 2, dim=-1), reduction="batchmean"
    )
    mlm = F.cross_entropy(ours.logits.view(-1, ours.logits.shape[-1]), labels.view(-1), ignore_index=NOT_MASKED)
    width = ours.hidden_states[-1].shape[-1]
    student_hidden, teacher_hidden = (
        torch.masked_select(answer.hidden_states[-1], mask.expand_as(answer.hidden_states[-1])).view(-1, width)
        for answer in (ours, theirs)
    )
    cosine = F.cosine_embedding_loss(student_hidden, teacher_hidden, student_hidden.new_ones(len(student_hidden)))
    (5 * kd + 2 * mlm.nan_to_num(0.0) + cosine).backward()


def make_engine(variant: Variant, device: str) -> Engine:
    student, teacher = make_models(variant.vocabulary)
    return Engine(student, teacher, spec(variant.positions), 1, device, variant.dtype)


def engine_batches(variant: Variant, mix: str, tokens: int, budget: int, seed: int) -> list[PackedBatch]:
    sequences = make_sequences(mix, tokens, variant.vocabulary, seed)
    return list(micro_batches(sequences, make_masker(variant.vocabulary), 0, SPECIAL, budget))


def train(engine: Engine, batches: list[PackedBatch]) -> None:
    engine.accumulate(batches, sum(batch.tokens for batch in batches), sum(batch.masked for batch in batches))


def compare(mix: str, tokens: int, rounds: int) -> dict[str, float]:
    """Medians of CPU seconds per 1,000 tokens."""
    student, teacher = make_models(MBERT_VOCABULARY)
    student.train(), teacher.eval()
    pool = make_sequences(mix, POOL * tokens, MBERT_VOCABULARY, seed=10_000)
    # One for each pair of models, since all lie in memory at once: about 6 GB, and the reference's step takes up to 13.
    engines = {(variant.dtype, variant.vocabulary): make_engine(variant, "cpu") for variant in VARIANTS}
    figures: dict[str, list[float]] = {"reference": [], **{variant.name: [] for variant in VARIANTS}}

    def measure(name: str, real: int, work: Callable[[], None]) -> None:
        started = time.process_time()
        work()
        figures[name].append((time.process_time() - started) / real * 1000)

    def run_reference(batches: list[tuple[torch.Tensor, ...]]) -> None:
        for batch in batches:
            reference_step(student, teacher, batch)

    for number in range(rounds + 1):
        if number == 1:  # the first round warms up
            figures = {name: [] for name in figures}
        drawn = reference_batches(pool, make_masker(MBERT_VOCABULARY), tokens, number)
        measure("reference", real_tokens(drawn), lambda drawn=drawn: run_reference(drawn))  # type: ignore[misc]
        for variant in VARIANTS:
            engine = engines[variant.dtype, variant.vocabulary]
            engine.loss = spec(variant.positions).loss
            batches = engine_batches(variant, mix, tokens, tokens, number)
            measure(variant.name, tokens, lambda engine=engine, batches=batches: train(engine, batches))  # type: ignore[misc]
        print(f"{mix}, round {number}: " + ", ".join(f"{name} {values[-1]:.2f}" for name, values in figures.items()))
    return {name: statistics.median(values) for name, values in figures.items()}


def throughput(device: str, tokens: int, rounds: int) -> None:
    """Tokens a second and the share of the measured peak, whole steps with the optimiser, by mix and variant."""
    name = torch.cuda.get_device_name() if device == "cuda" else platform.machine()
    print(f"{name}, torch {torch.__version__}, {tokens:,} tokens a step")
    results = []
    for variant in VARIANTS:
        engine, peak = make_engine(variant, device), measured_peak(device, variant.dtype)
        shapes = Shape.of(engine.model.config), Shape.of(engine.teacher.config)  # type: ignore[union-attr]
        for mix in MIXES:
            seconds = []
            for number in range(rounds + 1):
                batches = engine_batches(variant, mix, tokens, min(tokens, GPU_MICRO_BATCH), number)
                started = time.perf_counter()
                engine.step(0, 0, batches, lambda tensor: None)  # ends by reading the losses, so all is done
                seconds.append(time.perf_counter() - started)
            median = statistics.median(seconds[1:])
            attended = sum(n * length**2 for batch in batches for length, n in batch.runs) / tokens
            masked = sum(batch.masked for batch in batches) / tokens
            share = training_flops(*shapes, engine.loss, attended, masked) * tokens / median / peak
            results.append(f"{mix} {variant.name} {tokens / median:,.0f} tokens/s, {share:.0%} of peak")
            print(f"  {results[-1]} ({peak / 1e12:.1f} TFLOP/s)")
    print("summary: " + "; ".join(results))


def peak_memory(who: str, tokens: int) -> float:
    """Peak resident memory in GB of one micro-batch of posts, in a process of its own."""
    command = [sys.executable, __file__, "--memory", who, "--tokens", str(tokens)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])


def use_memory(who: str, tokens: int) -> None:
    """One micro-batch of posts through the engine, or all of it as one padded batch through the plain step."""
    if who == "engine":
        variant = VARIANTS[1]
        train(make_engine(variant, "cpu"), engine_batches(variant, "posts", tokens, tokens, 0))
    else:
        student, teacher = make_models(MBERT_VOCABULARY)
        length = 128
        ids = torch.randint(FIRST_WORD, MBERT_VOCABULARY, (tokens // length, length))
        labels = torch.where(torch.rand(ids.shape) < 0.15, ids, NOT_MASKED)
        reference_step(student.train(), teacher.eval(), (ids, torch.ones_like(ids), labels))
    # Not ru_maxrss, which a new process inherits from the one that started it.
    status = Path("/proc/self/status").read_text()
    print(next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) * 1024 / 1e9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=2048, help="real tokens of a round and variant")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mixes", nargs="+", choices=list(MIXES), default=list(MIXES))
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], help="no comparison: tokens a second and the share of peak"
    )
    parser.add_argument(
        "--memory", choices=["engine", "plain"], help="one micro-batch, its peak memory in GB, no timing"
    )
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if arguments.device:
        return throughput(arguments.device, arguments.tokens, arguments.rounds)
    if arguments.memory:
        return use_memory(arguments.memory, arguments.tokens)
    print(f"{platform.processor() or platform.machine()}, {arguments.threads} threads, torch {torch.__version__}")
    ratios = []
    for mix in arguments.mixes:
        figures = compare(mix, arguments.tokens, arguments.rounds)
        print(f"\n{mix}: CPU seconds per 1,000 real tokens, median of {arguments.rounds}, and ratio to the reference")
        for name, seconds in figures.items():
            print(f"  {name:<18}{seconds:8.2f}{figures['reference'] / seconds:8.1f}x")
            ratios.append(f"{mix} {name} {figures['reference'] / seconds:.1f}x")
    less, more, ours = peak_memory("plain", 1024), peak_memory("plain", 2048), peak_memory("engine", 4096)
    plain = more + 2 * (more - less)  # it grows by the token, to more than many machines have
    print(f"\npeak memory of a micro-batch: plain {less:.1f} GB at 1,024 tokens, {more:.1f} at 2,048,")
    print(f"so {plain:.1f} at 4,096; the engine {ours:.1f} GB at 4,096, {ours / plain:.2f} of it")
    print(f"summary: {'; '.join(r for r in ratios if 'reference' not in r)}; memory {ours / plain:.2f} of plain")


if __name__ == "__main__":
    main()
