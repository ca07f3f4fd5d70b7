"""The grid on Ray Tune: one trial a cell, the longest first; a cell's seeds run inside its trial.

Cells of a frozen encoder that differ in their training rows alone are one trial, since they use the same states.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import transformers

from raykd.artifacts import ResultStore
from raykd.config import Resources
from raykd.distill.precision import compute_dtype
from raykd.evaluate.cell import Cell, headline_scores, is_complete, sharing_states
from raykd.evaluate.run import Machine, run_cells
from raykd.evaluate.trials import run_trials


def run_grid(
    store: ResultStore, cells: Sequence[Cell], resources: Resources, report: Callable[[str], None] = print
) -> None:
    """Compute every seed that is missing, on a Ray that is already initialised; report a line for each cell.

    A trial needs nothing but the experiment's storage, so it may run anywhere in the cluster. After the others have
    finished, raises InputError where a cell's input is bad and RuntimeError where a cell failed.
    """
    missing = [cell for cell in cells if not is_complete(store, cell)]
    trials = sharing_states(sorted(missing, key=lambda cell: cell.weights == "frozen"))  # the long ones first
    if not trials:
        return
    finished = len(cells) - sum(map(len, trials))

    def lines(index: int, _: str, answer: dict[str, Any] | None) -> None:
        nonlocal finished
        for cell in trials[index]:
            finished += 1
            scores = answer and answer.get(cell.result.name, answer)
            report(f"{finished}/{len(cells)} {cell.result.name}: {_describe(cell, scores)}")

    run_trials(
        store.storage,
        lambda index: _run(store, trials[index], resources),
        [trial[0].result.name for trial in trials],
        {"CPU": resources.grid.cpus, "GPU": resources.grid.gpus},
        resources.grid.failures,
        lines,
        share_processes=True,  # importing torch and transformers takes longer than many a cell
    )


def _run(store: ResultStore, cells: Sequence[Cell], resources: Resources) -> dict[str, Any]:
    """Scores of each cell, by the name of its result."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(max(1, int(resources.grid.cpus)))
    device = "cuda" if resources.grid.gpus else "cpu"
    run_cells(store, cells, Machine(resources.scratch, device, compute_dtype(resources.grid.precision, device)))
    return {cell.result.name: _scores(store, cell) for cell in cells}


def _scores(store: ResultStore, cell: Cell) -> dict[str, float]:
    f1, facts = np.array([*headline_scores(store, cell).values()]), store.facts(cell.result)
    return {
        "f1": float(f1.mean()),
        "deviation": float(f1.std(ddof=1)) if len(f1) > 1 else 0.0,
        "seeds": len(f1),
        "seconds": facts["encode_seconds"] + facts["train_seconds"],
    }


def _describe(cell: Cell, answer: dict[str, Any] | None) -> str:
    if answer is None:
        return "failed"
    if "problem" in answer:
        return f"bad input: {answer['problem']}"
    score = "macro F1" if cell.positive is None else f"F1 of {cell.positive!r}"
    spread = f"{score} {answer['f1']:.3f} ± {answer['deviation']:.3f}"
    return f"{spread} ({answer['seeds']} seeds, {answer['seconds']:.0f} s)"
