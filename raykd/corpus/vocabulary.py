"""A tokenizer with some of its pieces: which of them stay, and the definition (tokenizer.json) that has only those.

Ids are renumbered from 0 in their old order. WordPiece takes the longest piece that fits and Unigram the likeliest path
through its pieces, so a text whose pieces all stay is cut as before. Where one has gone, shorter pieces stand for it:
its characters at worst, which always stay, so that nothing becomes unknown that was not. That holds for vocabularies
in which every character of a piece is a piece too, as their trainers make them; a piece that lacks one stays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from raykd.errors import InputError

BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")  # what Unigram with byte_fallback writes an unknown character as


def chosen_pieces(counts: np.ndarray, pieces: int | None, minimum: int | None) -> np.ndarray:
    """The ids of the `pieces` most frequent pieces, or of those counted `minimum` times or more, ascending.

    counts: int64 [vocabulary]. Of equal counts the lower id comes first; what is never used is not chosen, so there are
    fewer where fewer are used.
    """
    if minimum is not None:
        return np.flatnonzero(counts >= minimum)
    order = np.argsort(-counts, kind="stable")[:pieces]
    return np.sort(order[counts[order] > 0])


def lasting_pieces(definition: str, special: Iterable[int]) -> set[int]:
    """The ids that stay whatever the counts are.

    definition: the JSON of a fast tokenizer; special: the ids of its special tokens. To these are added its added
    tokens, [UNK], single characters (WordPiece: at the start of a word and inside), pieces with a character that is no
    piece, and the 256 bytes that Unigram may fall back to. Raises InputError for other kinds of model.
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
    for piece, number in ids.items():
        characters = _characters(piece, inside)
        if len(characters) <= 1 or not all(character in ids for character in characters):
            stay.add(number)
    if model.get("byte_fallback"):
        stay |= {number for piece, number in ids.items() if BYTE_PIECE.fullmatch(piece)}
    return stay


def trimmed_definition(definition: str, kept: np.ndarray) -> str:
    """The tokenizer's JSON with the kept ids alone, renumbered: kept[new id] = old id, int64 [kept], ascending.

    Normalizer, pre-tokenizer and decoder stay as they are, and so do Unigram's scores.
    """
    tree, new = json.loads(definition), {int(old): number for number, old in enumerate(kept)}
    model = tree["model"]
    if model["type"] == "WordPiece":
        by_id = sorted(model["vocab"].items(), key=lambda entry: entry[1])
        model["vocab"] = {piece: new[old] for piece, old in by_id if old in new}
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
    """Every piece of a model and its id."""
    if model["type"] == "WordPiece":
        return dict(model["vocab"])
    if model["type"] == "Unigram":
        return {piece: number for number, (piece, _) in enumerate(model["vocab"])}
    raise InputError(f"a {model['type']} tokenizer: only WordPiece and Unigram vocabularies can be trimmed")


def _characters(piece: str, inside: str) -> list[str]:
    """The pieces that would stand for it character by character; inside: WordPiece's prefix, "" for Unigram."""
    if inside and piece.startswith(inside) and len(piece) > len(inside):
        return [inside + character for character in piece[len(inside) :]]
    return [piece[0], *(inside + character for character in piece[1:])] if piece else []


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
