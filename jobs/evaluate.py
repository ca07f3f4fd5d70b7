"""Score every encoder on every task: the grid encoder x language x frozen or fine-tuned, ten seeds a cell.

python jobs/evaluate.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/evaluate.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job, require

from raykd.errors import InputError
from raykd.evaluate.cell import Cell, is_complete
from raykd.evaluate.grid import run_grid
from raykd.evaluate.splits import check_train_rows


def evaluate(run: Run) -> None:
    if not run.experiment.evaluate:
        raise InputError("the experiment has no evaluate section")
    plan = run.plan
    require(run, plan.tasks.values(), "prepare")
    check_train_rows(run.store, plan.train_size_cells)
    require(run, [planned.result for planned in plan.encoders], "distill")
    require(run, [planned.result for planned in plan.sweep_encoders], "sweep")
    score(run, plan.all_cells)


def score(run: Run, cells: list[Cell]) -> None:
    """The seeds that are missing in these cells, each once: the baselines of the sweep are cells of the grid too."""
    unique = list({cell.result.directory: cell for cell in cells}.values())
    if not all(is_complete(run.store, cell) for cell in unique):
        run.start_ray()
        run_grid(run.store, unique, run.experiment.resources, run.say)


if __name__ == "__main__":
    job(__doc__, evaluate)
