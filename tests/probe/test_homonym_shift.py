"""Two encoders and the senses of homonyms: the three readings of Table 7, against plain arithmetic."""

import numpy as np
import pytest
from transformers import AutoTokenizer

from raykd.config import Homonym
from raykd.evaluate.classifier.encoder import load_encoder
from raykd.probe.homonym_distances import embed
from raykd.probe.homonym_sentences import FILES, homonym_sentences, homonyms_of
from raykd.probe.homonym_shift import euclidean_distances, shift_rows

BANK = Homonym(
    word="bank",
    general={"neighbour": "shore", "sentences": ["the {} of the river", "the {} .", "fish on the {} ."]},
    technical={"neighbour": "branch", "sentences": ["my {} kept the money", "we kept money in the {} ."]},
)
BRIDGE = Homonym(
    word="bridge",
    general={"neighbour": "river", "sentences": ["we crossed the {} .", "the steep {}"]},
    technical={"neighbour": "money", "sentences": ["a {} in my bank", "the {} of a branch ."]},
)
WORDS = (BANK, BRIDGE)


@pytest.fixture(scope="module")
def loaded(encoder_directory):
    """An encoder with its tokenizer, and another: the same with its embeddings turned about."""
    tokenizer = AutoTokenizer.from_pretrained(encoder_directory)
    first, second = (load_encoder(str(encoder_directory)) for _ in range(2))
    weight = second.model.get_input_embeddings().weight
    weight.data = weight.data.flip(1) * 1.5
    return (tokenizer, first), (tokenizer, second)


def cosine(a, b) -> float:
    return 1 - a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_each_reading_is_divided_by_what_unrelated_sentences_have(loaded):
    rows = list(shift_rows(*loaded, WORDS))
    assert len(rows) == 2 * 9 and {row["measure"] for row in rows} == {"cosine", "Euclidean"}
    plain = {"cosine": cosine, "Euclidean": lambda a, b: float(np.linalg.norm(a - b))}
    for measure, distance in plain.items():
        own = [row for row in rows if row["measure"] == measure]
        by_encoder = []
        for tokenizer, encoder in loaded:
            vectors = [
                (homonym.word, with_word, with_neighbour)
                for homonym in WORDS
                for sense in homonym.senses.values()
                for with_word, with_neighbour in zip(
                    embed(encoder, tokenizer, sense.sentences, homonym.word).sentences,
                    embed(encoder, tokenizer, sense.sentences, sense.neighbour).sentences,
                    strict=True,
                )
            ]
            by_encoder.append(vectors)
        for name, vectors in zip(("first", "second"), by_encoder, strict=True):
            scale = np.mean([distance(a, b) for word, a, _ in vectors for other, b, _ in vectors if word != other])
            for row, (word, one, other) in zip(own, vectors, strict=True):
                assert row["word"] == word and row[f"{name}_scale"] == pytest.approx(scale)
                assert row[name] == pytest.approx(distance(one, other) / scale, abs=1e-6)
        scale = np.mean([distance(a, b) for w, a, _ in by_encoder[0] for v, b, _ in by_encoder[1] if w != v])
        for row, (_, one, _), (_, other, _) in zip(own, *by_encoder, strict=True):
            assert row["across"] == pytest.approx(distance(one, other) / scale, abs=1e-6)


def test_an_encoder_has_not_moved_from_itself(loaded):
    for row in shift_rows(loaded[0], loaded[0], WORDS):
        assert row["first"] == row["second"] and row["across"] == pytest.approx(0, abs=1e-5)


def test_euclidean_distances_of_equal_vectors_are_none():
    vectors = np.random.default_rng(0).normal(size=(3, 4)) * 1e3
    assert np.diag(euclidean_distances(vectors, vectors)) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("language", FILES)
def test_every_language_has_thirty_sentences_of_the_projects_own(language):
    words = homonym_sentences(language)
    pairs = [(homonym, sense, one) for homonym in words for sense in homonym.senses.values() for one in sense.sentences]
    assert len(pairs) >= 30 and len({one for _, _, one in pairs}) == len(pairs)
    for homonym, sense, sentence in pairs:
        assert homonym.language == language
        rest = sentence.replace("{}", " ").lower()
        tokens = rest if language == "jpn" else rest.split()
        assert homonym.word.lower() not in tokens and sense.neighbour.lower() not in tokens


def test_the_papers_words_are_among_them():
    table = {"Java": "coffee C#", "Python": "snake PHP", "floats": "rafts doubles", "terminal": "ending command line"}
    table |= {"classes": "lectures objects", "Oracle": "Prophet DynamoDB"}
    ours = {one.word: f"{one.general.neighbour} {one.technical.neighbour}" for one in homonym_sentences()}
    assert table.items() <= ours.items()


def test_words_are_those_of_the_experiments_languages():
    assert {one.language for one in homonyms_of(["spa", "por", "jpn"])} == {"spa", "jpn"}
    assert homonyms_of(["por", "rus"]) == homonym_sentences("eng")
