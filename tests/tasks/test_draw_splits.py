"""Splits: exact sizes, minimum reached, nothing twice, and one clear line where the data cannot give them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raykd.config import Sizes
from raykd.errors import InputError
from raykd.tasks.draw_splits import Counts, ready_splits, split_rows

TAGS = ("python", "java", "rust")


def orders_of(truth: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """An order of its own for each split."""
    generator = np.random.default_rng([seed, 1])
    return {split: generator.permutation(len(truth)) for split in ("test", "validation", "train")}


def plain_orders(truth: np.ndarray) -> dict[str, np.ndarray]:
    """The same for all: what is taken can be told by hand."""
    return dict.fromkeys(("test", "validation", "train"), np.arange(len(truth)))


def draw(seed: int, rows: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    if kind == "multi-label":
        truth = generator.random((rows, 3)) < [0.6, 0.3, 0.1]
        truth[~truth.any(axis=1), 0] = True
    else:
        truth = np.eye(3, dtype=bool)[generator.choice(3, rows, p=[0.6, 0.3, 0.1])]
    return truth, generator.random(rows) < 0.5


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    kind=st.sampled_from(["multi-label", "multi-class"]),
    train=st.integers(1, 150),
    test=st.integers(9, 60),
    minimum=st.integers(0, 5),
)
def test_splits_are_exact_disjoint_and_balanced_or_refused(seed, kind, train, test, minimum):
    truth, natural = draw(seed, 300, kind)
    sizes = Counts(train=train, validation=test, test=test, minimum=minimum)
    try:
        splits = split_rows(TAGS, truth, natural, orders := orders_of(truth, seed), sizes)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert {split: len(rows) for split, rows in splits.items()} == {
        "train": train,
        "validation": test,
        "test": test,
    }
    everything = np.concatenate(list(splits.values()))
    assert len(set(everything)) == len(everything)
    for split, rows in splits.items():
        assert (np.diff(np.argsort(orders[split])[rows]) > 0).all()
        assert truth[rows].any(axis=0).all()
        if split != "train":
            assert truth[rows].sum(axis=0).min() >= minimum
    assert natural[splits["test"]].all()


def test_without_a_minimum_order_decides_alone():
    truth = np.eye(3, dtype=bool)[np.arange(100) % 3]
    splits = split_rows(TAGS, truth, np.ones(100, bool), plain_orders(truth), Counts(train=30, validation=20, test=20))
    np.testing.assert_array_equal(splits["test"], np.arange(20))
    np.testing.assert_array_equal(splits["validation"], np.arange(20, 40))
    np.testing.assert_array_equal(splits["train"], np.arange(40, 70))


def test_a_minimum_takes_the_first_rows_that_carry_the_label():
    truth = np.zeros((40, 3), bool)
    truth[:, 0] = True
    truth[[5, 20, 30, 36], 1] = True
    truth[[6, 21, 31, 38], 2] = True
    orders = plain_orders(truth) | {"train": np.arange(40)[::-1]}
    splits = split_rows(TAGS, truth, np.ones(40, bool), orders, Counts(train=25, validation=4, test=6, minimum=1))
    np.testing.assert_array_equal(splits["test"], [0, 1, 2, 3, 5, 6])
    np.testing.assert_array_equal(splits["validation"], [4, 7, 20, 21])
    rest = [row for row in range(39, -1, -1) if row not in splits["test"] and row not in splits["validation"]]
    np.testing.assert_array_equal(splits["train"], rest[:25])


@pytest.mark.parametrize("share", [0.02, 0.05])
def test_train_and_its_first_rows_are_a_random_part_of_what_a_minimum_leaves(share):
    """Test and validation take a rare label's rows from everywhere; train must not lack them for it."""
    generator = np.random.default_rng(3)
    truth = generator.random((20_000, 3)) < [0.7, 0.5, share]
    truth[~truth.any(axis=1), 0] = True
    natural = generator.random(20_000) < 0.6
    counts = Counts(train=4000, validation=300, test=300, minimum=100)
    splits = split_rows(TAGS, truth, natural, orders_of(truth), counts)
    left = np.setdiff1d(np.arange(20_000), np.concatenate([splits["test"], splits["validation"]]))
    for what in (truth, natural[:, None]):
        expected = what[left].mean(axis=0)
        for rows in (4000, 2000, 1000):
            deviation = np.sqrt(expected * (1 - expected) / rows)
            assert (np.abs(what[splits["train"][:rows]].mean(axis=0) - expected) < 4 * deviation).all()


def test_translations_are_never_tested_but_validated_and_trained_on():
    truth = np.eye(2, dtype=bool)[np.arange(60) % 2]
    natural = np.arange(60) >= 30
    splits = split_rows(("yes", "no"), truth, natural, plain_orders(truth), Counts(train=20, validation=10, test=20))
    np.testing.assert_array_equal(splits["test"], np.arange(30, 50))
    assert not natural[splits["validation"]].all() and not set(splits["validation"]) & set(splits["test"])


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (Counts(train=500, validation=10, test=10, minimum=1), "sizes.train is 500 rows, but there are 80"),
        (Counts(train=10, validation=10, test=200), "sizes.test is 200 rows, but there are 100"),
        (
            Counts(train=10, validation=30, test=30, minimum=8),
            "validation needs 8 rows with the label 'rust' .* but there are 2",
        ),
        (Counts(train=5, validation=10, test=10, minimum=5), "test: 5 rows of each of 3 labels take 15 rows"),
        (Counts(train=5, validation=20, test=20), "test: none of its 20 rows has the label 'rust'"),
    ],
)
def test_impossible_sizes_are_named(sizes, message):
    truth = np.eye(3, dtype=bool)[[0, 1] * 10 + [0, 1, 2] * 10 + [0, 1] * 25]
    with pytest.raises(InputError, match=message):
        split_rows(TAGS, truth, np.ones(100, bool), plain_orders(truth), sizes)


def test_translations_are_not_tested_where_a_row_has_several_labels_either():
    truth, natural = draw(1, 300, "multi-label")
    splits = split_rows(TAGS, truth, natural, plain_orders(truth), Counts(train=100, validation=30, test=30, minimum=3))
    assert natural[splits["test"]].all() and not natural[splits["train"]].all()
    with pytest.raises(InputError, match=r"sizes.test is 30 rows, but there are 0 for it that are natural"):
        split_rows(TAGS, truth, np.zeros(300, bool), plain_orders(truth), Counts(train=100, validation=30, test=30))


@pytest.mark.parametrize("minimum", [0, 200])
def test_validation_and_train_mix_natural_and_translated_rows_alike(minimum):
    generator = np.random.default_rng(5)
    truth = np.eye(2, dtype=bool)[(generator.random(4000) < 0.3).astype(int)]
    natural = generator.random(4000) < 0.5
    if minimum:  # the second label is so rare that test takes it from everywhere
        truth = np.eye(2, dtype=bool)[(generator.random(4000) < 0.2).astype(int)]
    counts = Counts(train=1000, validation=500, test=1000, minimum=minimum)
    splits = split_rows(("yes", "no"), truth, natural, orders_of(truth), counts)
    left = np.setdiff1d(np.arange(4000), splits["test"])
    assert natural[splits["test"]].all()
    assert abs(natural[splits["validation"]].mean() - natural[left].mean()) < 0.06
    assert abs(natural[splits["train"]].mean() - natural[left].mean()) < 0.05


def test_numbers_shares_and_halves():
    assert Counts.of(Sizes(train=80, validation=10, test=11, minimum=3), 7).half == (40, 5, 5, 1)
    assert Counts.of(Sizes(train=0.8, validation=0.1, test=0.1), 17) == (13, 2, 2, 0)
    assert Counts.of(Sizes(train=0.5, validation=0.1, test=0.2), 100) == (50, 10, 20, 0)
    assert sum(Counts.of(Sizes(train=0.7, validation=0.15, test=0.15), 99)) == 99


def test_ready_splits_are_taken_as_they_are():
    split = np.array(["test", "train", "validation", "train", "test", "train"])
    truth = np.eye(2, dtype=bool)[[0, 0, 0, 1, 1, 1]]
    splits = ready_splits(("yes", "no"), truth, split)
    assert {name: rows.tolist() for name, rows in splits.items()} == {
        "train": [1, 3, 5],
        "validation": [2],
        "test": [0, 4],
    }
    with pytest.raises(InputError, match="no row with a label is in the split 'validation'"):
        ready_splits(("yes", "no"), truth, np.where(split == "validation", "train", split))
    with pytest.raises(InputError, match="test: none of its 1 rows has the label 'no'"):
        ready_splits(("yes", "no"), truth[:4], split[:4])
