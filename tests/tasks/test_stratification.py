"""Stratified splits: each label's share in every split is that of the whole, and no unit is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from raykd.errors import InputError
from raykd.tasks.draw_splits import Counts
from raykd.tasks.stratification import share_out, stratified_splits

NAMES = ("train", "validation", "test")


def test_one_label_is_shared_out_as_scikit_learn_does():
    """For one label per row the shares are known: scikit-learn's numbers of each class, to a row."""
    classes = np.random.default_rng(0).choice(4, 1000, p=[0.5, 0.3, 0.15, 0.05])
    truth = np.eye(4, dtype=bool)[classes]
    counts = Counts(train=700, validation=150, test=150)
    splits = stratified_splits("abcd", truth, np.ones(1000, bool), np.arange(1000), counts)
    rest, test = train_test_split(classes, test_size=150, stratify=classes, random_state=0)
    train, validation = train_test_split(rest, test_size=150, stratify=rest, random_state=0)
    for name, expected in zip(NAMES, (train, validation, test), strict=True):
        assert len(splits[name]) == len(expected)
        np.testing.assert_allclose(truth[splits[name]].sum(axis=0), np.bincount(expected), atol=1.01)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), translated=st.booleans(), train=st.integers(100, 220))
def test_several_labels_keep_their_shares_and_sizes_are_exact(seed, translated, train):
    generator = np.random.default_rng(seed)
    truth = generator.random((600, 4)) < [0.5, 0.25, 0.2, 0.15]
    truth[~truth.any(axis=1), 0] = True
    natural = generator.random(600) < (0.6 if translated else 1)
    splits = stratified_splits("abcd", truth, natural, np.arange(600), Counts(train, validation=60, test=60))
    assert [len(splits[name]) for name in NAMES] == [train, 60, 60]
    assert len(set(np.concatenate(list(splits.values())))) == train + 120
    assert natural[splits["test"]].all()
    left = np.setdiff1d(np.arange(600), splits["test"])
    for name, whole in (("test", natural), ("validation", left), ("train", left)):
        wanted = truth[whole].mean(axis=0) * len(splits[name])
        np.testing.assert_allclose(truth[splits[name]].sum(axis=0), wanted, atol=3)
        if name != "test":
            assert abs(natural[splits[name]].mean() - natural[left].mean()) < 0.05


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_no_group_is_in_two_splits(seed):
    generator = np.random.default_rng(seed)
    truth = np.eye(2, dtype=bool)[generator.integers(2, size=600)]
    natural = generator.random(600) < 0.7
    groups = generator.integers(60, size=600)
    splits = stratified_splits("ab", truth, natural, groups, Counts(train=400, validation=60, test=60))
    assert not any(set(groups[splits[a]]) & set(groups[splits[b]]) for a in NAMES for b in NAMES if a < b)
    assert natural[splits["test"]].all()
    for name, size in zip(NAMES, (400, 60, 60), strict=True):
        assert abs(len(splits[name]) - size) < 25
        assert abs(truth[splits[name], 0].mean() - 0.5) < 0.2


def test_units_by_hand():
    """The rarer label first, its largest unit first, each to the part that lacks most of it."""
    sums = np.array([[4, 0], [2, 0], [2, 0], [0, 2], [0, 2], [0, 1], [0, 1], [0, 0]])
    rows = np.array([4, 2, 2, 2, 2, 1, 1, 2])
    # Parts of 8 and 8 rows lack 3 and 3 of label 1 (6 rows), then 4 and 4 of label 0 (8 rows).
    assert share_out(sums, rows, [8, 8]).tolist() == [0, 1, 1, 0, 1, 0, 1, 0]


@pytest.mark.parametrize(
    ("counts", "groups", "message"),
    [
        (Counts(90, 10, 10), 100, "sizes ask for 110 rows, but there are 100"),
        (Counts(10, 10, 60), 100, "sizes.test is 60 rows, but there are 50 that are natural"),
        (
            Counts(50, 10, 10, minimum=9),
            100,
            "test: . of its 10 rows have the label '.', fewer than sizes.minimum 9",
        ),
        (Counts(50, 10, 10), 2, "test got no rows: 2 groups are too few"),
    ],
)
def test_what_cannot_be_is_named(counts, groups, message):
    truth = np.eye(2, dtype=bool)[np.arange(100) // 2 % 2]
    with pytest.raises(InputError, match=message):
        stratified_splits("ab", truth, np.arange(100) % 2 == 0, np.arange(100) % groups, counts)
