"""Intervals over test texts against sklearn's scores, scipy's BCa, and experiments whose difference is known."""

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import f1_score

from raykd.statistics.item_bootstrap import (
    RESAMPLES,
    Decisions,
    difference_over_both,
    difference_over_texts,
    mean_gain_over_both,
    resample,
)


def decisions(generator, accuracies, truth):
    """One seed for each accuracy, each decision right with that probability."""
    right = generator.uniform(size=(len(accuracies), *truth.shape)) < np.reshape(accuracies, (-1, 1, 1))
    return Decisions(truth, np.where(right, truth, ~truth))


@pytest.fixture
def cells():
    generator = np.random.default_rng(1)
    truth = generator.uniform(size=(80, 3)) < 0.4
    return [decisions(generator, accuracies, truth) for accuracies in ((0.85, 0.9, 0.8), (0.8, 0.7))]


def macro_f1(cell, texts):
    return np.mean(
        [f1_score(cell.truth[texts], own[texts], average="macro", zero_division=0) for own in cell.predicted]
    )


def test_the_estimate_and_what_is_left_out_are_sklearns(cells):
    everything = np.arange(80)
    for cell, found in zip(cells, resample(cells, 0), strict=True):
        assert found.estimate == pytest.approx(macro_f1(cell, everything))
        assert found.left_out[7] == pytest.approx(macro_f1(cell, np.delete(everything, 7)))
        assert found.texts.shape == found.both.shape == (RESAMPLES,)
        assert found.texts.mean() == pytest.approx(found.estimate, abs=0.01)


def test_the_interval_is_scipys_bca_but_for_the_draws(cells):
    own, other = cells
    estimate, low, high = difference_over_texts(*resample(cells, 0))
    reference = bootstrap(
        (np.arange(80),), lambda texts: macro_f1(own, texts) - macro_f1(other, texts),
        n_resamples=400, vectorized=False, method="BCa", rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    width = high - low
    assert low < estimate < high
    assert (low, high) == pytest.approx((reference.low, reference.high), abs=0.15 * width)


def test_seeds_and_texts_together_vary_more_than_texts_alone(cells):
    both = resample(cells, 3)
    _, low, high = difference_over_texts(*both)
    widest = difference_over_both(*both)
    assert widest[1] - widest[0] > high - low


def test_texts_that_are_hard_for_both_cancel():
    """Two encoders that decide alike on most texts: the difference varies far less than either score."""
    generator = np.random.default_rng(5)
    truth = generator.uniform(size=(300, 1)) < 0.5
    first = decisions(generator, (0.8,) * 3, truth)
    second = Decisions(truth, first.predicted.copy())
    second.predicted[:, :10] ^= True
    own, other = resample([first, second], 0)
    assert (own.texts - other.texts).std() < own.texts.std() / 2
    assert difference_over_texts(own, own) == (0, 0, 0)


def test_intervals_cover_about_as_often_as_they_say():
    """The truth: F1 of decisions that are right with probability .85 and .8 on balanced texts is .85 and .8."""
    generator = np.random.default_rng(2)
    covered = []
    for experiment in range(150):
        truth = generator.uniform(size=(200, 1)) < 0.5
        pair = [decisions(generator, (accuracy,), truth) for accuracy in (0.85, 0.8)]
        _, low, high = difference_over_texts(*resample(pair, experiment))
        covered.append(low <= 0.05 <= high)
    assert 0.89 < np.mean(covered) <= 1


def test_mean_gains_average_the_ratios(cells):
    own, other = resample(cells, 0)
    low, high = mean_gain_over_both([(own, other)])
    assert low < own.estimate / other.estimate - 1 < high
    twice = mean_gain_over_both([(own, other), (other, other)])
    assert twice[1] - twice[0] == pytest.approx((high - low) / 2, rel=1e-6)
    nothing = Decisions(cells[0].truth, np.zeros_like(cells[0].predicted))
    assert np.isnan(mean_gain_over_both([(own, resample([nothing], 0)[0])])).all()


def test_cells_on_different_texts_are_refused(cells):
    with pytest.raises(ValueError, match="the same texts"):
        resample([cells[0], Decisions(~cells[0].truth, cells[0].predicted)], 0)
    assert resample([], 0) == []
