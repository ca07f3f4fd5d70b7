import pytest

from raykd.config import TrainResources
from raykd.distill.pace import Due, Pace
from raykd.distill.timing import TimingRow


def rows(steps: int, seconds: float = 36.0, workers: int = 1) -> list[TimingRow]:
    return [TimingRow(step, seconds, 0.0, 100, 0.0, 10.0, workers) for step in range(steps)]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_saves_come_by_steps_or_by_minutes(clock):
    pace = Pace(TrainResources(checkpoint_steps=10, checkpoint_minutes=2), clock)
    assert [pace.due(rows(steps)).save for steps in (9, 10, 11)] == [False, True, False]
    clock.now = 119.0
    assert not pace.due(rows(12)).save
    clock.now = 120.0
    assert pace.due(rows(12)).save
    pace.saved()
    assert not pace.due(rows(13)).save


def test_looks_for_notices_are_seconds_apart(clock):
    pace = Pace(TrainResources(), clock)
    asked = []
    for second in range(12):
        clock.now = float(second)
        if pace.due(rows(1)).ask:
            asked.append(second)
    assert asked == [5, 10]


@pytest.mark.parametrize(
    ("limits", "steps", "told"),
    [
        ({"steps": 50}, 50, "limits.steps 50 reached"),
        ({"hours": 0.5}, 50, "limits.hours 0.5 reached with 0.50"),
        ({"money": 3, "worker_hour": 2}, 75, "limits.money 3 reached with 3.00"),  # 45 minutes of two workers
    ],
)
def test_limits_count_all_that_was_used(clock, limits, steps, told):
    pace = Pace(TrainResources(limits=limits), clock)
    assert pace.limit(rows(steps - 1, workers=2)) is None
    assert pace.due(rows(steps - 1, workers=2)) == Due(save=False, ask=False, stop=False)
    assert pace.limit(rows(steps, workers=2)) == told
    assert pace.due(rows(steps, workers=2)).stop


def test_money_needs_a_price():
    with pytest.raises(ValueError, match="money needs worker_hour"):
        TrainResources(limits={"money": 3})
