"""Where an encoder puts words of two senses (paper, section 6 and Table 7).

Two measures, of cosine distances (1 - cosine similarity) between last hidden states:

- of sentences, the paper's: a sentence with the word against the same sentence with the neighbour in its place, each
  the mean of its pieces. The nearer, the more the word means what the neighbour does.
- of the word itself, the mean of its own pieces: between sentences of one sense, and between sentences of two. The
  farther the senses lie apart beside the spread within each, the better the encoder tells them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from raykd.config import Homonym
from raykd.config.probe import PLACE
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import TextEncoder, encode
from raykd.evaluate.classifier.ragged import Ragged


@dataclass(frozen=True)
class Vectors:
    """Means over pieces, float64 [texts, width]. sentences: over all but special tokens; words: over the word's own."""

    sentences: np.ndarray
    words: np.ndarray


def homonym_rows(
    encoder: TextEncoder, tokenizer: PreTrainedTokenizerBase, homonyms: Sequence[Homonym]
) -> Iterator[dict[str, Any]]:
    """A row for each word and sense: its neighbour; neighbour_distance, the mean over the sense's sentences; within,
    the mean over pairs of its sentences; between, over pairs of both senses' sentences (the same for both).

    Raises InputError where a word has no piece of its own or lies behind the encoder's last position, and for a
    tokenizer that cannot tell which pieces are the word's.
    """
    if not tokenizer.is_fast:
        raise InputError("probe.homonyms: the tokenizer has no fast version, which tells the place of each piece")
    for homonym in homonyms:
        own = {name: embed(encoder, tokenizer, sense.sentences, homonym.word) for name, sense in homonym.senses.items()}
        between = float(cosine_distances(own["general"].words, own["technical"].words).mean())
        for name, sense in homonym.senses.items():
            others = embed(encoder, tokenizer, sense.sentences, sense.neighbour)
            yield {
                "word": homonym.word,
                "sense": name,
                "neighbour": sense.neighbour,
                "neighbour_distance": float(np.diag(cosine_distances(own[name].sentences, others.sentences)).mean()),
                "within": mean_distance(own[name].words),
                "between": between,
            }


def cosine_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """1 - cosine of every row of the one and every row of the other: [n, width], [m, width] -> [n, m]."""
    unit = [vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (first, second)]
    return 1 - unit[0] @ unit[1].T


def mean_distance(vectors: np.ndarray) -> float:
    """The mean cosine distance over pairs of rows."""
    return float(cosine_distances(vectors, vectors)[np.triu_indices(len(vectors), k=1)].mean())


def embed(encoder: TextEncoder, tokenizer: PreTrainedTokenizerBase, sentences: Sequence[str], word: str) -> Vectors:
    """Each sentence with the word in its place, in float32 on the CPU."""
    encoded = tokenizer(
        [sentence.replace(PLACE, word) for sentence in sentences],
        truncation=True,
        max_length=encoder.positions,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )
    ids = [torch.tensor(one) for one in encoded["input_ids"]]
    offsets = torch.tensor([0, *map(len, ids)]).cumsum(0)
    sentence_means, word_means = (np.empty((len(ids), encoder.width)) for _ in range(2))
    for rows, hidden in encode(encoder, Ragged(torch.cat(ids), offsets), "cpu"):
        for row, states in zip(rows.tolist(), hidden.split([len(ids[row]) for row in rows]), strict=True):
            special = np.array(encoded["special_tokens_mask"][row], bool)
            inside = _pieces(sentences[row], word, np.array(encoded["offset_mapping"][row])) & ~special
            if not inside.any():
                raise InputError(
                    f"probe.homonyms: {word!r} has no piece of its own in {sentences[row]!r}, as far as the encoder "
                    "reads it; give a word that the tokenizer knows, in a shorter sentence"
                )
            values = states.double().numpy()
            sentence_means[row], word_means[row] = values[~special].mean(0), values[inside].mean(0)
    return Vectors(sentence_means, word_means)


def _pieces(sentence: str, word: str, spans: np.ndarray) -> np.ndarray:
    """Which pieces, with character spans [pieces, 2], lie in the word at its place: bool [pieces]."""
    start = sentence.index(PLACE)
    return (spans[:, 0] < start + len(word)) & (spans[:, 1] > start)
