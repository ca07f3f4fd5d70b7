"""What training under Ray costs, gains and survives: `make bench-train`, the summary last.

A pretraining whose steps take two seconds or more on one core, float32, one torch thread a worker:

- overhead: seconds a step of one worker under Ray (reading text, sums over workers, a checkpoint every five steps,
  all that lies between two steps) over those of a plain loop over batches that lie ready in memory and are never saved;
- speed-up: two workers over one that is kept on one core (two cores are all that this needs, and better alone), and
  beside it what the cores themselves allow: two plain loops at once, each over half of a step, over one alone;
- threads: what workers of small models compute beside training, and their tokens a second (worker_threads.py);
- crashes: benchmarks/train_crashes.py, ten kills.

The first step of each run, in which readers and caches start, is left out; other figures are means of all steps.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import pyarrow.parquet as pq
from train_cluster import ENVIRONMENT
from train_job import make_job, result_of
from worker_threads import SIZES, WORKERS, Measured, measure_workers

from raykd.jobs.local_ray import LOCAL_ENVIRONMENT

HERE = Path(__file__).parent
SPEC = {"layers": 4, "width": 256, "heads": 4, "intermediate": 1024, "epochs": 1}
STEP_SEQUENCES, VOCABULARY = 384, 8000


def make(root: Path, steps: int, workers: int, sequences: int = STEP_SEQUENCES, spec: dict = SPEC, **more: Any) -> Path:
    """The file of a job whose epoch has so many steps; the same text for any number of workers. more: resources."""
    spec = spec | {"step_sequences": sequences, "group_sequences": sequences // 4}
    resources = {"workers": workers, "cpus_per_worker": 1, "checkpoint_steps": 5} | more
    root.mkdir()
    job = make_job(root / "storage", VOCABULARY, steps * sequences, spec, resources)
    (root / "job.pickle").write_bytes(pickle.dumps(job))
    return root / "job.pickle"


def run_bare(job_file: Path) -> None:
    """Prints the seconds and tokens of each step of a plain loop."""
    import torch

    from raykd.distill.data.packing import Sequences, SpecialIds, micro_batches
    from raykd.distill.ray_train.loader import read_steps
    from raykd.distill.train.loop import Training

    job = pickle.loads(job_file.read_bytes())
    torch.set_num_threads(1)
    training = Training(job, 0, 1)
    special = SpecialIds(*(getattr(training.tokenizer, f"{name}_token_id") for name in ("cls", "sep", "pad")))
    budget = job.resources.micro_batch_tokens
    steps = [
        list(micro_batches(Sequences.from_table(table), training.masker, 0, special, budget))
        for table in read_steps(job.store.storage, job.tokens.directory, training.steps_to_read())
    ]
    for step, batches in enumerate(steps):
        started = time.monotonic()
        row = training.engine.step(step, 0, batches, lambda tensor: None)
        print(time.monotonic() - started, row.tokens, flush=True)


def run_ray(job_file: Path) -> None:
    import ray

    from raykd.distill.ray_train.trainer import train_encoder
    from raykd.errors import LimitReached

    job = pickle.loads(job_file.read_bytes())
    if job.resources.limits.steps:
        measure_workers(job_file.parent)
    cpus = job.resources.workers
    # As the jobs start it (and `in_process`): what runs beside the workers takes its time from them.
    ray.init(
        address="local",
        num_cpus=cpus,
        object_store_memory=200_000_000,
        include_dashboard=False,
        logging_level="WARNING",
    )
    with suppress(LimitReached):
        train_encoder(job, result_of())


def in_process(mode: str, job_file: Path, core: int | None = None) -> str:
    """Output of this script in a process of its own; core: the only one that its training worker may use."""
    environment = {
        **os.environ,
        **LOCAL_ENVIRONMENT,
        **ENVIRONMENT,
        "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)]),
    }
    environment.pop("RAY_ADDRESS", None)
    command = [sys.executable, __file__, mode, str(job_file)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        while core is not None and process.poll() is None and not pin_worker(psutil.Process(process.pid), core):
            time.sleep(0.2)
        assert process.stdout
        output = process.stdout.read()
    if process.returncode:
        raise RuntimeError(f"{mode} ended with {process.returncode}")
    return output


def pin_worker(driver: psutil.Process, core: int) -> bool:
    """Keep the training worker under a driver on one core, with threads it has and will have; False: not there yet."""
    for process in driver.children(recursive=True):
        try:
            if "TrainWorker" in " ".join(process.cmdline()):
                for thread in process.threads():
                    os.sched_setaffinity(thread.id, [core])
                return True
        except (psutil.Error, ProcessLookupError):
            continue  # a process or thread has just ended
    return False


def bare_seconds(root: Path, steps: int) -> list[float]:
    return [seconds for seconds, _ in bare_steps(make(root, steps, 1))]


def bare_steps(job_file: Path) -> list[tuple[float, float]]:
    """Seconds and tokens of each step but the first."""
    lines = in_process("--bare", job_file).splitlines()[1:]
    return [(float(seconds), float(tokens)) for seconds, tokens in map(str.split, lines)]


def ray_timing(root: Path, steps: int, workers: int, core: int | None = None) -> tuple[list[float], float]:
    """Seconds of the steps, and the share of them spent waiting for text."""
    in_process("--ray", make(root, steps, workers), core)
    table = pq.read_table(root / "storage" / result_of().directory / "timing.parquet").slice(1)
    seconds = table["seconds"].to_pylist()
    return seconds, sum(table["data_wait"].to_pylist()) / sum(seconds)


def both_cores(root: Path, steps: int) -> float:
    """How many times the work of one plain loop two at once do, each over half of every step."""
    root.mkdir()
    halves = [make(root / str(number), steps, 1, STEP_SEQUENCES // 2) for number in range(2)]
    alone = statistics.mean(seconds for seconds, _ in bare_steps(halves[0]))
    with ThreadPoolExecutor(2) as threads:
        runs = list(threads.map(bare_steps, halves))
    return 2 * alone / statistics.mean(seconds for run in runs for seconds, _ in run)


def small_models(directory: Path) -> None:
    """A line for each size of worker_threads.py."""
    for number, (name, spec) in enumerate(SIZES.items()):
        # Steps of a second and of a third of one, where both workers have a core to themselves.
        steps, sequences = (10, 48) if spec["width"] > 64 else (40, 384)
        long, options = spec | {"epochs": 200}, {"limits": {"steps": steps}, "checkpoint_steps": 1000}
        ours = make(directory / f"small-{number}", steps, WORKERS, sequences, long, **options)
        in_process("--ray", ours)
        measured = Measured.of(ours.parent)
        speed, waits = measured.tokens / measured.seconds, measured.data_wait / measured.seconds
        plain = [
            make(directory / f"plain-{number}-{rank}", steps, 1, sequences // WORKERS, spec | {"epochs": 1})
            for rank in range(WORKERS)
        ]
        with ThreadPoolExecutor(WORKERS) as threads:
            runs = list(threads.map(bare_steps, plain))
        bare = sum(sum(tokens for _, tokens in run) / sum(seconds for seconds, _ in run) for run in runs)
        print(
            f"{name}: {speed:,.0f} tokens/s under Ray, {bare:,.0f} of plain loops ({speed / bare:.0%}); {waits:.1%} "
            f"waiting for text; {measured.shares()}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=16, help="of each run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--kills", type=int, default=10, help="0 leaves the crashes out")
    parser.add_argument("--small", action="store_true", help="small models' threads, and nothing else")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--ray", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.bare or arguments.ray:
        return run_bare(arguments.bare) if arguments.bare else run_ray(arguments.ray)
    with TemporaryDirectory() as directory:
        small_models(Path(directory))
    if arguments.small:
        return None
    core = min(os.sched_getaffinity(0))
    bare, one, waits = list[float](), list[float](), list[float]()
    pinned, two, ceilings = list[float](), list[float](), list[float]()
    with TemporaryDirectory() as directory:
        for number in range(arguments.rounds):  # in turn, so that what else the machine does is shared
            root, steps = Path(directory), arguments.steps
            bare += bare_seconds(root / f"bare-{number}", steps)
            seconds, wait = ray_timing(root / f"one-{number}", steps, 1)
            one, waits = one + seconds, [*waits, wait]
            pinned += ray_timing(root / f"pinned-{number}", steps, 1, core)[0]
            two += ray_timing(root / f"two-{number}", steps, 2)[0]
            ceilings.append(both_cores(root / f"both-{number}", steps))
            figures = zip(("bare", "Ray", "pinned", "two"), (bare, one, pinned, two), strict=True)
            means = ", ".join(f"{name} {statistics.mean(seconds):.2f}" for name, seconds in figures)
            print(f"round {number}: seconds a step: {means}", flush=True)
    overhead = statistics.mean(one) / statistics.mean(bare) - 1
    gain = statistics.mean(pinned) / statistics.mean(two)
    summary = (
        f"summary: steps of {statistics.mean(bare):.2f} s; Ray over the plain loop {overhead:+.1%} (at most 5 %), "
        f"{statistics.mean(waits):.1%} waiting for text (below 2 %); two workers {gain:.2f}x one (at least "
        f"1.8x), two plain loops {statistics.mean(ceilings):.2f}x"
    )
    if arguments.kills:
        command = [sys.executable, str(HERE / "train_crashes.py"), "--moments", str(arguments.kills)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        print(done.stdout)
        if done.returncode:
            sys.exit(f"{summary}; the crashes failed with status {done.returncode}")
        summary += "; " + done.stdout.splitlines()[-1].removeprefix("summary: ")
    print(summary)


if __name__ == "__main__":
    main()
