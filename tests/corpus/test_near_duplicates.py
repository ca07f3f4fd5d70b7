"""Near documents and repeated lines, against brute force over sets of characters and over lines."""

import random
import sys
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from raykd.artifacts import Result
from raykd.config import Corpus, NearDuplicates
from raykd.corpus.hashing import document_id, shuffle_key, text_key
from raykd.corpus.near_duplicates import (
    LINE,
    SHINGLE,
    band_keys,
    bands_and_rows,
    beyond,
    check_near_duplicates,
    without_lines,
)
from raykd.corpus.ngrams import comparable
from raykd.corpus.text_shards import prepare_texts
from raykd.errors import InputError

RESULT = Result("texts", "td", 1, {"made": "for a test"})
WORDS = [f"{one}{two}" for one in "abcdefghijkl" for two in ("oint", "ally", "ure", "ing", "日本", "est")]


def shingles(text: str) -> set[str]:
    text = comparable(text)
    return {text[at : at + SHINGLE] for at in range(len(text) - SHINGLE + 1)}


def jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other)


def family(draw: random.Random, size: int) -> list[str]:
    """A text and others in which some of its words are changed."""
    words = [draw.choice(WORDS) + str(draw.randrange(1000)) for _ in range(40)]
    texts = [" ".join(words)]
    for _ in range(size - 1):
        changed = list(words)
        for _ in range(draw.randrange(0, 16)):
            changed[draw.randrange(len(words))] = draw.choice(WORDS) + str(draw.randrange(1000))
        texts.append(" ".join(changed))
    return texts


def share_a_band(texts: list[str], settings: NearDuplicates) -> np.ndarray:
    """bool [texts, texts]"""
    places, keys = band_keys(texts, settings)
    assert places.tolist() == list(range(len(texts)))
    return (keys[:, None, :] == keys[None, :, :]).any(2)


@pytest.mark.parametrize("similarity", [0.7, 0.8, 0.9])
def test_most_pairs_above_the_similarity_are_near_and_few_far_below_it(similarity: float):
    draw, settings = random.Random(1), NearDuplicates(similarity=similarity)
    above, below = Counter(), Counter()
    for _ in range(60):
        texts = family(draw, 12)
        near, sets = share_a_band(texts, settings), [shingles(text) for text in texts]
        for one in range(len(texts)):
            for other in range(one):
                true = jaccard(sets[one], sets[other])
                if true >= similarity:
                    above[bool(near[one, other])] += 1
                elif true < similarity - 0.3:
                    below[bool(near[one, other])] += 1
    assert above.total() > 100 and above[True] >= 0.93 * above.total()
    assert below[True] <= 0.03 * below.total()


def test_bands_and_rows_keep_what_they_promise():
    for similarity in (0.5, 0.7, 0.8, 0.95):
        bands, rows = bands_and_rows(similarity)
        assert bands * rows <= 256 and 1 - (1 - similarity**rows) ** bands >= 0.93


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    check_near_duplicates()
    monkeypatch.setitem(sys.modules, "rensa", None)
    with pytest.raises(InputError, match=r"pip install 'raykd\[near-duplicates\]'"):
        check_near_duplicates()


def test_short_documents_have_no_bands():
    places, keys = band_keys(["short", "x" * 50, "y" * 49], NearDuplicates())
    assert places.tolist() == [1] and len(keys) == 1


def test_a_document_is_beyond_where_so_many_lower_ones_have_its_line():
    keys = np.array([7, 7, 7, 7, 9, 7], np.uint64)
    ranks = np.array([50, 10, 20, 20, 5, 30], np.uint64)  # one document was read twice
    assert sorted(beyond(keys, ranks, 2).tolist()) == [0, 5]
    assert sorted(beyond(keys, ranks, 1).tolist()) == [0, 2, 3, 5]
    assert beyond(keys[:0], ranks[:0], 1).tolist() == []


def test_lines_are_left_out_wherever_they_stand():
    texts = pa.chunked_array([["a\nb\na", "a"]])
    assert without_lines(texts, [(0, (text_key("a") & ~3) | LINE)]).to_pylist() == ["b", "a"]


@pytest.fixture
def rows() -> list[dict]:
    draw = random.Random(3)
    texts = [text for _ in range(40) for text in family(draw, 5)]
    texts += ["Thank you for contacting us, how can I help?\n" + text for text in texts[::4]]
    texts += ["Bye", "Bye", "Bye", "Bye"]
    return [{"id": number, "text": text} for number, text in enumerate(texts)]


def kept_of(rows: list[dict], settings: NearDuplicates) -> set[str]:
    """Ids of what must stay: brute force over bands."""
    texts = [row["text"] for row in rows]
    ids = [document_id("one", str(row["id"])) for row in rows]
    ranks = [shuffle_key(56, doc_id) for doc_id in ids]
    long = [number for number, text in enumerate(texts) if len(text) >= settings.minimum]
    near = share_a_band([texts[number] for number in long], settings)
    gone = {
        one
        for place, one in enumerate(long)
        for other_place, other in enumerate(long)
        if near[place, other_place] and ranks[other] < ranks[one]
    }
    return {doc_id for number, doc_id in enumerate(ids) if number not in gone}


@pytest.mark.parametrize("unit_bytes", [1 << 20, 2000])
def test_what_is_kept_is_what_no_lower_document_is_near(local_ray, store, write_rows, read_shards, rows, unit_bytes):
    source, settings = write_rows("one", rows, id="id"), NearDuplicates()
    corpus = Corpus(sources=(source,), near_duplicates=settings, shard=8_000)
    prepare_texts(store, RESULT, "td", corpus, 56, [], unit_bytes=unit_bytes)
    kept = {row["doc_id"] for row in read_shards(RESULT)}
    assert kept == kept_of(rows, settings)
    facts = store.facts(RESULT)["languages"]["eng"]
    assert facts["dropped"]["near duplicate"] > 40
    assert facts["documents"] + sum(facts["dropped"].values()) == facts["read"] == len(rows)


def test_repeated_lines_stay_in_so_many_documents(local_ray, store, write_rows, read_shards, rows):
    corpus = Corpus(sources=(write_rows("one", rows, id="id"),), repeats=2, shard=8_000)
    prepare_texts(store, RESULT, "td", corpus, 56, [])
    found = read_shards(RESULT)
    lines = Counter(line for row in found for line in row["text"].split("\n"))
    assert lines["Bye"] == lines["Thank you for contacting us, how can I help?"] == 2
    assert max(lines.values()) == 2 and "" not in lines
    assert all(row["bytes"] == len(row["text"].encode()) for row in found)
    assert store.facts(RESULT)["languages"]["eng"]["dropped"]["repeated lines"] >= 2
