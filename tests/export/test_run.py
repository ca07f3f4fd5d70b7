"""What an export writes, who loads it, and that what does not keep parity is refused."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from raykd.artifacts import Result
from raykd.config import Export
from raykd.config.export import Parity as Limits
from raykd.errors import InputError
from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.predict.heads import TextClassifier
from raykd.evaluate.predict.onnx_runtime import OnnxModel
from raykd.export.job import ExportJob
from raykd.export.run import export_encoder, quantize_to_parity

ATTENTION = "encoder.transformer.layer.1.attention"
TEXT = "word3 word6 word9 word4"
SNIPPETS = re.findall(r"```python\n(.*?)```", Path("docs/export.md").read_text(encoding="utf-8"), re.S)


def test_the_manifest_tells_size_and_parity(exported):
    facts = json.loads((exported / "manifest.json").read_text())["facts"]
    assert facts["bytes"]["onnx/model_int8.onnx"] == (exported / "onnx/model_int8.onnx").stat().st_size
    assert facts["bytes"]["onnx/model_int8.onnx"] < facts["bytes"]["onnx/model.onnx"]
    assert facts["parity"]["onnx/model.onnx"]["cosine"] > 0.99999
    for head in facts["parity"]["onnx/model_int8.onnx"]["heads"].values():
        assert head["agreement"] >= 0.995 and head["texts"] == 60 and head["low"] <= head["f1_change"] <= head["high"]


@pytest.fixture(scope="module")
def probabilities(parts) -> dict[str, np.ndarray]:
    """Of TEXT, by torch, for each head."""
    encoder, heads, _ = parts
    plain = TextClassifier(None, encoder, {name: [pair] for name, pair in heads.items()}, 32, "cpu", torch.float32)
    ids = torch.tensor([2, *(5 + int(word.removeprefix("word")) for word in TEXT.split()), 3])
    tokens = Ragged(ids, torch.tensor([0, len(ids)]))
    return {name: plain.probabilities(tokens, name)[0][0] for name in heads}


@pytest.mark.parametrize("library", ["onnxruntime", "transformers", "sentence_transformers"])
def test_the_lines_of_the_docs_load_it(library, exported, probabilities, parts, tmp_path):
    """In a process of its own, which has no raykd."""
    (code,) = (one for one in SNIPPETS if re.search(rf"\b{library}\b", one.splitlines()[0]))
    assert len([one for one in ast.parse(code).body if not isinstance(one, ast.Import | ast.ImportFrom)]) <= 3
    code = code.replace("DIRECTORY", str(exported)).replace("tags-eng", "topics-eng").replace("TEXT", TEXT)
    ending = (
        "\nimport sys, json\nassert 'raykd' not in sys.modules\nprint(json.dumps(RESULT, default=lambda x: x.tolist()))"
    )
    results = {"onnxruntime": "[probabilities, labels]", "transformers": "classify(TEXT, top_k=None)"}
    ending = ending.replace("RESULT", results.get(library, "vectors")).replace("TEXT", repr(TEXT))
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-c", code + ending]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    expected = probabilities["topics-eng"]
    if library == "onnxruntime":
        np.testing.assert_allclose(found[0][0], expected, atol=0.02)
        saved = parts[1]["topics-eng"][0]
        assert found[1][0] == [bool(p > t) for p, t in zip(found[0][0], saved.thresholds, strict=True)]
    elif library == "transformers":
        by_label = {one["label"]: one["score"] for one in found}
        np.testing.assert_allclose([by_label[label] for label in ("sport", "food", "music")], expected, atol=0.02)
    else:
        states = OnnxModel(exported / "onnx/model.onnx").session.run(
            ["last_hidden_state"], {"input_ids": [[2, 8, 11, 14, 9, 3]], "attention_mask": [[1] * 6]}
        )[0]
        np.testing.assert_allclose(found[0], states[0].mean(0), atol=1e-4)


def test_layers_are_left_in_float_as_parity_asks(graph, reference, parts, with_outlier):
    _, _, texts = parts
    tokens, lines = texts["topics-eng"].tokens, []
    bad = with_outlier(graph, ATTENTION, 3000)
    spec = Export(parity=Limits(cosine=0.999, agreement=0.99, f1_loss=0.05))
    found = quantize_to_parity(bad, reference, tokens, spec, "small", lines.append)
    assert found.in_float == (f"{ATTENTION}.out_lin",) and found.parity.cosine >= 0.999
    assert len(lines) == 1 and f"leaving 1 layers in float, first {ATTENTION}.out_lin" in lines[0]


@pytest.mark.parametrize("quantization", ["dynamic", "static"])
def test_what_does_not_keep_parity_is_refused_with_its_layer(graph, reference, parts, with_outlier, quantization):
    _, _, texts = parts
    spec = Export(quantization=quantization, in_float=0, parity=Limits(cosine=0.999))
    with pytest.raises(InputError, match=rf"small in int8: cosine .* below 0.999, .* most is {ATTENTION}.out_lin"):
        quantize_to_parity(with_outlier(graph, ATTENTION, 3000), reference, texts["topics-eng"].tokens, spec, "small")


def test_nothing_is_written_of_a_graph_that_is_wrong(trained, graph, monkeypatch, tmp_path):
    store, cells = trained
    wrong = onnx.ModelProto()
    wrong.CopyFrom(graph)
    next(node for node in wrong.graph.node if node.op_type == "Softmax").attribute[0].i = 1
    monkeypatch.setattr("raykd.export.run.export_graph", lambda *_: wrong)
    job = ExportJob(Result("exports", "wrong", 1, {}), cells[0].encoders[0], cells, Export(), 32)
    with pytest.raises(InputError, match="does not compute what torch does"):
        export_encoder(store, job)
    assert not store.storage.exists(job.result.directory)
