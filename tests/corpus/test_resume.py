"""Work in pieces: what is done stays done, whoever is killed, and lines say how far it is."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from raykd.corpus import resume
from raykd.corpus.resume import Done, Piece, Watch, Work, begin_or_resume, work_through

ROOT = Path(__file__).parents[2]
PLAN = {"hash": "1"}


@pytest.fixture(autouse=True)
def without_ray(monkeypatch):
    monkeypatch.setattr(resume, "reports_of_each", lambda items, work: map(work, items))


class Worker:
    """Counts what it is asked to do, and stops at a piece."""

    def __init__(self, storage, stop_at: str = "") -> None:
        self.storage, self.stop_at, self.asked = storage, stop_at, []

    def __call__(self, name: str, item: int) -> Done:
        if name == self.stop_at:
            raise KeyboardInterrupt
        self.asked.append(name)
        self.storage.write_bytes(f"made/{name}", str(item).encode())
        return Done({"item": item}, [f"made/{name}"])


def run(storage, worker: Worker, plan: dict[str, str] = PLAN, said: list[str] | None = None) -> list[Any]:
    return work(storage, worker, plan, said).reports


def work(storage, worker: Worker, plan: dict[str, str] = PLAN, said: list[str] | None = None) -> Work:
    begin_or_resume(storage, "scratch", plan, ["made"])
    there = {f"{folder}/{name}" for folder in ("scratch", "made") for name in storage.sizes(folder)}
    pieces = {f"{number}": Piece(number, units=2, bytes=10**6) for number in range(6)}
    say = said.append if said is not None else lambda line: None
    return work_through(storage, "scratch/pass", pieces, worker, there, Watch(say, "corpus td, read", "units"))


def test_only_what_is_not_done_is_done(store):
    with pytest.raises(KeyboardInterrupt):
        run(store.storage, Worker(store.storage, stop_at="4"))
    said: list[str] = []
    worker = Worker(store.storage)
    assert run(store.storage, worker, said=said) == [{"item": number} for number in range(6)]
    assert worker.asked == ["4", "5"]
    assert said == ["corpus td, read: 8 of 12 units are done already"]
    worker = Worker(store.storage)
    assert run(store.storage, worker) == [{"item": number} for number in range(6)] and worker.asked == []


def test_the_seconds_of_what_another_run_did_count_too(store, monkeypatch):
    """Two seconds a piece: four pieces of a run that stops in the fifth, whose seconds are lost, and two more."""
    clock = iter(range(0, 100, 2))
    monkeypatch.setattr(resume.time, "perf_counter", lambda: float(next(clock)))
    with pytest.raises(KeyboardInterrupt):
        work(store.storage, Worker(store.storage, stop_at="4"))
    assert work(store.storage, Worker(store.storage)).seconds == 12.0
    assert work(store.storage, Worker(store.storage)).seconds == 12.0


def test_a_report_whose_file_is_gone_does_not_count(store):
    run(store.storage, Worker(store.storage))
    store.storage.remove("made/3")
    worker = Worker(store.storage)
    run(store.storage, worker)
    assert worker.asked == ["3"]


def test_another_plan_begins_anew_and_leaves_nothing_of_the_one_before(store):
    run(store.storage, Worker(store.storage))
    store.storage.write_bytes("made/of-another", b"x")
    worker = Worker(store.storage)
    run(store.storage, worker, plan={"hash": "2"})
    assert len(worker.asked) == 6 and not store.storage.exists("made/of-another")


def test_lines_say_how_far_it_is_how_fast_and_how_long_it_takes(store, monkeypatch):
    clock = iter([0.0, 4.0, 12.0, 13.0, 24.0, 25.0, 36.0])
    monkeypatch.setattr(resume.time, "monotonic", lambda: next(clock))
    said: list[str] = []
    run(store.storage, Worker(store.storage), said=said)
    assert said == [
        "corpus td, read: 4 of 12 units, 0.2 MB/s, 24 s left",
        "corpus td, read: 8 of 12 units, 0.2 MB/s, 12 s left",
    ]


def kill_prepare(root: Path, kills: int, rows: int, *options: str) -> dict[str, Any]:
    script = str(ROOT / "tests/corpus/kill_prepare.py")
    answer = subprocess.run(
        [sys.executable, script, str(root), str(kills), str(rows), *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAYKD_COMMIT": "x"},
        capture_output=True,
        text=True,
        timeout=1500,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    counts: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    assert counts["same"] and counts["kills"] >= kills, counts
    return counts


def test_kills_on_a_store_of_which_reads_fail_change_no_byte_and_cost_little(tmp_path):
    counts = kill_prepare(tmp_path, 5, 1200)
    assert counts["begun"] <= 1.05 * counts["tasks"], counts


@pytest.mark.slow
def test_kills_of_drivers_workers_and_raylets(tmp_path):
    counts = kill_prepare(tmp_path, 6, 3000, "--ray")
    assert min(counts[victim] for victim in ("driver", "worker", "raylet")) >= 2
    # Each takes the two tasks that are at work with it, at most.
    assert counts["begun"] <= 1.06 * counts["tasks"], counts
