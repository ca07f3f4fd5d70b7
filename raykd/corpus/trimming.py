"""The trimmed tokenizer as a result: tokenizers/<encoder>-<hash8>/, and what trimming does to the corpus' text."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.corpus.quantity import shards_up_to, taken
from raykd.corpus.tokenizer import load_tokenizer
from raykd.corpus.tokens import token_counts
from raykd.corpus.vocabulary import chosen_pieces, lasting_pieces, trimmed_definition
from raykd.errors import InputError

VERSION = 1
PIECES = "pieces.parquet"  # beside the tokenizer: piece, parent_id, count, one row for each new id
SAMPLE_DOCUMENTS = 1000  # of each language, the lowest ranks: tokenised with both tokenizers


def trim_tokenizer(
    store: ResultStore,
    result: Result,
    owner: SavedEncoder,
    tokens: Result,
    texts: Result,
    cutoffs: Mapping[str, int],
) -> None:
    """Write tokenizers/<encoder>-<hash8>/: the owner's tokenizer with the pieces that the corpus uses, and PIECES.

    tokens: the corpus in the owner's ids; cutoffs: language -> highest rank that counts. The facts of the manifest:
    pieces before and after, tokens counted and how many of them are of pieces that have gone (both exact), and for the
    first SAMPLE_DOCUMENTS of each language what `changes` says. Raises InputError for a tokenizer that is slow, of
    another kind or lacks a special token.
    """
    started = time.time()
    store.storage.remove(result.directory)
    with owner.local(store.storage) as directory:
        tokenizer = load_tokenizer(directory, owner.revision)
    definition = tokenizer.backend_tokenizer.to_str()
    names = {number: piece for piece, number in tokenizer.get_vocab().items()}
    counts = token_counts(store, tokens, cutoffs, max(names) + 1)
    chosen = chosen_pieces(counts, result.settings["pieces"], result.settings["minimum"])
    try:
        kept = np.array(sorted({*chosen.tolist(), *lasting_pieces(definition, tokenizer.all_special_ids)}))
        table = pa.table({"piece": [names[old] for old in kept.tolist()], "parent_id": kept, "count": counts[kept]})
        with TemporaryDirectory() as local:
            save_trimmed(local, tokenizer, kept)
            pq.write_table(table, Path(local) / PIECES)
            store.storage.put_directory(local, result.directory)
    except InputError as error:
        raise InputError(f"{owner.location}: {error}") from error
    old, new = Tokenizer.from_str(definition), Tokenizer.from_str(trimmed_definition(definition, kept))
    facts = {
        "pieces_before": len(names),
        "pieces": len(kept),
        "chosen": len(chosen),
        "tokens": int(counts.sum()),
        "tokens_gone": int(counts.sum() - counts[kept].sum()),
        "sample": {
            language: changes(old, new, kept, tokenizer.unk_token_id, _first_texts(store, texts, language, cutoff))
            for language, cutoff in cutoffs.items()
        },
    }
    store.complete(result, facts, started)


def save_trimmed(directory: str | Path, tokenizer: Any, kept: np.ndarray) -> None:
    """A Hugging Face directory with the kept pieces of a fast tokenizer; kept[new id] = old id, ascending.

    Raises InputError for a class that builds another vocabulary while it loads.
    """
    tokenizer.save_pretrained(directory)
    trimmed = trimmed_definition(tokenizer.backend_tokenizer.to_str(), kept)
    (Path(directory) / "tokenizer.json").write_text(trimmed, encoding="utf-8")
    new = {int(old): number for number, old in enumerate(kept)}
    loaded = load_tokenizer(directory)
    expected = {piece: new[old] for piece, old in tokenizer.get_vocab().items() if old in new}
    around = [new[old] for old in tokenizer("")["input_ids"]]
    if loaded.get_vocab() != expected or loaded("")["input_ids"] != around:
        raise InputError(f"a {type(tokenizer).__name__} does not load with fewer pieces, so it cannot be trimmed")


def changes(old: Tokenizer, new: Tokenizer, kept: np.ndarray, unknown: int, texts: Sequence[str]) -> dict[str, int]:
    """What trimming does to texts: documents, and those that are cut anew; bytes of UTF-8, and those written with
    pieces that have gone; tokens and unknown tokens, before and after.

    kept: the ids of `old` that stay, ascending; unknown: [UNK]'s, one of them.
    """
    for tokenizer in (old, new):
        tokenizer.no_truncation()
        tokenizer.no_padding()
    stays, total = set(kept.tolist()), Counter[str]()
    unknown_after = int(np.searchsorted(kept, unknown))
    before, after = (one.encode_batch(list(texts), add_special_tokens=False) for one in (old, new))
    for text, one, other in zip(texts, before, after, strict=True):
        gone = [place for number, place in zip(one.ids, one.offsets, strict=True) if number not in stays]
        total["documents"] += 1
        total["documents_changed"] += bool(gone)
        total["bytes"] += len(text.encode())
        total["bytes_changed"] += sum(len(text[start:stop].encode()) for start, stop in gone)
        total["tokens_before"] += len(one.ids)
        total["tokens_after"] += len(other.ids)
        total["unknown_before"] += one.ids.count(unknown)
        total["unknown_after"] += other.ids.count(unknown_after)
    return dict(total)


def summary(facts: Mapping[str, Any]) -> str:
    """The facts of a trimmed tokenizer in one line."""
    total: Counter[str] = Counter()
    for language in facts["sample"].values():
        total.update(language)
    return (
        f"{facts['pieces']:,} of {facts['pieces_before']:,} pieces kept ({facts['chosen']:,} for their use); "
        f"{_share(facts['tokens_gone'], facts['tokens'])} of {facts['tokens']:,} tokens were of others. Of the first "
        f"{total['documents']:,} documents {_share(total['documents_changed'], total['documents'])}, "
        f"{_share(total['bytes_changed'], total['bytes'])} of the bytes, are cut anew: "
        f"{total['tokens_before']:,} tokens become {total['tokens_after']:,}"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.3g} %"


def _first_texts(store: ResultStore, texts: Result, language: str, cutoff: int) -> list[str]:
    """The documents of lowest rank, at most SAMPLE_DOCUMENTS, of those that are taken."""
    found: list[str] = []
    for shard in shards_up_to(store.facts(texts)["languages"][language]["shards"], cutoff):
        table = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank", "text"])
        found += table.filter(taken(table, cutoff))["text"].slice(0, SAMPLE_DOCUMENTS - len(found)).to_pylist()
        if len(found) == SAMPLE_DOCUMENTS:
            break
    return found
