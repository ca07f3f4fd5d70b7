"""Token shards: the text shards of a corpus in one tokenizer's ids, cut into sequences that fit an encoder.

A token shard holds the sequences of the text shard of the same number, and follows from it and the tokenizer alone. So
the directory grows: a larger quantity adds shards, and what is there stays as it is.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.corpus.documents import reports_of_each
from raykd.corpus.quantity import shards_up_to, taken
from raykd.corpus.schema import TOKENS
from raykd.corpus.tokenizer import load_tokenizer

VERSION = 1
ROW_GROUP = 64  # sequences: what a training group is read by
BATCH = 1024
UNKNOWN_SHARE = 0.5  # sequences with as many [UNK] say nothing (Sanh lm_seqs_dataset.py:127)


def missing_shards(
    store: ResultStore, result: Result, texts: Result, cutoffs: Mapping[str, int]
) -> list[dict[str, Any]]:
    """The text shards up to the cut-offs that have no token shard yet."""
    there = {shard["file"] for shard in (store.manifest(result) or {"facts": {"shards": []}})["facts"]["shards"]}
    languages = store.facts(texts)["languages"]
    return [
        shard
        for language, cutoff in cutoffs.items()
        for shard in shards_up_to(languages[language]["shards"], cutoff)
        if shard["file"] not in there
    ]


def prepare_tokens(
    store: ResultStore,
    result: Result,
    texts: Result,
    tokenizer: SavedEncoder,
    cutoffs: Mapping[str, int],
) -> None:
    """Write the missing shards of tokens/<corpus>-<tokenizer>-<hash8>/ (`schema.TOKENS`) and list them in its manifest.

    tokenizer: the directory that holds it. Beside each shard stands <shard>.counts.parquet: how often each id occurs.
    """
    started, storage = time.time(), store.storage
    max_length = int(result.settings["max_length"])

    def tokenise(file: str) -> dict[str, Any]:
        return _write_shard(storage, texts.directory, result.directory, file, tokenizer, max_length)

    files = [shard["file"] for shard in missing_shards(store, result, texts, cutoffs)]
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


@lru_cache(maxsize=1)
def _tokenizer(uri: str, saved: SavedEncoder) -> Any:
    with saved.local(Storage(uri)) as directory:
        tokenizer = load_tokenizer(directory, saved.revision)
    # Some saved tokenizers cut and pad by themselves.
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def _write_shard(
    storage: Storage, texts: str, tokens: str, file: str, saved: SavedEncoder, max_length: int
) -> dict[str, Any]:
    tokenizer = _tokenizer(storage.uri, saved)
    table = storage.read_table(f"{texts}/{file}", columns=["doc_id", "rank", "bytes", "text"])
    length = max_length - tokenizer.num_special_tokens_to_add()
    rows: list[dict[str, Any]] = []
    facts: Counter[str] = Counter()
    for batch in table.to_batches(BATCH):
        encoded = tokenizer.backend_tokenizer.encode_batch_fast(
            batch.column("text").to_pylist(), add_special_tokens=False
        )
        columns = [batch.column(name).to_pylist() for name in ("doc_id", "rank", "bytes")]
        for ids, doc_id, rank, size in zip((one.ids for one in encoded), *columns, strict=True):
            facts["unknown"] += ids.count(tokenizer.unk_token_id)
            for piece, start in enumerate(range(0, len(ids), length)):
                part = ids[start : start + length]
                if part.count(tokenizer.unk_token_id) >= UNKNOWN_SHARE * len(part):
                    facts["dropped_unknown"] += 1
                    continue
                size_here = size if piece == 0 else 0
                rows.append({"doc_id": doc_id, "piece": piece, "rank": rank, "bytes": size_here, "input_ids": part})
    sequences = pa.Table.from_pylist(rows, schema=TOKENS)
    storage.write_table(f"{tokens}/{file}", sequences, row_group_size=ROW_GROUP)
    ids, counts = np.unique(sequences["input_ids"].combine_chunks().flatten().to_numpy(), return_counts=True)
    storage.write_table(f"{tokens}/{file}.counts.parquet", pa.table({"id": ids, "count": counts}))
    return {
        "language": file.split("/")[0].removeprefix("language="),
        "file": file,
        "first_rank": rows[0]["rank"] if rows else 0,
        "last_rank": rows[-1]["rank"] if rows else 0,
        "sequences": len(rows),
        "tokens": int(counts.sum()),
        "unknown": facts["unknown"],
        "dropped_unknown": facts["dropped_unknown"],
    }
