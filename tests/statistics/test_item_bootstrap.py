"""Intervals over test texts against sklearn's scores, scipy's BCa, and experiments whose difference is known."""

import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import f1_score

from raykd.statistics.item_bootstrap import (
    LEAST_SUPPORT,
    RESAMPLES,
    Decisions,
    difference_over_both,
    difference_over_texts,
    resample,
    text_influence,
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


def counted_f1(cell, texts):
    """The same without what sklearn checks each time; every label has to be there."""
    truth, predicted = cell.truth[texts], cell.predicted[:, texts]
    return np.mean(2 * (truth & predicted).sum(axis=1) / (truth.sum(axis=0) + predicted.sum(axis=1)))


def test_the_estimate_and_what_is_left_out_are_sklearns(cells):
    everything = np.arange(80)
    for cell, found in zip(cells, resample(cells, 0), strict=True):
        assert found.estimate == pytest.approx(macro_f1(cell, everything))
        assert counted_f1(cell, everything) == pytest.approx(macro_f1(cell, everything))
        assert found.left_out[7] == pytest.approx(macro_f1(cell, np.delete(everything, 7)))
        assert found.texts.shape == found.both.shape == (RESAMPLES,)
        assert found.texts.mean() == pytest.approx(found.estimate, abs=0.01)


def test_the_interval_is_scipys_bca_but_for_the_draws(cells):
    own, other = cells
    estimate, low, high = difference_over_texts(*resample(cells, 0))
    reference = bootstrap(
        (np.arange(80),), lambda texts: counted_f1(own, texts) - counted_f1(other, texts),
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


def test_cells_on_different_texts_are_refused(cells):
    with pytest.raises(ValueError, match="the same texts"):
        resample([cells[0], Decisions(~cells[0].truth, cells[0].predicted)], 0)
    assert resample([], 0) == []


def test_whole_groups_are_drawn():
    """Texts of a group are all right or all wrong: as many independent values as groups, not as texts."""
    generator = np.random.default_rng(7)
    groups = np.repeat([f"company-{number}" for number in range(20)], 15)
    truth = generator.uniform(size=(300, 1)) < 0.5
    right = np.repeat(generator.uniform(size=(1, 20, 1)) < 0.8, 15, axis=1)
    cell = Decisions(truth, np.where(right, truth, ~truth))
    (by_text,), (by_group,) = resample([cell], 0), resample([cell], 0, groups)
    assert by_group.texts.std() > 2.5 * by_text.texts.std()
    assert len(by_group.left_out) == 20
    assert by_group.estimate == pytest.approx(by_text.estimate)
    influence = text_influence(cell, "one", groups)
    assert (influence.values**2).sum() ** 0.5 == pytest.approx(by_group.texts.std(), rel=0.2)
    alone = resample([cell], 0, np.full(300, ""))[0]
    np.testing.assert_array_equal(alone.texts, by_text.texts)


def test_parallel_test_sets_are_drawn_alike():
    """The same texts in two languages, decided alike: the difference of the two never varies."""
    generator = np.random.default_rng(8)
    truth = generator.uniform(size=(200, 2)) < 0.5
    (first,) = resample([decisions(generator, (0.8, 0.8), truth)], 3)
    generator = np.random.default_rng(8)
    generator.uniform(size=(200, 2))
    (second,) = resample([decisions(generator, (0.8, 0.8), truth)], 3)
    assert (first.texts - second.texts).std() == 0
    apart = resample([decisions(np.random.default_rng(9), (0.8, 0.8), truth)], 4)[0]
    assert np.corrcoef(first.texts, apart.texts)[0, 1] < 0.2


def test_distillations_are_drawn_before_their_seeds():
    """Two distillations far apart, seeds alike: resamples have one, the other, or both."""
    generator = np.random.default_rng(9)
    truth = generator.uniform(size=(400, 1)) < 0.5
    cell = decisions(generator, (0.6,) * 5 + (0.9,) * 5, truth)
    pooled = resample([cell], 0)[0]
    told = resample([Decisions(cell.truth, cell.predicted, np.repeat([1, 2], 5))], 0)[0]
    assert told.estimate == pytest.approx(pooled.estimate)
    assert told.both.std() > 2 * pooled.both.std()
    # Half of the resamples have one distillation twice.
    assert 0.4 < ((told.both < 0.65) | (told.both > 0.85)).mean() < 0.6


def test_the_influence_of_texts_is_the_bootstraps_variance(cells):
    own, other = cells
    first, second = resample(cells, 0)
    values = text_influence(own, "one").values - text_influence(other, "one").values
    assert (values**2).sum() ** 0.5 == pytest.approx((first.texts - second.texts).std(), rel=0.12)


def test_the_rarest_label_is_told():
    truth = np.zeros((50, 2), dtype=bool)
    truth[:20, 0] = truth[:3, 1] = True
    assert Decisions(truth, truth[None]).least_support == 3 < LEAST_SUPPORT
