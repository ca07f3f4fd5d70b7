"""What may go, and what must not."""

import os
import time

import pytest

from raykd.jobs.leftovers import CHECKPOINT, leftovers

CURRENT = ["texts/a-1", "encoders/done-1", "encoders/begun-1"]
STAYS = [
    "experiment.json",
    "lease/000001.json",
    "report/index.html",
    "texts/a-1/manifest.json",
    "texts/a-1/language=eng/part-00000.parquet",
    "encoders/done-1/manifest.json",
    "encoders/done-1/model.safetensors",
    "encoders/begun-1/checkpoints/step-20-b/weights.safetensors",
    f"encoders/begun-1/checkpoints/step-20-b/{CHECKPOINT}",
    "encoders/begun-1/checkpoints/run/state.json",
    "tensorboard/done-1/events",
    "notes.txt",
]
GOES = {
    "texts/a-2": ["manifest.json", "language=eng/part-00000.parquet"],
    "encoders/old-1": ["model.safetensors"],
    "encoders/done-1/checkpoints": ["step-10-a/weights.safetensors", f"step-10-a/{CHECKPOINT}"],
    "encoders/begun-1/checkpoints/step-10-a": ["weights.safetensors", "optimizer.safetensors"],
    "scratch/texts": ["a-1/keys/0.arrow"],
    "tensorboard/old-1": ["events"],
    "classified/texts-1": ["manifest.json", "language=eng/part-000000-0000.parquet", "units/000000.json"],
}


@pytest.fixture(params=["local", "memory", "s3"])
def storage(request, new_storage):
    storage = new_storage(request.param)
    for name in STAYS:
        storage.write_bytes(name, b"1")
    for directory, files in GOES.items():
        for file in files:
            storage.write_bytes(f"{directory}/{file}", b"12")
    return storage


def test_only_what_no_name_refers_to_and_what_is_left_of_work(storage):
    found = leftovers(storage, CURRENT)
    assert {left.path: left.size for left in found} == {path: 2 * len(files) for path, files in GOES.items()}
    assert [left.size for left in found] == sorted((left.size for left in found), reverse=True)
    for left in found:
        storage.remove(left.path)
    assert sorted(storage.sizes("")) == sorted(STAYS)
    assert leftovers(storage, CURRENT) == []


def test_a_write_that_was_cut_off_goes_once_nobody_can_be_at_it(new_storage):
    storage = new_storage("local")
    storage.write_bytes("texts/a-1/part.12345678.tmp", b"1")
    assert leftovers(storage, CURRENT) == []
    long_ago = time.time() - 7200
    os.utime(storage.path("texts/a-1/part.12345678.tmp"), (long_ago, long_ago))
    assert [left.path for left in leftovers(storage, CURRENT)] == ["texts/a-1/part.12345678.tmp"]
