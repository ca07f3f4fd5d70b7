"""Whether the sweep goes on to the next quantity, from the scores that are stored. Apart from the plan, which starts
without scipy's seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from raykd.artifacts import ResultStore
from raykd.evaluate.cell import Cell, headline_scores
from raykd.planning.sweep_decisions import SweepDecision
from raykd.statistics.quantity_curve import Curve, is_flat, mean_of_seeds, next_gain, noise


def decide(store: ResultStore, asked: SweepDecision) -> dict[str, Any]:
    """The facts of a decision; all scores of its cells must be there. gain, low, high, chance: of the next quantity, in
    F1; stop: whether it is left out; noise: the standard deviation between distillations, None where nothing tells."""
    scores = [_by_distillation(store, cell) for cell in asked.cells]
    curve = Curve(np.array(asked.sizes, dtype=np.float64), *mean_of_seeds(scores))
    coming, found = next_gain(curve, float(asked.coming), asked.rule.gain / 100), noise(curve)
    return {
        "stop": is_flat(coming, asked.rule.chance),
        "next": asked.coming,
        **{name: round(getattr(coming, name), 6) for name in ("gain", "low", "high", "chance")},
        "sizes": list(asked.sizes),
        "means": [round(float(mean), 6) for mean in curve.means],
        "noise": round(found.deviation, 6) if found.freedom else None,
    }


def _by_distillation(store: ResultStore, cell: Cell) -> np.ndarray:
    """The headline scores that are asked of a cell: [distillations, seeds]."""
    found = headline_scores(store, cell)
    return np.array([[found[encoder.seed, seed] for seed in range(cell.seeds)] for encoder in cell.encoders])
