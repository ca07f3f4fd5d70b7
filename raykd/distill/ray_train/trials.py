"""Pieces of work as Ray Tune trials: quiet, in parallel, with retries, and with their bad input told at the end."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.experiment import Trial

from raykd.artifacts import Storage
from raykd.errors import InputError, LimitReached
from raykd.ray_internals.core import keep_from_trials

SCRATCH = "scratch/tune"

# Tune's own tables and log files are of no use here: a trial reports one line. With Tune's own signal handler Ctrl-C
# would return from fit() as if all were well.
TUNE_SETTINGS = {
    "RAY_AIR_NEW_OUTPUT": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
}

CREDENTIALS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"}

Work = Callable[[int], dict[str, Any]]


def run_trials(
    storage: Storage,
    work: Work,
    names: Sequence[str],
    resources: dict[str, float],
    failures: int,
    report: Callable[[int, str, dict[str, Any] | None], None],
    concurrent: int | None = None,
    share_processes: bool = False,
) -> None:
    """Run work(0), work(1), ... on a Ray that is already initialised, as many at a time as there is room for.

    names: what each is called in messages; resources: logical CPU and GPU of each; failures: how often one is tried
    again; report: called with (index, name, what work returned, or None where it failed) as each ends.
    After the others have finished, raises InputError where one had bad input, RuntimeError where one failed, and
    LimitReached where one was stopped.
    """

    def trial(config: dict[str, Any]) -> dict[str, Any]:
        # Bad input and a limit are answers and not exceptions, because another try would not mend them.
        try:
            return work(config["index"])
        except InputError as error:
            return {"problem": str(error)}
        except LimitReached as error:
            return {"limit": str(error)}

    progress = _Progress(names, report)
    storage.remove(SCRATCH)
    try:
        with _quiet_tune():
            tune.Tuner(
                tune.with_resources(trial, resources),
                param_space={"index": tune.grid_search(list(range(len(names))))},
                tune_config=tune.TuneConfig(reuse_actors=share_processes, max_concurrent_trials=concurrent),
                run_config=tune.RunConfig(
                    name="trials",
                    **storage.ray_location(SCRATCH),
                    verbose=0,
                    failure_config=tune.FailureConfig(max_failures=failures),
                    callbacks=[progress],
                ),
            ).fit()
        progress.raise_problems()
    finally:
        storage.remove(SCRATCH)


class _Progress(tune.Callback):
    """Reports each trial as it ends, and keeps what went wrong for the end."""

    def __init__(self, names: Sequence[str], report: Callable[[int, str, dict[str, Any] | None], None]) -> None:
        self.names, self.report = names, report
        self.bad_input: list[str] = []
        self.limits: list[str] = []
        self.failed: list[tuple[str, str]] = []  # name, what Ray tells of it

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        answer = trial.last_result
        if "problem" in answer:
            self.bad_input.append(answer["problem"])
        if "limit" in answer:
            self.limits.append(answer["limit"])
        self._report(trial, answer)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        # Tune would unpickle the error from storage, where whoever may write could have put code in its place.
        trial.run_metadata.pickled_error_filename = None
        told = Path(trial.error_file).read_text(errors="replace") if trial.error_file else ""
        self.failed.append((self.names[trial.config["index"]], told.strip()))
        self._report(trial, None)

    def raise_problems(self) -> None:
        if self.bad_input:
            raise InputError(self.bad_input[0])
        if self.failed:
            name, told = self.failed[0]
            error = RuntimeError(
                f"{len(self.failed)} of {len(self.names)} failed; run again to try them once more. The first is "
                f"{name}: {_last_error(told)}"
            )
            error.add_note(told)
            raise error
        if self.limits:
            raise LimitReached(self.limits[0])

    def _report(self, trial: Trial, answer: dict[str, Any] | None) -> None:
        index = trial.config["index"]
        self.report(index, self.names[index], answer)


def _last_error(told: str) -> str:
    """The line of the exception that a traceback ends with."""
    lines = told.splitlines() or ["nothing is told of it"]
    return next((line for line in reversed(lines) if re.match(r"[A-Za-z_][\w.]*: ", line)), lines[-1])


@contextmanager
def _quiet_tune() -> Iterator[None]:
    """TUNE_SETTINGS, and no log lines about files that are removed at once and failures that are told anyway."""
    # Nodes have keys of their own.
    keep_from_trials(CREDENTIALS)
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
