import pytest

from raykd.distill.ray_train.collectives import agreed, alone, each_alone
from raykd.errors import InputError


def items():
    yield 1
    raise InputError("the disk is full")


def test_bad_input_of_one_of_several_workers_is_a_failure():
    """Ray would wait for the others, which wait for the one that has returned."""
    reading = each_alone(items(), 2)
    assert next(reading) == 1
    with pytest.raises(RuntimeError, match="the disk is full"):
        next(reading)
    with pytest.raises(RuntimeError, match="no room"), alone(2):
        raise InputError("no room")


def test_bad_input_of_a_single_worker_stays_what_it_is():
    with pytest.raises(InputError, match="the disk is full"):
        list(each_alone(items(), 1))
    with pytest.raises(InputError, match="no room"), alone(1):
        raise InputError("no room")
    assert agreed(lambda: 3, 1) == 3
