"""A training whose workers, driver and machines are killed at random moments, against one that runs through.

`python benchmarks/train_crashes.py --moments 10`: a Ray cluster of several nodes on this machine, one of them a spare;
SIGKILL in turn to the training worker, the driver and the raylet that the worker is under; then a machine whose loss is
announced NOTICE_SECONDS before, as clouds do with spot machines. Exit 0 where the encoder's weights and
training.parquet have the same bytes as those of the training that nothing happened to. What is announced must count
against the budget of announced losses: with `--victims notice` no failure is allowed.

`--elastic`: one or two workers on two machines without a spare; one machine goes, and another comes. Exit 0 where every
step was done once, with two workers, then one, then two.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pickle
import random
import sys
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from train_cluster import (
    ENVIRONMENT,
    Machines,
    checkpointed,
    newest_worker_numbers,
    start_driver,
    train_worker,
    wait_until,
    worker_numbers,
)
from train_job import make_job, result_of

VICTIMS = ("worker", "driver", "raylet", "notice")
EPOCH = 32  # steps, two to three seconds
EPOCHS_OF = {"notice": 8}  # and one of the others, so that the training does not end before
CHECKPOINT_STEPS = 10
SEQUENCES, STEP_SEQUENCES = 1024, 32
ELASTIC = {"minimum": 1, "maximum": 2}
ELASTIC_EPOCHS = 20
COMPARED = ("model.safetensors", "training.parquet")


def prepare(root: Path, epochs: int, failures: int, workers: int | dict[str, int]) -> None:
    """Dropout is on: its random numbers must come back too. failures: how many unannounced ones are allowed."""
    spec = {"layers": 2, "width": 64, "heads": 2, "intermediate": 256, "dropout": 0.1, "epochs": epochs}
    spec |= {"step_sequences": STEP_SEQUENCES, "group_sequences": 8}
    resources = {"workers": workers, "cpus_per_worker": 1.5, "checkpoint_steps": CHECKPOINT_STEPS, "failures": failures}
    root.mkdir()
    job = make_job(root / "storage", 2000, SEQUENCES, spec, resources)
    (root / "job.pickle").write_bytes(pickle.dumps(job))


def train(machines: Machines, root: Path, victims: Mapping[int, str], seed: int = 0) -> list[str]:
    """Run a training to its end; what was killed, and when. victims: by the step after which they are."""
    address, waits, told = machines.cluster.address, random.Random(seed), list[str]()
    driver = start_driver(root, address)
    for moment, victim in victims.items():
        wait_until(lambda moment=moment: checkpointed(root) >= moment, driver, f"step {moment}")
        time.sleep(waits.uniform(0, 2))  # anywhere in a step or a checkpoint
        wait_until(partial(machines.kill, victim, driver), driver, f"there was a {victim} to kill")
        told.append(f"{victim} after step {moment}")
        print(f"killed {told[-1]}", flush=True)
        if victim == "driver":
            driver = start_driver(root, address)
    if driver.wait() != 0:
        raise RuntimeError(f"the driver ended with {driver.returncode}")
    return told


def shrink_and_grow(machines: Machines, root: Path) -> None:
    """Run a training to its end, of whose two machines one goes, and another comes once it goes on with one."""
    driver = start_driver(root, machines.cluster.address)
    wait_until(lambda: newest_worker_numbers(root) == [2], driver, "two workers had begun")
    raylets = machines.raylets()
    worker = train_worker(raylets)
    assert worker
    machines.lose(raylets[worker.ppid()])
    lost = time.monotonic()
    wait_until(lambda: newest_worker_numbers(root) == [2, 1], driver, "one worker went on")
    machines.join()
    joined = time.monotonic()
    wait_until(lambda: newest_worker_numbers(root) == [2, 1, 2], driver, "there were two workers again")
    grown = time.monotonic()
    if driver.wait() != 0:
        raise RuntimeError(f"the driver ended with {driver.returncode}")
    print(f"with one after {joined - lost:.0f} s, with two again after {grown - joined:.0f} s", flush=True)


def digests(root: Path) -> dict[str, str]:
    directory = root / "storage" / result_of().directory
    return {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in COMPARED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moments", type=int, default=10)
    parser.add_argument("--victims", nargs="+", choices=VICTIMS, default=VICTIMS, help="in turn")
    parser.add_argument("--workers", type=int, default=1, help="each on a machine of its own")
    parser.add_argument("--elastic", action="store_true", help="a machine goes and another comes; nothing else")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    os.environ.update(ENVIRONMENT)
    if arguments.elastic:
        return elastic()
    victims = [arguments.victims[number % len(arguments.victims)] for number in range(arguments.moments)]
    pick, moments, epochs = random.Random(arguments.seed), list[int](), 0
    for victim in victims:
        moments.append(int(EPOCH * (epochs + pick.random())))
        epochs += EPOCHS_OF.get(victim, 1)
    epochs += 1  # the last kill, too, comes well before the end
    with TemporaryDirectory() as directory:
        whole, cut = Path(directory, "whole"), Path(directory, "cut")
        for root in (whole, cut):
            prepare(root, epochs, failures=0 if {*victims} == {"notice"} else 100, workers=arguments.workers)
        started, machines = time.monotonic(), Machines(arguments.workers + 1)
        try:
            train(machines, whole, {})
            middle = time.monotonic()
            told = train(machines, cut, dict(zip(moments, victims, strict=True)), arguments.seed)
        finally:
            machines.cluster.shutdown()
        same = [name for name, digest in digests(whole).items() if digests(cut)[name] == digest]
        seconds = middle - started, time.monotonic() - middle
        print(
            f"summary: {len(told)} kills ({', '.join(told)}); {' and '.join(same) or 'nothing'} bit-identical; "
            f"{seconds[0]:.0f} s uninterrupted, {seconds[1]:.0f} s with the kills"
        )
        sys.exit(0 if len(same) == len(COMPARED) else 1)


def elastic() -> None:
    with TemporaryDirectory() as directory:
        root = Path(directory, "elastic")
        prepare(root, ELASTIC_EPOCHS, failures=100, workers=ELASTIC)
        machines = Machines(nodes=2)
        try:
            shrink_and_grow(machines, root)
        finally:
            machines.cluster.shutdown()
        encoder = root / "storage" / result_of().directory
        table, numbers = pq.read_table(encoder / "training.parquet"), worker_numbers(encoder)
        each = table.group_by("epoch").aggregate([("sequences", "sum")])["sequences_sum"].to_pylist()
    steps = ELASTIC_EPOCHS * SEQUENCES // STEP_SEQUENCES
    once = table["step"].to_pylist() == list(range(steps)) and each == [SEQUENCES] * ELASTIC_EPOCHS
    done = "every step done once" if once else "steps missing or done twice"
    print(f"summary: {done}, with {', then '.join(map(str, numbers))} workers")
    sys.exit(0 if once and numbers == [2, 1, 2] else 1)


if __name__ == "__main__":
    main()
