"""What it is time for, by steps and by the clock; and the time that a training has used, however its runs ended."""

import pytest

from raykd.config import TrainResources
from raykd.distill.train.limits import Limits, Triggers
from raykd.distill.train.usage import SharedLimit, Usage, worker_hours_of

DIRECTORY = "encoders/student"


@pytest.fixture
def start(store, clock):
    return lambda workers: Usage(store.storage, DIRECTORY, workers, clock)


@pytest.fixture
def make_limits(start, clock):
    def make(workers: int = 1, every: int | None = None, total: int = 1000, rank: int = 0, **resources) -> Limits:
        return Limits(TrainResources(**resources), start(workers), total, every, rank, clock)

    return make


def poll(limits: Limits, steps: int, waited: float = 0.0) -> Triggers:
    return limits.poll(steps, lambda tensor: None, waited)


def test_checkpoints_come_by_steps_or_by_minutes(make_limits, clock):
    limits = make_limits(checkpoint_steps=10, checkpoint_minutes=2)
    assert [poll(limits, steps).checkpoint for steps in (0, 9, 10, 11)] == [False, False, True, False]
    clock.now = 119.0
    assert not poll(limits, 12).checkpoint
    clock.now = 120.0
    assert poll(limits, 12).checkpoint and not poll(limits, 0).checkpoint
    limits.saved()
    assert not poll(limits, 13).checkpoint


def test_looks_for_notices_are_seconds_apart(make_limits, clock):
    limits, looked = make_limits(), []
    for second in range(12):
        clock.now = float(second)
        if poll(limits, 1).notices:
            looked.append(second)
    assert looked == [5, 10]


def test_validations_come_every_so_many_steps_and_at_the_end(make_limits):
    limits = make_limits(every=4, total=10)
    assert [steps for steps in range(11) if poll(limits, steps).validate] == [4, 8, 10]
    assert not any(poll(make_limits(total=10), steps).validate for steps in range(11))


def test_all_workers_do_as_the_first_finds(make_limits, clock):
    """Its clock alone counts; each tells how long it waited, and the longest is known to all."""
    clock.now = 100.0
    first, second = (make_limits(workers=2, rank=rank, checkpoint_minutes=1) for rank in (0, 1))
    clock.now = 160.0
    told = []
    for limits, waited in ((first, 0.25), (second, 0.5)):
        limits.poll(7, lambda tensor: told.append(tensor.clone()), waited)
    answers = [limits.poll(7, lambda tensor: tensor.copy_(sum(told))) for limits in (first, second)]
    assert answers[0] == answers[1] == Triggers(False, True, True, False, longest_wait=0.5)


@pytest.mark.parametrize(
    ("limits", "steps", "minutes", "told"),
    [
        ({"steps": 50}, 50, 0, "resources.train.limits.steps 50 reached"),
        ({"hours": 0.5}, 1, 30, "resources.train.limits.hours 0.5 reached with 0.50"),
        ({"money": 3, "worker_hour": 2}, 1, 45, "resources.train.limits.money 3 reached with 3.00"),  # of two workers
    ],
)
def test_limits_are_of_steps_and_of_time_used(make_limits, clock, limits, steps, minutes, told):
    own = make_limits(workers=2, limits=limits, checkpoint_minutes=10_000)
    clock.now = max(0.0, 60 * minutes - 1)
    assert own.reached(steps - 1) is None
    assert poll(own, steps - 1) == Triggers(False, False, notices=minutes > 0, limit=False, longest_wait=0.0)
    clock.now = 60.0 * minutes
    assert own.reached(steps) == told and poll(own, steps).limit


def test_money_needs_a_price():
    with pytest.raises(ValueError, match="money needs worker_hour"):
        TrainResources(limits={"money": 3})


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


def test_what_trainings_share_is_used_by_those_that_are_done_and_those_that_run(store, clock):
    """One is done (two worker hours), one runs with two workers for half an hour, one is queued."""
    store.storage.write_json("encoders/done/manifest.json", {"facts": {"worker_hours": 2.0}})
    other = Usage(store.storage, "encoders/runs", 2, clock)
    clock.now += 1800
    other.record()
    assert worker_hours_of(store.storage, ["encoders/done", "encoders/runs", "encoders/queued"]) == 3.0
    shared = SharedLimit("resources.sweep_limits.money 10", 4.0, ("encoders/done", "encoders/runs", "encoders/queued"))
    own = Usage(store.storage, DIRECTORY, 1, clock, others=shared.others)
    limits = Limits(TrainResources(), own, 100, None, 0, clock, shared=shared)
    clock.now += 3599
    assert limits.reached(1) is None
    clock.now += 1
    told = "resources.sweep_limits.money 10 reached with 4.00 worker hours of 4 trainings"
    assert limits.reached(1) == told and poll(limits, 1).limit
    # What the others use meanwhile is seen when this one records.
    clock.now -= 3000
    other.clock = lambda: clock.now + 3600
    other.record()
    assert limits.reached(1) is None
    own.record()
    assert limits.reached(1) is not None
