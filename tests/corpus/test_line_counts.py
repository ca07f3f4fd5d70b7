"""How often lines return, against counting the lines themselves."""

import random
from collections import Counter

import numpy as np
import pytest

from raykd.artifacts import Result
from raykd.config import Corpus
from raykd.corpus import line_counts, text_shards
from raykd.corpus.line_counts import EXACT_BYTES, FROM, count_lines, line_facts, line_keys, line_shares, one_line_in
from raykd.corpus.text_shards import prepare_texts

RESULT = Result("texts", "chat", 1, {"made": "for a test"})


def documents(count: int, seed: int = 1) -> list[str]:
    """Lines of a chat: few return often, most never."""
    draw = random.Random(seed)
    said = [f"Thanks for contacting us {number}{'日本' * (number % 3)}" for number in range(60)]
    often = [0.6 / (1 + number) for number in range(60)]
    return [
        "\n".join([f"row {number}", *(line for line, share in zip(said, often, strict=True) if draw.random() < share)])
        for number in range(count)
    ]


def brute_force(texts: list[str]) -> list[dict]:
    held = Counter(line for text in texts for line in set(text.split("\n")))
    parts: dict[int, list[int]] = {}
    for line, times in held.items():
        part = parts.setdefault(max(least for least in FROM if least <= times), [0, 0])
        part[0] += 1
        part[1] += times * len(line.encode())
    return [{"documents": least, "lines": parts[least][0], "bytes": parts[least][1]} for least in sorted(parts)]


def test_lines_are_counted_by_the_documents_that_hold_them():
    texts = [*documents(1500), "twice\ntwice"]
    keys, places, sizes = line_keys(texts, 1)
    ranks = np.arange(len(texts), dtype=np.uint64)[places]
    facts = line_facts(count_lines(keys, ranks, sizes), 1)
    assert facts == {"one_in": 1, "returning": brute_force(texts)}
    assert [part["documents"] for part in facts["returning"]] == [1, 10, 100]
    shares = line_shares(facts)
    assert shares[2] == pytest.approx(1 - facts["returning"][0]["bytes"] / sum(p["bytes"] for p in facts["returning"]))
    # Whatever the order, the ranges of keys, and how often a document was read.
    order = np.random.default_rng(0).permutation(np.append(np.arange(len(keys)), np.arange(50)))
    parts = [order[keys[order] % np.uint64(3) == part] for part in range(3)]
    again = sum(count_lines(keys[part], ranks[part], sizes[part]) for part in parts)
    assert line_facts(again, 1) == facts
    assert line_facts(count_lines(keys[:0], ranks[:0], sizes[:0]), 1)["returning"] == []


def test_one_line_in_so_many_stands_for_all():
    texts = [f"{number} one\n{number % 1000} two" for number in range(20_000)]
    exact, (keys, places, sizes) = brute_force(texts), line_keys(texts, 8)
    assert len(keys) < len(texts) / 3
    facts = line_facts(count_lines(keys, places.astype(np.uint64), sizes), 8)
    assert facts["one_in"] == 8
    for part, true in zip(facts["returning"], exact, strict=True):
        assert part["documents"] == true["documents"]
        assert part["lines"] == pytest.approx(true["lines"], rel=0.35)


def test_how_many_are_followed_depends_on_the_size_and_the_cap(write_rows):
    plain, capped = (Corpus(sources=(write_rows("a", []),), repeats=cap) for cap in (None, 100))
    sizes = (1, EXACT_BYTES, EXACT_BYTES + 1, 3 * EXACT_BYTES, 250 * EXACT_BYTES)
    assert [one_line_in(plain, size) for size in sizes] == [1, 1, 2, 4, 256]
    assert one_line_in(capped, 250 * EXACT_BYTES) == 1


@pytest.mark.parametrize("cap", [None, 5])
def test_a_corpus_says_how_often_its_lines_return(without_ray, monkeypatch, store, write_rows, cap):
    texts = documents(400)
    source = write_rows("one", [{"id": number, "text": text} for number, text in enumerate(texts)], id="id")
    corpus = Corpus(sources=(source,), repeats=cap, shard=8_000)
    prepare_texts(store, RESULT, "chat", corpus, 56, [])
    facts = store.facts(RESULT)["lines"]
    assert facts == {"one_in": 1, "returning": brute_force(texts)}
    assert "Thanks" not in repr(store.facts(RESULT))
    # In other units and ranges of keys, too.
    monkeypatch.setattr(text_shards, "KEY_RANGE_BYTES", 10_000)
    monkeypatch.setattr(text_shards, "FLUSH_BYTES", 1000)
    other = Result("texts", "chat", 1, {"made": "again"})
    prepare_texts(store, other, "chat", corpus, 56, [], unit_bytes=5000)
    assert store.facts(other)["lines"] == facts
    monkeypatch.setattr(line_counts, "EXACT_BYTES", 4_000)
    third = Result("texts", "chat", 1, {"made": "of fewer lines"})
    prepare_texts(store, third, "chat", corpus, 56, [])
    assert (store.facts(third)["lines"]["one_in"] > 1) == (cap is None)
