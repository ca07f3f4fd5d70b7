"""Probing as a job, of encoders that a pipeline has made: on Ray, one after the other, and into the report."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
from omegaconf import OmegaConf

ENCODERS = ("teacher", "technical-student")


def test_probes_are_stored_once_and_reported(
    finished: Path, tmp_path: Path, run_here: Callable[..., tuple[int, str]], call: Callable[..., tuple[int, str, str]]
):
    shutil.copytree(finished / "runs", tmp_path / "runs")  # other tests look at what a pipeline leaves
    tree = OmegaConf.load(finished / "small.yaml")
    tree.storage = str(tmp_path / "runs")
    latency = {"task": "tags", "texts": 8, "batches": [1, 8], "warm_up": 1, "runs": 3, "reference": "teacher"}
    tree.probe = {"encoders": list(ENCODERS), "latency": latency, "homonyms": {}}
    config = tmp_path / "probe.yaml"
    OmegaConf.save(tree, config)

    status, output = run_here("probe", config)
    assert status == 0, output
    root = tmp_path / "runs/demo"
    for number, encoder in enumerate(ENCODERS, 1):
        assert f"{number}/{len(ENCODERS)}: homonyms of {encoder} in" in output
        (directory,) = (root / "probe").glob(f"{encoder}-????????")  # not those of two encoders
        manifest = json.loads((directory / "manifest.json").read_text())
        (weights,) = (root / "encoders").glob(f"{encoder}-56-*/manifest.json")
        assert manifest["inputs"]["encoder"] == json.loads(weights.read_text())["hash"]
        homonyms = pd.read_parquet(directory / "homonyms.parquet")
        assert (homonyms.groupby("word")["sense"].nunique() == 2).all() and len(homonyms) > 10
        assert homonyms[["neighbour_distance", "within", "between"]].gt(0).all(axis=None)

    (directory,) = (root / "probe").glob("latency-*")
    times = pq.read_table(directory / "latency.parquet").to_pandas()
    assert times["batch"].tolist() == [1, 1, 8, 8] and (times["median"] > 0).all()
    assert times["encoder"].tolist() == [*ENCODERS] * 2 and (times["ratio"][::2] == 1).all()

    assert call("probe", config)[0] == 0  # everything is there: neither Ray nor an encoder is started
    assert call("report", config)[0] == 0
    sizes = pd.read_csv(root / "report/tables/latency.csv")
    assert set(sizes["encoder"]) == set(ENCODERS)
    page = (root / "report/index.html").read_text()
    assert "Table 7. Shift of homonyms" in page and "ms, batch 8" in page


def test_what_is_missing_is_named(finished: Path, call: Callable[..., tuple[int, str, str]]):
    changed = ("probe={latency: {task: tags}}", "tasks.tags.sizes.test=50")
    status, _, errors = call("probe", finished / "small.yaml", *changed)
    assert status == 2 and "first run: raykd prepare" in errors
    status, _, errors = call("probe", finished / "small.yaml")
    assert status == 2 and "no probe section" in errors
