"""A tokenizer with the tokens that a corpus uses: which stay, the definition (tokenizer.json) that has only those, and
what trimming does to the corpus' text.

Ids are renumbered from 0 in their old order. WordPiece takes the longest token that fits and Unigram the likeliest path
through its tokens, so a text whose tokens all stay is cut as before. Where one has gone, shorter tokens stand for it:
its characters at worst, which always stay, so that nothing becomes unknown that was not. That holds for vocabularies
in which every character of a token is a token too, as their trainers make them; a token that lacks one stays.
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from raykd.artifacts import Result, ResultStore, SavedEncoder
from raykd.corpus.budget import shards_up_to, taken, token_counts
from raykd.corpus.tokenizer import load_tokenizer
from raykd.errors import InputError

PIECES = "pieces.parquet"  # beside the tokenizer: piece, parent_id, count, one row for each new id
BYTE_TOKEN = re.compile(r"<0x[0-9A-F]{2}>")  # what Unigram with byte_fallback writes an unknown character as
SAMPLE_DOCUMENTS = 1000  # of each language, of the lowest shuffle keys: tokenised with both tokenizers


def trim_tokenizer(
    store: ResultStore,
    result: Result,
    owner: SavedEncoder,
    tokens: Result,
    texts: Result,
    cutoffs: Mapping[str, int],
) -> None:
    """Write tokenizers/<encoder>-<hash8>/: the owner's tokenizer with the tokens that the corpus uses, and PIECES.

    tokens: the corpus in the owner's ids; cutoffs: language -> highest shuffle key that counts. The facts of the
    manifest: vocabulary before and after, occurrences counted and how many of them are of tokens that have gone (both
    exact), and for the first SAMPLE_DOCUMENTS of each language what `changes` says. Raises InputError for a tokenizer
    that is slow, of another kind or lacks a special token.
    """
    started = time.time()
    store.storage.remove(result.directory)
    with owner.local(store.storage) as directory:
        tokenizer = load_tokenizer(directory, owner.revision)
    definition = tokenizer.backend_tokenizer.to_str()
    names = {number: token for token, number in tokenizer.get_vocab().items()}
    counts = token_counts(store, tokens, cutoffs, max(names) + 1)
    chosen = chosen_tokens(counts, result.settings["pieces"], result.settings["minimum"])
    try:
        kept = np.array(sorted({*chosen.tolist(), *lasting_tokens(definition, tokenizer.all_special_ids)}))
        table = pa.table({"piece": [names[old] for old in kept.tolist()], "parent_id": kept, "count": counts[kept]})
        with TemporaryDirectory() as local:
            save_trimmed(local, tokenizer, kept)
            pq.write_table(table, Path(local) / PIECES)
            store.storage.put_directory(local, result.directory)
    except InputError as error:
        raise InputError(f"{owner.location}: {error}") from error
    old, new = Tokenizer.from_str(definition), Tokenizer.from_str(trimmed_definition(definition, kept))
    facts = {
        "pieces_before": len(names),
        "pieces": len(kept),
        "chosen": len(chosen),
        "tokens": int(counts.sum()),
        "tokens_gone": int(counts.sum() - counts[kept].sum()),
        "sample": {
            language: changes(old, new, kept, tokenizer.unk_token_id, _first_texts(store, texts, language, cutoff))
            for language, cutoff in cutoffs.items()
        },
    }
    store.complete(result, facts, started)


def save_trimmed(directory: str | Path, tokenizer: Any, kept: np.ndarray) -> None:
    """A Hugging Face directory with the kept tokens of a fast tokenizer; kept[new id] = old id, ascending.

    Raises InputError for a class that builds another vocabulary while it loads.
    """
    tokenizer.save_pretrained(directory)
    trimmed = trimmed_definition(tokenizer.backend_tokenizer.to_str(), kept)
    (Path(directory) / "tokenizer.json").write_text(trimmed, encoding="utf-8")
    new = {int(old): number for number, old in enumerate(kept)}
    loaded = load_tokenizer(directory)
    expected = {token: new[old] for token, old in tokenizer.get_vocab().items() if old in new}
    around = [new[old] for old in tokenizer("")["input_ids"]]
    if loaded.get_vocab() != expected or loaded("")["input_ids"] != around:
        raise InputError(f"a {type(tokenizer).__name__} does not load with fewer tokens, so it cannot be trimmed")


def changes(old: Tokenizer, new: Tokenizer, kept: np.ndarray, unknown: int, texts: Sequence[str]) -> dict[str, int]:
    """What trimming does to texts: documents, and those that are cut anew; bytes of UTF-8, and those written with
    tokens that have gone; tokens and unknown tokens, before and after.

    kept: the ids of `old` that stay, ascending; unknown: [UNK]'s, one of them.
    """
    for tokenizer in (old, new):
        tokenizer.no_truncation()
        tokenizer.no_padding()
    stays, total = set(kept.tolist()), Counter[str]()
    unknown_after = int(np.searchsorted(kept, unknown))
    before, after = (one.encode_batch(list(texts), add_special_tokens=False) for one in (old, new))
    for text, one, other in zip(texts, before, after, strict=True):
        gone = [place for number, place in zip(one.ids, one.offsets, strict=True) if number not in stays]
        total["documents"] += 1
        total["documents_changed"] += bool(gone)
        total["bytes"] += len(text.encode())
        total["bytes_changed"] += sum(len(text[start:stop].encode()) for start, stop in gone)
        total["tokens_before"] += len(one.ids)
        total["tokens_after"] += len(other.ids)
        total["unknown_before"] += one.ids.count(unknown)
        total["unknown_after"] += other.ids.count(unknown_after)
    return dict(total)


def summary(facts: Mapping[str, Any]) -> str:
    """The facts of a trimmed tokenizer in one line."""
    total: Counter[str] = Counter()
    for language in facts["sample"].values():
        total.update(language)
    return (
        f"{facts['pieces']:,} of {facts['pieces_before']:,} tokens kept ({facts['chosen']:,} for their use); "
        f"{_share(facts['tokens_gone'], facts['tokens'])} of {facts['tokens']:,} tokens were of others. Of the first "
        f"{total['documents']:,} documents {_share(total['documents_changed'], total['documents'])}, "
        f"{_share(total['bytes_changed'], total['bytes'])} of the bytes, are cut anew: "
        f"{total['tokens_before']:,} tokens become {total['tokens_after']:,}"
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.3g} %"


def _first_texts(store: ResultStore, texts: Result, language: str, cutoff: int) -> list[str]:
    """The documents of lowest shuffle key, at most SAMPLE_DOCUMENTS, of those that are taken."""
    found: list[str] = []
    for shard in shards_up_to(store.facts(texts)["languages"][language]["shards"], cutoff):
        table = store.storage.read_table(f"{texts.directory}/{shard['file']}", columns=["rank", "text"])
        found += table.filter(taken(table, cutoff))["text"].slice(0, SAMPLE_DOCUMENTS - len(found)).to_pylist()
        if len(found) == SAMPLE_DOCUMENTS:
            break
    return found


# --- the vocabulary ---------------------------------------------------------------------------------------------------


def chosen_tokens(counts: np.ndarray, most: int | None, minimum: int | None) -> np.ndarray:
    """The ids of the `most` most frequent tokens, or of those counted `minimum` times or more, ascending.

    counts: int64 [vocabulary]. Of equal counts the lower id comes first; what is never used is not chosen, so there are
    fewer where fewer are used.
    """
    if minimum is not None:
        return np.flatnonzero(counts >= minimum)
    order = np.argsort(-counts, kind="stable")[:most]
    return np.sort(order[counts[order] > 0])


def lasting_tokens(definition: str, special: Iterable[int]) -> set[int]:
    """The ids that stay whatever the counts are.

    definition: the JSON of a fast tokenizer; special: the ids of its special tokens. To these are added its added
    tokens, [UNK], single characters (WordPiece: at the start of a word and inside), tokens with a character that is no
    token, and the 256 bytes that Unigram may fall back to. Raises InputError for other kinds of model.
    """
    tree = json.loads(definition)
    model, ids = tree["model"], _ids(tree["model"])
    stay = {*special, *(token["id"] for token in tree["added_tokens"])}
    if model["type"] == "WordPiece":
        unknown, inside = ids.get(model["unk_token"]), model["continuing_subword_prefix"]
    else:
        unknown, inside = model.get("unk_id"), ""
    if unknown is not None:
        stay.add(unknown)
    if tree["padding"]:
        stay.add(tree["padding"]["pad_id"])
    for token, number in ids.items():
        characters = _characters(token, inside)
        if len(characters) <= 1 or not all(character in ids for character in characters):
            stay.add(number)
    if model.get("byte_fallback"):
        stay |= {number for token, number in ids.items() if BYTE_TOKEN.fullmatch(token)}
    return stay


def trimmed_definition(definition: str, kept: np.ndarray) -> str:
    """The tokenizer's JSON with the kept ids alone, renumbered: kept[new id] = old id, int64 [kept], ascending.

    Normalizer, pre-tokenizer and decoder stay as they are, and so do Unigram's scores.
    """
    tree, new = json.loads(definition), {int(old): number for number, old in enumerate(kept)}
    model = tree["model"]
    if model["type"] == "WordPiece":
        by_id = sorted(model["vocab"].items(), key=lambda entry: entry[1])
        model["vocab"] = {token: new[old] for token, old in by_id if old in new}
    else:
        model["vocab"] = [entry for old, entry in enumerate(model["vocab"]) if old in new]
        model["unk_id"] = new.get(model["unk_id"])
    for token in tree["added_tokens"]:
        token["id"] = new[token["id"]]
    if tree["padding"]:
        tree["padding"]["pad_id"] = new[tree["padding"]["pad_id"]]
    if tree["post_processor"]:
        _renumber(tree["post_processor"], new)
    return json.dumps(tree, ensure_ascii=False)


def _ids(model: Mapping[str, Any]) -> dict[str, int]:
    """Every token of a model and its id."""
    if model["type"] == "WordPiece":
        return dict(model["vocab"])
    if model["type"] == "Unigram":
        return {token: number for number, (token, _) in enumerate(model["vocab"])}
    raise InputError(f"a {model['type']} tokenizer: only WordPiece and Unigram vocabularies can be trimmed")


def _characters(token: str, inside: str) -> list[str]:
    """The tokens that would stand for it character by character; inside: WordPiece's prefix, "" for Unigram."""
    if inside and token.startswith(inside) and len(token) > len(inside):
        return [inside + character for character in token[len(inside) :]]
    return [token[0], *(inside + character for character in token[1:])] if token else []


def _renumber(processor: dict[str, Any], new: Mapping[int, int]) -> None:
    """The ids of the special tokens that a post-processor writes around a text, in place."""
    for part in processor.get("processors", ()):
        _renumber(part, new)
    if processor["type"] == "TemplateProcessing":
        for token in processor["special_tokens"].values():
            token["ids"] = [new[old] for old in token["ids"]]
    elif processor["type"] in ("BertProcessing", "RobertaProcessing"):
        for name in ("sep", "cls"):
            token, old = processor[name]
            processor[name] = [token, new[old]]
