"""Checkpoints on storage: whole or not there, also where a writer was killed."""

import json
import threading

import pytest

from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train import checkpoint_store as module
from raykd.distill.train.checkpoint_files import State
from raykd.distill.train.checkpoint_store import Checkpoints, steps_of


def state(steps: int) -> State:
    return State({}, {}, {}, [], range(steps), [], "torch.float32")


@pytest.fixture
def checkpoints(store, monkeypatch) -> Checkpoints:
    def save(directory, state):
        (directory / "weights").write_text(str(state.steps))
        (directory / "moments").write_text("0" * 100)

    monkeypatch.setattr(checkpoint, "save", save)
    return Checkpoints(store.storage, "encoders/student", kept=2)


def latest(checkpoints: Checkpoints) -> str | None:
    return next(iter(checkpoints.complete()), None)


def saved(checkpoints: Checkpoints) -> list[int]:
    return [int(name.split("-")[1]) for name in checkpoints.storage.list(checkpoints.directory)]


def save_all(checkpoints: Checkpoints, *steps: int) -> None:
    for number in steps:
        checkpoints.save(state(number))
    checkpoints.wait()


def test_the_last_ones_are_kept(checkpoints):
    assert checkpoints.complete() == []
    save_all(checkpoints, 5, 10, 15, 100_000)
    assert saved(checkpoints) == [15, 100_000]
    assert [steps_of(path) for path in checkpoints.complete()] == [100_000, 15]
    assert checkpoints.storage.read_bytes(f"{latest(checkpoints)}/weights") == b"100000"


def test_files_are_on_the_disk_before_they_count(checkpoints, store, monkeypatch):
    done = []
    flush, write_json = module.flush, store.storage.write_json
    monkeypatch.setattr(module, "flush", lambda file: (flush(file), done.append(file.name)))
    monkeypatch.setattr(
        store.storage, "write_json", lambda path, sizes: (write_json(path, sizes), done.append("whole"))
    )
    save_all(checkpoints, 5)
    assert sorted(done[:2]) == ["moments", "weights"] and done[2:] == ["whole"]


@pytest.mark.parametrize("damage", ["complete.json", "weights", "moments"])
def test_what_was_cut_off_is_passed_over_and_removed(checkpoints, damage):
    save_all(checkpoints, 5, 10)
    storage, broken = checkpoints.storage, latest(checkpoints)
    storage.remove(f"{broken}/{damage}")
    assert [steps_of(path) for path in checkpoints.complete()] == [5]
    checkpoints.prune(kept=2)
    assert saved(checkpoints) == [5]


def test_a_file_that_is_too_short_does_not_count(checkpoints):
    save_all(checkpoints, 5)
    checkpoints.storage.write_bytes(f"{latest(checkpoints)}/moments", b"0" * 99)
    assert checkpoints.complete() == []


def test_one_that_lost_a_file_while_it_was_written_does_not_count(checkpoints, store, monkeypatch):
    """Another driver took it for cut off, and removed what there was of it."""
    write_json = store.storage.write_json

    def lose_and_write(path, content):
        store.storage.remove(f"{path.rsplit('/', 1)[0]}/weights")
        write_json(path, content)

    monkeypatch.setattr(store.storage, "write_json", lose_and_write)
    save_all(checkpoints, 10)
    assert checkpoints.complete() == []


def test_two_writers_of_one_step_do_not_mix(checkpoints, store):
    other = Checkpoints(store.storage, "encoders/student", kept=2)
    save_all(checkpoints, 5)
    save_all(other, 5)
    assert saved(checkpoints) == [5, 5]
    for name in store.storage.list(checkpoints.directory):
        path = f"{checkpoints.directory}/{name}"
        assert set(json.loads(store.storage.read_bytes(f"{path}/complete.json"))) == {"weights", "moments"}


def test_saving_goes_on_beside_training_one_at_a_time(checkpoints, monkeypatch):
    begun, go = threading.Event(), threading.Event()

    def slow(directory, state):
        begun.set()
        assert go.wait(30)
        (directory / "weights").write_text("")

    monkeypatch.setattr(checkpoint, "save", slow)
    checkpoints.save(state(5))
    assert begun.wait(30) and checkpoints.complete() == []  # returned, and nothing half-done is taken for whole
    threading.Timer(0.2, go.set).start()
    checkpoints.save(state(10))
    assert saved(checkpoints)[0] == 5 and "step-00000005" in (latest(checkpoints) or "")
    checkpoints.wait()
    assert saved(checkpoints) == [5, 10]


def test_a_failed_write_is_told_at_the_next(checkpoints, monkeypatch):
    def fail(directory, state):
        raise OSError("no room")

    monkeypatch.setattr(checkpoint, "save", fail)
    checkpoints.save(state(5))
    with pytest.raises(OSError, match="no room"):
        checkpoints.save(state(10))
    assert checkpoints.complete() == []
