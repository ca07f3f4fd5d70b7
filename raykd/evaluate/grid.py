"""The grid on Ray Tune: one trial a cell, the longest first; a cell's seeds run inside its trial."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import transformers

from raykd.artifacts import ResultStore
from raykd.config import Resources
from raykd.distill.precision import compute_dtype
from raykd.evaluate.cell import Cell, headline_scores, is_complete
from raykd.evaluate.run import Machine, run_cell
from raykd.evaluate.trials import run_trials


def run_grid(
    store: ResultStore, cells: Sequence[Cell], resources: Resources, report: Callable[[str], None] = print
) -> None:
    """Compute every seed that is missing, on a Ray that is already initialised; report a line for each cell.

    A trial needs nothing but the experiment's storage, so it may run anywhere in the cluster. After the others have
    finished, raises InputError where a cell's input is bad and RuntimeError where a cell failed.
    """
    missing = [cell for cell in cells if not is_complete(store, cell)]
    todo = sorted(missing, key=lambda cell: cell.weights == "frozen")  # the long ones, fine-tuned, first
    if not todo:
        return
    finished = len(cells) - len(todo)

    def line(index: int, name: str, answer: dict[str, Any] | None) -> None:
        nonlocal finished
        finished += 1
        report(f"{finished}/{len(cells)} {name}: {_describe(todo[index], answer)}")

    run_trials(
        store.storage,
        lambda index: _run(store, todo[index], resources),
        [cell.result.name for cell in todo],
        {"CPU": resources.grid.cpus, "GPU": resources.grid.gpus},
        resources.grid.failures,
        line,
        share_processes=True,  # importing torch and transformers takes longer than many a cell
    )


def _run(store: ResultStore, cell: Cell, resources: Resources) -> dict[str, Any]:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(max(1, int(resources.grid.cpus)))
    started = time.perf_counter()
    device = "cuda" if resources.grid.gpus else "cpu"
    run_cell(store, cell, Machine(resources.scratch, device, compute_dtype(resources.grid.precision, device)))
    f1 = np.array([*headline_scores(store, cell).values()])
    return {
        "f1": float(f1.mean()),
        "deviation": float(f1.std(ddof=1)) if len(f1) > 1 else 0.0,
        "seeds": len(f1),
        "seconds": time.perf_counter() - started,
    }


def _describe(cell: Cell, answer: dict[str, Any] | None) -> str:
    if answer is None:
        return "failed"
    if "problem" in answer:
        return f"bad input: {answer['problem']}"
    score = "macro F1" if cell.positive is None else f"F1 of {cell.positive!r}"
    spread = f"{score} {answer['f1']:.3f} ± {answer['deviation']:.3f}"
    return f"{spread} ({answer['seeds']} seeds, {answer['seconds']:.0f} s)"
