"""Whether a document holds a long run of characters of a task's text: what exact comparison of whole texts misses.

Of the tasks' texts, every STEP-th run of `characters` - STEP + 1 characters is indexed; a run of `characters` that a
document shares with a text holds one of these whole, wherever it begins. Each that is found is read on at both ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa

from raykd.artifacts import Storage
from raykd.corpus.ngrams import BLOCK, comparable, run_hashes

OVERLAP = "task overlap"
STEP = 16
PLACES = 64  # of one indexed run that are read on, when many texts share it
FILTER_BITS = 22


class Overlap:
    """texts: of tasks; characters: a document that shares so many with one of them is contaminated."""

    def __init__(self, texts: Iterable[str], characters: int) -> None:
        self.characters, self.length = characters, characters - STEP + 1
        self.texts = sorted({comparable(text) for text in texts if len(text) >= characters})
        hashes, numbers, offsets = list[np.ndarray](), list[np.ndarray](), list[np.ndarray]()
        for number, text in enumerate(self.texts):
            own = run_hashes(text, self.length)[::STEP]
            hashes.append(own)
            numbers.append(np.full(len(own), number, np.int32))
            offsets.append(np.arange(len(own), dtype=np.int32) * STEP)
        together = np.concatenate([np.empty(0, np.uint64), *hashes])
        order = np.argsort(together, kind="stable")
        self._hashes = together[order]
        self._numbers = np.concatenate([np.empty(0, np.int32), *numbers])[order]
        self._offsets = np.concatenate([np.empty(0, np.int32), *offsets])[order]
        # Most runs of a document are in no text, which one look at a small table tells.
        self._perhaps = np.zeros(1 << FILTER_BITS, bool)
        self._perhaps[self._hashes >> np.uint64(64 - FILTER_BITS)] = True

    def holds(self, text: str) -> bool:
        """Whether a document is contaminated."""
        return bool(self.held([text])[0])

    def held(self, texts: Sequence[str]) -> np.ndarray:
        """Which documents are contaminated: bool [documents]."""
        found = np.zeros(len(texts), bool)
        if not len(self._hashes):
            return found
        batch, size = list[int](), 0
        for number, text in enumerate(texts):
            if len(text) < self.characters:
                continue
            batch.append(number)
            size += len(text)
            if size >= BLOCK:
                found[self._held_of_batch(texts, batch)] = True
                batch, size = [], 0
        found[self._held_of_batch(texts, batch)] = True
        return found

    def _held_of_batch(self, texts: Sequence[str], batch: Sequence[int]) -> list[int]:
        """Which of these documents are contaminated: one text of all, with NULs between, which no clean text has."""
        documents = [comparable(texts[number]) for number in batch]
        together = "\0".join(documents)
        hashes = run_hashes(together, self.length)
        starts = np.cumsum([0, *(len(document) + 1 for document in documents)])
        places = np.flatnonzero(self._perhaps[hashes >> np.uint64(64 - FILTER_BITS)])
        first = np.searchsorted(self._hashes, hashes[places])
        known = first < len(self._hashes)
        known[known] = self._hashes[first[known]] == hashes[places[known]]
        held = set[int]()
        for place, index in zip(places[known].tolist(), first[known].tolist(), strict=True):
            document = int(np.searchsorted(starts, place, side="right")) - 1
            if document not in held and self._is_long(together, place, index):
                held.add(document)
        return [batch[document] for document in sorted(held)]

    def _is_long(self, text: str, place: int, index: int) -> bool:
        """Whether the run at a place goes on to be long enough, in one of the texts that have it."""
        wanted = self._hashes[index]
        for one in range(index, min(index + PLACES, len(self._hashes))):
            if self._hashes[one] != wanted:
                return False
            other, offset = self.texts[self._numbers[one]], int(self._offsets[one])
            if text[place : place + self.length] != other[offset : offset + self.length]:
                continue
            left, right = 0, self.length
            while left < STEP and min(place, offset) > left and text[place - left - 1] == other[offset - left - 1]:
                left += 1
            while (
                left + right < self.characters
                and offset + right < len(other)
                and place + right < len(text)
                and text[place + right] == other[offset + right]
            ):
                right += 1
            if left + right >= self.characters:
                return True
        return False


def mark_contaminated(texts: pa.ChunkedArray, reasons: np.ndarray, overlap: Overlap) -> None:
    """In place: the reason OVERLAP for documents that stay so far ("")."""
    staying = np.flatnonzero(reasons == "")
    held = overlap.held(texts.take(pa.array(staying)).to_pylist())
    reasons[staying[held]] = OVERLAP


@lru_cache(maxsize=1)
def task_overlap(uri: str, directories: tuple[str, ...], characters: int) -> Overlap:
    """Of the texts of tasks on storage, in all splits and languages; read once in a process."""
    storage, texts = Storage(uri), set[str]()
    for directory in directories:
        for language in storage.list(directory):
            for file in storage.list(f"{directory}/{language}") if language.startswith("language=") else []:
                texts.update(storage.read_table(f"{directory}/{language}/{file}", columns=["text"])["text"].to_pylist())
    return Overlap(texts, characters)
