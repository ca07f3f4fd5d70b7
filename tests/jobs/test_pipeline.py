"""The main job, whole: what it leaves behind, what a second run does, and what a killed one loses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest
from transformers import AutoModel, AutoTokenizer, pipeline

ROOT = Path(__file__).parents[2]


def contents(directory: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of every file but the leases, of which every driver leaves one."""
    files = (path for path in directory.rglob("*") if path.is_file() and path.parent.name != "lease")
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def scores(directory: Path) -> pd.DataFrame:
    """All scores of an experiment, in one order."""
    tables = [
        pd.read_parquet(path).assign(cell=path.parent.name)
        for path in directory.glob("runs/demo/scores/*/scores.parquet")
    ]
    return pd.concat(tables).sort_values(["cell", "encoder_seed", "seed", "label"], ignore_index=True)


def weights(directory: Path) -> dict[str, str]:
    """sha256 of every encoder's and head's weights."""
    files = directory.glob("runs/demo/*/**/*.safetensors")
    return {str(path.relative_to(directory)): sha256(path.read_bytes()).hexdigest() for path in files}


def wait_for(condition: Callable[[], bool], process, seconds: float = 600) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()[0][-4000:]
        assert time.monotonic() < end, "the job never came so far"
        time.sleep(0.05)


def texts_of(file: Path) -> list[str]:
    return list(pd.read_parquet(file, columns=["text"])["text"])


def test_every_stage_leaves_complete_results(finished: Path):
    storage = finished / "runs/demo"
    index = json.loads((storage / "experiment.json").read_text())
    kinds = {directory.split("/")[0] for directory in index["results"].values()}
    assert kinds == {"tasks", "texts", "tokenizers", "tokens", "encoders", "scores"}
    for name, directory in index["results"].items():
        manifest = json.loads((storage / directory / "manifest.json").read_text())
        assert directory.endswith(manifest["hash"][:8]), name
    assert not (storage / "scratch").exists()
    found = scores(finished)
    # Three encoders and two quantities of the sweep, ten labels, three seeds.
    assert found.groupby("cell").size().to_dict() == dict.fromkeys(found["cell"].unique(), 30)
    assert found["cell"].nunique() == 5


def test_corpora_and_tasks_are_cleaned_alike(finished: Path):
    storage = finished / "runs/demo"
    for kind in ("texts/technical-*", "tasks/tags-*"):
        (directory,) = storage.glob(kind)
        texts = [
            text
            for file in directory.rglob("*.parquet")
            if file.parent.name == "language=eng"
            for text in texts_of(file)
        ]
        assert any("[link]" in text for text in texts)
        assert not any("://" in text for text in texts)


def test_encoders_load_and_fill_masks(finished: Path):
    for directory in (finished / "runs/demo/encoders").iterdir():
        AutoModel.from_pretrained(directory)
        tokenizer = AutoTokenizer.from_pretrained(directory)
        answers = pipeline("fill-mask", model=str(directory))(f"How do I {tokenizer.mask_token} a string?")
        assert len(answers) == 5 and all(0 < answer["score"] <= 1 for answer in answers)


def test_report_has_the_tables_and_the_figure(finished: Path):
    report = finished / "runs/demo/report"
    assert "<html" in (report / "index.html").read_text()
    written = {path.name for path in (report / "tables").iterdir()}
    assert {
        "corpus-text.csv",
        "corpus-drops.csv",
        "corpus-tokens.csv",
        "table1-corpus.csv",
        "table4-labels.csv",
        "table6-quantity.csv",
        "table8-results.csv",
    } <= written
    assert (report / "figures/figure2-quantity.svg").exists()


def test_the_report_counts_text_and_tokens_as_they_are_on_storage(finished: Path):
    tables = finished / "runs/demo/report/tables"
    texts = pd.read_csv(tables / "corpus-text.csv").set_index("corpus")
    dropped = pd.read_csv(tables / "corpus-drops.csv").groupby("corpus")["documents"].sum()
    tokens = pd.read_csv(tables / "corpus-tokens.csv").set_index("corpus")
    for corpus, row in texts.iterrows():
        documents = pd.concat(map(pd.read_parquet, finished.glob(f"runs/demo/texts/{corpus}-*/language=eng/*.parquet")))
        assert (row["documents"], row["bytes"]) == (len(documents), documents["bytes"].sum())
        assert row["read"] == row["documents"] + dropped.get(corpus, 0)
        assert row["source"] == f"{corpus}-eng"
        files = finished.glob(f"runs/demo/tokens/{corpus}-*/language=eng/part-?????.parquet")
        sequences = pd.concat(map(pd.read_parquet, files))
        assert tokens.loc[corpus, "sequences"] == len(sequences)
        assert tokens.loc[corpus, "tokens"] == sequences["input_ids"].map(len).sum()


def test_make_demo_a_second_time_changes_no_file(finished: Path):
    before = contents(finished)
    # In this environment, which is there: no other is set up.
    settings = (f"BIN={Path(sys.executable).parent}", f"CONFIG={finished / 'small.yaml'}")
    # Nor by a make that these tests are run by, which would have a line of its own.
    outer = {"RAY_ADDRESS", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    done = subprocess.run(
        ["make", "-o", ".venv/ready", "demo", *settings],
        cwd=ROOT,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].endswith(f"report: {finished}/runs/demo/report/index.html")
    assert contents(finished) == before


@pytest.mark.slow
def test_a_training_stops_at_its_limit_and_goes_on_with_a_higher_one(finished: Path, tmp_path: Path, run_here):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    validated = "encoders.general-student.distill.validation={documents: 20, every: 4, keep: best}"
    config = (tmp_path / "small.yaml", f"storage={tmp_path / 'runs'}", validated)
    status, output = run_here("prepare", *config)
    assert status == 0, output[-3000:]
    status, output = run_here("distill", *config, "resources.train.limits.steps=6")
    assert status == 1, output[-3000:]
    stopped = next(line for line in output.splitlines() if line.startswith("stopped: "))
    assert stopped.startswith("stopped: encoders.general-student: resources.train.limits.steps 6 reached after 6 of")
    assert stopped.endswith("raise it and the same command goes on from there")
    (left,) = (
        directory
        for directory in (tmp_path / "runs/demo/encoders").glob("general-student-*")
        if not (directory / "manifest.json").exists()
    )
    assert (left / "checkpoints").is_dir()
    status, output = run_here("distill", *config)
    assert status == 0, output[-3000:]
    assert "general-student: resuming after step 6 of" in output
    assert "general-student: validation loss " in output
    facts = json.loads((left / "manifest.json").read_text())["facts"]
    found = pd.read_parquet(left / "validation.parquet")
    assert found["step"].tolist() == [*range(4, facts["steps"], 4), facts["steps"]]
    assert facts["validation_loss"] == found["loss"].min()
    assert not (left / "checkpoints").exists()


@pytest.mark.slow  # tests/evaluate/test_cell.py is the fast one, without the job around it
def test_more_seeds_add_rows(finished: Path, run_here):
    before = scores(finished)
    status, output = run_here("evaluate", finished / "small.yaml", "evaluate.seeds=4")
    assert status == 0, output
    after = scores(finished)
    pd.testing.assert_frame_equal(after[after["seed"] < 3].reset_index(drop=True), before)
    assert set(after["seed"]) == {0, 1, 2, 3}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_drivers_lose_nothing(finished: Path, tmp_path: Path, write_small_config, start_job, run_job):
    config = write_small_config(tmp_path)
    storage = tmp_path / "runs/demo"

    small = (config, "sweep=null")  # whose own test kills its drivers
    process = start_job("pipeline", *small)
    wait_for(lambda: any(storage.glob("encoders/technical-student-56-*/checkpoints/step-*/complete.json")), process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not list(storage.glob("scores/*"))

    process = start_job("pipeline", *small)
    wait_for(lambda: any(storage.glob("scores/*/scores.parquet")), process)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (storage / "report").exists()

    status, output = run_job("pipeline", *small)
    assert status == 0, output[-4000:]
    found, expected = scores(tmp_path), scores(finished)
    assert found["cell"].nunique() == 3
    expected = expected[(expected["seed"] < 3) & expected["cell"].isin(found["cell"])]
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))
    # The scores of so small a run may be alike for other reasons; its weights cannot be.
    made = weights(tmp_path)
    assert len(made) == 3 + 3 * 3
    assert made == {name: digest for name, digest in weights(finished).items() if name in made}
