"""Files on a local path, in memory and on an S3 server."""

import asyncio
import errno
import os
import pickle
import threading
from pathlib import Path

import fsspec
import pyarrow as pa
import pytest

from raykd.artifacts import SavedEncoder, Storage, ranges, retry, transfer
from raykd.errors import InputError


@pytest.fixture(params=["local", "memory", "s3"])
def storage(request, new_storage) -> Storage:
    return new_storage(request.param)


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
        footer = parquet.metadata
    with storage.open_parquet("a/table.parquet", footer) as parquet:
        assert parquet.read_row_group(1) == table.slice(1)


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


def test_sizes_are_of_all_files_below(storage):
    storage.write_bytes("folder/deep/a", b"123")
    storage.write_bytes("folder/b", b"1")
    storage.write_bytes("folder-2/c", b"1")
    assert storage.sizes("folder") == {"b": 1, "deep/a": 3}
    assert storage.sizes("absent") == {}


def test_a_file_is_created_once(storage):
    assert storage.create("folder/file", b"one")
    assert not storage.create("folder/file", b"two")
    assert storage.read_bytes("folder/file") == b"one"


@pytest.mark.parametrize("path", ["../other", "a/../../other", "/etc/passwd", ".."])
def test_no_path_leaves_the_root(storage, path):
    for method in (storage.read_bytes, storage.exists, storage.remove, storage.address, storage.ray_location):
        with pytest.raises(ValueError, match="not a path inside"):
            method(path)


def test_ray_writes_to_the_same_place(storage):
    location = storage.ray_location("runs/one")
    if filesystem := location.get("storage_filesystem"):
        filesystem = pickle.loads(pickle.dumps(filesystem))
        with filesystem.open_output_stream(f"{location['storage_path']}/file") as file:
            file.write(b"x")
    else:
        Path(location["storage_path"]).mkdir(parents=True)
        Path(location["storage_path"], "file").write_bytes(b"x")
    assert storage.read_bytes("runs/one/file") == b"x"


def test_a_file_that_a_store_has_is_not_sent_again(new_storage, tmp_path, monkeypatch):
    storage = new_storage("s3")
    part = 5 << 20  # the least that S3 takes
    monkeypatch.setattr(transfer, "PART_BYTES", part)
    put_file, sent = storage.filesystem._put_file, []

    async def put(local: str, path: str) -> None:
        sent.append(Path(local).name)
        await put_file(local, path, chunksize=part)

    monkeypatch.setattr(storage.filesystem, "_put_file", put)
    (tmp_path / "one").write_bytes(os.urandom(3 << 20))
    (tmp_path / "parts").write_bytes(os.urandom(11 << 20))
    (tmp_path / "small").write_bytes(b"small")
    storage.put_directory(tmp_path, "model")
    assert storage.filesystem.info(storage.path("model/parts"))["ETag"].endswith('-3"')
    assert sent == ["one", "parts", "small"]
    sent.clear()
    storage.put_directory(tmp_path, "model")
    assert sent == ["small"]
    with (tmp_path / "parts").open("r+b") as file:
        file.seek(7 << 20)
        file.write(b"other")
    (tmp_path / "one").write_bytes(os.urandom(3 << 20))
    sent.clear()
    storage.put_directory(tmp_path, "model")
    assert sent == ["one", "parts", "small"]
    assert storage.read_bytes("model/parts") == (tmp_path / "parts").read_bytes()


def test_what_a_store_fails_at_is_tried_again(new_storage, monkeypatch):
    storage = new_storage("memory")
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)
    failures = {"pipe_file": 3, "cat_file": 3, "exists": 3, "ls": 3, "rm": 3, "find": 3}
    for name in failures:
        method = getattr(storage.filesystem, name)

        def flaky(*arguments, _name=name, _method=method, **options):
            answer = _method(*arguments, **options)  # done, but nobody hears of it
            failures[_name] -= 1
            if failures[_name] >= 0:
                raise OSError("injected")
            return answer

        monkeypatch.setattr(storage.filesystem, name, flaky)
    storage.write_bytes("folder/file", b"x")
    assert storage.read_bytes("folder/file") == b"x"
    assert storage.exists("folder/file")
    assert storage.list("folder") == ["file"]
    assert storage.sizes("folder") == {"file": 1}
    storage.remove("folder")
    assert not storage.exists("folder")
    failures["pipe_file"] = 3
    assert storage.create("one", b"mine")
    failures["pipe_file"] = 3
    assert not storage.create("one", b"other")
    failures["cat_file"] = 4
    with pytest.raises(OSError, match="injected"):
        storage.read_bytes("one")


class HTTPClientError(Exception):
    """As botocore's, which is no OSError."""


class ConnectionClosedError(HTTPClientError):
    pass


class HttpError(Exception):
    """As gcsfs's."""

    def __init__(self, code: int) -> None:
        self.code = code


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (ConnectionClosedError(), 4),
        (HttpError(503), 4),
        (HttpError(401), 1),
        (ValueError(), 1),
        (IsADirectoryError(), 1),
    ],
)
def test_what_is_a_failure_and_what_an_answer(error, tries, monkeypatch):
    tried = []

    def call():
        tried.append(1)
        raise error

    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)
    with pytest.raises(type(error)):
        retry.persist("x", call)
    assert len(tried) == tries


class Silent(fsspec.AbstractFileSystem):
    """A store that never answers so many times, of the kind that blocks."""

    protocol = "silent"
    cachable = False

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.asked, self.ended = times, 0, 0

    def is_silent(self) -> bool:
        self.asked += 1
        return self.asked <= self.times

    def cat_file(self, path, start=None, end=None, **options):
        if self.is_silent():
            threading.Event().wait()
        return b"content"[start:end]


class SilentCoroutines(fsspec.asyn.AsyncFileSystem):
    """The same, of the kind that the object stores' are."""

    protocol = "silent"
    cachable = False

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times, self.asked, self.ended = times, 0, 0

    is_silent = Silent.is_silent

    async def _cat_file(self, path, start=None, end=None, **options):
        if self.is_silent():
            try:
                await asyncio.Event().wait()
            finally:
                self.ended += 1
        return b"content"[start:end]


@pytest.mark.parametrize("kind", [Silent, SilentCoroutines])
def test_a_call_that_never_returns_is_given_up_and_made_again(kind, monkeypatch):
    monkeypatch.setattr(retry, "TRY_SECONDS", 0.3)
    monkeypatch.setattr(retry, "WAITS", (0.0, 0.0))
    assert retry.ask(kind(2), "cat_file", "file") == b"content"
    assert retry.read_range(kind(2), "file", 3, 5) == b"te"
    silent = kind(9)
    with pytest.raises(TimeoutError, match="no answer within 0 s"):
        retry.read_range(silent, "file", 3, 5)
    assert silent.asked == 3
    assert silent.ended == (3 if kind is SilentCoroutines else 0)  # a request that is given up does nothing later on


def test_a_loop_that_stands_still_ends_a_call_too(monkeypatch):
    """As where something blocks the one thread that does all requests."""
    monkeypatch.setattr(retry, "TRY_SECONDS", 0.2)
    monkeypatch.setattr(retry, "WAITS", ())
    filesystem, stopped = SilentCoroutines(0), threading.Event()
    filesystem.loop.call_soon_threadsafe(stopped.wait, 20)
    try:
        with pytest.raises(TimeoutError):
            retry.ask(filesystem, "cat_file", "file")
    finally:
        stopped.set()


def test_a_large_file_and_a_slow_store_have_more_time(monkeypatch):
    given = []
    monkeypatch.setattr(fsspec.asyn, "sync", lambda loop, call, *rest, timeout, **options: given.append(timeout) or b"")
    for method, size in (("cat_file", 0), ("pipe_file", 10**9), ("find", 0)):
        retry.in_time(SilentCoroutines(0), method, "file", size=size)
    assert given == [60, 1060, 600]
    slow = SilentCoroutines(0)
    slow.config_kwargs = {"read_timeout": 200}  # as s3fs keeps what its user has set
    retry.in_time(slow, "cat_file", "file")
    assert given[-1] == 400


def test_fewer_bytes_than_asked_for_are_a_failure(new_storage, monkeypatch):
    storage = new_storage("memory")
    monkeypatch.setattr(retry, "WAITS", (0.0,))
    storage.write_bytes("file", b"0123456789")
    cat, lost = storage.filesystem.cat_file, [5, 3]
    monkeypatch.setattr(
        storage.filesystem, "cat_file", lambda *rest, **options: cat(*rest, **options)[: lost.pop() if lost else None]
    )
    with pytest.raises(OSError, match="5 bytes from 2 came in place of 6"):
        storage.read_range("file", 2, 8)
    assert storage.read_range("file", 2, 8) == b"234567"


def test_a_file_is_read_in_parts_without_a_byte_ahead(storage, monkeypatch):
    content = os.urandom(10_000)
    storage.write_bytes("file", content)
    asked, read_range = [], ranges.read_range
    monkeypatch.setattr(ranges, "read_range", lambda *rest: asked.append(rest[2:]) or read_range(*rest))
    with ranges.open_ranges(storage.filesystem, storage.path("file")) as file:
        assert file.seek(-100, os.SEEK_END) == 9_900
        assert file.read(200) == content[9_900:]
        assert (file.read(), file.seek(10), file.read(5), file.tell()) == (b"", 10, content[10:15], 15)
    assert asked == ([] if storage.is_local else [(9_900, 10_000), (10_000, 10_000), (10, 15)])
    monkeypatch.setattr(ranges, "BUFFER", 4_000)
    asked.clear()
    with ranges.open_stream(storage.filesystem, storage.path("file")) as file:
        file.seek(1_000)
        assert file.readline() + file.read(500) + file.read() == content[1_000:]
    assert asked[:1] == ([] if storage.is_local else [(1_000, 5_000)])
    assert sum(stop - start for start, stop in asked) == (0 if storage.is_local else 9_000)
    monkeypatch.setattr(ranges, "MARGIN", 100)
    asked.clear()
    with ranges.open_stream(storage.filesystem, storage.path("file"), until=5_000) as file:
        file.seek(1_000)
        assert file.read(3_900) == content[1_000:4_900]
        assert file.read(150) == content[4_900:5_050]
        if not storage.is_local:
            assert asked == [(1_000, 5_000), (5_000, 5_100)]
        assert file.read() == content[5_050:]


def test_a_server_that_is_away_for_a_moment_is_waited_for(new_storage, monkeypatch):
    botocore = pytest.importorskip("botocore.exceptions")
    storage = new_storage("memory")
    storage.write_bytes("file", b"x")
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: None)
    cat, away = storage.filesystem.cat_file, [botocore.EndpointConnectionError(endpoint_url="http://h")] * 3

    def read(path):
        if away:
            raise away.pop()
        return cat(path)

    monkeypatch.setattr(storage.filesystem, "cat_file", read)
    assert storage.read_bytes("file") == b"x"


def test_a_missing_file_is_an_answer_and_not_asked_for_again(storage):
    with pytest.raises(FileNotFoundError):
        storage.read_bytes("absent")


@pytest.mark.parametrize("before", [None, b"before"])
@pytest.mark.parametrize(
    ("method", "error"),
    [("fsync", errno.ENOSPC), ("fsync", errno.EDQUOT), ("fsync", errno.EIO), ("replace", errno.EIO)],
)
def test_an_error_in_a_write_leaves_the_file_as_it_was(tmp_path, monkeypatch, before, method, error):
    storage = Storage(str(tmp_path))
    if before:
        storage.write_bytes("folder/file", before)

    def fail(*arguments):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, method, fail)
    full = error in (errno.ENOSPC, errno.EDQUOT)
    message = f"^{tmp_path}/folder/file: the disk is full" if full else "Input/output error"
    with pytest.raises(InputError if full else OSError, match=message):
        storage.write_bytes("folder/file", b"the new content")
    assert storage.list("folder") == (["file"] if before else [])
    if before:
        assert storage.read_bytes("folder/file") == before
