import numpy as np
import pytest

from raykd.config import Masking
from raykd.distill.data.masking import NOT_MASKED, Masker, mask_probabilities

VOCABULARY = 200
SPECIAL = np.arange(5)
MASK = 4


@pytest.fixture
def counts() -> np.ndarray:
    """Counts as of words: a few ids make up most tokens, and some never occur."""
    counts = (1e6 / np.arange(1, VOCABULARY + 1) ** 1.3).astype(np.int64)
    counts[SPECIAL] = 0
    counts[-10:] = 0
    return counts


@pytest.fixture
def masker(counts) -> Masker:
    probabilities = mask_probabilities(counts, Masking())
    probabilities[SPECIAL] = 0
    return Masker(probabilities, MASK, np.setdiff1d(np.arange(VOCABULARY), SPECIAL), seed=56)


@pytest.fixture
def corpus(counts) -> tuple[np.ndarray, np.ndarray]:
    """ids and keys of 5,000 sequences of 1 to 99 tokens, ids drawn by their counts."""
    generator = np.random.default_rng(0)
    lengths = generator.integers(1, 100, 5000)
    ids = generator.choice(VOCABULARY, lengths.sum(), p=counts / counts.sum()).astype(np.int32)
    return ids, np.repeat(generator.integers(0, 2**64, 5000, dtype=np.uint64), lengths)


@pytest.mark.parametrize("smoothing", [0.0, 0.7, 1.0])
@pytest.mark.parametrize("rate", [0.05, 0.15, 0.6])
def test_rate_is_met_in_expectation(counts, rate, smoothing):
    probabilities = mask_probabilities(counts, Masking(rate=rate, smoothing=smoothing))
    assert (counts * probabilities).sum() / counts.sum() == pytest.approx(rate, rel=1e-9)
    assert probabilities.min() > 0 and probabilities.max() <= 1


def test_rarer_is_likelier_by_the_power_of_its_count(counts):
    probabilities = mask_probabilities(counts, Masking(rate=0.01))
    seen = np.flatnonzero(counts)
    assert (np.diff(probabilities[seen]) >= 0).all()  # counts fall with the id
    expected = (counts[20] / counts[10]) ** -0.7
    assert probabilities[20] / probabilities[10] == pytest.approx(expected)
    assert probabilities[-1] >= probabilities[seen].max()


def test_no_counts_give_the_rate_to_all():
    assert mask_probabilities(np.zeros(7, np.int64), Masking(rate=0.2)).tolist() == [0.2] * 7
    assert mask_probabilities(np.arange(7), Masking(rate=0)).tolist() == [0] * 7


def test_the_whole_rate_masks_all(counts):
    assert mask_probabilities(counts, Masking(rate=1.0)) == pytest.approx(1)


def test_empirical_rate_and_the_rate_of_one_id(masker, corpus):
    ids, keys = corpus
    masked = np.concatenate([masker(ids, keys, epoch)[1] != NOT_MASKED for epoch in range(3)])
    expected = masker.probabilities[ids].mean()
    assert masked.mean() == pytest.approx(expected, abs=4 * np.sqrt(0.15 * 0.85 / len(masked)))
    assert masked.mean() == pytest.approx(0.15, abs=0.005)
    here = np.tile(ids == 8, 3)
    probability = masker.probabilities[8]
    error = np.sqrt(probability * (1 - probability) / here.sum())
    assert masked[here].mean() == pytest.approx(probability, abs=4 * error)


def test_shares_of_what_is_shown(corpus):
    ids, keys = corpus
    masker = Masker(np.full(VOCABULARY, 0.5), MASK, np.arange(5, VOCABULARY), seed=1)
    shown, labels = masker(ids, keys, 0)
    masked = labels != NOT_MASKED
    shown, ids = shown[masked], ids[masked]
    assert (shown == MASK).mean() == pytest.approx(0.8, abs=0.005)
    same = (shown == ids).mean()
    other = ((shown != ids) & (shown != MASK)).mean()
    by_chance = 0.1 / (VOCABULARY - 5)
    assert same == pytest.approx(0.1 + by_chance, abs=0.004)
    assert other == pytest.approx(0.1 - by_chance, abs=0.004)


def test_draws_of_a_token_and_its_neighbour_are_independent(corpus):
    ids, keys = corpus
    masker = Masker(np.full(VOCABULARY, 0.5), MASK, np.arange(5, VOCABULARY), seed=1)
    shown, labels = masker(ids, keys, 0)
    masked = labels != NOT_MASKED
    assert np.corrcoef(masked[:-1], masked[1:])[0, 1] == pytest.approx(0, abs=0.01)
    hidden, next_masked = (shown == MASK)[:-1][masked[:-1]], masked[1:][masked[:-1]]
    assert np.corrcoef(hidden, next_masked)[0, 1] == pytest.approx(0, abs=0.015)


def test_random_tokens_are_uniform_over_the_replacements(corpus):
    ids, keys = corpus
    replacements = np.arange(100, 110)
    masker = Masker(np.full(VOCABULARY, 1.0), MASK, replacements, seed=1)
    shown = np.concatenate([masker(ids, keys, epoch)[0] for epoch in range(2)])
    drawn = shown[(shown != MASK) & (shown != np.tile(ids, 2))]
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == replacements.tolist()
    assert ((counts - counts.mean()) ** 2 / counts.mean()).sum() < 35  # chi-square, 9 degrees of freedom: p < 1e-4


def test_labels_and_changes_only_where_masked(masker, corpus):
    ids, keys = corpus
    shown, labels = masker(ids, keys, 0)
    masked = labels != NOT_MASKED
    assert shown.dtype == labels.dtype == np.int64
    assert (labels[masked] == ids[masked]).all()
    assert (shown[~masked] == ids[~masked]).all()


def test_special_ids_are_never_masked_nor_drawn(masker):
    generator = np.random.default_rng(0)
    ids = generator.integers(0, VOCABULARY, 100_000).astype(np.int32)
    keys = np.repeat(generator.integers(0, 2**64, 1000, dtype=np.uint64), 100)
    shown, labels = masker(ids, keys, 0)
    was_special = np.isin(ids, SPECIAL)
    assert (labels[was_special] == NOT_MASKED).all() and (shown[was_special] == ids[was_special]).all()
    assert not np.isin(shown[~was_special], np.setdiff1d(SPECIAL, MASK)).any()


@pytest.mark.parametrize("workers", [1, 3])
def test_draws_do_not_depend_on_order_batches_or_workers(masker, corpus, workers):
    ids, keys = corpus
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sequences = list(zip(np.split(ids, starts[1:]), np.split(keys, starts[1:]), strict=True))
    whole_shown, whole_labels = (np.split(one, starts[1:]) for one in masker(ids, keys, 2))
    place = {int(keys[start]): index for index, start in enumerate(starts)}

    order = np.random.default_rng(1).permutation(len(sequences))
    for worker in range(workers):
        mine = order[worker::workers]
        for start in range(0, len(mine), 700):
            batch = [sequences[index] for index in mine[start : start + 700]]
            shown, labels = masker(
                np.concatenate([part for part, _ in batch]), np.concatenate([key for _, key in batch]), 2
            )
            offsets = np.cumsum([len(part) for part, _ in batch])[:-1]
            parts = zip(batch, np.split(shown, offsets), np.split(labels, offsets), strict=True)
            for (_, key), its_shown, its_labels in parts:
                index = place[int(key[0])]
                assert (its_shown == whole_shown[index]).all()
                assert (its_labels == whole_labels[index]).all()


def test_draws_change_with_epoch_and_seed(masker, corpus):
    ids, keys = corpus
    first = masker(ids, keys, 0)[1] != NOT_MASKED
    other_seed = Masker(masker.probabilities, MASK, masker.replacements, seed=57)
    for other in (masker(ids, keys, 1)[1] != NOT_MASKED, other_seed(ids, keys, 0)[1] != NOT_MASKED):
        assert (first & other).mean() == pytest.approx((masker.probabilities[ids] ** 2).mean(), rel=0.05)


def test_no_tokens():
    masker = Masker(np.full(VOCABULARY, 0.5), MASK, np.arange(5, VOCABULARY), seed=1)
    shown, labels = masker(np.empty(0, np.int32), np.empty(0, np.uint64), 0)
    assert len(shown) == len(labels) == 0
