"""Exported students against their teacher: size, speed, the same decisions. `make bench-inference`, the summary last.

Size and speed: a teacher of mBERT's size (12 layers, width 768, vocabulary 119,547) in eager float32, and students of 6
layers: in eager float32, as raykd computes them (without padding), and by onnxruntime in float32 and in int8; one of
them with its vocabulary trimmed to 30,000. Random weights, one thread, a text at a time, all in turn in one run; ratios
are of CPU seconds, medians over rounds with 95 % intervals, so that other work on the machine counts little.

Decisions, where RAYKD_DATA names a directory with td/, cc/ and teacher/ (configs/trimmed.yaml): heads trained on a real
multilingual encoder, frozen, and 5,000 test texts of each task, in int8 and in float.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch
from transformers import BertConfig, BertModel, BertTokenizer, DistilBertConfig, DistilBertModel

from raykd.config import ClassifierTraining, Export, Head
from raykd.corpus.tokenizer import open_tokenizer
from raykd.evaluate.classifier.encoder import TextEncoder, load_encoder, stored_states
from raykd.evaluate.classifier.head import Truth
from raykd.evaluate.classifier.ragged import Ragged, tokenise
from raykd.evaluate.classifier.train import Examples, Recipe, make_head, train_frozen
from raykd.evaluate.metrics import best_thresholds
from raykd.evaluate.predict.heads import SavedHead
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.onnx import export_graph
from raykd.export.parity import LabelledTexts, Reference
from raykd.export.quantize import calibrate, quantize
from raykd.export.run import quantize_to_parity
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

MBERT_VOCABULARY, TRIMMED_VOCABULARY, POSITIONS = 119_547, 30_000, 512
LENGTHS = (16, 64, 128)
MESSAGES = 16  # real ones
TAGS = ("c#", "java", "php", "javascript", "android", "jquery", "python", "html", "c++", "ios")
SPLITS = {"train": 2_000, "validation": 1_000, "test": 5_000}
MAX_LENGTH = 48


class Timed:
    """What is timed: a name, and its passes over texts of random or real tokens."""

    def __init__(self, name: str, passes: Callable[[Ragged], list[Pass]]) -> None:
        self.name, self.passes = name, passes


def padded_passes(model: Any, tokens: Ragged) -> list[Pass]:
    """As a user of transformers calls a model, one text at a time."""

    def one(ids: torch.Tensor) -> Pass:
        mask = torch.ones_like(ids)
        return lambda: model(input_ids=ids, attention_mask=mask)

    return [one(row.unsqueeze(0)) for row in tokens.values.split(tokens.lengths.tolist())]


def student_graphs(vocabulary: int) -> tuple[TextEncoder, bytes, bytes]:
    """(a student of 6 layers with random weights, its graph in float32, and in int8)."""
    torch.manual_seed(0)
    student = TextEncoder(DistilBertModel(DistilBertConfig(vocab_size=vocabulary)).eval()).eval()
    graph = export_graph(student, {}, POSITIONS)
    inputs = calibrate(graph, random_tokens(64, 16, vocabulary, 0))
    return student, graph.SerializeToString(), quantize(graph, inputs).SerializeToString()


def compare_speed(rounds: int, say: Callable[[str], None]) -> list[str]:
    """Lines of the summary."""
    torch.manual_seed(0)
    say("a teacher of mBERT's size, students of 6 layers and their graphs (a minute)")
    teacher = BertModel(BertConfig(vocab_size=MBERT_VOCABULARY), add_pooling_layer=False).eval()
    teacher.set_attn_implementation("eager")
    student, float_graph, int8_graph = student_graphs(MBERT_VOCABULARY)
    trimmed, _, trimmed_graph = student_graphs(TRIMMED_VOCABULARY)
    eager = DistilBertModel(student.model.config).eval()
    eager.set_attn_implementation("eager")
    models = {"float32": OnnxModel(float_graph), "int8": OnnxModel(int8_graph), "30k int8": OnnxModel(trimmed_graph)}
    timed = [
        Timed("teacher, eager", lambda tokens: padded_passes(teacher, tokens)),
        Timed("student, eager", lambda tokens: padded_passes(eager, tokens)),
        Timed("student, packed", lambda tokens: torch_passes(student, tokens, 1, "cpu")),
        *(
            Timed(f"student, onnxruntime {name}", lambda tokens, model=model: onnx_passes(model, tokens, 1))
            for name, model in models.items()
        ),
    ]
    lines, ratios = list[str](), dict[tuple[str, str], Any]()
    watch, waited = Watch(), list[float]()
    texts = [(f"{length} tokens", random_tokens(length, 2, TRIMMED_VOCABULARY, 0)) for length in LENGTHS]
    for what, tokens in texts + real_messages():
        say(f"{what}: {rounds} rounds")
        found = run_all(timed, tokens, rounds)
        waited.append(waiting(found))
        ratios |= {(what, name): speed_up(one, found[timed[0].name], "cpu") for name, one in found.items()}
        for name, one in found.items():
            estimate, low, high = ratios[what, name]
            by_clock = speed_up(one, found[timed[0].name])[0]
            milliseconds = 1000 * np.median(one.cpu.sum(axis=0) / len(one.cpu), axis=0)
            median, p95 = one.of_a_batch
            line = (
                f"{what:22} {name:30} {estimate:5.2f}x ({low:.2f} to {high:.2f}; by the clock {by_clock:.2f}x)  "
                f"{milliseconds:6.1f} ms of CPU; by the clock {median:.1f} ms, 95th percentile {p95:.1f}"
            )
            lines.append(line)
            say(line)  # now, too: a run that is cut off has told what it found
    lines += throughput(student, models["int8"], teacher, rounds)
    lines += [f"busy: {reason}" for reason in watch.quiet(float(np.mean(waited))).busy]
    total, small = sizes(TextEncoder(teacher)), sizes(trimmed)
    for name, size, disk in (
        ("teacher", total, total["bytes"]),
        ("student", sizes(student), len(int8_graph)),
        ("student of 30,000", small, len(trimmed_graph)),
    ):
        own = size["parameters"] - size["word_embeddings"]
        kind = "float32" if name == "teacher" else "int8"
        lines.append(
            f"{name}: {size['parameters'] / 1e6:.1f} M parameters, {own / 1e6:.1f} M without word embeddings, "
            f"{disk / 1e6:.1f} MB in {kind}"
        )
    lines += [
        verdict("6 layers, eager, 128 tokens", ratios["128 tokens", "student, eager"][1], 1.6, "x"),
        verdict("6 layers, int8, 128 tokens", ratios["128 tokens", "student, onnxruntime int8"][1], 6, "x"),
        verdict("6 layers, int8, 16 tokens", ratios["16 tokens", "student, onnxruntime int8"][1], 8, "x"),
        verdict("30,000 ids: parameters", small["parameters"] / 1e6, 70, " M", most=True),
        verdict("30,000 ids: int8 on disk", len(trimmed_graph) / 1e6, 70, " MB", most=True),
    ]
    return lines


def run_all(timed: Sequence[Timed], tokens: Ragged, rounds: int) -> dict[str, Timing]:
    passes = {one.name: one.passes(tokens) for one in timed}
    lengths = {one.name: batch_lengths(tokens, 1) for one in timed}
    return measure(passes, lengths, len(tokens), threads=1, warm_up=2, runs=rounds)


def throughput(student: TextEncoder, int8: OnnxModel, teacher: Any, rounds: int) -> list[str]:
    """Batches of 32 texts of 64 tokens: tokens a CPU second."""
    tokens = random_tokens(64, 32, 30_000, 0)
    padded = tokens.values.view(32, 64)
    mask = torch.ones_like(padded)
    passes: dict[str, list[Pass]] = {
        "teacher, eager": [lambda: teacher(input_ids=padded, attention_mask=mask)],
        "student, packed": torch_passes(student, tokens, 32, "cpu"),
        "student, onnxruntime int8": onnx_passes(int8, tokens, 32),
    }
    lengths = {name: batch_lengths(tokens, 32) for name in passes}
    found = measure(passes, lengths, 32, threads=1, warm_up=1, runs=max(3, rounds // 4))
    lines = []
    for name, one in found.items():
        estimate, low, high = speed_up(one, found["teacher, eager"], "cpu")
        speed = one.lengths.sum() / np.median(one.cpu.sum(axis=1))
        lines.append(
            f"{'batches of 32 x 64':22} {name:30} {estimate:5.2f}x ({low:.2f} to {high:.2f})  {speed:,.0f} tokens/s"
        )
    return lines


def real_messages() -> list[tuple[str, Ragged]]:
    """Customer messages and post titles as mBERT's own tokenizer cuts them."""
    if not (root := os.environ.get("RAYKD_DATA")):
        return []
    tokenizer = BertTokenizer(str(Path(root, "teacher/mbert-cased-vocab.txt")), do_lower_case=False)
    found = []
    for name, folder in (("customer messages", "cc"), ("post titles", "td")):
        texts = pq.read_table(Path(root, folder, "eng.parquet"), columns=["text"])["text"]
        rows = np.random.default_rng(0).choice(len(texts), MESSAGES, replace=False)
        tokens = tokenise(tokenizer, texts.take(rows).to_pylist(), 128)
        # Ids that a vocabulary of 30,000 has; which they are does not change how long they take.
        found.append((name, Ragged(tokens.values.clamp(max=TRIMMED_VOCABULARY - 1), tokens.offsets)))
    return found


def compare_decisions(root: Path, say: Callable[[str], None]) -> list[str]:
    """Lines of the summary."""
    location = root / "teacher/multilingual-small-12x384"
    encoder, tokenizer = load_encoder(str(location)), open_tokenizer(location)
    heads, tests, validations = {}, {}, {}
    for name, task in (("tags-eng", tags(root)), ("intent-eng", intent(root))):
        say(f"{name}: training a head on {SPLITS['train']:,} texts")
        heads[name], validations[name], tests[name] = train_head(name, *task, encoder, tokenizer)
    say("the graph, and int8 until it keeps parity on the validation texts")
    graph = export_graph(encoder, heads, MAX_LENGTH)
    reference = Reference(encoder, heads, validations)
    calibration = joined([own.tokens.part(0, 128) for own in validations.values()])
    found = quantize_to_parity(graph, reference, calibration, Export(), "the encoder", say)
    say(f"{SPLITS['test']:,} test texts of each task, in float and in int8")
    parity = Reference(encoder, heads, tests).compare(OnnxModel(found.model.SerializeToString()))
    lines = [
        f"int8: cosine of hidden states {parity.cosine:.5f}, worst hundredth below {parity.cosine_low:.5f}; "
        f"layers in float: {', '.join(found.in_float) or 'none'}"
    ]
    for name, head in parity.heads.items():
        lines += [
            f"{name}: {head.texts:,} texts, F1 {100 * head.f1:.2f} in float, {100 * head.f1_change:+.3f} in int8 "
            f"({100 * head.low:+.3f} to {100 * head.high:+.3f})",
            verdict(f"{name}: decisions that agree", 100 * head.agreement, 99.5, " %"),
            verdict(f"{name}: F1 lost, upper end", -100 * head.low, 0.5, " points", most=True),
        ]
    return lines


def joined(parts: Sequence[Ragged]) -> Ragged:
    lengths = torch.cat([part.lengths for part in parts])
    values = torch.cat([part.values for part in parts])
    return Ragged(values, torch.nn.functional.pad(lengths.cumsum(0), (1, 0)))


Task = tuple[str, tuple[str, ...], str | None, list[str], np.ndarray]


def tags(root: Path) -> Task:
    table = pq.read_table(root / "td/eng.parquet", columns=["text", "tags", "tag_origin"]).to_pandas()
    table = table[table["tag_origin"] == "so"]
    labels = np.array([[tag in own for tag in TAGS] for own in table["tags"]])
    chosen = labels.any(axis=1)
    return "multi-label", TAGS, None, table["text"][chosen].tolist(), labels[chosen]


def intent(root: Path) -> Task:
    table = pq.read_table(root / "cc/eng.parquet", columns=["text", "label", "company"]).to_pandas()
    table = table[table["company"].str.startswith("MultiDoGO") & (table["label"] != "")]
    names = ("intentional", "not intentional")
    labels = np.stack([table["label"] == name for name in names], axis=1)
    return "binary", names, names[0], table["text"].tolist(), labels


def train_head(
    name: str,
    kind: Any,
    labels: tuple[str, ...],
    positive: str | None,
    texts: list[str],
    truth: np.ndarray,
    encoder: TextEncoder,
    tokenizer: Any,
) -> tuple[tuple[SavedHead, Any], LabelledTexts, LabelledTexts]:
    """(the head with thresholds chosen on validation, validation texts, test texts), split at random."""
    order, parts, start = np.random.default_rng(0).permutation(len(texts)), {}, 0
    for split, rows in SPLITS.items():
        chosen = order[start : start + rows]
        tokens = tokenise(tokenizer, [texts[row] for row in chosen], MAX_LENGTH)
        parts[split] = LabelledTexts(tokens, truth[chosen], np.ones_like(truth[chosen]), split == "validation")
        start += rows
    settings = Head(hops=4)
    recipe = Recipe(kind, settings, ClassifierTraining(epochs=15, batch=16, learning_rate=1e-2))
    both = joined([parts[split].tokens for split in ("train", "validation")])
    with stored_states(encoder, both, 10**10) as states:
        split = SPLITS["train"]
        own, other = (_rows(states, *bounds) for bounds in ((0, split), (split, len(states))))
        examples = [
            Examples(rows, Truth(torch.from_numpy(part.labels), torch.from_numpy(part.known)))
            for rows, part in ((own, parts["train"]), (other, parts["validation"]))
        ]
        trained = train_frozen(examples[0], examples[1], other, recipe, 0)
    head = make_head(settings, encoder.width, len(labels))
    head.load_state_dict(trained.head)
    validation = parts["validation"]
    thresholds = best_thresholds(validation.labels, validation.known, trained.validation)
    saved = SavedHead(name, kind, labels, positive, tuple(thresholds), settings, encoder.width, "")
    return (saved, head.eval()), validation, parts["test"]


def _rows(states: Ragged, start: int, stop: int) -> Ragged:
    first, last = int(states.offsets[start]), int(states.offsets[stop])
    return Ragged(states.values[first:last], states.offsets[start : stop + 1] - first)


def verdict(what: str, value: float, bound: float, unit: str, most: bool = False) -> str:
    """A line that says whether a value keeps its bound; of a ratio the lower end of its interval is meant."""
    kept = value <= bound if most else value >= bound
    return f"{'yes' if kept else 'NO ':4} {what}: {value:.2f}{unit}, at {'most' if most else 'least'} {bound:g} asked"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20, help="in which all take turns")
    parser.add_argument("--only", choices=("speed", "decisions"), help="one half")
    settings = parser.parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {line}", flush=True)

    load = os.getloadavg()[0]
    lines, root = list[str](), os.environ.get("RAYKD_DATA")
    if settings.only != "decisions":
        lines += compare_speed(settings.rounds, say)
    if settings.only != "speed":
        lines += compare_decisions(Path(root), say) if root else ["decisions: not compared, RAYKD_DATA is not set"]
    print(f"\n{processor()} ({', '.join(cpu_features())}), {os.cpu_count()} cores, load {load:.1f} before")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
