import threading
import time

import pytest

from raykd.distill.train.loop import prefetch


def test_items_come_in_order_and_one_is_made_ahead():
    made = []

    def items():
        for number in range(5):
            made.append((number, threading.current_thread()))
            yield number

    got = prefetch(items())
    assert next(got) == 0
    end = time.monotonic() + 10
    while len(made) < 2 and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.05)
    assert [number for number, _ in made] == [0, 1]  # 1 while 0 is in use, 2 not yet
    assert list(got) == [1, 2, 3, 4]
    assert all(thread is not threading.current_thread() for _, thread in made)


def test_an_error_comes_at_its_place():
    def items():
        yield 1
        raise ValueError("torn")

    got = prefetch(items())
    assert next(got) == 1
    with pytest.raises(ValueError, match="torn"):
        next(got)


def test_nothing_in_nothing_out():
    assert list(prefetch([])) == []
