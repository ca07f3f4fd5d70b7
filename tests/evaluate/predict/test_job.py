"""Many heads on one encoder, on a real Ray: every text encoded once, and no part twice."""

import dataclasses
import json

import numpy as np
import pytest

from raykd.artifacts import Result
from raykd.config import Classify, Cleaning, Privacy, Resources, TableSource, TrialResources
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import TextEncoder
from raykd.evaluate.predict import job as module
from raykd.evaluate.predict.heads import chosen_seed, saved_head
from raykd.evaluate.predict.job import ClassifyJob, classify
from raykd.evaluate.run_cell import WorkerSpec, run_cells

RESOURCES = Resources(grid=TrialResources(precision="float32"))


@pytest.fixture
def cells(store, make_cell):
    """Two tasks of one encoder that take the same texts."""
    first = make_cell()
    second = make_cell(task="food", labels=("food", "sport"), result=Result("scores", "food", 1, {}), threshold=None)
    for cell in (first, second):
        run_cells(store, [cell], WorkerSpec(10**9))
    return first, second


@pytest.fixture
def job(store, cells):
    heads = tuple(saved_head(store, cell, chosen_seed(store, cell)) for cell in cells)
    result = Result("classified", "texts", 1, {})
    job = ClassifyJob(
        store.storage,
        result.directory,
        Cleaning(),
        56,
        cells[0].encoders[0],
        {"eng": heads},
        ("topics", "food", "other"),
        64,
        RESOURCES,
    )
    return result, job


@pytest.fixture
def spec(tmp_path, store, cells):
    """The test texts, one that is empty and a line that is no JSON."""
    texts = store.storage.read_table(f"{cells[0].task_result.directory}/language=eng/test.parquet")["text"].to_pylist()
    lines = [json.dumps({"id": f"n{n}", "text": text}) for n, text in enumerate([*texts, " "])]
    (tmp_path / "texts.jsonl").write_text("\n".join([*lines, "{broken"]))
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "texts.jsonl"), id="id")
    return Classify(sources=(source,), encoder="bert", rejected_share=0.1)


def test_the_best_seed_on_validation_is_chosen(store, cells):
    scores = store.storage.read_table(cells[0].file("scores.parquet")).to_pandas()
    means = scores.groupby("seed")["validation_f1"].mean()
    assert chosen_seed(store, cells[0]) == (56, means.idxmax())


@pytest.mark.usefixtures("local_ray")
def test_parts_hold_the_answers_of_every_head(store, cells, job, spec):
    result, job = job
    lines = []
    classify(store, result, spec, job, lines.append)
    assert len(lines) == 1 and lines[0].startswith("1/1: 24 texts, ")
    facts = store.facts(result)
    assert (facts["texts"], facts["empty"], facts["rejected"]) == (24, 1, 1)
    part = f"{result.directory}/language=eng/part-000000-0000.parquet"
    rows = store.storage.read_table(part).to_pandas()
    assert facts["tokens"] == rows["tokens"].sum() and rows["other"].isna().all()
    assert rows["id"].tolist() == [f"n{n}" for n in range(24)]
    for cell in cells:
        seed = chosen_seed(store, cell)
        predictions = store.storage.read_table(cell.file("predictions.parquet")).to_pandas()
        mine = predictions[(predictions["encoder_seed"] == seed[0]) & (predictions["seed"] == seed[1])]
        assert rows[cell.task].map(list).tolist() == mine["predicted"].map(list).tolist()
        probabilities = np.stack(rows[f"{cell.task}_probabilities"])
        np.testing.assert_allclose(probabilities, np.stack(mine["probabilities"]), atol=1e-5)


def in_process(job, units, todo):
    """As the actors do, here: for what does not ask for them."""
    worker = module._Worker(job, units)
    for table in worker({"unit": np.array(todo)}):
        yield json.loads(table["report"][0].as_py())


def test_a_killed_run_goes_on_with_the_next_part(store, job, spec, monkeypatch):
    monkeypatch.setattr(module, "_run", in_process)
    result, job = job
    lines = []
    classify(store, result, spec, job, lines.append)
    facts = store.facts(result)
    part = f"{result.directory}/language=eng/part-000000-0000.parquet"
    before = store.storage.read_bytes(part)
    store.storage.remove(f"{result.directory}/manifest.json")
    store.storage.remove(f"{result.directory}/units")
    classify(store, result, spec, job, lines.append)
    assert store.storage.read_bytes(part) == before and lines[1].endswith("0 texts/s, 0 tokens/s")
    assert store.facts(result) == facts


def test_too_many_unreadable_rows_are_refused(store, job, spec, monkeypatch):
    monkeypatch.setattr(module, "_run", in_process)
    result, job = job
    lines = []
    with pytest.raises(InputError, match=r"1 of 26 rows cannot be read.* the first is .*texts.jsonl"):
        classify(store, result, spec.model_copy(update={"rejected_share": 0.01}), job, lines.append)


def test_the_encoder_runs_once_for_all_heads(store, cells, job, monkeypatch):
    calls = []
    forward = TextEncoder.forward
    monkeypatch.setattr(TextEncoder, "forward", lambda self, tokens: calls.append(len(tokens)) or forward(self, tokens))
    worker = module._Worker(job[1], {})
    table = store.storage.read_table(f"{cells[0].task_result.directory}/language=eng/test.parquet")
    worker._classify_texts(table.append_column("id", table["doc_id"]), "eng")
    assert sum(calls) == table.num_rows


def test_classified_text_is_masked_and_counted(store, job, tmp_path, spec, monkeypatch):
    monkeypatch.setattr(module, "_run", in_process)
    result, plain = job
    rows = [{"id": f"ann{n}@x.com", "text": f"mail ann{n}@x.com now", "from": f"ann{n}@x.com"} for n in range(3)]
    path = tmp_path / "private.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = TableSource(reader="table", language="eng", path=str(path), id="id", group="from", name="mail")
    masked = dataclasses.replace(plain, cleaning=Cleaning(privacy=Privacy()))
    classify(store, result, spec.model_copy(update={"sources": (source,)}), masked, list[str]().append)
    table = store.storage.read_table(f"{result.directory}/language=eng/part-000000-0000.parquet")
    assert table["text"].to_pylist() == ["mail [EMAIL] now"] * 3
    assert len(set(table["id"].to_pylist())) == 3 and "@" not in repr(table.select(["id", "group"]).to_pylist())
    assert store.facts(result)["masked"] == [["eng", "mail", "email", 3]]
