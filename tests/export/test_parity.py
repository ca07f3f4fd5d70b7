"""How much F1 a graph loses, from probabilities alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from raykd.config import Head
from raykd.evaluate.classifier.ragged import Ragged
from raykd.evaluate.metrics import best_thresholds
from raykd.evaluate.predict.heads import SavedHead
from raykd.export.parity import LabelledTexts, compare_decisions

ROWS, LABELS = 600, 10


@pytest.fixture
def answers():
    """(head, texts, probabilities of a reference, and of what differs from it by noise alone), on ROWS texts on which
    thresholds were chosen, and on as many others."""

    def draw(seed, thresholds=None):
        rng = np.random.default_rng(seed)
        truth = rng.random((ROWS, LABELS)) < 0.2
        logits = 1.5 * truth - 1 + rng.normal(size=truth.shape)
        both = [1 / (1 + np.exp(-(logits + noise))) for noise in (0, rng.normal(size=truth.shape) / 20)]
        tokens = Ragged(torch.zeros(ROWS), torch.arange(ROWS + 1))
        texts = LabelledTexts(tokens, truth, np.ones_like(truth), tuned_on=thresholds is None)
        chosen = thresholds or tuple(best_thresholds(truth, texts.known, both[0]))
        labels = tuple("abcdefghij")
        return SavedHead("tags", "multi-label", labels, None, chosen, Head(), 4, ""), texts, *both

    return draw


def test_noise_costs_nothing_where_thresholds_are_not_of_the_same_texts(answers):
    tuned = [answers(seed) for seed in range(20)]
    plain = [compare_decisions(saved, replace(texts, tuned_on=False), *both) for saved, texts, *both in tuned]
    halved = [compare_decisions(*one) for one in tuned]
    fresh = [compare_decisions(*answers(seed + 100, tuned[seed][0].thresholds)) for seed in range(20)]
    changes = [np.mean([one.f1_change for one in found]) for found in (plain, halved, fresh)]
    assert changes[0] < -0.004 and max(np.abs(changes[1:])) < 0.002
    # A threshold of the same texts is too good for the reference, too.
    assert np.mean([one.f1 for one in plain]) > np.mean([one.f1 for one in halved]) + 0.005
    assert [one.agreement for one in halved] == [one.agreement for one in plain]


def test_what_answers_worse_loses_in_halves_too(answers):
    saved, texts, reference, _ = answers(0)
    shuffled = np.random.default_rng(1).permutation(reference)
    found = compare_decisions(saved, texts, reference, np.where(np.arange(ROWS)[:, None] % 5 == 0, shuffled, reference))
    assert found.high < -0.02 and found.agreement < 0.95
    same = compare_decisions(saved, texts, reference, reference)
    assert (same.agreement, same.f1_change) == (1, 0)
