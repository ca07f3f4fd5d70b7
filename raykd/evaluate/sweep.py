"""The data-quantity sweep under Ray Tune: one trial a quantity, each a Ray Train run of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ray import tune

from raykd.artifacts import Result
from raykd.distill.trainer import train_encoder
from raykd.distill.training import TrainingJob
from raykd.errors import InputError

TRIAL_CPUS = 0.01  # a trial only waits for its Train run, but Ray rejects 0


def run_sweep(
    jobs: Sequence[tuple[TrainingJob, Result]], concurrent: int, report: Callable[[str], None] = print
) -> None:
    """Train every encoder of the sweep, `concurrent` at a time. Ray must be running.

    A trial whose driver died is started again by the next call, and its Train run goes on from its last checkpoint.
    Raises InputError for bad input behind a failed trial, else RuntimeError naming the encoders that failed.
    """
    storage = jobs[0][0].store.storage

    def trial(config: dict[str, Any]) -> None:
        job, result = jobs[config["quantity"]]
        try:
            train_encoder(job, result)
        except InputError as error:
            tune.report({"bad_input": str(error)})
            return
        tune.report({"bad_input": ""})

    results = tune.Tuner(
        tune.with_resources(trial, {"CPU": TRIAL_CPUS}),
        param_space={"quantity": tune.grid_search(list(range(len(jobs))))},
        tune_config=tune.TuneConfig(max_concurrent_trials=concurrent),
        run_config=tune.RunConfig(name="sweep", storage_path=storage.address("scratch", "tune"), verbose=0),
    ).fit()
    storage.remove("scratch/tune/sweep")
    for found in results:
        if found.metrics and found.metrics.get("bad_input"):
            raise InputError(found.metrics["bad_input"])
    if failed := [jobs[found.config["quantity"]][0].name for found in results if found.error and found.config]:
        raise RuntimeError(f"sweep: {', '.join(failed)} failed: {results.errors[0]}")
    report(f"sweep: {len(jobs)} encoders distilled")
