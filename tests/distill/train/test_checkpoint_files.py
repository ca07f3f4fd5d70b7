import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from raykd.distill.data.packing import micro_batches
from raykd.distill.models.student import build_student
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.step import Engine


@pytest.fixture
def make_engine(make_teacher, distill_spec):
    def make(seed: int = 0) -> Engine:
        teacher = make_teacher(seed=seed)
        spec = distill_spec(dropout=0.2, learning_rate=0.01)
        return Engine(build_student(teacher, spec), teacher, spec, 6)

    return make


@pytest.fixture
def step(make_sequences, masker, special):
    """Takes one step of an engine, the dropout of which depends on the step alone."""
    sequences = make_sequences(20)

    def take(engine: Engine, number: int):
        torch.manual_seed(number)
        batches = micro_batches(sequences, masker, number, special, 100)
        return engine.step(number, 0, batches, lambda tensor: None)

    return take


def test_a_loaded_engine_goes_on_as_if_never_stopped(make_engine, step, directory):
    engine = make_engine()
    rows = [step(engine, number) for number in range(3)]
    checkpoint.save(directory, checkpoint.copy_state(engine, rows, []))
    rows += [step(engine, number) for number in range(3, 6)]

    other = make_engine()
    other_rows, _ = checkpoint.load(directory, other)
    assert other_rows == rows[:3]
    other_rows += [step(other, number) for number in range(3, 6)]
    assert other_rows == rows
    for ours, theirs in zip(other.parameters, engine.parameters, strict=True):
        assert ours.equal(theirs)
        for name, value in engine.optimizer.state[theirs].items():
            assert other.optimizer.state[ours][name].equal(value)


def test_nothing_in_a_checkpoint_is_unpickled(make_engine, step, directory):
    engine = make_engine()
    checkpoint.save(directory, checkpoint.copy_state(engine, [step(engine, 0)], []))
    assert sorted(path.name for path in directory.iterdir()) == [
        "optimizer.safetensors",
        "position.json",
        "timing.parquet",
        "training.parquet",
        "weights.safetensors",
    ]
    position = {"format": 1, "steps": 1, "precision": "torch.float32"}
    assert json.loads((directory / "position.json").read_text()) == position


@pytest.mark.parametrize(("named", "told"), [({"format": 0}, "format 0, "), ({"format": 2}, "format 2, "), ({}, None)])
def test_another_format_is_not_read_and_the_first_is_that_which_names_none(make_engine, step, directory, named, told):
    engine = make_engine()
    checkpoint.save(directory, checkpoint.copy_state(engine, [step(engine, 0)], []))
    (directory / "position.json").write_text(json.dumps({"steps": 1, "precision": "torch.float32", **named}))
    if not told:
        assert len(checkpoint.load(directory, make_engine())[0]) == 1
        return
    other = make_engine(seed=1)
    before = [parameter.detach().clone() for parameter in other.parameters]
    with pytest.raises(checkpoint.OtherFormat, match=f"of {told}and this version of raykd reads format 1"):
        checkpoint.load(directory, other)
    assert all(ours.equal(theirs) for ours, theirs in zip(other.parameters, before, strict=True))


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        ("weights", lambda saved: saved.pop("0"), r"it has \d+ weights, the encoder \d+"),
        (
            "weights",
            lambda saved: saved.update({"0": saved["0"][:1]}),
            r"weight 0 has the shape \(1, 16\), the encoder's ",
        ),
        ("optimizer", lambda saved: saved.update({"0.exp_avg": saved["0.exp_avg"][:1]}), "0.exp_avg has the shape "),
    ],
)
def test_what_copying_would_stretch_is_refused(make_engine, step, directory, file, change, told):
    """A row of weights fits a whole matrix, as far as torch is concerned."""
    engine = make_engine()
    checkpoint.save(directory, checkpoint.copy_state(engine, [step(engine, 0)], []))
    saved = load_file(directory / f"{file}.safetensors")
    change(saved)
    save_file(saved, directory / f"{file}.safetensors")
    with pytest.raises(ValueError, match=told):
        checkpoint.load(directory, make_engine())


def test_loading_does_not_tie_the_engine_to_the_saved_one(make_engine, step, directory):
    engine = make_engine()
    checkpoint.save(directory, checkpoint.copy_state(engine, [step(engine, 0)], []))
    saved = [parameter.detach().clone() for parameter in engine.parameters]
    step(engine, 1)
    other = make_engine()
    checkpoint.load(directory, other)
    assert all(ours.equal(theirs) for ours, theirs in zip(other.parameters, saved, strict=True))


def test_going_on_in_another_precision_is_told(make_engine, step, directory):
    engine = make_engine()
    checkpoint.save(directory, checkpoint.copy_state(engine, [step(engine, 0)], []))
    other = make_engine()
    other.dtype = torch.bfloat16
    with pytest.warns(UserWarning, match=r"bfloat16, but began in torch\.float32"):
        checkpoint.load(directory, other)
