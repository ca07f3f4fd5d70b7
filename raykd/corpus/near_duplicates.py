"""Which documents are much like another, and which lines stand in very many: keys that are compared as those of copies.

A document's set of SHINGLE characters in a row has a MinHash signature (rensa, an extra: `near-duplicates`), which is
cut into bands of rows; documents with an equal band are near. A pair of Jaccard similarity s has one with probability
1 - (1 - s ** rows) ** bands. So near is a matter of two documents alone: one goes if any of lower shuffle key is near
it, whether that stays or not, and what is kept depends neither on the budget nor on the order of work.

Keys of whole texts, bands and lines go through the same passes and are told apart by their last two bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raykd.config import Corpus, NearDuplicates
from raykd.corpus.dedup_and_exclusion import later_copies
from raykd.corpus.hashing import text_key
from raykd.corpus.line_counts import line_keys
from raykd.corpus.ngrams import comparable, mixed, run_hashes
from raykd.errors import InputError

# rank: the document's; shard: of all languages; line_bytes: of a line's UTF-8, 0 for other keys.
KEYS = pa.schema([("text_key", pa.uint64()), ("rank", pa.uint64()), ("shard", pa.int32()), ("line_bytes", pa.int32())])
SHINGLE = 5
PERMUTATIONS = 256  # of a signature, at most
RECALL = 0.93  # of pairs of exactly the similarity that is asked for
SEED = 42
BATCH = 1 << 18  # characters of documents whose signatures are computed together: arrays of 2 MB, some 20 MB in all
WHOLE, BAND, LINE = 0, 1, 2  # the last two bits of a key
_KIND, _REST = np.uint64(3), np.uint64(0xFFFFFFFFFFFFFFFC)


def bands_and_rows(similarity: float) -> tuple[int, int]:
    """The most rows with which pairs of this similarity share a band with probability RECALL, so that few others do."""
    for rows in range(PERMUTATIONS, 0, -1):
        bands = PERMUTATIONS // rows
        if 1 - (1 - similarity**rows) ** bands >= RECALL:
            return bands, rows
    raise AssertionError("one row always does")


def band_keys(texts: list[str], settings: NearDuplicates) -> tuple[np.ndarray, np.ndarray]:
    """(places of the documents that are long enough, their bands' keys): int64 [n], uint64 [n, bands]."""
    bands, rows = bands_and_rows(settings.similarity)
    places = np.flatnonzero(np.fromiter((len(text) >= settings.minimum for text in texts), bool, len(texts)))
    salts = mixed(np.arange(bands * rows, dtype=np.uint64)).reshape(bands, rows)
    found = [np.empty((0, bands), np.uint64)]
    # Batch by batch: a signature has 2 kB, more than most texts.
    for batch in _batches([texts[place] for place in places]):
        signatures = _signatures(batch, bands * rows).reshape(len(batch), bands, rows)
        found.append(mixed(mixed(signatures ^ salts).sum(axis=2, dtype=np.uint64)))
    return places, np.concatenate(found)


def keys_of(documents: pa.Table, corpus: Corpus, one_line_in: int) -> pa.Table:
    """KEYS of whole texts, of bands as the corpus asks, and of lines, of which one in so many is taken by its hash.

    documents: text, text_key (0: of none), rank, shard.
    """
    texts, whole = documents["text"].to_pylist(), documents["text_key"].to_numpy()
    places = np.flatnonzero(whole)
    parts = [_rows(_of_kind(whole[places], WHOLE), places, documents)]
    if corpus.near_duplicates:
        places, found = band_keys(texts, corpus.near_duplicates)
        parts.append(_rows(_of_kind(found.ravel(), BAND), np.repeat(places, found.shape[1]), documents))
    keys, places, sizes = line_keys(texts, one_line_in)
    parts.append(_rows(_of_kind(keys, LINE), places, documents, sizes))
    return pa.concat_tables(parts)


def places_to_drop(keys: np.ndarray, shuffle_keys: np.ndarray, corpus: Corpus) -> np.ndarray:
    """Places of the documents that go for a key which others of lower shuffle key have: uint64 [n] -> int64."""
    lines = np.flatnonzero(kinds(keys) == LINE)
    others = np.flatnonzero(kinds(keys) != LINE)
    found = [others[later_copies(keys[others], shuffle_keys[others])]]
    if corpus.repeats:
        found.append(lines[beyond(keys[lines], shuffle_keys[lines], corpus.repeats)])
    return np.concatenate(found)


def apply_copies(table: pa.Table, copies: pa.Table) -> tuple[np.ndarray, np.ndarray, pa.Table]:
    """(which documents are copies, which are near another alone, the documents without repeated lines): bool [n].

    table: rank, text, bytes; copies: rank and text_key of what `places_to_drop` found in this shard.
    """
    ranks, keys = copies["rank"].to_numpy(), copies["text_key"].to_numpy()
    own = table["rank"].to_numpy()
    of_kind = kinds(keys)
    copied = np.isin(own, ranks[of_kind == WHOLE])
    near = np.isin(own, ranks[of_kind == BAND]) & ~copied
    if (of_kind == LINE).any():
        by_rank: dict[int, list[int]] = {}
        for rank, key in zip(ranks[of_kind == LINE].tolist(), keys[of_kind == LINE].tolist(), strict=True):
            by_rank.setdefault(rank, []).append(key)
        left_out = [(place, key) for place, rank in enumerate(own.tolist()) for key in by_rank.get(rank, ())]
        texts = without_lines(table["text"], left_out)
        table = table.set_column(table.schema.get_field_index("text"), "text", texts)
        sizes = pc.binary_length(texts).cast(pa.int64())
        table = table.set_column(table.schema.get_field_index("bytes"), "bytes", sizes)
    return copied, near, table


def beyond(keys: np.ndarray, shuffle_keys: np.ndarray, repeats: int) -> np.ndarray:
    """Places of documents with a line that `repeats` others of lower shuffle key have: uint64 [n] -> int64."""
    order = np.lexsort((shuffle_keys, keys))
    keys, shuffle_keys = keys[order], shuffle_keys[order]
    new_key = np.append(True, keys[1:] != keys[:-1])[: len(keys)]
    # A document that was read twice has one place among the others of its line.
    new_document = new_key | np.append(True, shuffle_keys[1:] != shuffle_keys[:-1])[: len(keys)]
    number = np.cumsum(new_document)
    first = np.maximum.accumulate(np.where(new_key, number, 0))
    return order[number - first >= repeats]


def without_lines(texts: pa.ChunkedArray, left_out: Iterable[tuple[int, int]]) -> pa.Array:
    """Texts less some of their lines. left_out: places of documents, and keys of lines."""
    of_place: dict[int, set[int]] = {}
    for place, key in left_out:
        of_place.setdefault(place, set()).add(key)
    found = texts.to_pylist()
    for place, own in of_place.items():
        lines = found[place].split("\n")
        keys = _of_kind(np.array([text_key(line) for line in lines], np.uint64), LINE).tolist()
        found[place] = "\n".join(line for line, key in zip(lines, keys, strict=True) if key not in own)
    return pa.array(found, pa.string())


def kinds(keys: np.ndarray) -> np.ndarray:
    """WHOLE, BAND or LINE of each key."""
    return keys & _KIND


def keys_a_document(corpus: Corpus, one_line_in: int) -> int:
    """How many keys a document has, about: by which ranges of keys are to be more."""
    bands = bands_and_rows(corpus.near_duplicates.similarity)[0] if corpus.near_duplicates else 0
    return 1 + bands + -(-4 // one_line_in)


def check_near_duplicates() -> None:
    """Raises InputError where the library is not installed."""
    try:
        import rensa  # noqa: F401
    except ImportError as error:
        raise InputError("near_duplicates are found with rensa: pip install 'raykd[near-duplicates]'") from error


def _of_kind(keys: np.ndarray, kind: int) -> np.ndarray:
    return (keys & _REST) | np.uint64(kind)


def _rows(keys: np.ndarray, places: np.ndarray, documents: pa.Table, sizes: np.ndarray | None = None) -> pa.Table:
    taken = [pc.take(documents[name], pa.array(places)) for name in ("rank", "shard")]
    line_bytes = np.zeros(len(keys), np.int32) if sizes is None else sizes
    return pa.table([pa.array(keys), *taken, pa.array(line_bytes)], schema=KEYS)


def _batches(texts: list[str]) -> Iterator[list[str]]:
    batch, size = list[str](), 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _signatures(texts: list[str], permutations: int) -> np.ndarray:
    """MinHash signatures, uint64 [texts, permutations] of 32 bits each."""
    from rensa import RMinHash

    documents = [comparable(text) for text in texts]
    lengths = np.fromiter(map(len, documents), np.int64, len(documents))
    stops = np.cumsum(lengths)
    # All at once; the runs that begin in a document and end in the next are none.
    hashes = run_hashes("".join(documents), SHINGLE)
    crossing = (stops[:-1, None] - np.arange(1, SHINGLE)).ravel()
    hashes = np.delete(hashes, crossing)
    offsets = np.concatenate([[0], np.cumsum(lengths - SHINGLE + 1)]).astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(hashes, offsets, permutations, SEED)
    rows = matrix.to_rows()
    values = np.fromiter(chain.from_iterable(rows), np.uint64, len(texts) * permutations)
    return values.reshape(len(texts), permutations)
