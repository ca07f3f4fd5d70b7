"""Files on a local path and on an object store, which fsspec's memory filesystem stands for."""

import os
import pickle
import uuid
from pathlib import Path

import pyarrow as pa
import pytest

from raykd.artifacts import SavedEncoder, Storage


@pytest.fixture(params=["local", "memory"])
def storage(request, tmp_path) -> Storage:
    return Storage(str(tmp_path / "root") if request.param == "local" else f"memory://{uuid.uuid4().hex}/root")


def test_bytes_json_and_tables_come_back(storage):
    storage.write_bytes("a/b/bytes", b"\0\1")
    storage.write_json("a/value.json", {"text": "日本語", "number": 2**63})
    table = pa.table({"rank": pa.array([1, 2**64 - 1], pa.uint64()), "text": ["a", "b"]})
    storage.write_table("a/table.parquet", table, row_group_size=1)
    assert storage.read_bytes("a/b/bytes") == b"\0\1"
    assert storage.read_json("a/value.json") == {"text": "日本語", "number": 2**63}
    assert storage.read_table("a/table.parquet") == table
    assert storage.read_table("a/table.parquet", columns=["text"]).column_names == ["text"]
    with storage.open_parquet("a/table.parquet") as parquet:
        assert parquet.num_row_groups == 2


def test_names_are_listed_sorted_and_a_missing_directory_is_empty(storage):
    for name in ("b", "a", "c/d"):
        storage.write_bytes(f"folder/{name}", b"x")
    assert storage.list("folder") == ["a", "b", "c"]
    assert storage.list("absent") == []
    assert storage.exists("folder/c/d")
    assert not storage.exists("folder/d")


def test_a_file_is_replaced_whole(storage):
    storage.write_bytes("file", b"long content of before")
    storage.write_bytes("file", b"new")
    assert storage.read_bytes("file") == b"new"
    assert storage.list("") == ["file"]


def test_files_and_directories_are_removed_and_absent_ones_ignored(storage):
    storage.write_bytes("folder/deep/a", b"x")
    storage.write_bytes("folder/b", b"x")
    storage.remove("folder/b")
    assert storage.list("folder") == ["deep"]
    storage.remove("folder")
    assert not storage.exists("folder")
    storage.remove("folder")


def test_it_pickles(storage):
    storage.write_bytes("folder/file", b"x")
    copy = pickle.loads(pickle.dumps(storage))
    assert copy.read_bytes("folder/file") == b"x"
    assert copy.address("folder", "file") == storage.address("folder", "file")
    assert copy.is_local == storage.is_local


def test_a_path_named_from_elsewhere_is_the_same_place(storage):
    storage.write_bytes("folder/file", b"x")
    assert Storage(storage.address("folder")).read_bytes("file") == b"x"


def test_a_directory_goes_up_and_comes_back(storage, tmp_path):
    (tmp_path / "model" / "deep").mkdir(parents=True)
    (tmp_path / "model" / "weights").write_bytes(b"w" * 1000)
    (tmp_path / "model" / "deep" / "vocab.txt").write_text("[PAD]")
    storage.put_directory(tmp_path / "model", "encoders/one")
    assert storage.list("encoders/one") == ["deep", "weights"]
    with storage.local_directory("encoders/one") as local:
        files = {str(path.relative_to(local)): path.read_bytes() for path in local.rglob("*") if path.is_file()}
    assert files == {"weights": b"w" * 1000, "deep/vocab.txt": b"[PAD]"}
    assert local.exists() == storage.is_local


def test_a_saved_encoder_is_read_from_storage_or_taken_as_it_is_named(storage):
    storage.write_bytes("encoders/one/config.json", b"{}")
    with SavedEncoder("one", 56, "0" * 64, "encoders/one").local(storage) as directory:
        assert Path(directory, "config.json").read_bytes() == b"{}"
    with SavedEncoder("hub", 0, "0" * 64, "some/model", stored=False).local(storage) as location:
        assert location == "some/model"


@pytest.mark.parametrize("before", [None, b"before"])
@pytest.mark.parametrize("broken", ["write", "rename"])
def test_an_exception_in_a_write_leaves_the_file_as_it_was(tmp_path, monkeypatch, before, broken):
    storage = Storage(str(tmp_path))
    if before:
        storage.write_bytes("folder/file", before)
    original = Path.write_bytes

    def half(path: Path, content: bytes) -> None:
        original(path, content[: len(content) // 2])
        raise OSError("disk full")

    def no_rename(source: str, target: str) -> None:
        raise OSError("no rename")

    if broken == "write":
        monkeypatch.setattr(Path, "write_bytes", half)
    else:
        monkeypatch.setattr(os, "replace", no_rename)
    with pytest.raises(OSError, match=r"disk full|no rename"):
        storage.write_bytes("folder/file", b"the new content")
    assert storage.list("folder") == (["file"] if before else [])
    if before:
        assert storage.read_bytes("folder/file") == before
