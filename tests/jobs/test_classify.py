"""Heads of the grid on texts without labels, as a job: answers are the grid's own."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf


@pytest.fixture(scope="module")
def config(finished: Path) -> Path:
    """The finished pipeline's experiment, with the task's own texts to classify, and rows that are none."""
    tree = OmegaConf.load(finished / "small.yaml")
    texts = pd.concat(map(pd.read_parquet, (finished / "runs/demo/tasks").glob("*/language=eng/test.parquet")))
    rows = [{"id": doc_id, "text": text} for doc_id, text in zip(texts["doc_id"], texts["text"], strict=True)]
    lines = [json.dumps(row) for row in [*rows, {"id": "empty", "text": " "}]]
    (finished / "unlabelled.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
    source = {"reader": "table", "language": "eng", "path": str(finished / "unlabelled.jsonl"), "id": "id"}
    tree.classify = {"sources": [source], "encoder": "technical-student", "rejected_share": 0.1}
    path = finished / "classify.yaml"
    OmegaConf.save(tree, path)
    return path


def parts(finished: Path) -> list[Path]:
    return sorted((finished / "runs/demo/classified").glob("*/language=eng/*.parquet"))


def test_answers_are_those_of_the_grid(finished: Path, config: Path, run_here: Callable[..., tuple[int, str]]):
    status, output = run_here("classify", config)
    assert status == 0, output
    assert "60 texts with 1 heads" in output and "(1 empty, 1 unreadable)" in output and "tokens/s" in output
    (part,) = parts(finished)
    found = pq.read_table(part).to_pandas()
    (cell,) = (finished / "runs/demo/scores").glob("tags-eng-technical-student-frozen-*")
    scores = pd.read_parquet(cell / "scores.parquet")
    asked = scores[scores["seed"] < OmegaConf.load(config).evaluate.seeds]  # other tests have added some
    best = asked.groupby("seed")["validation_f1"].mean().idxmax()  # the first of several
    expected = pd.read_parquet(cell / "predictions.parquet")
    expected = expected[expected["seed"] == best]
    (test,) = (finished / "runs/demo/tasks").glob("*/language=eng/test.parquet")
    texts = pd.read_parquet(test).set_index("doc_id")["text"]
    by_text = dict(zip(expected["doc_id"].map(texts), expected["probabilities"], strict=True))
    for text, labels, probabilities in zip(found["text"], found["tags"], found["tags_probabilities"], strict=True):
        np.testing.assert_allclose(probabilities, by_text[text], atol=0.02)  # batches differ, and bf16 rounds
        names = json.loads((part.parents[1] / "manifest.json").read_text())["facts"]["labels"]["tags"]
        assert list(labels) == [name for name, p in zip(names, probabilities, strict=True) if p > 0.5]


@pytest.mark.slow
def test_what_is_missing_is_named(finished: Path, config: Path, run_here: Callable[..., tuple[int, str]]):
    status, output = run_here("classify", config, "evaluate.seeds=9")
    assert status == 2 and "first run: " in output and "jobs/evaluate.py" in output
