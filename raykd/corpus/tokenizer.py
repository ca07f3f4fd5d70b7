"""Tokenizers: loaded from an encoder's directory, or trained on corpora of the experiment."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, BertTokenizer, PreTrainedTokenizerFast

from raykd.artifacts import Result, ResultStore
from raykd.corpus.quantity import shards_up_to, taken
from raykd.errors import InputError

VERSION = 1
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def load_tokenizer(directory: str | Path, revision: str | None = None) -> PreTrainedTokenizerFast:
    """The tokenizer of a Hugging Face directory or hub name.

    Raises InputError where it is no fast one, or lacks a special token that training needs.
    """
    tokenizer = AutoTokenizer.from_pretrained(directory, revision=revision)
    if not tokenizer.is_fast:
        raise InputError(f"{directory}: its tokenizer has no fast version, which raykd needs")
    for name in ("pad", "unk", "cls", "sep", "mask"):
        if getattr(tokenizer, f"{name}_token_id") is None:
            raise InputError(f"{directory}: its tokenizer has no {name} token")
    return tokenizer


def train_wordpiece(texts: Iterator[str], vocabulary: int) -> BertTokenizer:
    """A cased WordPiece tokenizer of BERT's kind: no accents stripped, ideographs one by one (mBERT's settings)."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL_TOKENS),
        limit_alphabet=vocabulary // 2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return BertTokenizer(vocab=tokenizer.get_vocab(), do_lower_case=False, strip_accents=False)


def train_tokenizer(store: ResultStore, result: Result, corpora: Sequence[tuple[Result, dict[str, int]]]) -> None:
    """Write tokenizers/<encoder>-<hash8>/, trained on texts up to each language's cut-off rank.

    corpora: (texts, {language: cut-off rank}).
    """
    started = time.time()
    store.storage.remove(result.directory)
    tokenizer = train_wordpiece(_texts(store, corpora), int(result.settings["vocabulary"]))
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
