"""Differences of pairs on one side of 0, by pair and by word."""

import numpy as np
import pytest
from scipy.stats import binomtest

from raykd.statistics.permutation import paired_permutation_test
from raykd.statistics.sign_tests import paired_shift


def test_pairs_are_counted_and_words_turned():
    differences = np.array([-1.0, -2.0, -0.5, 0.25, -1.0, -3.0])
    found = paired_shift(differences, ["a", "a", "b", "b", "c", "d"])
    assert (found.pairs, found.words, found.below) == (6, 4, 5)
    assert found.mean == pytest.approx(np.mean([-1.5, -0.125, -1, -3])) and found.low < found.mean < found.high < 0
    assert found.sign_p_value == pytest.approx(binomtest(5, 6).pvalue)
    exact = paired_permutation_test([-1.5, -0.125, -1, -3], np.zeros(4)).p_value
    assert found.permutation_p_value == exact == 2 / 16


def test_ties_say_nothing():
    found = paired_shift(np.zeros(4), list("abcd"))
    assert (found.below, found.sign_p_value, found.permutation_p_value, found.mean) == (0, 1.0, 1.0, 0.0)


def test_one_word_shows_nothing_however_many_sentences_it_has():
    found = paired_shift(np.full(30, -1.0), ["a"] * 30)
    assert found.sign_p_value < 1e-8 and found.permutation_p_value == 1.0


def test_many_words_are_turned_at_random():
    generator = np.random.default_rng(0)
    differences = generator.normal(-0.3, 1, size=40)
    found = paired_shift(differences, range(40))
    few = paired_shift(differences[:32], range(32))
    assert 0.001 < found.permutation_p_value < 0.3 and 0 < few.permutation_p_value < 1
    assert paired_shift(np.full(40, 2.0), range(40)).permutation_p_value == pytest.approx(1 / 20_001)


def test_without_a_pair_there_is_no_test():
    with pytest.raises(ValueError, match="0 differences"):
        paired_shift(np.empty(0), [])
