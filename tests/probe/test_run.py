"""Encoders timed in one run, and what is stored of it."""

import pyarrow as pa
import pytest

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import Latency
from raykd.errors import InputError
from raykd.probe import run
from raykd.probe.job import LATENCY, LatencyJob
from raykd.probe.run import probe_latency


@pytest.fixture
def store(tmp_path):
    return ResultStore(Storage(str(tmp_path)))


def job(directory, latency: Latency, names=("small",), **settings) -> LatencyJob:
    encoders = tuple(SavedEncoder(name, 0, "0" * 64, str(directory), stored=False) for name in names)
    return LatencyJob(Result("probe", "latency", 1, {}), encoders, names[0], latency, **settings)


def test_a_row_for_each_encoder_length_and_batch(encoder_directory, store):
    latency = Latency(lengths=(8, 32), texts=4, batches=(1, 4), warm_up=1, runs=3)
    asked = job(encoder_directory, latency, names=("first", "second"))
    probe_latency(store, asked, print)
    rows = store.storage.read_table(f"{asked.result.directory}/{LATENCY}").to_pylist()
    assert [(row["encoder"], row["length"], row["batch"], row["texts"], row["tokens"]) for row in rows] == [
        (name, length, batch, 4, 4 * length) for length in (8, 32) for batch in (1, 4) for name in ("first", "second")
    ]
    for row in rows:
        assert 0 < row["lower"] <= row["median"] <= row["upper"] and len(row["seconds"]) == 3
        assert row["tokens_per_second"] * row["median"] / 1000 == pytest.approx(row["tokens"] / row["texts"])
        assert row["batch_median"] <= row["batch_p95"] and row["runtime"] == "torch"
        assert 0 < row["word_embeddings"] < row["parameters"] == row["bytes"] / 4
        assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
        if row["encoder"] == "first":
            assert row["ratio"] == 1
    facts = store.facts(asked.result)
    assert (
        facts["processor"] and 0 <= facts["others"] <= 1 and facts["clock"] == "cpu" and facts["reference"] == "first"
    )
    assert isinstance(facts["busy"], list) and facts["switches"] >= 0


def test_the_texts_of_a_task_are_cut_and_counted(encoder_directory, store):
    store.storage.write_table("test.parquet", pa.table({"text": ["the bank .", "we crossed the bridge"]}))
    asked = job(
        *(encoder_directory, Latency(task="tags", texts=2, batches=(2,), warm_up=1, runs=3)),
        texts="test.parquet",
        max_length=5,
    )
    probe_latency(store, asked, print)
    (row,) = store.storage.read_table(f"{asked.result.directory}/{LATENCY}").to_pylist()
    assert (row["length"], row["texts"], row["tokens"]) == (None, 2, 10)


def test_progress_counts_tokens_to_the_last(encoder_directory, store, monkeypatch):
    monkeypatch.setattr(run, "SEND_SECONDS", 0)
    latency, heard = Latency(lengths=(8, 32), texts=4, batches=(1, 4), warm_up=1, runs=3), []
    probe_latency(store, job(encoder_directory, latency), heard.append)
    done, total = zip(*heard, strict=True)
    assert set(total) == {2 * 4 * 4 * (8 + 32)} == {done[-1]} and list(done) == sorted(set(done))


def test_the_texts_of_a_task_with_few_are_taken_in_turn(encoder_directory, store):
    store.storage.write_table("test.parquet", pa.table({"text": ["the bank .", "we crossed the bridge"]}))
    latency = Latency(task="tags", texts=5, batches=(1, 5), warm_up=1, runs=3)
    asked = job(encoder_directory, latency, texts="test.parquet", max_length=5)
    probe_latency(store, asked, print)
    rows = store.storage.read_table(f"{asked.result.directory}/{LATENCY}").to_pylist()
    assert [(row["batch"], row["texts"], row["tokens"]) for row in rows] == [(1, 5, 25), (5, 5, 25)]


def test_more_tokens_than_an_encoder_has_positions_are_refused(encoder_directory, store):
    latency = Latency(lengths=(33,), texts=2, batches=(1,))
    with pytest.raises(InputError, match="lengths: 33 tokens, but small has 32"):
        probe_latency(store, job(encoder_directory, latency), print)
