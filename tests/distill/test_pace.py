import pytest

from raykd.config import TrainResources
from raykd.distill.pace import Due, Pace
from raykd.distill.usage import Usage


@pytest.fixture
def make_pace(store, clock):
    def make(workers: int = 1, **resources) -> Pace:
        return Pace(TrainResources(**resources), Usage(store.storage, "encoders/student", workers, clock), clock)

    return make


def test_saves_come_by_steps_or_by_minutes(make_pace, clock):
    pace = make_pace(checkpoint_steps=10, checkpoint_minutes=2)
    assert [pace.due(steps).save for steps in (9, 10, 11)] == [False, True, False]
    clock.now = 119.0
    assert not pace.due(12).save
    clock.now = 120.0
    assert pace.due(12).save
    pace.saved()
    assert not pace.due(13).save


def test_looks_for_notices_are_seconds_apart(make_pace, clock):
    pace = make_pace()
    asked = []
    for second in range(12):
        clock.now = float(second)
        if pace.due(1).ask:
            asked.append(second)
    assert asked == [5, 10]


@pytest.mark.parametrize(
    ("limits", "steps", "minutes", "told"),
    [
        ({"steps": 50}, 50, 0, "limits.steps 50 reached"),
        ({"hours": 0.5}, 1, 30, "limits.hours 0.5 reached with 0.50"),
        ({"money": 3, "worker_hour": 2}, 1, 45, "limits.money 3 reached with 3.00"),  # of two workers
    ],
)
def test_limits_are_of_steps_and_of_time_used(make_pace, clock, limits, steps, minutes, told):
    pace = make_pace(workers=2, limits=limits)
    clock.now = max(0.0, 60 * minutes - 1)
    assert pace.limit(steps - 1) is None and pace.due(steps - 1) == Due(save=False, ask=minutes > 0, stop=False)
    clock.now = 60.0 * minutes
    assert pace.limit(steps) == told and pace.due(steps).stop


def test_money_needs_a_price():
    with pytest.raises(ValueError, match="money needs worker_hour"):
        TrainResources(limits={"money": 3})
