"""What a sweep takes beside its bare distillations and evaluations.

    python jobs/prepare.py CONFIG && python jobs/distill.py CONFIG && python benchmarks/sweep_overhead.py CONFIG

Runs `jobs/sweep.py CONFIG resources.trainings=1` on an experiment whose students are still to be made, and prints
the wall time of the job over the sum of its optimiser steps (timing.parquet) and of encoding and training in its cells
(their manifests), as each measured itself. Exit 0 where that is at most 1.2. For trials of 100 s and more: what Ray
takes to start is the same for shorter ones.
"""

import subprocess
import sys
import time
from pathlib import Path

import pyarrow.compute as pc

from raykd.jobs.run import open_run

MOST = 1.2
ROOT = Path(__file__).parents[1]


def main() -> int:
    config, *overrides = sys.argv[1:]
    began = time.monotonic()
    command = [sys.executable, str(ROOT / "jobs/sweep.py"), config, "resources.trainings=1", *overrides]
    status = subprocess.run(command).returncode
    wall = time.monotonic() - began
    if status:
        return status
    run = open_run(config, overrides, computes=False)
    plan, store = run.plan, run.store
    tables = [store.storage.read_table(f"{one.result.directory}/timing.parquet") for one in plan.sweep_encoders]
    distilled = sum(pc.sum(table["seconds"]).as_py() for table in tables)
    facts = [store.facts(cell.result) for cell in plan.sweep_cells]
    scored = sum(own["encode_seconds"] + own["train_seconds"] for own in facts)
    ratio = wall / (distilled + scored)
    print(f"{wall:.0f} s for {distilled:.0f} s of steps and {scored:.0f} s of cells: {ratio:.3f} times as long")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
