"""Filesystems that are not installed are named by the extra that brings them."""

import importlib.util

import pytest

from raykd.artifacts import Storage
from raykd.artifacts.filesystems import filesystem_of
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
