"""The card of an exported encoder: README.md with the metadata that the Hugging Face hub reads.

Everything in it comes from the experiment: what is not known is said to be unknown, and never left to be guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from huggingface_hub import EvalResult, ModelCard, ModelCardData

from raykd.config import Adapt, Distill, Encoder, Loss, Pretrain

# ISO 639-3 to 639-1, which is what the hub filters by; a language that has no such code keeps its own.
SHORT = {
    "ara": "ar", "bul": "bg", "cat": "ca", "ces": "cs", "dan": "da", "deu": "de", "ell": "el", "eng": "en", "est": "et",
    "fas": "fa", "fin": "fi", "fra": "fr", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "ita": "it",
    "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "nld": "nl", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro",
    "rus": "ru", "slk": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr", "ukr": "uk",
    "vie": "vi", "zho": "zh",
}  # fmt: skip


@dataclass(frozen=True)
class Score:
    """F1 of an encoder on one test set, 0 to 1. low, high: its 95 % interval over the `seeds` classifier seeds."""

    task: str
    kind: str
    language: str
    weights: str
    f1: float
    low: float
    high: float
    seeds: int
    texts: int


@dataclass(frozen=True)
class CardFacts:
    """corpora: name -> what it is, in words; export: the facts of the export's manifest; latency: rows of this encoder
    in the probe's table, with what they were measured on, or none; versions: of the libraries."""

    name: str
    languages: tuple[str, ...]
    spec: Encoder
    ancestors: tuple[str, ...]
    corpora: Mapping[str, str]
    parameters: int
    scores: Sequence[Score]
    export: Mapping[str, Any]
    latency: Sequence[Mapping[str, Any]]
    max_length: int
    licence: str | None
    base_model: str | None
    versions: Mapping[str, str]


def model_card(facts: CardFacts) -> ModelCard:
    """The card. `card.validate()` asks the hub itself whether it takes the metadata."""
    parts = [
        f"# {facts.name}",
        _summary(facts),
        f"## How it was made\n\n{_method(facts)}",
        f"## Scores\n\n{_scores(facts)}",
        f"## Export\n\n{_export(facts)}",
        f"## Latency\n\n{_latency(facts)}",
        f"## Limits\n\n{_limits(facts)}",
        f"## Licence\n\n{_licence(facts)}",
    ]
    metadata = _metadata(facts).to_yaml()
    return ModelCard(f"---\n{metadata}\n---\n\n" + "\n\n".join(parts) + "\n")


def _metadata(facts: CardFacts) -> ModelCardData:
    frozen = [score for score in facts.scores if score.weights == "frozen"]
    results = [
        EvalResult(
            task_type="text-classification",
            dataset_type=score.task,
            dataset_name=score.task,
            dataset_config=score.language,
            dataset_split="test",
            metric_type="f1",
            metric_name=f"{_average(score)} F1, mean of {score.seeds} seeds",
            metric_value=round(score.f1, 4),
        )
        for score in frozen
    ]
    return ModelCardData(
        language=[SHORT.get(language, language) for language in facts.languages],
        license=facts.licence or "other",
        license_name=None if facts.licence else "not-stated",
        base_model=facts.base_model,
        library_name="transformers",
        pipeline_tag="feature-extraction",
        tags=["raykd", "onnx", "sentence-transformers", *(["knowledge-distillation"] if facts.spec.distill else [])],
        model_name=facts.name if results else None,
        eval_results=results or None,
    )


def _summary(facts: CardFacts) -> str:
    heads = ", ".join(facts.export["heads"])
    return (
        f"A text encoder of {facts.parameters / 1e6:.1f} million parameters (without vocabulary head) for "
        f"{', '.join(facts.languages)}, with classifier heads in one ONNX graph: {heads}."
    )


def _method(facts: CardFacts) -> str:
    spec, training = facts.spec, facts.spec.training
    lines = []
    if spec.model:
        lines.append("A saved model, used as it is.")
    if spec.trim:
        kept = (
            f"the {spec.trim.pieces:,} most frequent" if spec.trim.pieces else f"those used {spec.trim.minimum} times"
        )
        lines.append(
            f"Trimmed from {spec.parent}: of its vocabulary are kept {kept} in {_corpus(facts, spec.trim.corpus)}."
        )
    if isinstance(training, Distill):
        layers = training.layers if isinstance(training.layers, int) else f"{len(training.layers)} ({training.layers})"
        lines.append(
            f"Distilled from {training.teacher}: {layers} of its layers, on {_corpus(facts, training.corpus)}. Loss: "
            f"{_loss(training.loss)}."
        )
    elif isinstance(training, Pretrain):
        lines.append(f"Pretrained from random weights on {_corpus(facts, training.corpus)}.")
    elif isinstance(training, Adapt):
        lines.append(f"Continued masked-language training of {training.encoder} on {_corpus(facts, training.corpus)}.")
    if training:
        masking = training.masking
        smoothed = f", drawn by count ** -{masking.smoothing:g}" if masking.smoothing else ", drawn uniformly"
        lines.append(
            f"Masking: {masking.rate:.0%} of tokens{smoothed}. {training.epochs} epochs of {training.step_sequences:,} "
            f"sequences a step, at most {training.max_length} tokens each, learning rate {training.learning_rate:g}, "
            f"seed {training.seeds[0]}."
        )
    if facts.ancestors:
        lines.append(f"It descends from {', then '.join(facts.ancestors)}.")
    return " ".join(lines)


def _loss(loss: Loss) -> str:
    weights = {
        f"distillation (temperature {loss.temperature:g}, {loss.kd_positions} positions)": loss.distillation,
        "masked language": loss.mlm,
        "cosine of hidden states": loss.cosine,
        "squared difference of hidden states": loss.hidden_mse,
        "relations": loss.relations.weight,
    }
    return " + ".join(f"{weight:g} x {name}" for name, weight in weights.items() if weight)


def _corpus(facts: CardFacts, name: str) -> str:
    return f"{name} ({facts.corpora[name]})"


def _scores(facts: CardFacts) -> str:
    if not facts.scores:
        return "None are known."
    rows = [
        f"| {score.task} | {score.language} | {score.weights} | {_average(score)} | {100 * score.f1:.1f} "
        f"({100 * score.low:.1f} to {100 * score.high:.1f}) | {score.seeds} | {score.texts:,} |"
        for score in facts.scores
    ]
    head = "| task | language | weights | average | F1 (95 % interval) | seeds | test texts |\n" + "|---" * 7 + "|"
    note = (
        "F1 in percent, means over classifier seeds; the interval is over these seeds, and does not cover other test "
        "texts or another training of the encoder."
    )
    return "\n".join([head, *rows]) + f"\n\n{note}"


def _average(score: Score) -> str:
    return "positive label" if score.kind == "binary" else "macro"


def _export(facts: CardFacts) -> str:
    lines = []
    for graph, parity in facts.export["parity"].items():
        agreement = "; ".join(f"{name} {head['agreement']:.2%}" for name, head in parity["heads"].items())
        lines.append(
            f"- `{graph}`: {facts.export['bytes'][graph] / 1e6:,.1f} MB. Beside torch, on validation texts: cosine of "
            f"hidden states {parity['cosine']:.5f}, decisions that agree: {agreement}."
        )
    if left := facts.export["in_float"]:
        lines.append(f"- Layers in float, for their outliers: {', '.join(left)}.")
    return "\n".join(lines)


def _latency(facts: CardFacts) -> str:
    if not facts.latency:
        return "Not measured."
    rows = [
        f"| {row['runtime']} | {_length(row)} | {row['batch']} | {row['batch_median']:.1f} | {row['batch_p95']:.1f} | "
        f"{row['ratio']:.1f} ({row['ratio_low']:.1f} to {row['ratio_high']:.1f}) |"
        for row in facts.latency
    ]
    first = facts.latency[0]
    busy = f" The machine was busy: {first['busy']}." if first["busy"] else ""
    note = (
        f"On {first['processor']}, {first['threads']} thread(s): the forward pass alone, without tokenizer and heads. "
        f"The ratio is how many times as long {first['reference']} in torch takes, with its 95 % interval.{busy}"
    )
    head = "| runtime | tokens | batch | median ms | 95th percentile | ratio |\n|---|---|---|---|---|---|"
    return "\n".join([head, *rows]) + f"\n\n{note}"


def _length(row: Mapping[str, Any]) -> str:
    return f"{row['tokens'] / row['texts']:.0f} (a task's texts)" if row["length"] is None else str(row["length"])


def _limits(facts: CardFacts) -> str:
    limits = [
        f"Texts are cut to {facts.max_length} tokens.",
        f"It was scored on {', '.join(facts.languages)} and on the tasks above; of other text nothing is known.",
        "Thresholds were chosen, and int8 was checked, on the tasks' validation texts.",
        "int8 activations have one range a batch, so an answer may change in its last digits with the texts beside it.",
        "x86 processors without VNNI add up int8 products with less room, and may give other answers: check there.",
        "Like every encoder it repeats what its text says of people; it was not examined for that.",
    ]
    return "\n".join(f"- {limit}" for limit in limits)


def _licence(facts: CardFacts) -> str:
    stated = facts.licence or "not stated (`export.licence`)"
    base = f" It comes from {facts.base_model}, whose licence holds as well." if facts.base_model else ""
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions.items())
    return (
        f"Licence: {stated}.{base} The licences of its training text are those of the sources.\n\nMade with {versions}."
    )
