"""An experiment from its file, checked whole before anything runs."""

from __future__ import annotations

from pathlib import Path

from raykd import config
from raykd.planning.checks.experiment import check_experiment


def load_experiment(path: str | Path, overrides: list[str] | None = None) -> config.Experiment:
    """The experiment in a YAML file, with `key.path=value` overrides applied, resolved and checked.

    Raises InputError naming the file and the key for anything that cannot run.
    """
    experiment = config.load(path, overrides)
    check_experiment(experiment, str(path))
    return experiment
