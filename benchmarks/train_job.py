"""A pretraining of a chosen size on made-up token shards, for the benchmarks of training."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
from transformers import BertTokenizer

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.config import Pretrain, TrainResources
from raykd.corpus.schema import TOKENS
from raykd.corpus.tokenizer import SPECIAL_TOKENS
from raykd.distill.train.job import TrainingJob

SHARDS = {"eng": 3, "spa": 1}
LENGTH = 62  # tokens of a sequence at most, the two special ones aside


def make_job(root: str | Path, vocabulary: int, sequences: int, spec: dict, resources: dict) -> TrainingJob:
    """A job whose encoder will lie in `root`/encoders. sequences: of all shards; spec, resources: settings."""
    store = ResultStore(Storage(str(root)))
    tokens = _make_tokens(store, vocabulary, sequences)
    tokenizer = {"train": {"vocabulary": vocabulary}}
    settings = {"corpus": "corpus", "tokenizer": tokenizer, "max_length": LENGTH + 2} | spec
    return TrainingJob(
        store=store,
        directory=result_of().directory,
        name="encoder",
        spec=Pretrain(**settings),
        seed=7,
        parent=None,
        tokenizer=_make_tokenizer(store, vocabulary),
        tokens=tokens,
        cutoffs=dict.fromkeys(SHARDS, 2**64 - 1),
        resources=TrainResources(**({"threads": 1, "precision": "float32"} | resources)),
    )


def result_of() -> Result:
    return Result("encoders", "encoder", 1, {})


def _make_tokenizer(store: ResultStore, vocabulary: int) -> SavedEncoder:
    words = [*SPECIAL_TOKENS, *(f"w{number}" for number in range(len(SPECIAL_TOKENS), vocabulary))]
    tokenizer = BertTokenizer(vocab={word: number for number, word in enumerate(words)}, do_lower_case=False)
    with TemporaryDirectory() as directory:
        tokenizer.save_pretrained(directory)
        store.storage.put_directory(directory, "tokenizers/made-up")
    return SavedEncoder("made-up", 0, "0" * 64, "tokenizers/made-up")


def _make_tokens(store: ResultStore, vocabulary: int, sequences: int) -> Result:
    """Shards as the tokens stage writes them, of random lengths and of ids that follow Zipf's law."""
    generator, result, shards = np.random.default_rng(0), Result("tokens", "made-up", 1, {}), []
    size = sequences // sum(SHARDS.values())
    for language, count in SHARDS.items():
        ranks = np.sort(generator.integers(0, 2**64, size * count, dtype=np.uint64))
        for number, own in enumerate(np.split(ranks, count)):
            lengths = generator.integers(LENGTH // 4, LENGTH + 1, size)
            ids = len(SPECIAL_TOKENS) + generator.zipf(1.3, lengths.sum()) % (vocabulary - len(SPECIAL_TOKENS))
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            columns = [
                [generator.bytes(16).hex() for _ in range(size)],
                np.zeros(size, np.int32),
                own,
                lengths * 4,
                pa.ListArray.from_arrays(offsets, ids.astype(np.int32)),
            ]
            file = f"language={language}/part-{number:05}.parquet"
            table = pa.table(columns, schema=TOKENS)
            store.storage.write_table(f"{result.directory}/{file}", table, row_group_size=64, dictionary=False)
            known, counts = np.unique(ids, return_counts=True)
            path = f"{result.directory}/{file}.counts.parquet"
            store.storage.write_table(path, pa.table({"id": known, "count": counts}))
            ends = {"first_rank": int(own[0]), "last_rank": int(own[-1])}
            shards.append({"language": language, "file": file, "sequences": size, **ends})
    store.complete(result, {"shards": shards}, started=0.0)
    return result
