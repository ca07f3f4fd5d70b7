"""One encoder probed, and what is stored of it."""

import pyarrow as pa
import pytest

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import Latency
from raykd.errors import InputError
from raykd.probe.run import HOMONYMS, LATENCY, ProbeJob, probe_encoder


@pytest.fixture
def store(tmp_path):
    return ResultStore(Storage(str(tmp_path)))


def job(directory, latency: Latency, **settings) -> ProbeJob:
    encoder = SavedEncoder("small", 0, "0" * 64, str(directory), stored=False)
    return ProbeJob(Result("probe", "small", 1, {}), encoder, latency, (), **settings)


def test_a_row_for_each_length_and_batch(encoder_directory, store):
    asked = job(encoder_directory, Latency(lengths=(8, 32), texts=4, batches=(1, 4), warm_up=1, runs=3))
    probe_encoder(store, asked)
    rows = store.storage.read_table(f"{asked.result.directory}/{LATENCY}").to_pylist()
    assert [(row["length"], row["batch"], row["texts"], row["tokens"]) for row in rows] == [
        (8, 1, 4, 32),
        (8, 4, 4, 32),
        (32, 1, 4, 128),
        (32, 4, 4, 128),
    ]
    for row in rows:
        assert 0 < row["lower"] <= row["median"] <= row["upper"] and len(row["seconds"]) == 3
        assert row["tokens_per_second"] * row["median"] / 1000 == pytest.approx(row["tokens"] / row["texts"])
    facts = store.facts(asked.result)
    assert facts["processor"] and facts["load"] >= 0 and 0 < facts["word_embeddings"] < facts["parameters"]
    assert not store.storage.exists(f"{asked.result.directory}/{HOMONYMS}")


def test_the_texts_of_a_task_are_cut_and_counted(encoder_directory, store):
    store.storage.write_table("test.parquet", pa.table({"text": ["the bank .", "we crossed the bridge"]}))
    asked = job(
        *(encoder_directory, Latency(task="tags", texts=2, batches=(2,), warm_up=1, runs=3)),
        texts="test.parquet",
        max_length=5,
    )
    probe_encoder(store, asked)
    (row,) = store.storage.read_table(f"{asked.result.directory}/{LATENCY}").to_pylist()
    assert (row["length"], row["texts"], row["tokens"]) == (None, 2, 10)


@pytest.mark.parametrize(
    ("latency", "settings", "message"),
    [
        (Latency(lengths=(33,), texts=2, batches=(1,)), {}, "probe.latency.lengths: 33 tokens, but small has 32"),
        (
            Latency(task="tags", texts=2, batches=(1,)),
            {"texts": "test.parquet", "max_length": 8},
            "probe.latency.texts: 2 asked, but tasks.tags has 1 test texts",
        ),
    ],
)
def test_what_cannot_be_timed_is_refused(encoder_directory, store, latency, settings, message):
    store.storage.write_table("test.parquet", pa.table({"text": ["the bank ."]}))
    with pytest.raises(InputError, match=message):
        probe_encoder(store, job(encoder_directory, latency, **settings))
