"""What is to be tested is written down before the first score, and a later change is kept with its date."""

from dataclasses import replace

import pytest

from raykd.artifacts import ResultStore, SavedEncoder, Storage
from raykd.artifacts.result import Result
from raykd.config import Experiment
from raykd.evaluate.cell import Cell
from raykd.planning.planned_tests import FILE, design_of, freeze, read_planned_tests

EXPERIMENT = {
    "name": "planned",
    "storage": "unused",
    "languages": ["eng"],
    "corpora": {"td": {"sources": [{"reader": "table", "language": "eng", "path": "none.jsonl"}]}},
    "encoders": {
        "adapted": {"distill": {"teacher": "teacher", "corpus": "td", "seeds": [1, 2]}},
        "student": {"distill": {"teacher": "teacher", "corpus": "td"}},
        "teacher": {"pretrain": {"corpus": "td", "tokenizer": {"train": {"vocabulary": 200}}}},
        "ready": {"model": "someone/something"},
        "small": {"trim": {"encoder": "ready", "corpus": "td", "pieces": 100}},
    },
    "evaluate": {"encoders": ["adapted", "student", "teacher", "ready", "small"], "baselines": ["student", "teacher"]},
}
DISTILLATIONS = {"adapted": 2, "student": 1, "teacher": 1, "ready": 1, "small": 1}


def experiment(**evaluate) -> Experiment:
    return Experiment.model_validate({**EXPERIMENT, "evaluate": {**EXPERIMENT["evaluate"], **evaluate}})


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(Storage(str(tmp_path / "experiment")))


@pytest.fixture
def cells() -> list[Cell]:
    spec = experiment().evaluate
    return [
        Cell(
            result=Result("scores", f"tags-eng-{name}-frozen", 1, {}, {}),
            task="tags",
            kind="multi-label",
            labels=("a", "b"),
            positive=None,
            language="eng",
            encoder=name,
            weights="frozen",
            encoders=tuple(SavedEncoder(name, seed, f"{name}{seed}", "encoders") for seed in range(number)),
            task_result=Result("tasks", "tags", 1, {}, {}),
            seeds=10,
            head=spec.head,
            training=spec.frozen,
            threshold=0.5,
            max_length=512,
            train_rows=None,
        )
        for name, number in DISTILLATIONS.items()
    ]


def test_the_design_follows_from_the_configuration(cells):
    design = design_of(experiment(smallest_effect=0.5), cells)
    assert (design.primary, design.baselines, design.seeds) == ("student", ("student", "teacher"), 10)
    assert design.planned_distillations("adapted") == 2
    assert design.smallest_effect == pytest.approx(0.005)
    # A teacher is the same for every distillation; what comes ready, and what is cut from it, is given.
    assert set(design.fixed) == {"teacher", "ready", "small"}
    assert design.cells[0] == ("tags", "eng", "adapted", "frozen")
    assert design_of(experiment(baselines=[]), cells) is None


def test_what_is_tested_is_written_once_before_the_first_score(store, cells):
    assert read_planned_tests(store) is None
    freeze(store, experiment(), cells)
    written = store.storage.read_json(FILE)
    freeze(store, experiment(), cells)
    assert store.storage.read_json(FILE) == written
    planned = read_planned_tests(store)
    assert planned.before_scores
    assert planned.late_changes == ()
    assert planned.revisions[0].design == design_of(experiment(), cells)


def test_a_change_after_the_first_score_is_kept_with_what_was_scored_by_then(store, cells):
    freeze(store, experiment(), cells)
    freeze(store, experiment(smallest_effect=1.0), cells)  # nothing is scored yet: no late change
    assert read_planned_tests(store).late_changes == ()
    store.storage.write_bytes(cells[0].file("scores.parquet"), b"")
    freeze(store, experiment(baselines=["teacher", "student"], smallest_effect=1.0), cells)
    planned = read_planned_tests(store)
    ((revision, changes),) = planned.late_changes
    assert (revision.scored, len(planned.revisions)) == (1, 3)
    assert [(change.what, change.frozen, change.now) for change in changes] == [
        ("primary baseline", "student", "teacher")
    ]


def test_an_experiment_that_was_scored_before_is_not_taken_for_planned(store, cells):
    for cell in cells[:2]:
        store.storage.write_bytes(cell.file("scores.parquet"), b"")
    freeze(store, experiment(), cells)
    planned = read_planned_tests(store)
    assert not planned.before_scores
    assert planned.revisions[0].scored == 2


def other_settings(cells, rate):
    return [replace(cell, result=replace(cell.result, settings={"learning_rate": rate})) for cell in cells]


def test_scores_of_other_settings_were_seen_too(store, cells):
    """Other settings put each cell into another directory, where no score is."""
    freeze(store, experiment(), cells)
    for cell in cells:
        store.storage.write_bytes(cell.file("scores.parquet"), b"")
    freeze(store, experiment(baselines=["teacher", "student"]), other_settings(cells, 1))
    ((revision, _),) = read_planned_tests(store).late_changes
    assert revision.scored == len(cells)


def test_settings_that_change_nothing_of_the_plan_are_remembered(store, cells):
    """Scored after a change that is none of the plan, and changed once more: a cell counts once."""
    freeze(store, experiment(), cells)
    scored = other_settings(cells, 1)
    freeze(store, experiment(), scored)
    assert len(read_planned_tests(store).revisions) == 1
    for cell in (*scored, cells[0]):
        store.storage.write_bytes(cell.file("scores.parquet"), b"")
    freeze(store, experiment(baselines=["teacher", "student"]), other_settings(cells, 2))
    planned = read_planned_tests(store)
    assert planned.revisions[-1].scored == len(cells)
    # Their removal does not make them unseen.
    for cell in (*scored, cells[0]):
        store.storage.remove(cell.result.directory)
    freeze(store, experiment(), other_settings(cells, 3))
    assert read_planned_tests(store).revisions[-1].scored == len(cells)


def test_a_file_without_directories_is_still_read(store, cells):
    freeze(store, experiment(), cells)
    written = store.storage.read_json(FILE)
    del written["results"]
    store.storage.write_json(FILE, written)
    assert read_planned_tests(store).results == ()
    freeze(store, experiment(), cells)
    assert read_planned_tests(store).results == tuple(cell.result.directory for cell in cells)


def test_what_the_configuration_changes_without_writing_it_down(store, cells):
    freeze(store, experiment(), cells)
    planned = read_planned_tests(store)
    assert planned.unwritten_changes(design_of(experiment(), cells)) == ()
    (change,) = planned.unwritten_changes(design_of(experiment(smallest_effect=2.0), cells))
    assert change.what == "smallest effect of interest"
    assert planned.unwritten_changes(None) == ()
