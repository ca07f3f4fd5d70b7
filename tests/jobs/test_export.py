"""Exports as a job, of an encoder that a pipeline has made, and `classify` by what was exported."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf


@pytest.fixture(scope="module")
def exported(
    finished: Path, tmp_path_factory: pytest.TempPathFactory, run_here: Callable[..., tuple[int, str]]
) -> Path:
    """The config of a finished pipeline, one encoder of which is exported; its storage is a copy."""
    directory = tmp_path_factory.mktemp("exported")
    shutil.copytree(finished / "runs", directory / "runs")  # other tests look at what a pipeline leaves
    shutil.rmtree(directory / "runs/demo/classified", ignore_errors=True)  # and some label texts with it
    tree = OmegaConf.load(finished / "small.yaml")
    tree.storage = str(directory / "runs")
    tree.sample.directory = str(finished / "runs/sample")
    tree.export = {"encoders": ["technical-student"], "licence": "mit", "parity": {"agreement": 0.98, "f1_loss": 0.05}}
    source = {"reader": "table", "language": "eng", "path": str(directory / "texts.jsonl"), "id": "id"}
    tree.classify = {"sources": [source], "encoder": "technical-student"}
    (test,) = (directory / "runs/demo/tasks").glob("tags-*/language=eng/test.parquet")
    rows = pd.read_parquet(test)
    lines = [json.dumps({"id": one, "text": text}) for one, text in zip(rows["doc_id"], rows["text"], strict=True)]
    (directory / "texts.jsonl").write_text("\n".join(lines))
    config = directory / "export.yaml"
    OmegaConf.save(tree, config)
    status, output = run_here("export", config)
    assert status == 0, output
    assert "technical-student: " in output and "of decisions as in torch" in output
    return config


def test_the_repository_and_its_card_are_there(exported: Path, call: Callable[..., tuple[int, str, str]]):
    root = exported.parent / "runs/demo"
    (directory,) = (root / "exports").glob("technical-student-*")
    names = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    assert {"onnx/model.onnx", "onnx/model_int8.onnx", "classifier/config.json", "modules.json"} <= names
    card = (root / "cards/technical-student/README.md").read_text()
    assert "license: mit" in card and "Distilled from teacher: 2 of its layers, on technical" in card
    assert "| tags | eng | frozen | macro |" in card
    assert call("export", exported)[0] == 0  # everything is there: neither Ray nor torch works


def test_onnx_classifies_as_torch_does(exported: Path, run_here: Callable[..., tuple[int, str]]):
    found = {}
    for runtime in ("torch", "onnx"):
        status, output = run_here("classify", exported, f"classify.runtime={runtime}")
        assert status == 0, output
        parts = sorted((exported.parent / "runs/demo/classified").glob("*/language=eng/*.parquet"))
        (new,) = [part for part in parts if part not in found]
        found[new] = pd.read_parquet(new).set_index("doc_id")
    torch_rows, onnx_rows = found.values()
    assert len(torch_rows) == 60 and (torch_rows["tokens"] == onnx_rows.loc[torch_rows.index, "tokens"]).all()
    difference = np.stack(torch_rows["tags_probabilities"]) - np.stack(
        onnx_rows.loc[torch_rows.index, "tags_probabilities"]
    )
    assert 0 < np.abs(difference).max() < 0.1


def test_what_is_missing_is_named(exported: Path, call: Callable[..., tuple[int, str, str]]):
    status, _, errors = call("export", exported, "evaluate.seeds=9")
    assert status == 2 and "is not complete; first run: " in errors and "raykd evaluate" in errors
    status, _, errors = call("classify", exported, "classify.runtime=onnx", "export.quantization=static")
    assert status == 2 and "is not there yet; first run: " in errors and "raykd export" in errors
    status, _, errors = call("export", exported, "export=null")
    assert status == 2 and "no export section" in errors
    status, _, errors = call("export", exported, "export.encoders=[teacher,technical-student]", "--push", "owner/name")
    assert status == 2 and "--push owner/name: 2 encoders are exported; name one in export.encoders" in errors
