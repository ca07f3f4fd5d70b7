"""The frontier by hand, and that nothing left out belongs to it."""

from hypothesis import given
from hypothesis import strategies as st

from raykd.statistics.frontier import frontier


def test_by_hand():
    points = {"teacher": (178, 83.0), "six": (135, 84.0), "four": (60, 82.0), "three": (70, 81.0), "two": (40, 70.0)}
    assert frontier(points) == ["two", "four", "six"]  # the teacher costs more than six, three more than four
    assert frontier({"a": (1, 1.0), "b": (1, 1.0), "c": (1, 0.5), "d": (2, 1.0)}) == ["a", "b"]
    assert frontier({}) == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1))
def test_each_point_is_on_it_or_beaten_by_one_on_it(values):
    points = {str(number): value for number, value in enumerate(values)}
    best = frontier(points)
    costs = [points[name][0] for name in best]
    assert best and costs == sorted(costs)
    for name, (cost, score) in points.items():
        beaten = any(
            points[one][0] <= cost and points[one][1] >= score and points[one] != (cost, score) for one in best
        )
        assert beaten != (name in best)
