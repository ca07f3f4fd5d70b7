"""Exporting one encoder with its heads, and what is stored of it.

exports/<encoder>-<hash8>/ is a repository of the Hugging Face hub's form: the float encoder and its tokenizer, which
transformers and sentence-transformers load; onnx/model.onnx and onnx/model_int8.onnx (`raykd.export.onnx`); and
classifier/ with classifier.py, for transformers' pipeline. Nothing is written of what does not keep parity.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
import transformers

from raykd.artifacts import ResultStore
from raykd.artifacts.scratch import scratch_directory
from raykd.config.export import Export
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import TextEncoder, check_positions, load_with_tokenizer
from raykd.evaluate.classifier.ragged import Ragged, tokenise
from raykd.evaluate.labelled_splits import Split, load_splits
from raykd.evaluate.predict.heads import chosen_seed, head_name, saved_head
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.job import FLOAT, INT8, ExportJob
from raykd.export.onnx import Heads, export_graph
from raykd.export.parity import EXACT, LabelledTexts, Parity, Reference
from raykd.export.quantize import calibrate, layer_errors, quantize, quantized_layers


@dataclass(frozen=True)
class Quantized:
    """An int8 graph that keeps parity. in_float: the layers that were left, worst first."""

    model: onnx.ModelProto
    parity: Parity
    in_float: tuple[str, ...]


def export_encoder(store: ResultStore, job: ExportJob, report: Callable[[str], None] = print) -> None:
    """Export, compare, and store.

    Raises InputError for what cannot be exported, and for a graph that does not keep parity, with the layer that loses
    most.
    """
    started = time.time()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    tokenizer, encoder = load_with_tokenizer(job.encoder, store.storage)
    cells = {head_name(cell.task, cell.language): cell for cell in job.cells}
    seeds = {name: chosen_seed(store, cell) for name, cell in cells.items()}
    saved = {name: saved_head(store, cell, seeds[name]) for name, cell in cells.items()}
    heads: Heads = {name: (head, head.load(store.storage)) for name, head in saved.items()}
    splits = {name: load_splits(store, cell) for name, cell in cells.items()}
    texts = {
        name: _labelled(tokenizer, encoder, own["validation"], job.max_length, cells[name].threshold is None)
        for name, own in splits.items()
    }
    graph = export_graph(encoder, heads, job.max_length)
    reference = Reference(encoder, heads, texts)
    parity = {FLOAT: reference.compare(OnnxModel(graph.SerializeToString()))}
    if shortfall := parity[FLOAT].shortfall(EXACT):
        raise InputError(f"export: the graph of {job.encoder.name} does not compute what torch does: {shortfall}")
    graphs, in_float = {FLOAT: graph}, tuple[str, ...]()
    if job.spec.quantization != "none":
        samples = [text for own in splits.values() for text in own["train"].texts[: job.spec.calibration]]
        calibration = tokenise(tokenizer, samples, job.max_length)
        found = quantize_to_parity(graph, reference, calibration, job.spec, job.encoder.name, report)
        graphs[INT8], parity[INT8], in_float = found.model, found.parity, found.in_float
    with scratch_directory() as scratch, TemporaryDirectory(dir=scratch) as directory:
        write_directory(Path(directory), encoder, tokenizer, graphs, job.max_length)
        sizes = {name: Path(directory, name).stat().st_size for name in ("model.safetensors", *graphs)}
        store.storage.remove(job.result.directory)
        store.storage.put_directory(directory, job.result.directory)
    facts = {
        "heads": {name: list(seed) for name, seed in seeds.items()},
        "parity": {name: asdict(found) for name, found in parity.items()},
        "in_float": list(in_float),
        "bytes": sizes,
        "parameters": sum(one.numel() for one in encoder.parameters()),
    }
    store.complete(job.result, facts, started)


def _labelled(tokenizer: Any, encoder: TextEncoder, split: Split, max_length: int, tuned_on: bool) -> LabelledTexts:
    tokens = tokenise(tokenizer, split.texts, max_length)
    check_positions(encoder, tokens)
    return LabelledTexts(tokens, split.labels, split.known, tuned_on)


def quantize_to_parity(
    graph: onnx.ModelProto,
    reference: Reference,
    calibration: Ragged,
    spec: Export,
    name: str = "the encoder",
    report: Callable[[str], None] = print,
) -> Quantized:
    """int8, with as many of the worst layers in float as parity asks for.

    Raises InputError where parity is not kept with the share `spec.in_float` of them in float.
    """
    inputs, static = calibrate(graph, calibration), spec.quantization == "static"
    most = int(spec.in_float * len(quantized_layers(graph)))
    worst: list[tuple[str, float]] = []
    count = 0
    while True:
        in_float = tuple(layer for layer, _ in worst[:count])
        model = quantize(graph, inputs, in_float, static)
        parity = reference.compare(OnnxModel(model.SerializeToString()))
        shortfall = parity.shortfall(spec.parity)
        if not shortfall:
            return Quantized(model, parity, in_float)
        if not worst:
            errors = layer_errors(graph, calibration, inputs, static)
            worst = sorted(errors.items(), key=lambda item: -item[1])
        layer, error = worst[0]
        if count == most:
            raise InputError(
                f"export: {name} in int8: {shortfall}, with {count} of {len(worst)} layers in float; the layer that "
                f"loses most is {layer}, {error:.1%} of its output; raise export.in_float, lower export.parity, or set "
                "export.quantization to none"
            )
        count = min(max(1, 2 * count), most)
        report(f"{name}: {shortfall}; leaving {count} layers in float, first {layer}")


def write_directory(
    directory: Path, encoder: TextEncoder, tokenizer: Any, graphs: Mapping[str, onnx.ModelProto], max_length: int
) -> None:
    """The whole repository but its card."""
    encoder.model.save_pretrained(directory)
    tokenizer.model_max_length = max_length
    tokenizer.save_pretrained(directory)
    for name, graph in graphs.items():
        Path(directory, name).parent.mkdir(exist_ok=True)
        Path(directory, name).write_bytes(graph.SerializeToString())
    _write_sentence_transformers(directory, encoder.width, max_length)
    _write_classifier(directory, tokenizer, graphs)


def _write_sentence_transformers(directory: Path, width: int, max_length: int) -> None:
    """What SentenceTransformer(directory) takes: the encoder, and the mean over a text's tokens."""
    module = "sentence_transformers.models"
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{module}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{module}.Pooling"},
    ]
    _write_json(directory / "modules.json", modules)
    _write_json(directory / "sentence_bert_config.json", {"max_seq_length": max_length, "do_lower_case": False})
    pooling = {"word_embedding_dimension": width, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}
    _write_json(directory / "1_Pooling" / "config.json", pooling)


def _write_classifier(directory: Path, tokenizer: Any, graphs: Mapping[str, onnx.ModelProto]) -> None:
    graph = INT8 if INT8 in graphs else FLOAT
    heads = next(json.loads(prop.value) for prop in graphs[graph].metadata_props if prop.key == "heads")
    shutil.copy(Path(__file__).with_name("classifier.py"), directory)
    config = {
        "model_type": "onnx-classifier",
        "architectures": ["OnnxClassifier"],
        "auto_map": {
            "AutoConfig": "classifier.ClassifierConfig",
            "AutoModelForSequenceClassification": "classifier.OnnxClassifier",
        },
        "heads": heads,
        "head": next(iter(heads)),
        "onnx": graph,
    }
    tokenizer.save_pretrained(directory / "classifier")
    _write_json(directory / "classifier" / "config.json", config)


def _write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")
