"""How often the lines of a corpus return: of a chat whose turns are joined, its turns.

A line is known by its hash alone, and counted once for each document that holds it, among the documents that stay but
for copies. Up to EXACT_BYTES of sources, and wherever lines have a cap, all lines are followed; beyond it one in so
many by its hash, so that keys of lines take no more room however large the corpus is. What is followed and what is
counted depends on text alone, not on workers or units.

The lines themselves are told nowhere: one that returns may hold a name or a number as well as any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from raykd.config import Corpus
from raykd.corpus.hashing import text_key

EXACT_BYTES = 4_000_000_000
FROM = (1, 2, *(10**power for power in range(1, 10)))  # documents at least, of each part of the histogram
_KIND_BITS = np.uint64(2)  # the last ones tell keys of lines from others (near_duplicates)


def one_line_in(corpus: Corpus, size: int) -> int:
    """Of how many lines one is followed, a power of two. size: bytes of all sources."""
    return 1 if corpus.repeats else 1 << max(0, -(-size // EXACT_BYTES) - 1).bit_length()


def line_keys(texts: Sequence[str], one_in: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(keys, places of the documents, bytes) of the lines of texts, each once a text: uint64, int64, int32 [lines]."""
    found = [(place, line) for place, text in enumerate(texts) for line in set(text.split("\n"))]
    keys = np.fromiter((text_key(line) for _, line in found), np.uint64, len(found))
    places = np.fromiter((place for place, _ in found), np.int64, len(found))
    sizes = np.fromiter((len(line.encode()) for _, line in found), np.int32, len(found))
    followed = (keys >> _KIND_BITS) & np.uint64(one_in - 1) == 0
    return keys[followed], places[followed], sizes[followed]


def count_lines(keys: np.ndarray, shuffle_keys: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Lines, and the bytes of all documents that are such lines, by how many documents hold them: int64 [len(FROM), 2].

    keys, shuffle_keys: uint64 [n], all that there are of each line; sizes: int32 [n].
    """
    counts = np.zeros((len(FROM), 2), np.int64)
    if not len(keys):
        return counts
    order = np.lexsort((shuffle_keys, keys))
    keys, shuffle_keys, sizes = keys[order], shuffle_keys[order], sizes[order]
    new_line = np.append(True, keys[1:] != keys[:-1])
    new_document = new_line | np.append(True, shuffle_keys[1:] != shuffle_keys[:-1])  # one may be read twice
    first = np.flatnonzero(new_line)
    documents = np.add.reduceat(new_document.astype(np.int64), first)
    part = np.searchsorted(FROM, documents, side="right") - 1
    np.add.at(counts[:, 0], part, 1)
    np.add.at(counts[:, 1], part, documents * sizes[first])
    return counts


def line_facts(counts: np.ndarray, one_in: int) -> dict[str, Any]:
    """{"one_in", "returning": [{"documents": at least so many, "lines", "bytes"}, ...]}; where one line in so many was
    followed, times that. counts: `count_lines`, of all keys."""
    returning = [
        {"documents": least, "lines": lines * one_in, "bytes": size * one_in}
        for least, (lines, size) in zip(FROM, counts.tolist(), strict=True)
        if lines
    ]
    return {"one_in": one_in, "returning": returning}


def line_shares(facts: Mapping[str, Any]) -> dict[int, float]:
    """The share of all bytes that are lines which stand in at least so many documents, from 2 on. facts: line_facts."""
    total = sum(part["bytes"] for part in facts["returning"]) or 1
    return {
        least: sum(part["bytes"] for part in facts["returning"] if part["documents"] >= least) / total
        for least in (2, 100)
    }
