"""What a result is called: everything that decides it, and nothing else."""

import os

import fsspec
import pytest

from raykd.artifacts import Result, file_identity
from raykd.errors import InputError

SETTINGS = {"layers": 6, "loss": {"mlm": 2.0, "cosine": 1.0}, "languages": ["eng", "spa"]}


def test_the_order_of_keys_does_not_count():
    turned = {"languages": ["eng", "spa"], "loss": {"cosine": 1.0, "mlm": 2.0}, "layers": 6}
    one = Result("encoders", "a", 1, SETTINGS, {"tokens": "1", "parent": "2"})
    assert one.hash == Result("encoders", "a", 1, turned, {"parent": "2", "tokens": "1"}).hash
    assert len(one.hash) == 64


def test_the_name_is_part_of_the_directory_and_not_of_the_hash():
    one, other = Result("encoders", "one", 1, SETTINGS), Result("encoders", "other", 1, SETTINGS)
    assert one.hash == other.hash
    assert one.directory == f"encoders/one-{one.hash[:8]}"
    assert other.directory == f"encoders/other-{one.hash[:8]}"


@pytest.mark.parametrize(
    "other",
    [
        Result("tokens", "a", 1, SETTINGS, {"texts": "1"}),
        Result("encoders", "a", 2, SETTINGS, {"texts": "1"}),
        Result("encoders", "a", 1, {**SETTINGS, "layers": 7}, {"texts": "1"}),
        Result("encoders", "a", 1, {**SETTINGS, "languages": ["spa", "eng"]}, {"texts": "1"}),
        Result("encoders", "a", 1, SETTINGS, {"texts": "2"}),
        Result("encoders", "a", 1, SETTINGS, {"tokens": "1"}),
        Result("encoders", "a", 1, SETTINGS),
    ],
)
def test_kind_version_settings_and_inputs_count(other):
    assert other.hash != Result("encoders", "a", 1, SETTINGS, {"texts": "1"}).hash


def test_identity_by_stat_changes_with_time_and_size(tmp_path):
    file = tmp_path / "posts.xml"
    file.write_text("text")
    os.utime(file, (1000, 1000))
    before = file_identity(str(file), "stat")
    assert file_identity(str(file), "stat") == before
    os.utime(file, (1000, 2000))
    later = file_identity(str(file), "stat")
    file.write_text("longer text")
    os.utime(file, (1000, 2000))
    assert len({before, later, file_identity(str(file), "stat")}) == 3


def test_identity_by_content_is_the_same_wherever_and_whenever(tmp_path):
    one, moved, other = tmp_path / "one", tmp_path / "moved", tmp_path / "other"
    one.write_text("text")
    moved.write_text("text")
    other.write_text("Text")
    os.utime(moved, (1000, 1000))
    assert file_identity(str(one), "content") == file_identity(str(moved), "content")
    assert file_identity(str(one), "content") != file_identity(str(other), "content")
    with fsspec.open("memory://identity/one", "wb") as file:
        file.write(b"text")
    assert file_identity("memory://identity/one", "content") == file_identity(str(one), "content")


@pytest.mark.parametrize("how", ["stat", "content"])
def test_a_missing_file_is_bad_input(tmp_path, how):
    with pytest.raises(InputError, match="absent: no such file"):
        file_identity(str(tmp_path / "absent"), how)
