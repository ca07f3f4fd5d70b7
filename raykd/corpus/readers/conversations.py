"""Turns to documents: turns of one conversation that follow each other, joined up to a length, so that chat fills
sequences.

A run is a series of neighbouring rows with one conversation, group, origin and language. It is one unit's whole,
wherever the file is cut: a unit leaves out the run that its first row stands in, as it cannot see where that began,
and reads on beyond its end, through the run of the first row there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from raykd.corpus.readers.units import Row, Unit

# A run is cut there, so that a column that never changes does not fill the memory.
MAXIMUM_TURNS, MAXIMUM_CHARACTERS = 10_000, 16 << 20


@dataclass(frozen=True)
class Turn:
    """A row with where it starts, its conversation and its place in it; a row with a problem has neither."""

    position: int
    row: Row
    conversation: str = ""
    order: str = ""

    @property
    def run(self) -> tuple[str, ...]:
        """What neighbours share; a row with a problem has no neighbours."""
        row = self.row
        return ("", row.place) if row.problem else (self.conversation, row.group, row.origin, row.language)


def join_turns(
    turns: Iterable[Turn], unit: Unit, length: int, alone: Callable[[Row], bool] | None = None
) -> Iterator[Row]:
    """The unit's documents of at most `length` characters.

    turns: from the unit's start to the end of the file, in file order. alone: turns that are documents of their own,
    between which the others are joined (those of a task, which a corpus leaves out).
    """
    for run in _runs(turns, unit):
        if run[0].row.problem:
            yield run[0].row
        else:
            yield from _documents([turn.row for turn in sorted(run, key=_order)], length, alone)


def _runs(turns: Iterable[Turn], unit: Unit) -> Iterator[list[Turn]]:
    """The runs that are the unit's own, in parts of at most MAXIMUM_TURNS and MAXIMUM_CHARACTERS."""
    turns = iter(turns)
    before: tuple[str, ...] | None = None
    if unit.start > 0:
        first = next(turns, None)
        if first is None or not unit.holds(first.position):
            return  # the run of this row is read on from an earlier unit
        before = first.run
        for turn in turns:
            if turn.run != before:
                turns = chain([turn], turns)
                break
            if not unit.holds(turn.position):
                return
    run: list[Turn] = []
    size = 0
    beyond = False
    for turn in turns:
        is_full = len(run) == MAXIMUM_TURNS or size >= MAXIMUM_CHARACTERS
        if run and (is_full or turn.run != run[0].run):
            yield run
            if beyond and turn.run != run[0].run:
                return
            run, size = [], 0
        run.append(turn)
        size += len(turn.row.text)
        beyond = beyond or not unit.holds(turn.position)
    if run:
        yield run


def _order(turn: Turn) -> tuple[int, float, str]:
    """Numbers by size, all else after them by its characters (which is right for ISO dates)."""
    try:
        return 0, int(turn.order), ""  # a time in nanoseconds is more than a float can hold
    except ValueError:
        pass
    try:
        number = float(turn.order)
    except ValueError:
        number = math.nan
    return (0, number, "") if math.isfinite(number) else (1, 0, turn.order)


def _documents(rows: list[Row], length: int, alone: Callable[[Row], bool] | None) -> Iterator[Row]:
    """rows: one run, in order."""
    part: list[Row] = []
    size = 0
    for row in rows:
        is_alone = alone is not None and alone(row)
        if part and (is_alone or size + 1 + len(row.text) > length):
            yield _document(part, rows[0].native_id)
            part = []
        if is_alone:
            yield row
            continue
        size = len(row.text) + (size + 1 if part else 0)
        part.append(row)
    if part:
        yield _document(part, rows[0].native_id)


def _document(rows: list[Row], conversation: str) -> Row:
    first = rows[0]
    text = "\n".join(row.text for row in rows)
    return first._replace(text=text, conversation=conversation)
