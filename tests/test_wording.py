import pytest

from raykd.wording import duration


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (89, "89 s"), (100, "2 min"), (3600, "60 min"), (12_000, "3 h 20 min")]
)
def test_durations_as_people_say_them(seconds, text):
    assert duration(seconds) == text
