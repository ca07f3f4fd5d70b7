"""A cell: what it stores, and that no interruption changes it."""

from dataclasses import replace

import pytest
import safetensors.torch

from raykd.artifacts import SavedEncoder
from raykd.evaluate import cell as cell_module
from raykd.evaluate.cell import headline_scores, is_complete, missing_seeds, run_cell
from raykd.evaluate.classifier import make_head

FILES = ("scores.parquet", "predictions.parquet")
SCRATCH = 10**9


def content(store, cell, names=FILES):
    return [store.storage.read_bytes(cell.file(name)) for name in names]


def test_what_is_stored(store, make_cell):
    cell = make_cell()
    assert missing_seeds(store, cell) == [(56, 0), (56, 1), (56, 2)]
    run_cell(store, cell, SCRATCH)
    assert is_complete(store, cell) and not missing_seeds(store, cell)
    scores = store.storage.read_table(cell.file("scores.parquet"))
    assert scores["label"].to_pylist() == [*cell.labels] * 3
    assert scores["seed"].to_pylist() == [0] * 3 + [1] * 3 + [2] * 3
    predictions = store.storage.read_table(cell.file("predictions.parquet")).to_pylist()
    assert len(predictions) == 3 * 24
    for row in predictions:
        above = [label for label, p in zip(cell.labels, row["probabilities"], strict=True) if p > 0.5]
        assert row["predicted"] == above
    assert predictions[24]["doc_id"] == "test0" and predictions[24]["seed"] == 1
    config = store.storage.read_json(cell.file("heads/config.json"))
    assert (config["width"], config["hidden"], config["hops"], config["labels"]) == (32, 16, 1, [*cell.labels])
    weights = safetensors.torch.load(store.storage.read_bytes(cell.file("heads/56-2.safetensors")))
    make_head(cell.head, 32, 3).load_state_dict(weights)
    facts = store.facts(cell.result)
    assert facts["seeds"] == [[56, 0], [56, 1], [56, 2]]
    assert (facts["train_rows"], facts["test_rows"]) == (60, 24)
    assert headline_scores(store, cell).shape == (3,)


@pytest.mark.parametrize("weights", ["frozen", "fine-tuned"])
@pytest.mark.parametrize("at", ["train", "scores"])
def test_an_interrupted_cell_computes_only_what_is_missing(store, make_cell, monkeypatch, weights, at):
    whole = make_cell(weights, encoder="distilbert")
    run_cell(store, whole, SCRATCH)
    cell = make_cell(weights, encoder="distilbert", result=replace(whole.result, version=2))
    name = "train_frozen" if weights == "frozen" else "train_fine_tuned"
    train, write_table = getattr(cell_module, name), store.storage.write_table
    trained = []

    def train_or_stop(*arguments):
        if at == "train" and len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(arguments[-1])
        return train(*arguments)

    def write_or_stop(path, table, **options):
        if at == "scores" and path.endswith("scores.parquet") and len(trained) == 3:
            raise KeyboardInterrupt
        write_table(path, table, **options)

    monkeypatch.setattr(cell_module, name, train_or_stop)
    monkeypatch.setattr(store.storage, "write_table", write_or_stop)
    with pytest.raises(KeyboardInterrupt):
        run_cell(store, cell, SCRATCH)
    assert missing_seeds(store, cell) == [(56, 2)] and not is_complete(store, cell)

    trained = [None] * 10
    monkeypatch.setattr(store.storage, "write_table", write_table)
    run_cell(store, cell, SCRATCH)
    assert trained[10:] == [2]
    assert content(store, cell) == content(store, whole)

    run_cell(store, cell, SCRATCH)
    assert trained[10:] == [2]


def test_more_seeds_add_rows(store, make_cell):
    cell = make_cell(seeds=2)
    run_cell(store, cell, SCRATCH)
    before = store.storage.read_table(cell.file("scores.parquet"))
    second = SavedEncoder("bert", 57, "1" * 64, "encoders/bert")
    more = replace(cell, seeds=3, encoders=(*cell.encoders, second))
    assert missing_seeds(store, more) == [(56, 2), (57, 0), (57, 1), (57, 2)]
    assert not is_complete(store, more)
    run_cell(store, more, SCRATCH)
    after = store.storage.read_table(cell.file("scores.parquet"))
    assert after.slice(0, before.num_rows).equals(before)
    assert after.num_rows == 3 * before.num_rows
    # The two encoders are the same one here, and a classifier's seed means the same with either.
    assert after["f1"].to_pylist()[:9] == after["f1"].to_pylist()[9:]
    assert len(store.facts(cell.result)["seeds"]) == 6
    written = content(store, more, (*FILES, "manifest.json"))
    run_cell(store, cell, SCRATCH)  # fewer seeds again
    assert content(store, more, (*FILES, "manifest.json")) == written


def test_scores_without_a_manifest_get_one(store, make_cell):
    cell = make_cell()
    run_cell(store, cell, SCRATCH)
    before = content(store, cell)
    store.storage.remove(cell.file("manifest.json"))
    run_cell(store, cell, SCRATCH)
    assert is_complete(store, cell) and content(store, cell) == before


def test_binary_cell(store, make_cell):
    cell = make_cell(kind="binary", labels=("sport", "food"), positive="food")
    run_cell(store, cell, SCRATCH)
    assert headline_scores(store, cell).shape == (3,)
