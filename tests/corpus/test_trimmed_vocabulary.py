"""Trimmed tokenizers against a plain one: the same cuts where no piece has gone, and never a new unknown."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

from raykd.corpus.tokenizer_trimming import chosen_tokens, lasting_tokens, trimmed_definition
from raykd.errors import InputError

LETTERS = "abcdeé日"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = st.lists(st.text(LETTERS, min_size=2, max_size=4), min_size=1, max_size=25, unique=True)
TEXTS = st.lists(st.text(LETTERS + " ?", max_size=14), min_size=1, max_size=8)


def wordpiece(starts: list[str], insides: list[str], post_processor=None) -> Tokenizer:
    """Special tokens among the pieces, not before them, as [PAD] and [UNK] stand in mBERT's vocabulary."""
    singles = [*LETTERS, *(f"##{letter}" for letter in LETTERS)]
    names = [*starts, *SPECIAL[:2], *singles, *SPECIAL[2:], *(f"##{inside}" for inside in insides)]
    vocab = {name: number for number, name in enumerate(dict.fromkeys(names))}
    tokenizer = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.add_tokens(["c-c"])
    tokenizer.post_processor = post_processor or processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def unigram(pieces: list[str], seed: int = 0, byte_fallback: bool = False) -> Tokenizer:
    scores = np.random.default_rng(seed).uniform(-19, -1, len(pieces)).tolist()
    bytes_ = [(f"<0x{number:02X}>", -30.0) for number in range(256)] if byte_fallback else []
    vocab = [
        *zip(pieces, scores, strict=True),
        ("<unk>", 0.0),
        ("<s>", 0.0),
        *((letter, -20.0 - number / 8) for number, letter in enumerate(["▁", *LETTERS])),
        *bytes_,
    ]
    tokenizer = Tokenizer(models.Unigram(vocab, unk_id=len(pieces), byte_fallback=byte_fallback))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(["<s>", AddedToken("<mask>", lstrip=True)])
    return tokenizer


def trimmed(tokenizer: Tokenizer, chosen: list[int], special: tuple[int, ...] = ()) -> tuple[Tokenizer, np.ndarray]:
    definition = tokenizer.to_str()
    kept = np.array(sorted({*chosen, *lasting_tokens(definition, special)}))
    return Tokenizer.from_str(trimmed_definition(definition, kept)), kept


def check(old: Tokenizer, new: Tokenizer, kept: np.ndarray, unknown: str, texts: list[str]) -> None:
    position = {int(old_id): number for number, old_id in enumerate(kept)}
    assert new.get_vocab() == {
        piece: position[number] for piece, number in old.get_vocab().items() if number in position
    }
    assert sorted(new.get_vocab().values()) == list(range(len(kept)))
    for text in texts:
        before, after = old.encode(text), new.encode(text)
        if set(before.ids) <= set(position):
            assert after.ids == [position[number] for number in before.ids]
            assert after.offsets == before.offsets
        if before.ids.count(old.token_to_id(unknown)) == 0:
            assert after.ids.count(new.token_to_id(unknown)) == 0


@settings(max_examples=150, deadline=None)
@given(starts=PIECES, insides=PIECES, texts=TEXTS, data=st.data())
def test_wordpiece_cuts_the_same_or_finer_and_nothing_becomes_unknown(starts, insides, texts, data):
    old = wordpiece(starts, insides)
    chosen = data.draw(st.lists(st.integers(0, old.get_vocab_size() - 1)))
    new, kept = trimmed(old, chosen)
    check(old, new, kept, "[UNK]", [*texts, *starts, "".join(insides), "c-c [MASK] ?"])


@settings(max_examples=150, deadline=None)
@given(
    pieces=PIECES,
    seed=st.integers(0, 99),
    texts=TEXTS,
    bytes_=st.booleans(),
    data=st.data(),
)
def test_unigram_cuts_the_same_or_finer_and_nothing_becomes_unknown(pieces, seed, texts, bytes_, data):
    old = unigram(pieces, seed, bytes_)
    chosen = data.draw(st.lists(st.integers(0, old.get_vocab_size() - 1)))
    new, kept = trimmed(old, chosen)
    check(old, new, kept, "<unk>", [*texts, *pieces, "<s>" + "".join(pieces) + "<mask>"])
    assert sum(piece.startswith("<0x") for piece in new.get_vocab()) == (256 if bytes_ else 0)
    scores, left = (dict(json.loads(one.to_str())["model"]["vocab"]) for one in (old, new))
    assert left == pytest.approx({piece: scores[piece] for piece in left}, rel=1e-12)  # JSON may round the last digit


def test_a_piece_with_a_character_of_no_piece_stays():
    old = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1, "##b": 2, "ab": 3, "abc": 4, "aba": 5}, unk_token="[UNK]"))
    assert lasting_tokens(old.to_str(), []) == {0, 1, 2, 4, 5}  # "aba": there is no ##a
    assert lasting_tokens(unigram(["ab", "ax", "xy"]).to_str(), []).isdisjoint({0})
    assert lasting_tokens(unigram(["ab", "ax", "xy"]).to_str(), []) >= {1, 2}


@pytest.mark.parametrize("kind", ["bert", "roberta", "sequence"])
def test_every_kind_of_post_processor_writes_the_new_ids(kind):
    plain = wordpiece(["ab", "cd"], ["ef"])
    ends = [(name, plain.token_to_id(name)) for name in ("[SEP]", "[CLS]")]
    processor = {
        "bert": lambda: processors.BertProcessing(*ends),
        "roberta": lambda: processors.RobertaProcessing(*ends),
        "sequence": lambda: processors.Sequence([processors.ByteLevel(), processors.BertProcessing(*ends)]),
    }[kind]()
    old = wordpiece(["ab", "cd"], ["ef"], processor)
    old.enable_padding(pad_id=old.token_to_id("[PAD]"), length=12)
    new, _ = trimmed(old, [1])
    assert new.token_to_id("ab") is None and new.token_to_id("cd") == 0
    assert new.encode("cd", "cd").tokens == old.encode("cd", "cd").tokens
    assert new.encode("cd", "cd").ids == [new.token_to_id(token) for token in new.encode("cd", "cd").tokens]


def test_pieces_are_chosen_by_how_often_they_are_used():
    counts = np.array([5, 0, 7, 5, 1, 9, 0])
    assert chosen_tokens(counts, None, 5).tolist() == [0, 2, 3, 5]
    assert chosen_tokens(counts, 3, None).tolist() == [0, 2, 5]  # of 0 and 3, equal, the lower
    assert chosen_tokens(counts, 4, None).tolist() == [0, 2, 3, 5]
    assert chosen_tokens(counts, 100, None).tolist() == [0, 2, 3, 4, 5]  # all that are used


def test_other_models_are_refused():
    with pytest.raises(InputError, match="BPE tokenizer: only WordPiece and Unigram"):
        lasting_tokens(Tokenizer(models.BPE({"a": 0}, [])).to_str(), [])
