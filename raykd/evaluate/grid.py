"""The grid on Ray: a trial for the missing seeds of one encoder, frozen ones first.

A fine-tuned cell shares nothing between its seeds, so that each is a trial. Cells of a frozen encoder that differ in
their training rows alone use the same states: all their seeds of one distillation are one trial. Most questions are
asked of frozen encoders, and what is left at the end are single seeds, so that no trial runs long alone.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transformers

from raykd.artifacts import ResultStore
from raykd.config import Resources
from raykd.distill.models.mixed_precision import compute_dtype
from raykd.distill.ray_train.trials import run_trials
from raykd.evaluate.cell import Cell, Seed, headline_scores, is_complete, missing_cells, sharing_states
from raykd.evaluate.cell_files import missing_seeds, seed_file
from raykd.evaluate.run_cell import WorkerSpec, run_cells
from raykd.prometheus import Gauges
from raykd.wording import is_due, time_left

Todo = Mapping[str, Sequence[Seed]]  # by a cell's directory, what it lacks

QUIET_SECONDS = 10.0  # without a line, after which a log tells how far a cell is


@dataclass(frozen=True)
class Trial:
    """Seeds that are missing in cells that share states; none where files are left to be merged."""

    cells: tuple[Cell, ...]
    seeds: tuple[Seed, ...]

    @property
    def name(self) -> str:
        """Of its first cell, the encoder's seed and, where it is just one, the classifier's."""
        seed = self.seeds[0][: 2 if len(self.seeds) == 1 else 1] if self.seeds else ()
        return f"{self.cells[0].result.name} {'-'.join(map(str, seed))}".rstrip()


def run_grid(
    store: ResultStore, cells: Sequence[Cell], resources: Resources, report: Callable[[str], None] = print
) -> None:
    """Compute every seed that is missing, on a Ray that is already initialised; report a line for each cell.

    A trial needs nothing but the experiment's storage, so it may run anywhere in the cluster. After the others have
    finished, raises InputError where a cell's input is bad and RuntimeError where a cell failed.
    """
    missing = missing_cells(store, cells)
    if not missing:
        return
    groups = sharing_states(sorted(missing, key=lambda cell: cell.weights != "frozen"))
    todo = {cell.result.directory: missing_seeds(store, cell) for cell in missing}
    trials = [trial for group in groups for trial in _trials(group, todo)]
    progress, grid = _Progress(store, len(cells), trials, todo, report), resources.grid
    run_trials(
        lambda trial: _run(store, trial, resources),
        trials,
        [trial.name for trial in trials],
        [{"num_cpus": grid.cpus, "num_gpus": grid.gpus_of(trial.cells[0].weights)} for trial in trials],
        grid.failures,
        progress.end,
        idle=progress.tell_if_quiet,
    )


def _trials(cells: Sequence[Cell], todo: Todo) -> Iterable[Trial]:
    missing = sorted({seed for cell in cells for seed in todo[cell.result.directory]})
    if cells[0].weights == "fine-tuned" and missing:
        return (Trial(tuple(cells), (seed,)) for seed in missing)
    encoders = dict.fromkeys(encoder for encoder, _ in missing) or [None]
    return (Trial(tuple(cells), tuple(seed for seed in missing if seed[0] == encoder)) for encoder in encoders)


def _run(store: ResultStore, trial: Trial, resources: Resources) -> dict[str, Any]:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    grid, weights = resources.grid, trial.cells[0].weights
    torch.set_num_threads(max(1, int(grid.cpus)))
    device = "cuda" if grid.gpus_of(weights) else "cpu"
    dtype = compute_dtype(grid.precision, device)
    run_cells(store, trial.cells, WorkerSpec(resources.scratch, device, dtype, grid.gpu_share(weights)), trial.seeds)
    return {}


class _Progress:
    """A line for each cell as its last trial ends, and one on its seeds where nothing was said for long."""

    def __init__(
        self, store: ResultStore, cells: int, trials: Sequence[Trial], todo: Todo, report: Callable[[str], None]
    ) -> None:
        """cells: of the whole grid."""
        self.store, self.cells, self.trials, self.todo, self.report = store, cells, trials, todo, report
        # By directory, in the order in which they begin: cells that have not ended, and how many of their trials.
        self.left = {cell.result.directory: cell for trial in trials for cell in trial.cells}
        self.trials_left = Counter(cell.result.directory for trial in trials for cell in trial.cells)
        self.failures: dict[str, str] = {}
        self.done = 0  # seeds, of cells that have ended
        self.began = self.said = time.monotonic()
        self.gauges = Gauges(store.storage.name, "grid", "cells")
        self.gauges.set(parts=cells, parts_done=cells - len(self.left))

    def end(self, index: int, _: str, answer: dict[str, Any] | None) -> None:
        for cell in self.trials[index].cells:
            name = cell.result.directory
            self.trials_left[name] -= 1
            if answer is None or "problem" in answer:
                self.failures[name] = f"bad input: {answer['problem']}" if answer else "failed"
            if not self.trials_left[name]:
                del self.left[name]
                self.done += len(self.todo[name])
                self.gauges.set(parts_done=self.cells - len(self.left))
                self._say(f"{cell.result.name}: {self._told(cell)}", self.done)

    def tell_if_quiet(self) -> None:
        now = time.monotonic()
        if not is_due(now, self.began, self.said) or self.began < self.said > now - QUIET_SECONDS:
            return
        there = {f"scores/{name}" for name in self.store.storage.sizes("scores")}
        done = {
            name: sum(seed_file(cell, seed) in there for seed in self.todo[name]) for name, cell in self.left.items()
        }
        name = max(done, key=lambda name: 0 < done[name] < len(self.todo[name]))  # the first that is at work
        asked = len(self.left[name].asked)
        seeds = f"{asked - len(self.todo[name]) + done[name]} of {asked} seeds"
        self._say(f"are done; {self.left[name].result.name}: {seeds}", self.done + sum(done.values()))

    def _told(self, cell: Cell) -> str:
        if failure := self.failures.get(cell.result.directory):
            return _scores(self.store, cell) if is_complete(self.store, cell) else failure
        # Merged by its last trial, but for a shared disk that shows each of the last two the other's file late.
        run_cells(self.store, [cell], WorkerSpec(0), only=())
        return _scores(self.store, cell)

    def _say(self, told: str, seeds: int) -> None:
        """seeds: that are done."""
        self.said = time.monotonic()
        left = time_left(seeds, sum(map(len, self.todo.values())), self.said - self.began)
        self.report(f"{self.cells - len(self.left)}/{self.cells} {told}{left}")


def _scores(store: ResultStore, cell: Cell) -> str:
    f1, facts = np.array([*headline_scores(store, cell).values()]), store.facts(cell.result)
    score = "macro F1" if cell.positive is None else f"F1 of {cell.positive!r}"
    deviation = f1.std(ddof=1) if len(f1) > 1 else 0.0
    seconds = facts["encode_seconds"] + facts["train_seconds"]
    return f"{score} {f1.mean():.3f} ± {deviation:.3f} ({len(f1)} seeds, {seconds:.0f} s)"
