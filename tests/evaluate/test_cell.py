"""A cell: what it stores, and that no interruption changes it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import safetensors.torch
from sklearn.metrics import average_precision_score, f1_score

from raykd.artifacts import SavedEncoder
from raykd.config import Head
from raykd.errors import InputError
from raykd.evaluate import cell_files
from raykd.evaluate import run_cell as run_module
from raykd.evaluate.cell import headline_scores, is_complete, sharing_states
from raykd.evaluate.cell_files import missing_seeds, read_rows
from raykd.evaluate.classifier.train import make_head
from raykd.evaluate.run_cell import WorkerSpec, run_cells
from raykd.jobs.overview import overview

FILES = ("scores.parquet", "averages.parquet", "predictions.parquet")
WORKER = WorkerSpec(10**9)


def content(store, cell, names=FILES):
    return [store.storage.read_bytes(cell.file(name)) for name in names]


def test_what_is_stored(store, make_cell):
    cell = make_cell()
    assert missing_seeds(store, cell) == [(56, 0), (56, 1), (56, 2)]
    run_cells(store, [cell], WORKER)
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
    config = store.storage.read_json(cell.head_config_file)
    assert (config["width"], config["labels"]) == (32, [*cell.labels])
    assert Head.model_validate(config["head"]) == cell.head
    weights = safetensors.torch.load(store.storage.read_bytes(cell.file("heads/56-2.safetensors")))
    make_head(cell.head, 32, 3).load_state_dict(weights)
    facts = store.facts(cell.result)
    assert facts["seeds"] == [[56, 0], [56, 1], [56, 2]]
    assert (facts["train_rows"], facts["validation_rows"], facts["test_rows"]) == (60, 24, 24)
    assert (facts["precision"], facts["device"], facts["threads"]) == ("float32", "cpu", 1)
    assert list(headline_scores(store, cell)) == cell.asked


def test_scores_are_those_of_scikit_learn_on_the_stored_predictions(store, make_cell):
    cell = make_cell()
    run_cells(store, [cell], WORKER)
    predictions = store.storage.read_table(cell.file("predictions.parquet")).to_pandas()
    scores = store.storage.read_table(cell.file("scores.parquet")).to_pandas()
    means = store.storage.read_table(cell.file("averages.parquet")).to_pandas().set_index(["seed", "average"])
    for seed, rows in predictions.groupby("seed"):
        truth, predicted = (
            [[label in names for label in cell.labels] for names in rows[column]] for column in ("truth", "predicted")
        )
        mine = scores[scores["seed"] == seed]
        np.testing.assert_allclose(mine["f1"], f1_score(truth, predicted, average=None))
        precision = average_precision_score(truth, np.stack(rows["probabilities"]), average=None)
        np.testing.assert_allclose(mine["average_precision"], precision)
        for average in ("macro", "micro"):
            expected = f1_score(truth, predicted, average=average, zero_division=0)
            assert means.loc[(seed, average), "f1"] == pytest.approx(expected)


@pytest.mark.parametrize("weights", ["frozen", "fine-tuned"])
@pytest.mark.parametrize("at", ["train", "seeds/56-2.parquet", "averages.parquet", "scores.parquet"])
def test_an_interrupted_cell_computes_only_what_is_missing(store, make_cell, monkeypatch, weights, at):
    whole = make_cell(weights, encoder="distilbert")
    run_cells(store, [whole], WORKER)
    cell = make_cell(weights, encoder="distilbert", result=replace(whole.result, version=2))
    name = "train_frozen" if weights == "frozen" else "train_fine_tuned"
    train, write_table = getattr(run_module, name), store.storage.write_table
    trained = []

    def train_or_stop(*arguments):
        if at == "train" and len(trained) == 2:
            raise KeyboardInterrupt
        trained.append(arguments[-1])
        return train(*arguments)

    def write_or_stop(path, table, **options):
        if path.endswith(at):
            raise KeyboardInterrupt
        write_table(path, table, **options)

    monkeypatch.setattr(run_module, name, train_or_stop)
    monkeypatch.setattr(store.storage, "write_table", write_or_stop)
    with pytest.raises(KeyboardInterrupt):
        run_cells(store, [cell], WORKER)
    left = [] if at in FILES else [2]  # merging them was interrupted
    assert missing_seeds(store, cell) == [(56, seed) for seed in left] and not is_complete(store, cell)
    assert sorted(set(cell_files.seeds_of(read_rows(store, cell, "scores")))) == cell.asked[: 3 - len(left)]

    trained = [None] * 10
    monkeypatch.setattr(store.storage, "write_table", write_table)
    run_cells(store, [cell], WORKER)
    assert trained[10:] == left
    assert content(store, cell) == content(store, whole) and not store.storage.exists(cell.file("seeds"))

    run_cells(store, [cell], WORKER)
    assert trained[10:] == left


def test_more_seeds_add_rows(store, make_cell):
    cell = make_cell(seeds=2)
    run_cells(store, [cell], WORKER)
    before = store.storage.read_table(cell.file("scores.parquet"))
    second = SavedEncoder("bert", 57, "1" * 64, "encoders/bert")
    more = replace(cell, seeds=3, encoders=(*cell.encoders, second))
    assert missing_seeds(store, more) == [(56, 2), (57, 0), (57, 1), (57, 2)]
    assert not is_complete(store, more)
    run_cells(store, [more], WORKER)
    after = store.storage.read_table(cell.file("scores.parquet"))
    assert after.slice(0, before.num_rows).equals(before)
    assert after.num_rows == 3 * before.num_rows
    # The two encoders are the same one here, and a classifier's seed means the same with either.
    assert after["f1"].to_pylist()[:9] == after["f1"].to_pylist()[9:]
    assert len(store.facts(cell.result)["seeds"]) == 6
    written = content(store, more, (*FILES, "manifest.json"))
    run_cells(store, [cell], WORKER)  # fewer seeds again
    assert content(store, more, (*FILES, "manifest.json")) == written


def test_a_complete_cell_that_was_cut_off_with_more_seeds_is_unfinished(store, make_cell, monkeypatch):
    """And not damaged: its files are no longer those of its manifest."""
    cell = make_cell(seeds=1)
    run_cells(store, [cell], WORKER)
    monkeypatch.setattr(store, "complete", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run_cells(store, [replace(cell, seeds=2)], WORKER)
    (status,) = overview(store.storage, {"cell": cell.result.directory}, {"cell": [[56, 0]]}, lease=None)
    assert status.state == "unfinished"
    monkeypatch.undo()
    run_cells(store, [cell], WORKER)
    (status,) = overview(store.storage, {"cell": cell.result.directory}, {"cell": [[56, 0]]}, lease=None)
    assert status.state == "done" and len(store.facts(cell.result)["seeds"]) == 2


def test_status_counts_the_seeds_that_are_not_merged(store, make_cell):
    cell = make_cell()

    def told():
        asked = {"cell": [[*seed] for seed in cell.asked]}
        (status,) = overview(store.storage, {"cell": cell.result.directory}, asked, lease=None)
        return status.state, status.detail

    assert told() == ("missing", "")
    run_cells(store, [cell], WORKER, [(56, 1)])
    assert told() == ("unfinished", "1 of 3 seeds")
    run_cells(store, [cell], WORKER)
    assert told() == ("done", "")
    cell = replace(cell, seeds=5)
    run_cells(store, [cell], WORKER, [(56, 4)])
    assert told() == ("unfinished", "4 of 5 seeds")


def test_scores_without_a_manifest_get_one(store, make_cell):
    cell = make_cell()
    run_cells(store, [cell], WORKER)
    before = content(store, cell)
    store.storage.remove(cell.file("manifest.json"))
    run_cells(store, [cell], WORKER)
    assert is_complete(store, cell) and content(store, cell) == before


@pytest.mark.parametrize("with_manifest", [True, False])
def test_what_a_former_version_left_is_done_and_extended(store, make_cell, monkeypatch, with_manifest):
    """It wrote each seed's rows into the cell's files, scores.parquet last; the manifest may be missing."""
    whole = make_cell()
    run_cells(store, [whole], WORKER)
    cell = replace(whole, seeds=2, result=replace(whole.result, version=2))
    run_cells(store, [cell], WORKER)
    if not with_manifest:
        store.storage.remove(cell.file("manifest.json"))
        rows = store.storage.read_table(whole.file("predictions.parquet"))  # of a seed that it has no scores of
        store.storage.write_table(cell.file("predictions.parquet"), rows)
    trained, train = [], run_module.train_frozen
    monkeypatch.setattr(run_module, "train_frozen", lambda *given: trained.append(given[-1]) or train(*given))
    run_cells(store, [replace(cell, seeds=3)], WORKER)
    assert trained == [2] and content(store, cell) == content(store, whole)
    assert len(store.facts(cell.result)["seeds"]) == 3 and store.facts(cell.result)["computed_seeds"] == 1


def test_processes_with_a_part_of_the_seeds_leave_what_one_does(store, make_cell):
    """In any order; whichever ends last merges."""
    second = SavedEncoder("bert", 57, "1" * 64, "encoders/bert")
    whole = make_cell()
    whole = replace(whole, encoders=(*whole.encoders, second))
    run_cells(store, [whole], WORKER)
    cell = replace(whole, result=replace(whole.result, version=2))
    parts = [[(57, 1), (57, 2)], [(56, 2)], [(57, 0), (56, 0), (56, 1)]]
    for part in parts:
        assert not is_complete(store, cell)
        run_cells(store, [cell], WORKER, part)
    assert is_complete(store, cell) and content(store, cell) == content(store, whole)
    facts = store.facts(cell.result)
    assert (
        facts["computed_seeds"] == 6
        and facts["encode_seconds"] > 0
        and facts["seeds"] == [[*one] for one in cell.asked]
    )


@pytest.mark.parametrize("at", ["_read_seeds", "_with_new", "is_complete"])
def test_two_processes_on_the_same_seeds_leave_what_one_does(store, make_cell, monkeypatch, at):
    """One that was given up, on a machine that could not be reached, may still be at work, and merge them too."""
    whole = make_cell(seeds=2)
    run_cells(store, [whole], WORKER)
    cell, step, begun = replace(whole, result=replace(whole.result, version=2)), getattr(cell_files, at), []

    def step_beside_another(*arguments):
        if not begun:
            begun.append(True)
            run_cells(store, [cell], WORKER)
        return step(*arguments)

    monkeypatch.setattr(cell_files, at, step_beside_another)
    run_cells(store, [cell], WORKER)
    assert begun and is_complete(store, cell) and content(store, cell) == content(store, whole)


def test_seeds_that_are_merged_while_they_are_read(store, make_cell, monkeypatch):
    cell = make_cell(seeds=2)
    monkeypatch.setattr(run_module, "merge_seeds", lambda *given: None)
    run_cells(store, [cell], WORKER)
    before = read_rows(store, cell, "scores")
    monkeypatch.undo()
    files = cell_files._seed_files

    def files_that_go(*given):
        found = files(*given)
        monkeypatch.undo()
        run_cells(store, [cell], WORKER)
        return found

    monkeypatch.setattr(cell_files, "_seed_files", files_that_go)
    assert read_rows(store, cell, "scores").equals(before) and before.num_rows == 6


def test_binary_cell(store, make_cell):
    cell = make_cell(kind="binary", labels=("sport", "food"), positive="food")
    run_cells(store, [cell], WORKER)
    means = store.storage.read_table(cell.file("averages.parquet")).to_pandas()
    positive = means[means["average"] == "positive"]
    assert list(headline_scores(store, cell).values()) == list(positive["f1"])


def test_thresholds_of_validation(store, make_cell):
    cell = make_cell(threshold=None)
    run_cells(store, [cell], WORKER)
    scores = store.storage.read_table(cell.file("scores.parquet")).to_pandas()
    fixed = make_cell()
    run_cells(store, [replace(fixed, result=replace(fixed.result, version=2))], WORKER)
    plain = store.storage.read_table(replace(fixed, result=replace(fixed.result, version=2)).file("scores.parquet"))
    assert (plain.to_pandas()["threshold"] == 0.5).all() and scores["threshold"].nunique() > 1
    assert (scores["validation_f1"] >= plain.to_pandas()["validation_f1"]).all()
    first = store.storage.read_table(cell.file("predictions.parquet")).to_pylist()[0]
    cuts = scores["threshold"][:3]
    above = [name for name, p, cut in zip(cell.labels, first["probabilities"], cuts, strict=True) if p > cut]
    assert first["predicted"] == above


def test_fewer_training_rows_are_the_first(store, make_cell):
    cell = make_cell(train_rows=20)
    run_cells(store, [cell], WORKER)
    assert store.facts(cell.result)["train_rows"] == 20
    path = f"{cell.task_result.directory}/language=eng/train.parquet"
    store.storage.write_table(path, store.storage.read_table(path).slice(0, 20))
    whole = make_cell(result=replace(cell.result, version=2))
    store.storage.write_table(path, store.storage.read_table(path).slice(0, 20))
    run_cells(store, [whole], WORKER)
    scored = ("scores.parquet", "averages.parquet")
    assert content(store, whole, scored) == content(store, cell, scored)
    probabilities = [
        np.stack(store.storage.read_table(one.file("predictions.parquet"))["probabilities"].to_pylist())
        for one in (whole, cell)
    ]
    np.testing.assert_allclose(*probabilities, rtol=1e-5)  # batches of other texts round otherwise
    with pytest.raises(InputError, match=r"evaluate.train_sizes: 30 rows asked, but tasks.topics has 20"):
        run_cells(store, [make_cell_rows(whole, 30)], WORKER)


@pytest.mark.parametrize(("weights", "encodings"), [("frozen", 1), ("fine-tuned", 0)])
def test_cells_of_fewer_rows_share_their_states(store, make_cell, monkeypatch, weights, encodings):
    whole = make_cell(weights, seeds=2)
    sized = [make_cell_rows(replace(whole, result=replace(whole.result, name=f"of-{n}")), n) for n in (10, 30)]
    for cell in (whole, *sized):
        run_cells(store, [cell], WORKER)
    alone = [content(store, cell) for cell in (whole, *sized)]
    assert len({part[0] for part in alone}) == 3  # fewer rows are another classifier

    calls = []
    stored_states = run_module.stored_states
    monkeypatch.setattr(run_module, "stored_states", lambda *given: calls.append(1) or stored_states(*given))
    for cell in (whole, *sized):
        store.storage.remove(cell.result.directory)
    groups = sharing_states([whole, *sized])
    assert [len(group) for group in groups] == ([3] if weights == "frozen" else [1, 1, 1])
    for group in groups:
        run_cells(store, group, WORKER)
    assert len(calls) == encodings and [content(store, cell) for cell in (whole, *sized)] == alone
    seconds = [store.facts(cell.result)["encode_seconds"] for cell in sized]
    assert seconds == [0, 0] if weights == "frozen" else all(seconds)


def test_a_training_that_fails_keeps_no_other_cell_from_its_end(store, make_cell, monkeypatch):
    whole = make_cell(seeds=2)
    small = make_cell_rows(replace(whole, result=replace(whole.result, name="of-10")), 10)
    train = run_module.train_frozen

    def train_or_fail(examples, *rest):
        if len(examples.inputs) == 10:
            raise InputError("no finite number")
        return train(examples, *rest)

    monkeypatch.setattr(run_module, "train_frozen", train_or_fail)
    with pytest.raises(InputError, match="no finite number"):
        run_cells(store, [small, whole], WORKER)
    assert is_complete(store, whole) and not is_complete(store, small)
    monkeypatch.undo()
    run_cells(store, [small, whole], WORKER)
    assert is_complete(store, small)
    # Each cell has its own time, though they ran together.
    facts = store.facts(small.result)
    assert store.manifest(small.result)["seconds"] < facts["encode_seconds"] + facts["train_seconds"] + 0.2


def interrupt(*arguments):
    raise KeyboardInterrupt


def make_cell_rows(cell, rows):
    return replace(cell, train_rows=rows, result=replace(cell.result, version=3))


def test_unknown_labels_are_in_no_score(store, make_cell):
    cell = make_cell()
    path = f"{cell.task_result.directory}/language=eng/test.parquet"
    rows = store.storage.read_table(path)
    unknown = [["food"] if n % 2 else [] for n in range(rows.num_rows)]
    store.storage.write_table(
        path, rows.set_column(rows.column_names.index("unknown"), "unknown", pa.array(unknown, pa.list_(pa.string())))
    )
    run_cells(store, [cell], WORKER)
    predictions = store.storage.read_table(cell.file("predictions.parquet")).to_pandas()[:24]
    assert predictions["unknown"].map(list).tolist() == unknown
    known = predictions[::2]
    truth, predicted = (known[column].map(lambda names: "food" in names) for column in ("truth", "predicted"))
    food = store.storage.read_table(cell.file("scores.parquet")).to_pandas().set_index(["seed", "label"]).loc[0, "food"]
    assert (food["f1"], food["support"]) == (pytest.approx(f1_score(truth, predicted)), truth.sum())
    binary = make_cell_rows(replace(cell, kind="multi-class"), None)
    with pytest.raises(InputError, match=r"tasks.topics: only a multi-label task can have unknown labels"):
        run_cells(store, [binary], WORKER)
