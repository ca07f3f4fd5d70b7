"""What is told of results from their files alone."""

import json
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from raykd.artifacts import Result, ResultStore, Storage
from raykd.artifacts.lease import held
from raykd.artifacts.processes import this_machine
from raykd.evaluate.cell import missing_cells
from raykd.jobs.overview import overview

TEXTS, TOKENS, CELL = (Result(kind, "a", 1, {}) for kind in ("texts", "tokens", "scores"))
RESULTS = {"texts/a": TEXTS.directory, "tokens/a": TOKENS.directory, "scores/a": CELL.directory}


@pytest.fixture(params=["local", "memory", "s3"])
def store(request, new_storage) -> ResultStore:
    return ResultStore(new_storage(request.param))


@pytest.fixture
def lease(new_storage):
    with held(new_storage("local"), "prepare a.yaml") as holder:
        pass
    return replace(holder.lease, since=time.time() - 60, outcome="failed: a reason")


ASKED = [[56, 0], [56, 1], [56, 2]]


def states(store, lease=None):
    return {status.name: status.state for status in overview(store.storage, RESULTS, {"scores/a": ASKED}, lease)}


def test_nothing_is_there_yet(store):
    assert set(states(store).values()) == {"missing"}


def test_done_unfinished_and_missing(store):
    store.storage.write_bytes(f"{TEXTS.directory}/part", b"12345")
    store.complete(TEXTS, {}, time.time() - 7)
    store.storage.write_bytes(f"{TOKENS.directory}/part", b"123")
    texts, tokens, scores = overview(store.storage, RESULTS, {}, None)
    assert (texts.state, tokens.state, scores.state) == ("done", "unfinished", "missing")
    assert texts.size > 5 and texts.seconds >= 7 and texts.finished.endswith("Z")
    assert (tokens.size, tokens.seconds) == (3, None)


def test_what_is_being_made_is_running_while_its_driver_lives_and_failed_after_it_failed(store, lease):
    store.storage.write_bytes(f"scratch/{TEXTS.directory}/part", b"123")
    alive = replace(lease, ended=None, renewed=time.time())
    assert alive.machine == this_machine()
    assert states(store, alive) == {"texts/a": "running", "tokens/a": "missing", "scores/a": "missing"}
    # Left by an earlier run.
    assert states(store, replace(alive, since=time.time() + 60))["texts/a"] == "unfinished"
    assert states(store, replace(alive, ended=time.time()))["texts/a"] == "failed"
    assert states(store, replace(alive, machine="far", renewed=time.time() - 61, outcome=""))["texts/a"] == "unfinished"


def test_a_cell_is_done_with_all_its_seeds(store):
    store.complete(CELL, {"seeds": [[56, 0], [56, 1]]}, time.time())
    (status,) = overview(store.storage, {"scores/a": CELL.directory}, {"scores/a": ASKED}, None)
    assert (status.state, status.detail) == ("unfinished", "2 of 3 seeds")
    store.complete(CELL, {"seeds": [[57, 0], [57, 1], [57, 2], [57, 3]]}, time.time())  # of another encoder's seed
    assert states(store)["scores/a"] == "unfinished"
    store.complete(CELL, {"seeds": [*ASKED, [56, 3]]}, time.time())
    assert states(store)["scores/a"] == "done"


def test_a_file_that_is_gone_or_torn_is_told(store):
    store.storage.write_bytes(f"{TEXTS.directory}/part", b"12345")
    store.complete(TEXTS, {}, time.time())
    store.storage.write_bytes(f"{TEXTS.directory}/part", b"1234")
    (status,) = overview(store.storage, {"texts/a": TEXTS.directory}, {}, None)
    assert (status.state, status.detail) == ("damaged", "part is not as it was written")
    store.storage.remove(f"{TEXTS.directory}/part")
    assert states(store)["texts/a"] == "damaged"


def test_a_torn_manifest_is_told_and_one_that_goes_meanwhile_is_no_error(store, monkeypatch):
    store.complete(TEXTS, {}, time.time())
    path = f"{TEXTS.directory}/manifest.json"
    store.storage.write_bytes(path, store.storage.read_bytes(path)[:40])
    (status,) = overview(store.storage, {"texts/a": TEXTS.directory}, {}, None)
    assert (status.state, status.detail) == ("damaged", "manifest.json is not as it was written")
    infos = store.storage.infos("")
    store.storage.remove(path)
    monkeypatch.setattr(store.storage, "infos", lambda path: infos)
    assert states(store)["texts/a"] == "unfinished"


@pytest.mark.slow
@pytest.mark.parametrize("store", ["local"], indirect=True)
def test_ten_thousand_cells_are_told_with_a_listing_and_a_request_each(store, monkeypatch):
    """All but the last, with their heads and tables: a hundred thousand files."""
    results = [Result("scores", f"tags-eng-student-{number}", 1, {"number": number}) for number in range(10_000)]
    files = {name: 10 for name in ("scores.parquet", "averages.parquet", "predictions.parquet")}
    files |= {f"heads/{seed}.safetensors": 10 for seed in range(6)}
    manifest = {"seconds": 1.0, "finished": "2026-01-01T00:00:00Z", "facts": {"seeds": ASKED}, "files": files}
    for result in results[:-1]:
        directory = Path(store.storage.path(result.directory))
        (directory / "heads").mkdir(parents=True)
        for file in files:
            (directory / file).write_bytes(b"x" * 10)
        (directory / "manifest.json").write_text(json.dumps({**manifest, "hash": result.hash, "kind": "scores"}))
    asked, call = Counter(), Storage._call

    def counted(storage, name, *arguments, **options):
        asked[name] += 1  # in several threads: one that is lost now and then makes no difference
        return call(storage, name, *arguments, **options)

    monkeypatch.setattr(Storage, "_call", counted)
    names = {result.name: result.directory for result in results}
    told = overview(store.storage, names, dict.fromkeys(names, ASKED), None)
    assert [status.state for status in told] == ["done"] * 9_999 + ["missing"]
    assert asked.total() <= 10_000 and asked["find"] == 1
    asked.clear()
    cells = [SimpleNamespace(result=result, asked=set(map(tuple, ASKED))) for result in results]
    assert missing_cells(store, cells) == cells[-1:]
    assert asked.total() <= 2 * 10_000
