"""The grid on Ray Tune: one trial a cell, the longest first; a cell's seeds run inside its trial."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from ray import tune
from ray.tune.experiment import Trial

from raykd.artifacts import ResultStore
from raykd.config import Resources
from raykd.errors import InputError
from raykd.evaluate.cell import Cell, headline_scores, is_complete, run_cell

SCRATCH = "scratch/tune"

# Tune's own tables and log files are of no use here: a cell reports one line. With Tune's own signal handler Ctrl-C
# would return from fit() as if all were well.
TUNE_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
}


def run_grid(
    store: ResultStore,
    cells: Sequence[Cell],
    resources: Resources,
    name: str,
    report: Callable[[str], None] = print,
) -> None:
    """Compute every seed that is missing, on a Ray that is already initialised; report a line for each cell.

    A trial needs nothing but the experiment's storage, so it may run anywhere in the cluster. After the others have
    finished, raises InputError where a cell's input is bad and RuntimeError where a cell failed.
    """
    missing = [cell for cell in cells if not is_complete(store, cell)]
    todo = sorted(missing, key=lambda cell: cell.weights == "frozen")  # the long ones, fine-tuned, first
    if not todo:
        return
    progress = _Progress(todo, len(cells), report)
    grid = resources.grid
    trainable = tune.with_resources(
        tune.with_parameters(_trial, store=store, cells=todo, resources=resources),
        {"CPU": grid.cpus, "GPU": grid.gpus},
    )
    store.storage.remove(SCRATCH)
    try:
        with _quiet_tune():
            tune.Tuner(
                trainable,
                param_space={"cell": tune.grid_search(list(range(len(todo))))},
                # Trials share processes: importing torch and transformers takes longer than many a cell.
                tune_config=tune.TuneConfig(reuse_actors=True),
                run_config=tune.RunConfig(
                    name=name,
                    storage_path=store.storage.address(SCRATCH),
                    verbose=0,
                    failure_config=tune.FailureConfig(max_failures=grid.failures),
                    callbacks=[progress],
                ),
            ).fit()
        progress.raise_problems()
    finally:
        store.storage.remove(SCRATCH)
        if not store.storage.list("scratch"):
            store.storage.remove("scratch")


def _trial(config: dict[str, Any], store: ResultStore, cells: list[Cell], resources: Resources) -> dict[str, Any]:
    """Run one cell. Bad input is an answer and not an exception, because another try would not mend it."""
    cell = cells[config["cell"]]
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(max(1, int(resources.grid.cpus)))
    started = time.perf_counter()
    try:
        run_cell(store, cell, resources.scratch, "cuda" if resources.grid.gpus else "cpu")
    except InputError as error:
        return {"problem": str(error)}
    f1 = headline_scores(store, cell)
    deviation = float(f1.std(ddof=1)) if len(f1) > 1 else 0.0
    return {
        "f1": float(f1.mean()),
        "deviation": deviation,
        "seeds": len(f1),
        "seconds": time.perf_counter() - started,
    }


class _Progress(tune.Callback):
    """Reports a line for each finished cell, and keeps what went wrong for the end."""

    def __init__(self, todo: list[Cell], total: int, report: Callable[[str], None]) -> None:
        self.todo, self.total, self.report = todo, total, report
        self.finished = total - len(todo)
        self.bad_input: list[str] = []
        self.failed: list[Trial] = []

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        cell, last = self._cell(trial), trial.last_result
        if "problem" in last:
            self.bad_input.append(last["problem"])
            self._line(cell, f"bad input: {last['problem']}")
            return
        score = "macro F1" if cell.positive is None else f"F1 of {cell.positive!r}"
        self._line(
            cell,
            f"{score} {last['f1']:.3f} ± {last['deviation']:.3f} ({last['seeds']} seeds, {last['seconds']:.0f} s)",
        )

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self.failed.append(trial)
        self._line(self._cell(trial), "failed")

    def _line(self, cell: Cell, text: str) -> None:
        self.finished += 1
        self.report(f"{self.finished}/{self.total} {cell.result.name}: {text}")

    def raise_problems(self) -> None:
        if self.bad_input:
            raise InputError(self.bad_input[0])
        if self.failed:
            trial = self.failed[0]
            error = trial.get_pickled_error()
            cause = getattr(error, "cause", None) or error
            raise RuntimeError(
                f"{len(self.failed)} of {len(self.todo)} cells failed; run again to try them once more. "
                f"The first is {self._cell(trial).result.name}: {type(cause).__name__}: {cause}"
            ) from error

    def _cell(self, trial: Trial) -> Cell:
        return self.todo[trial.config["cell"]]


@contextmanager
def _quiet_tune() -> Iterator[None]:
    """TUNE_SETTINGS, and no log lines about files that are removed at once and failures that are told anyway."""
    loggers = [logging.getLogger(f"ray.tune.{name}") for name in ("tune", "analysis.experiment_analysis")]
    levels = [logger.level for logger in loggers]
    before = {name: os.environ.get(name) for name in TUNE_SETTINGS}
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    os.environ.update(TUNE_SETTINGS)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
