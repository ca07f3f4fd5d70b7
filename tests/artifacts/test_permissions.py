"""What jobs write is their user's alone, unless the config shares it."""

import os
from pathlib import Path

import pytest

from raykd.artifacts import Storage
from raykd.artifacts.permissions import close_directory, private_files, share_files


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize(("readable_by", "file", "folder"), [("owner", 0o600, 0o700), ("group", 0o640, 0o750)])
def test_files_and_folders_are_readable_by_those_named(tmp_path, readable_by, file, folder):
    before = os.umask(0o022)
    try:
        with private_files():
            share_files(readable_by)
            storage = Storage(str(tmp_path / "runs"))
            storage.write_json("texts/a/manifest.json", {})
            storage.create("lease/000001.json", b"{}")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert mode(tmp_path / "runs/texts/a/manifest.json") == mode(tmp_path / "runs/lease/000001.json") == file
    assert mode(tmp_path / "runs") == mode(tmp_path / "runs/texts/a") == folder


def test_a_folder_from_before_is_closed(tmp_path):
    tmp_path.chmod(0o755)
    close_directory(tmp_path, "everyone")
    assert mode(tmp_path) == 0o755
    close_directory(tmp_path, "group")
    assert mode(tmp_path) == 0o750
    close_directory(tmp_path, "owner")
    assert mode(tmp_path) == 0o700
    close_directory(tmp_path, "everyone")  # it is opened by nobody but its user
    assert mode(tmp_path) == 0o700
