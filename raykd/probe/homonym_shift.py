"""How far two encoders differ in where they put the senses of homonyms (paper, section 6 and Table 7).

Table 7 is described in three ways, which lead to different conclusions, so all three are measured of each sentence:

- its text: the similarity of the two encoders' embeddings of one sentence;
- its caption: the similarity, within one encoder, of a sentence with the word and of the same with the neighbour;
- its values, which are near 0 and can only be the distances of these.

A distance says nothing by itself: an encoder whose vectors all lie close together has small ones everywhere. So each is
divided by that encoder's mean distance between sentences of different words of the language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from transformers import PreTrainedTokenizerBase

from raykd.config import Homonym
from raykd.evaluate.classifier.encoder import TextEncoder
from raykd.probe.homonym_distances import cosine_distances, embed

Loaded = tuple[PreTrainedTokenizerBase, TextEncoder]


def euclidean_distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Of every row of the one and every row of the other: [n, width], [m, width] -> [n, m]."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    distances: np.ndarray = np.sqrt(np.maximum(squares, 0))
    return distances


MEASURES = {"cosine": cosine_distances, "Euclidean": euclidean_distances}


def shift_rows(first: Loaded, second: Loaded, homonyms: Sequence[Homonym]) -> Iterator[dict[str, Any]]:
    """A row for each sentence and measure.

    first, second: the distance between its two forms within each encoder; across: between the two encoders' vectors
    of the sentence with the word, None where their widths differ. All are divided by the mean over sentences of
    different words (first_scale, second_scale, across_scale). Raises InputError as `embed` does.
    """
    for language in dict.fromkeys(homonym.language for homonym in homonyms):
        own = [homonym for homonym in homonyms if homonym.language == language]
        sentences = list(_sentences(own))
        vectors = [_embed(*encoder, own) for encoder in (first, second)]
        words = np.array([sentence["word"] for sentence in sentences])
        unrelated = words[:, None] != words[None, :]
        for measure, distances in MEASURES.items():
            within = [np.diag(distances(one["word"], one["neighbour"])) for one in vectors]
            scales = [float(distances(one["word"], one["word"])[unrelated].mean()) for one in vectors]
            across, across_scale = _across(vectors[0]["word"], vectors[1]["word"], measure, unrelated)
            for place, sentence in enumerate(sentences):
                yield {
                    "language": language,
                    **sentence,
                    "measure": measure,
                    "first": float(within[0][place]) / scales[0],
                    "second": float(within[1][place]) / scales[1],
                    "across": None if across is None else float(across[place]),
                    "first_scale": scales[0],
                    "second_scale": scales[1],
                    "across_scale": across_scale,
                }


def _sentences(homonyms: Sequence[Homonym]) -> Iterator[dict[str, Any]]:
    for homonym in homonyms:
        for name, sense in homonym.senses.items():
            for number in range(len(sense.sentences)):
                yield {"word": homonym.word, "sense": name, "neighbour": sense.neighbour, "sentence": number}


def _embed(
    tokenizer: PreTrainedTokenizerBase, encoder: TextEncoder, homonyms: Sequence[Homonym]
) -> Mapping[str, np.ndarray]:
    """Vectors [sentences, width] with the word and with the neighbour, in the order of `_sentences`."""
    found: dict[str, list[np.ndarray]] = {"word": [], "neighbour": []}
    for homonym in homonyms:
        for sense in homonym.senses.values():
            found["word"].append(embed(encoder, tokenizer, sense.sentences, homonym.word).sentences)
            found["neighbour"].append(embed(encoder, tokenizer, sense.sentences, sense.neighbour).sentences)
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _across(
    first: np.ndarray, second: np.ndarray, measure: str, unrelated: np.ndarray
) -> tuple[np.ndarray | None, float | None]:
    """Students of one teacher share its space, as far as training leaves it; encoders of other widths share none."""
    if first.shape[1] != second.shape[1]:
        return None, None
    distances = MEASURES[measure](first, second)
    scale = float(distances[unrelated].mean())
    return np.diag(distances) / scale, scale
