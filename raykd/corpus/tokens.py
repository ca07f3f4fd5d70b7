"""Token shards: the text shards of a corpus in one tokenizer's ids, cut into sequences that fit an encoder.

A token shard holds the sequences of the text shard of the same number, and follows from it and the tokenizer alone. So
the directory grows: a larger quantity adds shards, and what is there stays as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from tokenizers import Tokenizer

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.corpus.documents import reports_of_each
from raykd.corpus.held_out import shards_above
from raykd.corpus.pieces import cut, encode
from raykd.corpus.quantity import shards_up_to, taken
from raykd.corpus.schema import TOKENS
from raykd.corpus.tokenizer import load_tokenizer

VERSION = 2
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
) -> None:
    """Write the missing shards of tokens/<corpus>-<tokenizer>-<hash8>/ (`schema.TOKENS`) and list them in its manifest.

    tokenizer: the directory that holds it. The result's settings are `max_length` and those of `config.Sequences`.
    Beside each shard stands <shard>.counts.parquet: how often each id occurs.
    """
    started, storage = time.time(), store.storage
    loaded = _load(storage, tokenizer)

    def tokenise(file: str) -> dict[str, Any]:
        return _write_shard(storage, texts.directory, result.directory, file, loaded, result.settings)

    files = [shard["file"] for shard in missing_shards(store, result, texts, cutoffs, floors)]
    old = store.manifest(result)
    shards = (old["facts"]["shards"] if old else []) + reports_of_each(files, tokenise)
    store.complete(result, {"shards": sorted(shards, key=lambda shard: shard["file"])}, started)


def token_counts(store: ResultStore, result: Result, cutoffs: Mapping[str, int], vocabulary: int) -> np.ndarray:
    """How often each id occurs in the sequences up to the cut-offs: int64 [vocabulary].

    Counted for the quantity really taken: a shard that is taken in part is counted row by row.
    """
    counts = np.zeros(vocabulary, np.int64)
    for shard in store.facts(result)["shards"]:
        cutoff = cutoffs.get(shard["language"], -1)
        if shard["first_rank"] > cutoff or not shard["sequences"]:
            continue
        path = f"{result.directory}/{shard['file']}"
        if shard["last_rank"] <= cutoff:
            table = store.storage.read_table(f"{path}.counts.parquet")
            counts[table["id"].to_numpy()] += table["count"].to_numpy()
        else:
            table = store.storage.read_table(path, columns=["rank", "input_ids"])
            ids = table.filter(taken(table, cutoff))["input_ids"].combine_chunks().flatten().to_numpy()
            counts += np.bincount(ids, minlength=vocabulary)
    return counts


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
    storage.write_table(f"{tokens}/{file}.counts.parquet", pa.table({"id": ids, "count": counts}))
    ranks = sequences["rank"]
    return {
        "language": file.split("/")[0].removeprefix("language="),
        "file": file,
        "first_rank": ranks[0].as_py() if len(ranks) else 0,
        "last_rank": ranks[-1].as_py() if len(ranks) else 0,
        "sequences": len(sequences),
        "tokens": int(counts.sum()),
        **{name: facts[name] for name in ("unknown", "dropped_unknown", "dropped_short")},
    }


def _sequences(
    tokenizer: _Tokenizer, batch: pa.RecordBatch, settings: Mapping[str, Any], facts: Counter[str]
) -> pa.Table:
    """The sequences of a batch of texts that are kept (TOKENS); what is dropped is counted in `facts`."""
    ids, lengths = encode(_open_model(tokenizer.model), batch.column("text").to_pylist())
    pieces = cut(ids, lengths, int(settings["max_length"]) - tokenizer.special)
    unknown = pieces.count(tokenizer.unknown)
    mostly_unknown = unknown >= settings["unknown"] * pieces.sizes
    short = pieces.sizes + tokenizer.special < settings["minimum"]
    facts.update(
        unknown=int(unknown.sum()),
        dropped_unknown=int(mostly_unknown.sum()),
        dropped_short=int((short & ~mostly_unknown).sum()),
    )
    pieces = pieces.select(~(mostly_unknown | short))
    documents = batch.select(["doc_id", "rank", "bytes"]).take(pa.array(pieces.texts))
    size = np.where(pieces.numbers == 0, documents.column("bytes").to_numpy(), 0)
    columns = [documents.column("doc_id"), pieces.numbers.astype(np.int32), documents.column("rank"), size]
    return pa.table([*columns, pieces.lists()], schema=TOKENS)
