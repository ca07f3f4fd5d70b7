"""Which questions the sweep is asked on its way: whether to go on to the next quantity (the answer: sweep_rule.py).

A decision is a result named by all that it follows from (the rule, the quantities, the cells and their seeds), so a
rerun reads what was decided, and would decide the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from raykd.artifacts import Result
from raykd.config import Flat
from raykd.evaluate.cell import Cell

LEAST = 3  # quantities that are scored before the first decision: two tell nothing of how a rise ends


@dataclass(frozen=True)
class SweepDecision:
    """cells: of the quantities so far, smallest first, sizes: theirs in bytes; coming: the next one; rule: of the
    config; result: where the decision lies."""

    result: Result
    cells: tuple[Cell, ...]
    sizes: tuple[int, ...]
    coming: int
    rule: Flat
