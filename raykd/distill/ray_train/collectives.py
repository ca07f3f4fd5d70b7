"""What workers must agree on, since the others wait for one that goes its own way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch.distributed

from raykd.errors import InputError

T = TypeVar("T")


def of_all(own: T, workers: int) -> list[T]:
    """What each worker has, by rank."""
    everyone = [own] * workers
    if workers > 1:
        torch.distributed.all_gather_object(everyone, own)
    return everyone


def agreed(work: Callable[[], T], workers: int) -> T:
    """What `work` returns, which all do at once. Raises InputError on all where it does on one."""
    result, problem = None, None
    try:
        result = work()
    except InputError as error:
        problem = str(error)
    for found in filter(None, of_all(problem, workers)):
        raise InputError(found)
    return result  # type: ignore[return-value]


@contextmanager
def alone(workers: int) -> Iterator[None]:
    """For what one worker does by itself: its bad input is a failure, since Ray waits for one that only returns."""
    try:
        yield
    except InputError as error:
        if workers == 1:
            raise
        raise RuntimeError(str(error)) from error


def each_alone(items: Iterator[T], workers: int) -> Iterator[T]:
    """The items of an iterator that every worker has one of its own of: the same for what goes wrong in it."""
    with alone(workers):
        yield from items
