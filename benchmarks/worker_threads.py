"""Where a training worker's CPU time goes, thread by thread: what is not training, and what is lost to it.

Two workers, one torch thread each, so that all of two cores are busy, and far more text to read than the steps that are
looked at take. In each worker, from its first step's end to its last's, the CPU seconds of

- training: the thread that trains, and autograd's, in which torch computes gradients;
- packing: the thread that masks and packs the next step's text (`raykd/distill/train/loop.py`);
- reading: the threads that read it (`raykd/distill/ray_train/loader.py`);
- sums: gloo's threads, which add up gradients over the workers;
- the rest: Ray, whatever else the process runs. It goes with the time by the clock: where other work keeps a training
  waiting, its share grows.

Tokens a second stand beside those of two plain loops at the same time over batches that lie ready, each over its half.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

SIZES = {
    "12 x 384": {"layers": 12, "width": 384, "heads": 6, "intermediate": 1536},
    "4 x 64": {"layers": 4, "width": 64, "heads": 2, "intermediate": 256},
}
WORKERS = 2
KINDS = {"prefetch": "packing", "reader": "reading", "pt_autograd": "training", "gloo": "sums", "pt_gloo": "sums"}
TICKS = os.sysconf("SC_CLK_TCK")


def measure_workers(root: Path) -> None:
    """Have each worker of a training that this process starts write root/<rank>.json: what `Measured` has."""
    from raykd.distill.ray_train import trainer

    def measured(config: dict) -> Any:
        import ray.train

        from raykd.distill.ray_train import trainer, worker

        path = root / f"{ray.train.get_context().get_world_rank()}.json"
        looks, total = list[Counter[tuple[str, str]]](), Counter[str]()

        class Watched(worker._Surroundings):
            def stepped(self, row: Any, took: Any) -> None:
                super().stepped(row, took)
                if row.step:
                    total.update(tokens=took.tokens, seconds=took.seconds, data_wait=took.data_wait)
                if row.step in (0, (self.training.job.resources.limits.steps or 0) - 1):
                    looks.append(seconds_by_thread())
                if len(looks) == 2:
                    spent = looks[1] - looks[0]
                    threads = [[*thread, seconds] for thread, seconds in spent.most_common()]
                    path.write_text(json.dumps({"threads": threads, **total}))

        worker._Surroundings = Watched  # type: ignore[misc]
        return trainer._worker(config)

    trainer._worker = measured


def seconds_by_thread() -> Counter[tuple[str, str]]:
    """(kind, name) -> CPU seconds so far of this process' threads. Those that have ended are one: what is missing from
    the process' own time. Called by the thread that trains."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    names[threading.get_native_id()] = "the step"
    found: Counter[tuple[str, str]] = Counter()
    for task in Path("/proc/self/task").iterdir():
        try:
            seconds, command = _seconds(task)
        except OSError:  # it has just ended
            continue
        name = names.get(int(task.name), command)
        kind = next((kind for start, kind in KINDS.items() if name.startswith(start)), "the rest")
        found["training" if name == "the step" else kind, name] += seconds
    found["the rest", "threads that have ended"] = max(0.0, _seconds(Path("/proc/self"))[0] - found.total())
    return found


def _seconds(process: Path) -> tuple[float, str]:
    """CPU seconds of a process or thread, and its name."""
    name, fields = (process / "stat").read_text().split("(", 1)[1].rsplit(")", 1)
    return sum(int(ticks) for ticks in fields.split()[11:13]) / TICKS, name


class Measured(NamedTuple):
    """Of the steps but the first. tokens: of all workers; seconds, data_wait: by the clock; threads: CPU seconds of all
    workers by (kind, name)."""

    tokens: float
    seconds: float
    data_wait: float
    threads: Counter[tuple[str, str]]

    @staticmethod
    def of(root: Path) -> Measured:
        workers = [json.loads((root / f"{rank}.json").read_text()) for rank in range(WORKERS)]
        threads: Counter[tuple[str, str]] = Counter()
        for worker in workers:
            for kind, name, seconds in worker["threads"]:
                threads[kind, name.rstrip("0123456789_")] += seconds
        return Measured(*(workers[0][name] for name in ("tokens", "seconds", "data_wait")), threads)

    def shares(self) -> str:
        kinds: Counter[str] = Counter()
        for (kind, _), seconds in self.threads.items():
            kinds[kind] += seconds
        training = kinds.pop("training")
        outside = kinds["reading"] + kinds["the rest"]
        each = ", ".join(f"{kind} {seconds / training:.1%}" for kind, seconds in kinds.most_common())
        rest = ((name, seconds) for (kind, name), seconds in self.threads.most_common() if kind == "the rest")
        most = ", ".join(f"{name} {seconds:.2f}" for name, seconds in islice(rest, 5))
        return (
            f"CPU {training:.1f} s training; of that {each}; reading and the rest {outside / training:.1%} (at most "
            f"5 %), {outside / WORKERS / self.seconds:.1%} of a core; most of it, s: {most}"
        )
