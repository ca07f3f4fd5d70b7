"""Complete and incomplete results, and the index of current ones."""

import shutil
import time

import pytest

from raykd.artifacts import Result, ResultStore
from raykd.artifacts.store import git_commit, library_versions

TEXTS = Result("texts", "td", 1, {"shard": 64}, {"posts": "12:34"})


@pytest.fixture(params=["local", "memory", "s3"])
def store(request, new_storage) -> ResultStore:
    return ResultStore(new_storage(request.param))


def test_a_directory_without_a_manifest_is_not_complete(store):
    assert store.manifest(TEXTS) is None
    store.storage.write_bytes(f"{TEXTS.directory}/part-00000.parquet", b"rows")
    assert store.manifest(TEXTS) is None
    with pytest.raises(RuntimeError, match="not complete"):
        store.facts(TEXTS)


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_torn_manifest_completes_nothing(store, share, caplog):
    store.storage.write_bytes(f"{TEXTS.directory}/part-00000.parquet", b"rows")
    store.complete(TEXTS, {}, time.time())
    whole = store.storage.read_bytes(f"{TEXTS.directory}/manifest.json")
    store.storage.write_bytes(f"{TEXTS.directory}/manifest.json", whole[: int(share * len(whole))])
    assert store.manifest(TEXTS) is None
    assert "is torn" in caplog.text
    store.complete(TEXTS, {}, time.time())
    assert store.manifest(TEXTS)["files"] == {"part-00000.parquet": 4}


def test_a_manifest_says_what_made_the_result(store):
    store.complete(TEXTS, {"documents": 7}, started=time.time() - 5)
    manifest = store.manifest(TEXTS)
    assert manifest["hash"] == TEXTS.hash
    assert manifest["settings"] == TEXTS.settings
    assert manifest["inputs"] == TEXTS.inputs
    assert 5 <= manifest["seconds"] < 60
    assert manifest["libraries"]["ray"] == library_versions()["ray"]
    assert store.facts(TEXTS) == {"documents": 7}


def test_a_manifest_lists_the_files_of_its_result(store):
    for name in ("language=eng/part-00000.parquet", "language=eng/x.1234.tmp", "checkpoints/run/state"):
        store.storage.write_bytes(f"{TEXTS.directory}/{name}", b"rows")
    store.complete(TEXTS, {}, time.time())
    store.complete(TEXTS, {}, time.time())
    assert store.manifest(TEXTS)["files"] == {"language=eng/part-00000.parquet": 4}


def test_what_is_discarded_is_not_complete_at_any_moment(store, monkeypatch):
    store.storage.write_bytes(f"{TEXTS.directory}/part-00000.parquet", b"rows")
    store.complete(TEXTS, {}, time.time())
    remove = store.storage.remove

    def cut_off(path):
        if not path.endswith("manifest.json"):
            raise KeyboardInterrupt
        remove(path)

    monkeypatch.setattr(store.storage, "remove", cut_off)
    with pytest.raises(KeyboardInterrupt):
        store.discard(TEXTS.directory)
    assert store.manifest(TEXTS) is None
    assert store.storage.exists(f"{TEXTS.directory}/part-00000.parquet")


def test_two_results_with_the_same_first_eight_digits_are_told_apart(store):
    store.complete(TEXTS, {}, time.time())
    manifest = store.storage.read_json(f"{TEXTS.directory}/manifest.json")
    manifest["hash"] = TEXTS.hash[:8] + "0" * 56
    store.storage.write_json(f"{TEXTS.directory}/manifest.json", manifest)
    with pytest.raises(RuntimeError, match="first eight digits"):
        store.manifest(TEXTS)


def test_the_index_is_written_only_when_it_changes(store, monkeypatch):
    store.write_index({"texts/td": TEXTS}, "name: td\n")
    assert store.storage.read_json("experiment.json")["results"] == {"texts/td": TEXTS.directory}
    assert store.storage.read_json("experiment.json")["seeds"] == {}
    written = []
    monkeypatch.setattr(store.storage, "write_json", lambda path, value: written.append(path))
    store.write_index({"texts/td": TEXTS}, "name: td\n")
    assert written == []
    store.write_index({"texts/td": TEXTS}, "name: td\nseed: 57\n")
    assert written == ["experiment.json"]


def test_the_commit_is_the_one_given_at_submit_or_unknown_without_git(monkeypatch):
    monkeypatch.setenv("RAYKD_COMMIT", "abc")
    assert git_commit() == "abc"
    monkeypatch.delenv("RAYKD_COMMIT")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert git_commit() == "unknown"


def test_files_that_are_removed_leave_a_result_complete(store):
    store.storage.write_bytes(f"{TEXTS.directory}/large", b"x" * 9)
    store.complete(TEXTS, {"documents": 3}, time.time())
    for _ in range(2):  # the second finds nothing to do
        store.remove_files(TEXTS, ["large"], {"large": 9})
        assert store.facts(TEXTS) == {"documents": 3, "large": 9}
        assert "large" not in store.manifest(TEXTS)["files"] and not store.storage.exists(f"{TEXTS.directory}/large")
