"""The card of an encoder: metadata that the hub reads, and what it says of data, scores and speed."""

import json
from dataclasses import replace

import pytest
from huggingface_hub import ModelCard

from raykd.config import Distill, Encoder, Trim
from raykd.export.model_card import CardFacts, Score, model_card

PARITY = {
    "cosine": 0.9991,
    "heads": {"tags-eng": {"agreement": 0.9978, "texts": 500}, "intent-jpn": {"agreement": 1.0, "texts": 100}},
}
FACTS = CardFacts(
    name="technical-student",
    languages=("eng", "jpn", "yor"),
    spec=Encoder(distill=Distill(teacher="teacher", corpus="technical", layers=4, seeds=(3,))),
    ancestors=("teacher",),
    corpora={"technical": "stackoverflow; 300 MB in all"},
    parameters=12_300_000,
    scores=[
        Score("tags", "multi-label", "eng", "frozen", 0.8123, 0.8, 0.82, 10, 1000),
        Score("intent", "binary", "jpn", "fine-tuned", 0.9, 0.89, 0.91, 10, 300),
    ],
    export={
        "heads": {"tags-eng": [3, 0], "intent-jpn": [3, 1]},
        "bytes": {"onnx/model.onnx": 49_000_000, "onnx/model_int8.onnx": 12_500_000},
        "parity": {"onnx/model.onnx": PARITY, "onnx/model_int8.onnx": PARITY},
        "in_float": ["encoder.transformer.layer.3.ffn.lin2"],
    },
    latency=[],
    max_length=48,
    licence="mit",
    base_model="google-bert/bert-base-multilingual-cased",
    versions={"torch": "2.13.0"},
)


def test_the_metadata_is_read_as_the_hub_reads_it():
    data = ModelCard(str(model_card(FACTS))).data
    assert data.language == ["en", "ja", "yor"]
    assert data.license == "mit" and data.base_model == "google-bert/bert-base-multilingual-cased"
    assert data.library_name == "transformers" and "knowledge-distillation" in data.tags
    (result,) = data.eval_results  # frozen heads are what the export has
    assert (result.dataset_type, result.dataset_config, result.metric_type, result.metric_value) == (
        *("tags", "eng", "f1", 0.8123),
    )
    json.dumps(data.to_dict())


def test_it_says_data_method_scores_and_limits():
    text = str(model_card(FACTS))
    for part in (
        "Distilled from teacher: 4 of its layers, on technical (stackoverflow; 300 MB in all)",
        "Loss: 5 x distillation (temperature 2, all positions) + 2 x masked language + 1 x cosine of hidden states.",
        "Masking: 15% of tokens",
        "| tags | eng | frozen | macro | 81.2 (80.0 to 82.0) | 10 | 1,000 |",
        "| intent | jpn | fine-tuned | positive label | 90.0",
        "`onnx/model_int8.onnx`: 12.5 MB",
        "tags-eng 99.78%",
        "in float, for their outliers: encoder.transformer.layer.3.ffn.lin2",
        "## Latency\n\nNot measured.",
        "Texts are cut to 48 tokens",
        "Licence: mit.",
    ):
        assert part in text, part


def test_what_is_not_known_is_said():
    text = str(model_card(replace(FACTS, licence=None, base_model=None, scores=[])))
    data = ModelCard(text).data
    assert data.license == "other" and data.license_name == "not-stated" and not data.eval_results
    assert "Licence: not stated (`export.licence`)" in text and "None are known." in text


def test_latency_is_a_ratio_with_its_machine():
    row = {"runtime": "onnx-int8", "length": None, "tokens": 640, "texts": 32, "batch": 1, "batch_median": 5.23}
    row |= {"batch_p95": 9.9, "ratio": 9.81, "ratio_low": 9.5, "ratio_high": 10.1, "threads": 1}
    row |= {"processor": "Some CPU", "reference": "teacher", "busy": "other processes had 52% of the machine's time"}
    text = str(model_card(replace(FACTS, latency=[row])))
    assert "| onnx-int8 | 20 (a task's texts) | 1 | 5.2 | 9.9 | 9.8 (9.5 to 10.1) |" in text
    assert "On Some CPU, 1 thread(s)" in text and "The machine was busy: other processes had 52%" in text


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (Encoder(model="some/model"), "A saved model, used as it is."),
        (
            Encoder(trim=Trim(encoder="teacher", corpus="technical", pieces=30_000)),
            "Trimmed from teacher: of its vocabulary are kept the 30,000 most frequent in technical",
        ),
    ],
)
def test_other_kinds_of_encoders(spec, words):
    assert words in str(model_card(replace(FACTS, spec=spec, ancestors=())))
