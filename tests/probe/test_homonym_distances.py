"""Distances of homonyms: by hand, and against a plain loop over single sentences with the library's own model."""

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from raykd.config import Homonym, Sense
from raykd.errors import InputError
from raykd.evaluate.classifier.encoder import load_encoder
from raykd.probe.homonym_distances import cosine_distances, embed, homonym_rows, mean_distance
from raykd.probe.homonym_sentences import homonym_sentences

BANK = Homonym(
    word="banks",
    general=Sense(neighbour="shore", sentences=("the steep {} of the river .", "we fish on the {} .")),
    technical=Sense(neighbour="branch", sentences=("my {} kept the money .", "a {} on the bridge", "money in {}")),
)


def test_distances_by_hand():
    # Right angles are 1 apart, equal directions 0, opposite ones 2, and 45 degrees 1 - 1 / sqrt(2).
    vectors = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]])
    diagonal = 1 - 0.5**0.5
    expected = [[0, 1, diagonal], [1, 0, diagonal], [diagonal, diagonal, 0]]
    np.testing.assert_allclose(cosine_distances(vectors, vectors), expected, atol=1e-15)
    assert mean_distance(vectors) == pytest.approx((1 + 2 * diagonal) / 3)
    assert cosine_distances(vectors[:1], -vectors[:1])[0, 0] == pytest.approx(2)


def plain_vectors(directory, sentence: str, word: str) -> tuple[np.ndarray, np.ndarray]:
    """Mean of all pieces and of the word's own, found by the piece numbers rather than by characters."""
    tokenizer, model = AutoTokenizer.from_pretrained(directory), AutoModel.from_pretrained(directory).eval()
    before, after = sentence.split("{}")
    parts = [tokenizer.tokenize(part) for part in (before, word, after)]
    ids = tokenizer.convert_tokens_to_ids(["[CLS]", *parts[0], *parts[1], *parts[2], "[SEP]"])
    with torch.no_grad():
        states = model(torch.tensor([ids])).last_hidden_state[0].double().numpy()
    start = 1 + len(parts[0])
    return states[1:-1].mean(0), states[start : start + len(parts[1])].mean(0)


def cosine_distance(first: np.ndarray, second: np.ndarray) -> float:
    return 1 - float(first @ second) / float(np.linalg.norm(first) * np.linalg.norm(second))


def test_rows_are_those_of_a_plain_loop(encoder_directory):
    encoder, tokenizer = load_encoder(str(encoder_directory)), AutoTokenizer.from_pretrained(encoder_directory)
    rows = {row["sense"]: row for row in homonym_rows(encoder, tokenizer, [BANK])}
    words = {}
    for name, sense in BANK.senses.items():
        own = [plain_vectors(encoder_directory, sentence, "banks") for sentence in sense.sentences]
        others = [plain_vectors(encoder_directory, sentence, sense.neighbour) for sentence in sense.sentences]
        nearness = [cosine_distance(one[0], other[0]) for one, other in zip(own, others, strict=True)]
        words[name] = [word for _, word in own]
        within = [cosine_distance(a, b) for i, a in enumerate(words[name]) for b in words[name][:i]]
        assert rows[name]["neighbour"] == sense.neighbour
        assert rows[name]["neighbour_distance"] == pytest.approx(np.mean(nearness), abs=1e-6)
        assert rows[name]["within"] == pytest.approx(np.mean(within), abs=1e-6)
    between = np.mean([cosine_distance(a, b) for a in words["general"] for b in words["technical"]])
    assert rows["general"]["between"] == rows["technical"]["between"] == pytest.approx(between, abs=1e-6)


def test_a_word_that_cannot_be_found_is_named(encoder_directory):
    encoder, tokenizer = load_encoder(str(encoder_directory)), AutoTokenizer.from_pretrained(encoder_directory)
    with pytest.raises(InputError, match="'bank' has no piece of its own"):
        embed(encoder, tokenizer, ["the " * 40 + "{}", "the {}"], "bank")


def test_the_projects_own_sentences_fit_both_words():
    words = homonym_sentences()
    assert len(words) == 11
    for homonym in words:
        general, technical = homonym.senses.values()
        assert len(general.sentences) == len(technical.sentences) == 3
        for sense in homonym.senses.values():
            assert sense.neighbour.lower() != homonym.word.lower()
            for sentence in sense.sentences:
                # Neither may stand in the sentence elsewhere: it would lend its meaning to both.
                rest = sentence.replace("{}", " ").lower().split()
                assert homonym.word.lower() not in rest and sense.neighbour.lower() not in rest
