"""Tokenizers: loaded from an encoder's directory, or trained on corpora of the experiment."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, trainers

from raykd.artifacts import Result, ResultStore
from raykd.corpus.budget import shards_up_to, taken
from raykd.errors import InputError, in_one_line

# Imported where used: it brings torch, 2.3 CPU seconds in every worker that only tokenises.
if TYPE_CHECKING:
    from transformers import BertTokenizer

INSIDE = "##"  # before a token that begins inside a word
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def open_tokenizer(location: str | Path, revision: str | None = None) -> Any:
    """The tokenizer of a Hugging Face directory or hub name. Raises InputError where there is none."""
    from transformers import AutoTokenizer

    with in_one_line(f"{location}: no tokenizer can be loaded"):
        tokenizer = AutoTokenizer.from_pretrained(location, revision=revision, trust_remote_code=False)
        # Where no file of it is there, transformers makes one of the special tokens alone.
        if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
            raise InputError(
                f"{location}: its tokenizer has no vocabulary; give the tokenizer's files with the model's"
            )
        return tokenizer


def load_tokenizer(directory: str | Path, revision: str | None = None) -> Any:
    """A tokenizer to train encoders with.

    Raises InputError where it is no fast one, or lacks a special token that training needs.
    """
    tokenizer = open_tokenizer(directory, revision)
    if not tokenizer.is_fast:
        raise InputError(f"{directory}: its tokenizer has no fast version, which raykd needs")
    for name in ("pad", "unk", "cls", "sep", "mask"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            raise InputError(f"{directory}: its tokenizer has no {name} token")
    return tokenizer


def add_placeholder_tokens(tokenizer: Any, placeholders: Iterable[str]) -> None:
    """In place: each placeholder of masked text becomes one token, wherever it stands and whatever the tokenizer does
    to case."""
    tokenizer.add_tokens([AddedToken(one, normalized=False, special=False) for one in placeholders])


def train_wordpiece(
    texts: Callable[[], Iterator[str]], vocabulary: int, placeholders: Sequence[str] = ()
) -> BertTokenizer:
    """A cased WordPiece tokenizer of BERT's kind: no accents stripped, ideographs one by one (mBERT's settings).

    texts: gives them anew at each call; placeholders: of masked text, one token each, among the vocabulary. Characters
    are at most half the vocabulary, the most frequent of them.

    The trainer breaks ties by the order of a hash table, another one in each process: between characters of one
    frequency, and, through the numbers it gives to characters inside words, between pairs. So a first pass finds
    the characters, and the second is given them in an order of ours: the same texts give the same vocabulary.
    """
    from transformers import BertTokenizer

    frequency: Counter[str] = Counter()

    def plain() -> Iterator[str]:
        for text in texts():
            for placeholder in placeholders:
                text = text.replace(placeholder, " ")
            yield text

    def counted() -> Iterator[str]:
        for text in plain():
            frequency.update(text)
            yield text

    found = _train(counted(), vocab_size=0)
    alphabet = sorted((one for one in found if len(one) == 1), key=lambda one: (-frequency[one], one))
    alphabet = alphabet[: vocabulary // 2]
    inside = sorted(token for one in alphabet if (token := INSIDE + one) in found)
    vocab = _train(
        plain(),
        vocab_size=vocabulary - len(placeholders),
        special_tokens=[*SPECIAL_TOKENS, *inside],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
    )
    tokenizer = BertTokenizer(vocab=vocab, do_lower_case=False, strip_accents=False)
    if placeholders:
        add_placeholder_tokens(tokenizer, placeholders)
    return tokenizer


def _train(texts: Iterator[str], **settings: Any) -> dict[str, int]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(show_progress=False, continuing_subword_prefix=INSIDE, **settings)
    tokenizer.train_from_iterator(texts, trainer)
    return dict(tokenizer.get_vocab())


def train_tokenizer(store: ResultStore, result: Result, corpora: Sequence[tuple[Result, dict[str, int]]]) -> None:
    """Write tokenizers/<encoder>-<hash8>/, trained on texts up to each language's cut-off key.

    corpora: (texts, {language: cut-off key}).
    """
    started = time.time()
    store.storage.remove(result.directory)
    settings = result.settings
    texts = partial(_texts, store, corpora)
    tokenizer = train_wordpiece(texts, int(settings["vocabulary"]), settings.get("placeholders", ()))
    with TemporaryDirectory() as local:
        tokenizer.save_pretrained(local)
        store.storage.put_directory(local, result.directory)
    store.complete(result, {"vocabulary": len(tokenizer)}, started)


def _texts(store: ResultStore, corpora: Sequence[tuple[Result, dict[str, int]]]) -> Iterator[str]:
    for texts, cutoffs in corpora:
        for language, cutoff in cutoffs.items():
            for shard in shards_up_to(store.facts(texts)["languages"][language]["shards"], cutoff):
                table = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank", "text"])
                yield from table.filter(taken(table, cutoff))["text"].to_pylist()
