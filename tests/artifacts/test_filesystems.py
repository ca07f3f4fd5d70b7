"""Filesystems: how long they are waited for, what must not stand in their addresses, and which extra brings them."""

import importlib.util
import pickle

import fsspec
import pytest

from raykd.artifacts import Storage
from raykd.artifacts.filesystems import READ_SECONDS, filesystem_of
from raykd.artifacts.retry import read_range
from raykd.config import TableSource
from raykd.corpus.readers import source_files
from raykd.errors import InputError

STORES = {"s3://bucket/a": ("s3fs", "s3"), "gs://bucket/a": ("gcsfs", "gcs"), "abfss://box@store/a": ("adlfs", "abfs")}


@pytest.mark.parametrize("url", STORES)
def test_a_missing_filesystem_names_its_extra(url):
    module, extra = STORES[url]
    if importlib.util.find_spec(module):
        pytest.skip(f"{module} is installed here")
    message = rf"^{url}: .*pip install 'raykd\[{extra}\]'$"
    with pytest.raises(InputError, match=message):
        Storage(url)
    with pytest.raises(InputError, match=message):
        source_files(TableSource(reader="table", language="eng", path=url))


def test_an_unknown_one_is_named():
    with pytest.raises(InputError, match=r"^floppy://a/b: .*floppy"):
        filesystem_of("floppy://a/b")


def test_paths_and_known_ones_are_opened(tmp_path):
    assert filesystem_of(str(tmp_path))[1] == str(tmp_path)
    assert filesystem_of("memory://a/b")[1] == "/a/b"


def test_s3_has_timeouts_and_retries_that_its_users_may_change(monkeypatch):
    pytest.importorskip("s3fs")
    filesystem, _ = filesystem_of("s3://bucket/a")
    assert filesystem.config_kwargs["read_timeout"] == READ_SECONDS
    assert filesystem.config_kwargs["retries"]["total_max_attempts"] > 1
    monkeypatch.setitem(fsspec.config.conf, "s3", {"config_kwargs": {"read_timeout": 3}, "endpoint_url": "http://h"})
    filesystem, _ = filesystem_of("s3://bucket/a")
    assert (filesystem.config_kwargs["read_timeout"], filesystem.endpoint_url) == (3, "http://h")
    assert filesystem.config_kwargs["retries"]["total_max_attempts"] > 1


def test_google_and_azure_have_timeouts(monkeypatch):
    pytest.importorskip("gcsfs"), pytest.importorskip("adlfs")
    google, _ = filesystem_of("gs://bucket/a", token="anon")
    assert google.requests_timeout.sock_read == READ_SECONDS
    assert pickle.loads(pickle.dumps(google)).requests_timeout == google.requests_timeout
    azure, _ = filesystem_of("abfs://box@store.dfs.core.windows.net/a", anon=True)
    assert azure._timeout_kwargs["read_timeout"] == READ_SECONDS
    monkeypatch.setitem(fsspec.config.conf, "gcs", {"requests_timeout": 5})
    assert filesystem_of("gs://bucket/a", token="anon")[0].requests_timeout == 5


def test_of_a_file_on_the_hub_nothing_is_fetched_ahead(hub):
    from huggingface_hub import HfFileSystem

    environment, folder = hub
    (folder / "datasets/owner/name").mkdir(parents=True)
    (folder / "datasets/owner/name/a.txt").write_bytes(bytes(range(100)))
    filesystem = HfFileSystem(endpoint=environment["HF_ENDPOINT"], token=environment["HF_TOKEN"])
    assert read_range(filesystem, "datasets/owner/name/a.txt", 10, 20) == bytes(range(10, 20))
    assert (folder / "ranges.txt").read_text() == "10-19\n"
