"""Distil one encoder on growing quantities of text and score each, to see how much is enough (paper, section 5).

python jobs/sweep.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/sweep.py configs/td_sweep.yaml
"""

from __future__ import annotations

from common import Run, job, require
from distill import training_job, unfinished
from evaluate import score

from raykd.errors import InputError
from raykd.evaluate.sweep import run_sweep


def sweep(run: Run) -> None:
    if not run.experiment.sweep:
        raise InputError("the experiment has no sweep section")
    train_sweep(run)
    score(run, run.plan.sweep_cells)


def train_sweep(run: Run) -> None:
    require(run, [planned.result for planned in run.plan.encoders], "distill")
    missing = unfinished(run, run.plan.sweep_encoders)
    if missing:
        run.start_ray()
        run.say(f"sweep: {len(missing)} quantities to distil")
        jobs = [(training_job(run, planned), planned.result) for planned in missing]
        run_sweep(jobs, run.experiment.resources.sweep_trials, run.say)


if __name__ == "__main__":
    job(__doc__, sweep)
