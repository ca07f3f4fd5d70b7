"""The trimmed tokenizer as a result, on texts tokenised by Ray: what is written, and what its facts say."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer, BertTokenizer

from raykd.artifacts import Result, SavedEncoder
from raykd.config import Sequences
from raykd.corpus.budget import cutoff_keys
from raykd.corpus.token_shards import prepare_tokens
from raykd.corpus.tokenizer import SPECIAL_TOKENS
from raykd.corpus.tokenizer_trimming import PIECES, changes, summary, trim_tokenizer

WORDS = ["never", "the", "cat", "sat", "mat", "日", "本"]
SINGLE = [form for letter in "thecasmnvrbo" for form in (letter, f"##{letter}")]
VOCABULARY = [*WORDS, *SPECIAL_TOKENS, *SINGLE]
ENGLISH = [["the cats sat", "the mat", "the cat bo"], ["never 日 Ж"]]


@pytest.fixture
def owner(store, tmp_path) -> SavedEncoder:
    vocab = {piece: number for number, piece in enumerate(VOCABULARY)}
    BertTokenizer(vocab=vocab, do_lower_case=False).save_pretrained(tmp_path / "whole")
    return SavedEncoder("whole", 0, "0" * 64, str(tmp_path / "whole"), stored=False)


@pytest.fixture
def trim(local_ray, store, write_texts, owner):
    """Trims the owner's tokenizer to the texts above, of which English is taken to the end of its first shard."""

    def run(**settings):
        tokens = Result("tokens", "corpus-whole", 1, {"max_length": 16} | Sequences().model_dump())
        texts = write_texts({"eng": ENGLISH, "jpn": [["日 日 本"]]})
        cutoffs = cutoff_keys(store, texts, None)
        prepare_tokens(store, tokens, texts, owner, cutoffs)
        cutoffs["eng"] = store.facts(texts)["languages"]["eng"]["shards"][0]["last_rank"]
        result = Result("tokenizers", "td", 1, {"pieces": None, "minimum": None, **settings})
        store.storage.write_bytes(f"{result.directory}/stale.json", b"of an earlier try")
        trim_tokenizer(store, result, owner, tokens, texts, cutoffs)
        assert not store.storage.exists(f"{result.directory}/stale.json")
        return Path(store.storage.path(result.directory)), store.facts(result)

    return run


def test_it_loads_with_the_pieces_that_are_used_and_its_special_tokens(trim, owner):
    directory, facts = trim(minimum=2)
    tokenizer, whole = AutoTokenizer.from_pretrained(directory), AutoTokenizer.from_pretrained(owner.location)
    kept = ["the", "cat", "日", "本", *SPECIAL_TOKENS, *SINGLE]
    assert tokenizer.convert_ids_to_tokens(range(len(tokenizer))) == kept
    for name in ("pad", "unk", "cls", "sep", "mask"):
        token = getattr(tokenizer, f"{name}_token")
        assert token == getattr(whole, f"{name}_token")
        assert getattr(tokenizer, f"{name}_token_id") == tokenizer.get_vocab()[token]
    ids = tokenizer("the cats")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(ids) == ["[CLS]", "the", "cat", "##s", "[SEP]"]
    assert tokenizer.tokenize("mats") == ["m", "##a", "##t", "##s"]
    table = pq.read_table(directory / PIECES).to_pydict()
    assert table["piece"] == tokenizer.convert_ids_to_tokens(range(len(tokenizer)))
    assert table["parent_id"] == [VOCABULARY.index(piece) for piece in table["piece"]]
    counts = dict(zip(table["piece"], table["count"], strict=True))
    assert (counts["the"], counts["cat"], counts["日"], counts["[UNK]"]) == (3, 2, 2, 0)
    assert facts == {
        "pieces_before": len(VOCABULARY),
        "pieces": len(tokenizer),
        "chosen": 3,  # the, cat, 日
        "tokens": 13,
        "tokens_gone": 2,  # sat, mat
        "sample": {
            "eng": {
                "documents": 3,
                "documents_changed": 2,
                "bytes": 29,
                "bytes_changed": 6,
                "tokens_before": 10,
                "tokens_after": 14,
                "unknown_before": 0,
                "unknown_after": 0,
            },
            "jpn": facts["sample"]["jpn"],
        },
    }
    assert "15.4 % of 13 tokens were of others. Of the first 4 documents 50 %" in summary(facts)


def test_more_pieces_than_are_used_are_all_that_are(trim):
    directory, facts = trim(pieces=1000)
    assert facts["tokens_gone"] == 0
    assert "never" not in AutoTokenizer.from_pretrained(directory).get_vocab()


def test_changes_are_counted_as_one_would_by_hand(owner):
    whole = Tokenizer.from_file(f"{owner.location}/tokenizer.json")
    kept = np.array([number for number, piece in enumerate(VOCABULARY) if piece not in ("cat", "日")])
    vocab = {VOCABULARY[old]: number for number, old in enumerate(kept)}
    fewer = BertTokenizer(vocab=vocab, do_lower_case=False).backend_tokenizer
    assert changes(whole, fewer, kept, VOCABULARY.index("[UNK]"), ["the cat", "日本 sat", "the mat Ж"]) == {
        "documents": 3,
        "documents_changed": 2,
        "bytes": 7 + 10 + 10,
        "bytes_changed": 3 + 3,
        "tokens_before": 2 + 3 + 3,
        "tokens_after": 4 + 3 + 3,
        "unknown_before": 1,
        "unknown_after": 2,
    }
