"""Token shards, the text shards of a corpus in one tokenizer's ids, and the cutting into chunks that fit an encoder.

A token shard holds the sequences of the text shard of the same number, and follows from it and the tokenizer alone. So
the directory grows: a larger quantity adds shards, and what is there stays as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.corpus.budget import shards_above, shards_up_to
from raykd.corpus.resume import Done, Piece, Say, Watch, begin_or_resume, work_through
from raykd.corpus.schema import TOKENS
from raykd.corpus.tokenizer import load_tokenizer

ROW_GROUP = 64  # sequences: what a training group is read by
BATCH = 1024


def missing_shards(
    store: ResultStore, result: Result, texts: Result, cutoffs: Mapping[str, int], floors: Mapping[str, int] = {}
) -> list[dict[str, Any]]:
    """The text shards up to the cut-offs, and those with documents above the floors, that have no token shard yet."""
    there = {shard["file"] for shard in (store.manifest(result) or {"facts": {"shards": []}})["facts"]["shards"]}
    languages = store.facts(texts)["languages"]
    wanted = [
        *(one for language, cutoff in cutoffs.items() for one in shards_up_to(languages[language]["shards"], cutoff)),
        *(one for language, floor in floors.items() for one in shards_above(languages[language]["shards"], floor)),
    ]
    # A shard may be both.
    return [shard for file, shard in {shard["file"]: shard for shard in wanted}.items() if file not in there]


def prepare_tokens(
    store: ResultStore,
    result: Result,
    texts: Result,
    tokenizer: SavedEncoder,
    cutoffs: Mapping[str, int],
    floors: Mapping[str, int] = {},
    say: Say = print,
) -> None:
    """Write the missing shards of tokens/<corpus>-<tokenizer>-<hash8>/ (`schema.TOKENS`) and list them in its manifest.

    tokenizer: the directory that holds it; say: takes lines on how far the work is. An interrupted run is resumed. The
    result's settings are `max_length` and those of `config.Sequences`.
    Beside each shard stands <shard>.counts.parquet: how often each id occurs.
    """
    started, storage = time.time(), store.storage
    loaded = _load(storage, tokenizer)

    def tokenise(_: str, file: str) -> Done:
        report = _write_shard(storage, texts.directory, result.directory, file, loaded, result.settings)
        return Done(report, [f"{result.directory}/{file}", f"{result.directory}/{_counts_file(file)}"])

    old = store.manifest(result)
    scratch = f"scratch/{result.directory}"
    begin_or_resume(storage, scratch, {"hash": result.hash, "texts": texts.hash})
    there = {f"{folder}/{file}" for folder in (scratch, result.directory) for file in storage.sizes(folder)}
    pieces = {
        shard["file"].removesuffix(".parquet"): Piece(shard["file"], bytes=shard["bytes"])
        for shard in missing_shards(store, result, texts, cutoffs, floors)
    }
    watch = Watch(say, f"tokens {result.name}", "shards")
    done = work_through(storage, scratch, pieces, tokenise, there, watch)
    shards = (old["facts"]["shards"] if old else []) + done.reports
    seconds = done.seconds + (old.get("task_seconds", 0.0) if old else 0.0)  # of all shards, as the facts are
    store.complete(result, {"shards": sorted(shards, key=lambda shard: shard["file"])}, started, seconds)
    storage.remove(scratch)


@dataclass(frozen=True)
class _Tokenizer:
    """What tasks need of a tokenizer. model: its JSON, read once in a process; unknown: an id; special: how many tokens
    stand around a sequence."""

    model: str
    unknown: int
    special: int


def _load(storage: Storage, saved: SavedEncoder) -> _Tokenizer:
    with saved.local(storage) as directory:
        tokenizer = load_tokenizer(directory, saved.revision)
    # Some saved tokenizers cut and pad by themselves.
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    model = tokenizer.backend_tokenizer.to_str()
    return _Tokenizer(model, tokenizer.unk_token_id, tokenizer.num_special_tokens_to_add())


def _counts_file(file: str) -> str:
    return f"{file}.counts.parquet"


_open_model = lru_cache(maxsize=1)(Tokenizer.from_str)


def _write_shard(
    storage: Storage, texts: str, tokens: str, file: str, tokenizer: _Tokenizer, settings: Mapping[str, Any]
) -> dict[str, Any]:
    table = storage.read_table(f"{texts}/{file}", columns=["doc_id", "rank", "bytes", "text"])
    facts: Counter[str] = Counter()
    batches = [_sequences(tokenizer, batch, settings, facts) for batch in table.to_batches(BATCH)]
    sequences = pa.concat_tables([TOKENS.empty_table(), *batches])
    # Groups this small have no use for dictionaries: without them files are a fifth smaller and read twice as fast.
    storage.write_table(f"{tokens}/{file}", sequences, row_group_size=ROW_GROUP, dictionary=False)
    ids, counts = np.unique(sequences["input_ids"].combine_chunks().flatten().to_numpy(), return_counts=True)
    storage.write_table(f"{tokens}/{_counts_file(file)}", pa.table({"id": ids, "count": counts}))
    keys = sequences["rank"]
    return {
        "language": file.split("/")[0].removeprefix("language="),
        "file": file,
        "first_rank": keys[0].as_py() if len(keys) else 0,
        "last_rank": keys[-1].as_py() if len(keys) else 0,
        "sequences": len(sequences),
        "tokens": int(counts.sum()),
        **{name: facts[name] for name in ("unknown", "dropped_unknown", "dropped_short")},
    }


def _sequences(
    tokenizer: _Tokenizer, batch: pa.RecordBatch, settings: Mapping[str, Any], facts: Counter[str]
) -> pa.Table:
    """The sequences of a batch of texts that are kept (TOKENS); what is dropped is counted in `facts`."""
    ids, lengths = encode(_open_model(tokenizer.model), batch.column("text").to_pylist())
    chunks = cut(ids, lengths, int(settings["max_length"]) - tokenizer.special)
    unknown = chunks.count(tokenizer.unknown)
    mostly_unknown = unknown >= settings["unknown"] * chunks.sizes
    short = chunks.sizes + tokenizer.special < settings["minimum"]
    facts.update(
        unknown=int(unknown.sum()),
        dropped_unknown=int(mostly_unknown.sum()),
        dropped_short=int((short & ~mostly_unknown).sum()),
    )
    chunks = chunks.select(~(mostly_unknown | short))
    documents = batch.select(["doc_id", "rank", "bytes"]).take(pa.array(chunks.texts))
    size = np.where(chunks.numbers == 0, documents.column("bytes").to_numpy(), 0)
    columns = [documents.column("doc_id"), chunks.numbers.astype(np.int32), documents.column("rank"), size]
    return pa.table([*columns, chunks.lists()], schema=TOKENS)


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Ids of all texts, one after the other, int32 [tokens], and how many each text has, int64 [texts].

    tokenizer: WordPiece or Unigram alike, that neither cuts nor pads. No special tokens.
    """
    # `encode_batch_fast` counts no character offsets: 2.2-2.5 MB per CPU second for mBERT, 1.5-1.8 with them.
    encoded = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    ids = [one.ids for one in encoded]
    lengths = np.fromiter(map(len, ids), np.int64, len(ids))
    return np.fromiter(chain.from_iterable(ids), np.int32, lengths.sum()), lengths


@dataclass(frozen=True)
class Chunks:
    """Consecutive chunks of texts: texts, numbers, sizes are int64 [chunks] (which text, which of its chunks, tokens);
    ids: int32 [tokens]."""

    texts: np.ndarray
    numbers: np.ndarray
    sizes: np.ndarray
    ids: np.ndarray

    def __len__(self) -> int:
        return len(self.sizes)

    def count(self, token: int) -> np.ndarray:
        """How often each chunk holds a token: int64 [chunks]."""
        before = np.concatenate([[0], np.cumsum(self.ids == token)])
        ends = np.cumsum(self.sizes)
        return before[ends] - before[ends - self.sizes]

    def select(self, kept: np.ndarray) -> Chunks:
        """The chunks for which `kept`, bool [chunks], holds."""
        ids = self.ids[np.repeat(kept, self.sizes)]
        return Chunks(self.texts[kept], self.numbers[kept], self.sizes[kept], ids)

    def lists(self) -> pa.ListArray:
        """The ids chunk by chunk: list<int32> [chunks]."""
        offsets = np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int32)
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(self.ids))


def cut(ids: np.ndarray, lengths: np.ndarray, maximum: int) -> Chunks:
    """Chunks of at most `maximum` tokens (Sanh lm_seqs_dataset.py, remove_long_sequences); an empty text has none.

    ids: int32 [tokens]; lengths: int64 [texts].
    """
    chunks = -(-lengths // maximum)
    texts = np.repeat(np.arange(len(lengths)), chunks)
    numbers = np.arange(len(texts)) - np.repeat(np.cumsum(chunks) - chunks, chunks)
    return Chunks(texts, numbers, np.minimum(lengths[texts] - numbers * maximum, maximum), ids)
