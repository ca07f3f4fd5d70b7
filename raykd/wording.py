"""How progress and logs are worded, the same in every room that has some."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FIRST_SECONDS = 5.0  # of work, after which a log tells how far it is


def duration(seconds: float) -> str:
    """45 s, 12 min, 3 h 20 min."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def is_due(now: float, began: float, said: float) -> bool:
    """Whether a log takes another line on work that began at `began`, the last being of `said`, in seconds: the first
    after five, later ones a hundredth of the time so far apart, some 300 in the first hour and 600 in a day."""
    return now - said >= max(FIRST_SECONDS, (now - began) / 100)


def time_left(done: int, total: int, seconds: float) -> str:
    """ "; 4 min left": of work of which `done` of `total` equal parts took so long; nothing where none is left."""
    return f"; {duration(seconds / done * (total - done))} left" if 0 < done < total else ""


@contextmanager
def named_logs(work: str) -> Iterator[None]:
    """Have what this process logs and warns of meanwhile begin with what it is at: Ray says from which process and
    machine a line is, and no more.

    work: such as "student seed 1, worker 0".
    """
    before = logging.getLogRecordFactory()

    def named(*arguments: Any, **values: Any) -> logging.LogRecord:
        record = before(*arguments, **values)
        record.msg, record.args = f"{work}: {record.getMessage()}", None
        return record

    logging.setLogRecordFactory(named)
    logging.captureWarnings(True)
    try:
        yield
    finally:
        logging.captureWarnings(False)
        logging.setLogRecordFactory(before)
