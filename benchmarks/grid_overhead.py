"""What a grid takes beyond its cells' own work: `python benchmarks/grid_overhead.py`, the summary last.

Twelve small frozen cells of their own tasks, two seeds each, on a Ray of two CPUs that has just been started: the first
trial of each process imports torch and transformers, all others find them there.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from tempfile import TemporaryDirectory

from raykd.jobs.local_ray import set_environment


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=12)
    arguments = parser.parse_args()
    set_environment()
    import ray
    from grid_cells import make_cells

    from raykd.artifacts import Result
    from raykd.config import Resources, TrialResources
    from raykd.evaluate.grid import run_grid

    with TemporaryDirectory() as directory:
        store, (cell, *_) = make_cells(directory, seeds=2)
        cells = []
        for number in range(arguments.cells):
            task = Result("tasks", f"task{number}", 1, {})
            for split in ("train", "validation", "test"):
                file = f"language=eng/{split}.parquet"
                table = store.storage.read_table(f"{cell.task_result.directory}/{file}")
                store.storage.write_table(f"{task.directory}/{file}", table)
            result = Result("scores", f"task{number}-eng-bert-frozen", 1, {})
            cells.append(replace(cell, result=result, task=task.name, task_result=task))
        ray.init(address="local", num_cpus=2, include_dashboard=False, logging_level="WARNING")
        lines, began = list[float](), time.monotonic()

        def report(line: str) -> None:
            lines.append(time.monotonic() - began)
            print(f"{lines[-1]:6.1f} s  {line}", flush=True)

        run_grid(store, cells, Resources(grid=TrialResources(precision="float32")), report)
        whole = time.monotonic() - began
        ray.shutdown()
        facts = [store.facts(one.result) for one in cells]
        own = sum(one["encode_seconds"] + one["train_seconds"] for one in facts)
        print(
            f"summary: {len(cells)} cells in {whole:.1f} s, the first after {lines[0]:.1f} s; {own:.1f} s of their own "
            f"work on two CPUs; {(whole - lines[0]) / (len(cells) - 1):.2f} s for each cell after the first"
        )


if __name__ == "__main__":
    main()
