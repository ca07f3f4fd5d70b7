"""Which documents of a corpus stay and why the others go, and which are exact duplicates of another.

Tables and arrays alone: no files, no Ray. Texts are compared by a 64-bit hash; of documents of one text that of lowest
shuffle key stays. `text_shards` brings the keys of a corpus together by range of key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raykd.config import Corpus
from raykd.corpus.hashing import text_key
from raykd.corpus.values import Expected

REJECTED, EXCLUDED_GROUP = "rejected", "excluded group"
DUPLICATE_CHARACTERS = 50  # "ok" and "thank you" are chat, longer repetitions are copies


def text_keys(texts: pa.ChunkedArray) -> np.ndarray:
    """Keys of texts, 0 for those too short to be a duplicate: strings [documents] -> uint64 [documents]."""
    keys = (text_key(text) if len(text) > DUPLICATE_CHARACTERS else 0 for text in texts.to_pylist())
    return np.fromiter(keys, np.uint64, len(texts))


@dataclass(frozen=True)
class TaskRows:
    """What tasks hold: the ids of their documents, the keys of their longer texts (uint64), and their shorter texts."""

    ids: pa.Array
    keys: np.ndarray
    short: pa.Array

    @classmethod
    def of(cls, doc_ids: Iterable[str], texts: Iterable[str]) -> TaskRows:
        """Of the rows of all tasks, each in any order."""
        longer, short = set[int](), set[str]()
        for text in texts:
            if len(text) > DUPLICATE_CHARACTERS:
                longer.add(text_key(text))
            else:
                short.add(text)
        ids, keys = pa.array(set(doc_ids), pa.string()), np.fromiter(longer, np.uint64)
        return cls(ids, keys, pa.array(short, pa.string()))

    @cached_property
    def _sets(self) -> tuple[set[str], set[int], set[str]]:
        return set(self.ids.to_pylist()), set(self.keys.tolist()), set(self.short.to_pylist())

    def hold(self, doc_id: str, text: str, corpus: Corpus) -> bool:
        """Whether one document is among them, as `drop_reasons` sees it."""
        ids, keys, short = self._sets
        longer = len(text) > DUPLICATE_CHARACTERS
        return (
            doc_id in ids
            or (longer and text_key(text) in keys)
            or (not longer and corpus.exclude.tasks == "all_texts" and text in short)
        )


def drop_reasons(documents: pa.Table, keys: np.ndarray, corpus: Corpus, tasks: TaskRows) -> np.ndarray:
    """Why each document goes, the first reason that holds, "" for those that stay: strings [documents].

    documents: `schema.DOCUMENT`; keys: `text_keys` of them.
    """
    characters = pc.utf8_length(documents["text"]).to_numpy()
    task_row = _is_in(documents["doc_id"], tasks.ids) | np.isin(keys, tasks.keys)
    if corpus.exclude.tasks == "all_texts":
        task_row |= _is_in(documents["text"], tasks.short)
    shortest, longest = corpus.length.minimum or 0, corpus.length.maximum or np.iinfo(np.int32).max
    reasons = {
        REJECTED: pc.not_equal(documents["problem"], "").to_numpy(),
        "empty": characters == 0,
        "short": characters < shortest,
        "long": characters > longest,
        EXCLUDED_GROUP: _is_in(documents["group"], _groups_named(documents["group"], corpus.exclude.groups)),
        "task row": task_row,
    }
    return np.select(list(reasons.values()), list(reasons), default="").astype("U24")  # room for reasons found later


def count_reasons(reasons: np.ndarray) -> Counter[str]:
    """How many documents go for each reason."""
    names, counts = np.unique(reasons[reasons != ""], return_counts=True)
    return Counter(dict(zip(names.tolist(), counts.tolist(), strict=True)))


def later_copies(keys: np.ndarray, shuffle_keys: np.ndarray) -> np.ndarray:
    """Places of the documents whose text one of lower shuffle key has too, whether that stays or not.

    keys, shuffle_keys: uint64 [n] -> int64.

    A document read twice has the same shuffle key twice: it is no copy of itself.
    """
    order = np.lexsort((shuffle_keys, keys))
    keys, shuffle_keys = keys[order], shuffle_keys[order]
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    lowest = np.repeat(shuffle_keys[first], np.diff(np.append(first, len(keys))))
    return order[shuffle_keys != lowest]


def _groups_named(groups: pa.ChunkedArray, names: tuple[str, ...]) -> pa.Array:
    """The groups that a config names, as the documents have them."""
    expected = Expected(names)
    return pa.array(
        [one for one in groups.unique().to_pylist() if names and expected.find(one) is not None], pa.string()
    )


def _is_in(column: pa.ChunkedArray, values: pa.Array) -> np.ndarray:
    return pc.is_in(column, values).to_numpy()
