"""Token shards written on Ray: the ids of every text, cut and counted."""

import random
import time
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from raykd.artifacts import Result, ResultStore, SavedEncoder, Storage
from raykd.corpus.budget import cutoff_keys, token_counts
from raykd.corpus.token_shards import missing_shards, prepare_tokens
from raykd.corpus.tokenizer import load_tokenizer, train_wordpiece

MAX_LENGTH = 16
UNKNOWN_SHARE = 0.5
SETTINGS = {"max_length": MAX_LENGTH, "minimum": 0, "unknown": UNKNOWN_SHARE}
TOKENS_RESULT = Result("tokens", "corpus-teacher", 1, SETTINGS)
UNKNOWN = "ЖЖЖ"


@pytest.fixture
def texts(write_texts) -> Result:
    """Two languages, three shards of English; lengths from one word to several pieces, one text of unknown words."""
    generator = random.Random(0)
    words = ["the", "cat", "sat", "on", "mat", "quick", "brown", "fox", "über", "日本", "語"]
    shards = [[" ".join(generator.choices(words, k=generator.randrange(1, 60))) for _ in range(20)] for _ in range(3)]
    shards[1][4] = " ".join([UNKNOWN] * 20)
    shards[1][5] = f"cat {UNKNOWN} sat"
    shards[2][6] = " ".join(["cat"] * (MAX_LENGTH - 2) + [UNKNOWN] * 10)
    return write_texts({"eng": shards, "jpn": [["日本", "日 本 語"]]})


@pytest.fixture
def tokenizer(store) -> SavedEncoder:
    """A trained tokenizer that, as some do, was saved with a length to cut at and to pad to."""
    trained = train_wordpiece(lambda: iter(["the cat sat on mat quick brown fox über 日本 語"] * 3), 120)
    directory = Path(store.storage.path("tokenizers/teacher"))
    trained.backend_tokenizer.enable_truncation(8)
    trained.backend_tokenizer.enable_padding(length=12)
    trained.save_pretrained(directory)
    assert '"max_length": 8' in (directory / "tokenizer.json").read_text()
    return SavedEncoder("teacher", 0, "0" * 64, "tokenizers/teacher")


def all_rows(store: ResultStore) -> list[dict]:
    shards = store.facts(TOKENS_RESULT)["shards"]
    return [
        row
        for shard in shards
        for row in store.storage.read_table(f"{TOKENS_RESULT.directory}/{shard['file']}").to_pylist()
    ]


def one_by_one(store: ResultStore, saved: SavedEncoder, text: str) -> list[int]:
    tokenizer = load_tokenizer(store.storage.path(saved.location))
    return tokenizer(text, add_special_tokens=False, truncation=False, padding=False)["input_ids"]


def test_ids_are_the_tokenizers_own_and_pieces_make_up_the_document(local_ray, store, texts, tokenizer, read_shards):
    prepare_tokens(store, TOKENS_RESULT, texts, tokenizer, cutoff_keys(store, texts, None))
    rows = all_rows(store)
    unknown = load_tokenizer(store.storage.path(tokenizer.location)).unk_token_id
    assert max(len(row["input_ids"]) for row in rows) == MAX_LENGTH - 2
    pieces: dict[str, dict[int, list[int]]] = {}
    for row in rows:
        pieces.setdefault(row["doc_id"], {})[row["piece"]] = row["input_ids"]
        assert row["input_ids"].count(unknown) < UNKNOWN_SHARE * len(row["input_ids"])
    documents = [*read_shards(texts), *read_shards(texts, "jpn")]
    dropped = 0
    for document in documents:
        ids = one_by_one(store, tokenizer, document["text"])
        parts = [ids[start : start + MAX_LENGTH - 2] for start in range(0, len(ids), MAX_LENGTH - 2)]
        kept = {n: part for n, part in enumerate(parts) if part.count(unknown) < UNKNOWN_SHARE * len(part)}
        assert pieces.get(document["doc_id"], {}) == kept
        dropped += len(parts) - len(kept)
    assert dropped == 3  # two pieces of the unknown words, and what follows fourteen cats
    assert len(pieces) == len(documents) - 1
    assert {row["doc_id"]: row["bytes"] for row in rows if row["piece"] == 0} == {
        document["doc_id"]: document["bytes"] for document in documents if document["doc_id"] in pieces
    }
    assert all(row["bytes"] == 0 for row in rows if row["piece"] > 0)

    facts = store.facts(TOKENS_RESULT)["shards"]
    assert sum(shard["sequences"] for shard in facts) == len(rows)
    assert sum(shard["tokens"] for shard in facts) == sum(len(row["input_ids"]) for row in rows)
    assert sum(shard["dropped_unknown"] for shard in facts) == dropped
    for shard in facts:
        ranks = store.storage.read_table(f"{TOKENS_RESULT.directory}/{shard['file']}")["rank"].to_pylist()
        assert ranks == sorted(ranks)
        assert (shard["first_rank"], shard["last_rank"]) == (ranks[0], ranks[-1])

    cutoffs = cutoff_keys(store, texts, None)
    for partial in (read_shards(texts)[index]["rank"] for index in (0, 19, 20, 33, 59)):
        for limits in ({"eng": partial}, {"eng": partial, "jpn": cutoffs["jpn"]}):
            taken = [
                id
                for document in documents
                for part in pieces.get(document["doc_id"], {}).values()
                for id in part
                if document["rank"] <= limits.get("eng" if document in documents[:60] else "jpn", -1)
            ]
            counts = token_counts(store, TOKENS_RESULT, limits, 130)
            assert np.array_equal(counts, np.bincount(taken, minlength=130))


def test_a_larger_quantity_adds_shards_and_leaves_the_others(local_ray, store, texts, tokenizer, read_shards):
    ranks = [row["rank"] for row in read_shards(texts)]
    assert len(missing_shards(store, TOKENS_RESULT, texts, {"eng": ranks[0]})) == 1
    prepare_tokens(store, TOKENS_RESULT, texts, tokenizer, {"eng": ranks[0]})
    assert missing_shards(store, TOKENS_RESULT, texts, {"eng": ranks[19]}) == []
    assert [shard["file"] for shard in missing_shards(store, TOKENS_RESULT, texts, {"eng": ranks[20]})] == [
        "language=eng/part-00001.parquet"
    ]
    folder = Path(store.storage.path(TOKENS_RESULT.directory, "language=eng"))
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert sorted(before) == ["part-00000.parquet", "part-00000.parquet.counts.parquet"]
    small = token_counts(store, TOKENS_RESULT, {"eng": ranks[7]}, 130)
    seconds = store.manifest(TOKENS_RESULT)["task_seconds"]

    time.sleep(0.01)
    cutoffs = cutoff_keys(store, texts, None)
    prepare_tokens(store, TOKENS_RESULT, texts, tokenizer, cutoffs)
    after = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    assert len(after) == 6
    assert {name: after[name] for name in before} == before
    assert store.manifest(TOKENS_RESULT)["task_seconds"] > seconds > 0
    assert missing_shards(store, TOKENS_RESULT, texts, cutoffs) == []
    assert [shard["file"] for shard in store.facts(TOKENS_RESULT)["shards"]] == [
        *(f"language=eng/part-{n:05}.parquet" for n in range(3)),
        "language=jpn/part-00000.parquet",
    ]
    assert np.array_equal(token_counts(store, TOKENS_RESULT, {"eng": ranks[7]}, 130), small)


def test_counts_are_summed_once(local_ray, store, texts, tokenizer, monkeypatch):
    """For each quantity, and anew where shards were added that it reaches."""
    cutoffs = cutoff_keys(store, texts, None)
    prepare_tokens(store, TOKENS_RESULT, texts, tokenizer, {"eng": cutoffs["eng"]})
    english = token_counts(store, TOKENS_RESULT, cutoffs, 130)
    prepare_tokens(store, TOKENS_RESULT, texts, tokenizer, cutoffs)
    both = token_counts(store, TOKENS_RESULT, cutoffs, 130)
    assert both.sum() == sum(shard["tokens"] for shard in store.facts(TOKENS_RESULT)["shards"]) > english.sum()
    read = []
    whole = Storage.read_table
    monkeypatch.setattr(Storage, "read_table", lambda self, path, *rest: read.append(path) or whole(self, path, *rest))
    assert np.array_equal(token_counts(store, TOKENS_RESULT, cutoffs, 130), both) and len(read) == 1
    assert np.array_equal(token_counts(store, TOKENS_RESULT, {"eng": cutoffs["eng"]}, 130), english) and len(read) == 2
    assert token_counts(store, TOKENS_RESULT, {}, 130).sum() == 0


def unigram(store: ResultStore) -> SavedEncoder:
    """A Unigram tokenizer as XLM-R's is: pieces that begin words carry a mark, its own names of special tokens."""
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=90, special_tokens=special, unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(["the cat sat on mat quick brown fox über 日本 語"] * 3, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    names = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{f"{name}_token": token for name, token in names.items()}
    )
    fast.save_pretrained(store.storage.path("tokenizers/unigram"))
    return SavedEncoder("unigram", 0, "1" * 64, "tokenizers/unigram")


def test_a_unigram_tokenizer_and_both_filters(local_ray, store, texts, read_shards):
    saved = unigram(store)
    tokenizer = load_tokenizer(store.storage.path(saved.location))
    assert tokenizer("cat", add_special_tokens=True)["input_ids"][0] == tokenizer.cls_token_id
    settings = {"max_length": MAX_LENGTH, "minimum": 6, "unknown": 0.2}
    result = Result("tokens", "corpus-unigram", 1, settings)
    prepare_tokens(store, result, texts, saved, cutoff_keys(store, texts, None))
    expected, dropped = [], {"short": 0, "unknown": 0}
    for document in read_shards(texts):
        ids = tokenizer(document["text"], add_special_tokens=False)["input_ids"]
        for number, start in enumerate(range(0, len(ids), MAX_LENGTH - 2)):
            part = ids[start : start + MAX_LENGTH - 2]
            if part.count(tokenizer.unk_token_id) / len(part) >= 0.2:
                dropped["unknown"] += 1
            elif len(part) + 2 < 6:
                dropped["short"] += 1
            else:
                expected.append((document["doc_id"], number, part))
    assert min(dropped.values()) > 0
    found = [(row["doc_id"], row["piece"], row["input_ids"]) for row in read_shards(result)]
    assert found == expected
    facts = [shard for shard in store.facts(result)["shards"] if shard["language"] == "eng"]
    assert sum(shard["dropped_short"] for shard in facts) == dropped["short"]
    assert sum(shard["dropped_unknown"] for shard in facts) == dropped["unknown"]
    counts = token_counts(store, result, {"eng": 2**64 - 1}, len(tokenizer))
    ids = [id for _, _, part in expected for id in part]
    assert np.array_equal(counts, np.bincount(ids, minlength=len(tokenizer)))
