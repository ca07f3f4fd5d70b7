"""Scoring every encoder on every task."""

from __future__ import annotations

from raykd.errors import InputError
from raykd.evaluate.cell import Cell, is_complete, missing_cells
from raykd.evaluate.grid import run_grid
from raykd.evaluate.labelled_splits import check_train_rows
from raykd.jobs.preflight import check_models
from raykd.jobs.run import Run
from raykd.planning.costs.planned import write_plan
from raykd.planning.planned_tests import freeze


def evaluate(run: Run) -> None:
    if not run.experiment.evaluate:
        raise InputError("the experiment has no evaluate section")
    plan = run.plan
    run.require([*plan.tasks.values(), *plan.extended.values()], "prepare")
    check_train_rows(run.store, plan.train_size_cells)
    run.require([planned.result for planned in plan.encoders], "distill")
    run.require([planned.result for planned in plan.sweep_encoders], "sweep")
    for student in plan.sweep_encoders:
        cells = [cell for cell in plan.all_cells if student.saved in cell.encoders]
        if not student.is_there(run.store) and not all(is_complete(run.store, cell) for cell in cells):
            raise InputError(f"{student.result.directory} has no weights any more; first run: {run.command('sweep')}")
    check_models(plan, {"grid"})
    freeze(run.store, run.experiment, plan.cells)
    write_plan(plan)
    score(run, plan.all_cells)
    run.say(f"scores in {run.store.storage.address('scores')}")


def score(run: Run, cells: list[Cell]) -> None:
    """The seeds that are missing in these cells, each once: the baselines of the sweep are cells of the grid too."""
    unique = list({cell.result.directory: cell for cell in cells}.values())
    if missing_cells(run.store, unique):
        run.start_ray()
        run_grid(run.store, unique, run.experiment.resources, run.say)
