import pytest

from raykd.distill.train.schedule import head_first_learning_rate, learning_rate


def test_the_rate_rises_and_falls():
    rates = [learning_rate(step, 200, 0.1, 0.05) for step in range(201)]
    assert rates[:10] == pytest.approx([0.1 * (step + 1) / 10 for step in range(10)])
    assert rates[10:] == pytest.approx([0.1 * (200 - step) / 190 for step in range(10, 201)])


@pytest.mark.parametrize("head_steps", [0, 1, 30, 199])
def test_each_phase_has_the_whole_schedule(head_steps):
    rates = [head_first_learning_rate(step, 200, head_steps, 0.3, 0.1, 0.05) for step in range(200)]
    assert rates[:head_steps] == [learning_rate(step, head_steps, 0.3, 0.05) for step in range(head_steps)]
    rest = 200 - head_steps
    assert rates[head_steps:] == [learning_rate(step, rest, 0.1, 0.05) for step in range(rest)]
    assert all(0 < rate <= 0.3 for rate in rates)
