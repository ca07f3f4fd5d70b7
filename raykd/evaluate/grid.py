"""The grid on Ray Tune: one trial a cell, the longest first; a cell's seeds run inside its trial.

Cells of a frozen encoder that differ in their training rows alone are one trial, since they use the same states.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import transformers

from raykd.artifacts import ResultStore
from raykd.config import Resources
from raykd.distill.models.mixed_precision import compute_dtype
from raykd.distill.ray_train.trials import run_trials
from raykd.evaluate.cell import Cell, headline_scores, is_complete, sharing_states
from raykd.evaluate.run_cell import WorkerSpec, run_cells
from raykd.wording import time_left


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
    todo, began = sum(map(len, trials)), time.monotonic()
    there = finished = len(cells) - todo

    def lines(index: int, _: str, answer: dict[str, Any] | None) -> None:
        nonlocal finished
        for cell in trials[index]:
            finished += 1
            told = _scores(store, cell) if is_complete(store, cell) else _failure(answer)
            left = time_left(finished - there, todo, time.monotonic() - began)
            report(f"{finished}/{len(cells)} {cell.result.name}: {told}{left}")

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
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(max(1, int(resources.grid.cpus)))
    device = "cuda" if resources.grid.gpus else "cpu"
    run_cells(store, cells, WorkerSpec(resources.scratch, device, compute_dtype(resources.grid.precision, device)))
    return {"cells": len(cells)}  # Tune prints a line about a trial that returns nothing


def _scores(store: ResultStore, cell: Cell) -> str:
    f1, facts = np.array([*headline_scores(store, cell).values()]), store.facts(cell.result)
    score = "macro F1" if cell.positive is None else f"F1 of {cell.positive!r}"
    deviation = f1.std(ddof=1) if len(f1) > 1 else 0.0
    seconds = facts["encode_seconds"] + facts["train_seconds"]
    return f"{score} {f1.mean():.3f} ± {deviation:.3f} ({len(f1)} seeds, {seconds:.0f} s)"


def _failure(answer: dict[str, Any] | None) -> str:
    """answer: what a trial returned (`trials.run_trials`)."""
    return f"bad input: {answer['problem']}" if answer and "problem" in answer else "failed"
