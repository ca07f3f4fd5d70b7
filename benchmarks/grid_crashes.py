"""A grid whose driver and trials are killed at random moments of its first half, against one that runs through.

`python benchmarks/grid_crashes.py --moments 10`: six small cells, frozen and fine-tuned, on a Ray of two CPUs of its
own; SIGKILL in turn to a process that runs a trial and to the driver, which is then started again. Exit 0 where no seed
that was done before a kill was trained after it, and where scores, averages, predictions and heads have the same bytes
as those of the grid that nothing happened to.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pickle
import random
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from grid_cells import make_cells
from train_cluster import free_port
from transformers.utils.logging import disable_progress_bar

from raykd.artifacts import ResultStore
from raykd.artifacts.local_files import TEMPORARY
from raykd.config import Resources, TrialResources
from raykd.evaluate.cell import Cell
from raykd.evaluate.cell_files import missing_seeds

VICTIMS = ("trial", "driver")
ENVIRONMENT = {
    "RAY_AUTH_MODE": "disabled",
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "OMP_NUM_THREADS": "1",
}
LOG = "GRID_CRASHES_LOG"  # the file that trainings are noted in
Trained = tuple[str, int, int]  # cell, the encoder's seed, the classifier's


def drive(root: Path) -> None:
    """The driver: what jobs/evaluate.py does."""
    import ray

    from raykd.evaluate.grid import run_grid

    here = {"env_vars": {LOG: str(root / "log")}, "worker_process_setup_hook": note_trainings}
    ray.init(address=os.environ["RAY_ADDRESS"], logging_level="WARNING", log_to_driver=False, runtime_env=here)
    run_grid(*pickle.loads((root / "grid.pickle").read_bytes()))


def note_trainings() -> None:
    """In each worker, as it starts: let every training write a line as it begins; one that is cut off leaves no other
    trace."""
    from raykd.evaluate import run_cell as run

    classifier = run._classifier

    @contextmanager
    def noting(store, cells, encoder, splits, worker):  # type: ignore[no-untyped-def]
        def noted(cell, seed):  # type: ignore[no-untyped-def]
            with open(os.environ[LOG], "a") as log:
                log.write(json.dumps([cell.result.name, encoder.seed, seed]) + "\n")
            return train_seed(cell, seed)

        with classifier(store, cells, encoder, splits, worker) as (train_seed, mean_tokens):
            yield noted, mean_tokens

    run._classifier = noting


def trainings(root: Path) -> list[Trained]:
    """Every training that has begun, in order."""
    lines = (root / "log").read_text().splitlines() if (root / "log").exists() else []
    return [(name, encoder_seed, seed) for name, encoder_seed, seed in map(json.loads, lines)]


def prepare(root: Path, seeds: int) -> tuple[ResultStore, list[Cell]]:
    root.mkdir()
    store, cells = make_cells(root / "storage", seeds)
    # Batches this small are of a shape each, for which bfloat16 makes a kernel each.
    grid = TrialResources(failures=100, precision="float32")
    (root / "grid.pickle").write_bytes(pickle.dumps((store, cells, Resources(grid=grid))))
    return store, cells


def standing(store: ResultStore, cells: list[Cell]) -> set[Trained]:
    """The seeds that have scores."""
    return {
        (cell.result.name, *seed) for cell in cells for seed in set(cell.asked).difference(missing_seeds(store, cell))
    }


def has_partial(cells: list[Cell], done: set[Trained]) -> bool:
    """Whether a cell has some of its seeds: where all have none or all of theirs, a kill puts nothing to the test."""
    counts = Counter(name for name, _, _ in done)
    return any(0 < counts[cell.result.name] < cell.seeds for cell in cells)


class Crashes:
    """A Ray of two CPUs, and the kills."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 2, "object_store_memory": 80_000_000, "dashboard_port": free_port()}
        # A driver's workers have a runtime environment of its own, and those that wait beforehand have none.
        unneeded = {"include_dashboard": False, "_system_config": {"prestart_worker_first_driver": False}}
        self.cluster = Cluster(initialize_head=True, head_node_args=node | unneeded)
        assert self.cluster.head_node
        self.raylet: int = self.cluster.head_node.all_processes["raylet"][0].process.pid

    def start_driver(self, root: Path) -> subprocess.Popen[bytes]:
        environment = {**os.environ, **ENVIRONMENT, "RAY_ADDRESS": self.cluster.address}
        environment["PYTHONPATH"] = str(Path(__file__).parents[1])
        return subprocess.Popen([sys.executable, __file__, "--drive", str(root)], env=environment)

    def trial(self, pick: random.Random) -> psutil.Process | None:
        """A process that runs a trial."""
        found = []
        for child in psutil.Process(self.raylet).children():
            try:
                if "ray::trial" in " ".join(child.cmdline()):
                    found.append(child)
            except psutil.Error:
                continue  # it has just ended
        return pick.choice(found) if found else None

    def run(
        self, root: Path, store: ResultStore, cells: list[Cell], victims: list[tuple[int, str]], pick: random.Random
    ) -> list[Trained]:
        """Run a grid to its end; the seeds that were trained though they had scores before a kill.

        victims: after how many seeds which is killed.
        """
        driver, again = self.start_driver(root), list[tuple[set[Trained], int]]()
        for moment, victim in victims:
            while len(done := standing(store, cells)) < moment or not has_partial(cells, done):
                self._check(driver)
                time.sleep(0.1)  # looking takes time of the cores that train
            time.sleep(pick.uniform(0, 1))  # anywhere in a training or a write
            while victim == "trial" and not (process := self.trial(pick)):
                self._check(driver)
                time.sleep(0.05)
            again.append((standing(store, cells), len(trainings(root))))
            if victim == "trial":
                assert process
                process.kill()
            else:
                driver.kill()
                driver.wait()
                driver = self.start_driver(root)
            print(f"killed the {victim} at {len(again[-1][0])} seeds", flush=True)
        if driver.wait() != 0:
            raise RuntimeError(f"the driver ended with {driver.returncode}")
        return [seed for done, begun in again for seed in trainings(root)[begun:] if seed in done]

    def _check(self, driver: subprocess.Popen[bytes]) -> None:
        if driver.poll() is not None:
            raise RuntimeError(f"the driver ended with {driver.returncode} before the next kill")


def digests(store: ResultStore, cells: list[Cell]) -> dict[str, str]:
    """Of every file but manifests, and what a kill in the middle of a write leaves, which nothing reads."""
    files = [cell.file(name) for cell in cells for name in store.storage.sizes(cell.result.directory)]
    return {
        file: hashlib.sha256(store.storage.read_bytes(file)).hexdigest()
        for file in files
        if not file.endswith(("manifest.json", TEMPORARY))
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=6, help="of a cell")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--drive", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.drive:
        return drive(arguments.drive)
    os.environ.update(ENVIRONMENT)
    disable_progress_bar()
    pick = random.Random(arguments.seed)
    with TemporaryDirectory() as directory:
        roots = [Path(directory, name) for name in ("whole", "cut")]
        grids = [(root, *prepare(root, arguments.seeds)) for root in roots]
        total = arguments.seeds * len(grids[0][2])
        # Of the first half, so that the grid is not at its end before it is killed as often as was asked.
        moments = sorted(pick.sample(range(total // 2), arguments.moments))
        victims = [(moment, VICTIMS[number % len(VICTIMS)]) for number, moment in enumerate(moments)]
        started, crashes = time.monotonic(), Crashes()
        try:
            crashes.run(*grids[0], [], pick)
            middle = time.monotonic()
            again = crashes.run(*grids[1], victims, pick)
        finally:
            crashes.cluster.shutdown()
        whole, cut = (digests(store, cells) for _, store, cells in grids)
        same = sum(cut.get(file) == digest for file, digest in whole.items())
        anew = len(trainings(grids[1][0])) - total
        print(
            f"summary: {total} seeds in {len(grids[0][2])} cells, {len(victims)} kills; {len(again)} finished seeds "
            f"trained again, {anew} that were cut off; {same} of {len(whole)} files bit-identical; "
            f"{middle - started:.0f} s uninterrupted, {time.monotonic() - middle:.0f} s with the kills"
        )
        if (alone := len(trainings(grids[0][0]))) != total:
            print(f"the grid that nothing happened to began {alone} trainings of {total} seeds")
        if others := sorted(whole.keys() ^ cut.keys()):
            print(f"in one of the two alone: {', '.join(others)}")
        sys.exit(0 if alone == total and not again and whole == cut and whole else 1)


if __name__ == "__main__":
    main()
