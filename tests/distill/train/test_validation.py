"""Held-out loss and the choice of weights, with and without several workers."""

from dataclasses import replace

import pyarrow.parquet as pq
import pytest
import torch
from transformers import AutoModelForMaskedLM

from raykd.config import Validation
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.validation import Selection, ValidationRow
from raykd.errors import InputError

EVERY = 3


@pytest.fixture
def held_out_job(make_job, store, distill_spec, make_teacher, save_model):
    """Ten documents of each language are held out: 50 sequences are left, 3 steps an epoch and 12 in all."""

    def make(dropout: float = 0.0, documents: int = 10, learning_rate: float = 5e-4, **settings):
        validation = {"documents": documents, "every": EVERY} | settings
        spec = distill_spec(validation=validation, epochs=4, dropout=dropout, learning_rate=learning_rate)
        job = make_job(spec, save_model(make_teacher()), checkpoint_steps=4)
        floors = {}
        for language in ("eng", "spa"):
            files = [one["file"] for one in store.facts(job.tokens)["shards"] if one["language"] == language]
            tables = [store.storage.read_table(f"{job.tokens.directory}/{file}") for file in files]
            ranks = sorted(rank for table in tables for rank in table["rank"].to_pylist())
            floors[language] = ranks[-documents - 1]
        return replace(job, cutoffs=floors, floors=floors)

    return make


def test_every_worker_count_finds_the_same_loss_and_trains_on_nothing_of_it(held_out_job, train):
    (alone,) = train(held_out_job())
    assert sum(row.sequences for row in alone.rows) == 4 * 50
    rows = alone.selection.rows
    assert [(row.step, row.language) for row in rows] == [
        (step, language) for step in (3, 6, 9, 12) for language in ("eng", "spa")
    ]
    assert len({row.masked for row in rows if row.language == "eng"}) == 1  # the same tokens every time
    for workers in (2, 3):
        together = train(held_out_job(), workers)
        for training in together:
            assert training.selection.rows == together[0].selection.rows
            assert bool(training.selection.weights) == (training.rank == 0)
        for ours, theirs in zip(together[0].selection.rows, rows, strict=True):
            assert (ours.step, ours.language, ours.masked) == (theirs.step, theirs.language, theirs.masked)
            assert ours.loss == pytest.approx(theirs.loss, rel=1e-5)


def test_the_loss_is_the_models_own(held_out_job, train):
    """Against transformers' logits, one sequence at a time; dropout must be off."""
    (training,) = train(held_out_job(dropout=0.5))
    for language, batches in training._held_out.batches.items():
        total, masked = torch.zeros(()), 0
        training.engine.model.eval()
        for batch in batches:
            start = 0
            for length, count in batch.runs:
                for _ in range(count):
                    part = slice(start, start + length)
                    with torch.no_grad():
                        logits = training.engine.model(batch.input_ids[None, part]).logits[0]
                    labels = batch.labels[part]
                    total += torch.nn.functional.cross_entropy(logits, labels, ignore_index=-100, reduction="sum")
                    masked += int((labels != -100).sum())
                    start += length
        (row,) = [row for row in training.selection.rows if (row.step, row.language) == (12, language)]
        assert row.masked == masked > 0
        assert row.loss == pytest.approx(total.item() / masked, rel=1e-5)


def test_validating_changes_nothing_of_the_training(held_out_job, train):
    job = held_out_job(dropout=0.1)
    without = replace(job, spec=job.spec.model_copy(update={"validation": None}))
    assert train(job)[0].rows == train(without)[0].rows


def test_a_cut_run_goes_on_with_what_it_had_found(held_out_job, train, directory):
    class Cut(Exception):
        pass

    def cut(training):
        checkpoint.save(directory, training.copy_state())
        raise Cut

    job = held_out_job(learning_rate=0.05)
    (whole,) = train(job)
    with pytest.raises(Cut):
        train(job, save=cut)
    (resumed,) = train(job, prepare=lambda training: training.resume(directory))
    assert resumed.rows == whole.rows and resumed.selection.rows == whole.selection.rows
    assert all(resumed.selection.weights[name].equal(whole.selection.weights[name]) for name in whole.selection.weights)


@pytest.mark.parametrize("keep", ["last", "best"])
def test_what_is_kept_is_the_encoder_and_the_other_lies_inside(held_out_job, train, directory, keep):
    """A rate that makes it worse from some step on."""
    (training,) = train(held_out_job(learning_rate=0.3, keep=keep))
    best, means = training.selection.best, training.selection.means
    assert means[best] == min(means.values()) and best < 12
    last = training.copy_state().weights
    training.save_encoder(directory)
    other = {"last": "best", "best": "last"}[keep]
    expected = {"last": last, "best": training.selection.weights}
    for folder, name in ((directory, keep), (directory / other, other)):
        model = AutoModelForMaskedLM.from_pretrained(folder)
        trained = [parameter for parameter in training.engine.model.named_parameters() if parameter[1].requires_grad]
        saved = dict(model.named_parameters())
        for index, (parameter, _) in enumerate(trained):
            assert saved[parameter].detach().equal(expected[name][str(index)])
    assert pq.read_table(directory / "validation.parquet").num_rows == len(training.selection.rows)


def test_patience_ends_a_training(held_out_job, train, directory):
    (training,) = train(held_out_job(learning_rate=0.3, patience=1))
    assert training.complete and len(training.rows) == training.selection.best + EVERY < 12


def selection(patience: int | None, *means: float) -> Selection:
    rows = [
        ValidationRow(10 * (n + 1), language, mean, 5) for n, mean in enumerate(means) for language in ("eng", "spa")
    ]
    return Selection(Validation(patience=patience), rows)


def test_the_first_of_the_lowest_is_best_and_patience_counts_from_it():
    assert selection(2).best is None and not selection(2).exhausted
    found = selection(2, 3.0, 2.0, 2.0)
    assert found.best == 20 and not found.exhausted
    assert selection(2, 3.0, 2.0, 2.0, 2.5).exhausted
    assert not selection(2, 3.0, 2.0, 2.5, 1.5).exhausted
    assert not selection(None, 1.0, 2.0, 2.0, 2.0).exhausted


def test_held_out_text_without_a_sequence_is_refused(held_out_job, train):
    job = replace(held_out_job(), floors={"eng": 2**64 - 1, "spa": 0})
    with pytest.raises(InputError, match="has no held-out sequence of eng"):
        train(job)
