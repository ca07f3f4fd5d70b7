"""Score every encoder on every task: the grid encoder x language x frozen or fine-tuned, ten seeds a cell.

python jobs/evaluate.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/evaluate.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.evaluate.grid import run_grid


def evaluate(run: Run) -> None:
    if not run.experiment.evaluate:
        raise InputError("the experiment has no evaluate section")
    plan = run.plan
    cells = list({cell.result.directory: cell for cell in [*plan.cells, *plan.sweep_cells]}.values())
    if not all(is_complete(run.store, cell) for cell in cells):
        run.start_ray()
        run_grid(run.store, cells, run.experiment.resources, "grid", run.say)


if __name__ == "__main__":
    job(__doc__, evaluate)
