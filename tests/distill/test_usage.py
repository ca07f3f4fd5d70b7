"""Time that a training has used, over runs that end in any way."""

import pytest

from raykd.distill.usage import Usage

DIRECTORY = "encoders/student"


@pytest.fixture
def start(store, clock):
    return lambda workers: Usage(store.storage, DIRECTORY, workers, clock)


def test_all_runs_count_each_with_its_workers(start, clock):
    first = start(2)
    clock.now += 1800
    first.record()
    second = start(1)
    clock.now += 3600
    assert (second.hours, second.worker_hours) == (1.5, 2.0)
    second.record()
    second.record()  # the same run: its file is written anew
    third = start(3)
    assert (third.hours, third.worker_hours) == (1.5, 2.0)


def test_what_came_after_the_last_record_of_a_killed_run_is_lost(start, clock):
    killed = start(1)
    killed.record()
    for _ in range(90):
        clock.now += 1
        killed.record_now_and_then()
    assert killed.hours == pytest.approx(90 / 3600)
    assert start(1).hours == pytest.approx(60 / 3600)


def test_it_goes_with_the_checkpoints(start, store):
    start(1).record()
    (name,) = store.storage.list(f"{DIRECTORY}/checkpoints")
    assert name.startswith("used-")
    store.storage.remove(f"{DIRECTORY}/checkpoints")
    assert start(1).earlier_hours == 0
