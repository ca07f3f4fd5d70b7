import logging
import warnings

import pytest

from raykd.wording import duration, is_due, named_logs, time_left


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (100, "2 min"), (3600, "60 min"), (12_000, "3 h 20 min")]
)
def test_durations_as_people_say_them(seconds, text):
    assert duration(seconds) == text


def test_lines_on_long_work_come_further_and_further_apart():
    said = [0.0]
    for second in range(1, 86_400):
        if is_due(float(second), 0.0, said[-1]):
            said.append(float(second))
    assert said[1:4] == [5, 10, 15]
    assert 250 < sum(time <= 3600 for time in said) < 350 and len(said) < 650


def test_the_time_left_is_told_while_there_is_some():
    assert time_left(1, 5, 30.0) == "; 2 min left"
    assert time_left(0, 5, 30.0) == time_left(5, 5, 30.0) == ""


def test_logs_and_warnings_say_what_they_are_of(caplog):
    log = logging.getLogger("raykd.artifacts.retry")
    with named_logs("scores/tags 100%"):
        log.warning("%s failed %d times", "s3://bucket/a", 2)
        with pytest.raises(ValueError), named_logs("student seed 1, worker 0"):
            warnings.warn("mlflow is left out", stacklevel=1)
            raise ValueError
    log.warning("as ever")
    first, second, last = (record.getMessage() for record in caplog.records)
    assert (first, last) == ("scores/tags 100%: s3://bucket/a failed 2 times", "as ever")
    assert second.startswith("student seed 1, worker 0: scores/tags 100%: ") and "mlflow is left out" in second
