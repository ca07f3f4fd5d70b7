import numpy as np

from raykd.distill.data.counter_rng import key, mix, uniform


def draws(first_key: np.ndarray, count: int) -> np.ndarray:
    return uniform(np.broadcast_to(first_key, count), np.arange(count))


def test_draws_are_uniform():
    values = draws(key(56), 200_000)
    assert values.min() >= 0 and values.max() < 1
    assert abs(values.mean() - 1 / 2) < 4 * np.sqrt(1 / 12 / len(values))
    assert abs(values.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / len(values))
    counts = np.histogram(values, bins=100, range=(0, 1))[0]
    expected = len(values) / 100
    assert ((counts - expected) ** 2 / expected).sum() < 160  # chi-square with 99 degrees of freedom: p < 1e-4


def test_first_draws_of_neighbouring_keys_are_uniform():
    """Sequences and groups are numbered one after the other: their first draws must be as good as one key's."""
    values = uniform(key(56, 0, np.arange(200_000)), np.zeros(200_000))
    counts = np.histogram(values, bins=100, range=(0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 160
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.01


def test_neighbouring_counters_are_not_correlated():
    values = draws(key(3), 200_000)
    for distance in (1, 2, 3):
        assert abs(np.corrcoef(values[:-distance], values[distance:])[0, 1]) < 0.01


def test_streams_of_different_keys_are_not_correlated():
    for other in (key(2), key(1, 0), key(0, 1)):
        assert abs(np.corrcoef(draws(key(1), 100_000), draws(other, 100_000))[0, 1]) < 0.015


def test_a_draw_depends_on_its_key_and_counter_alone():
    values = draws(key(1, 2), 50)
    assert uniform(key(1, 2), np.array([17]))[0] == values[17]
    backwards = uniform(np.broadcast_to(key(1, 2), 50), np.arange(50)[::-1])
    assert (backwards[::-1] == values).all()


def test_order_and_number_of_parts_count():
    keys = [int(key(*parts)[0]) for parts in ((1, 2), (2, 1), (1,), (1, 0), (0, 1), (1, 2, 0), (0,), (0, 0))]
    assert len(set(keys)) == len(keys)


def test_key_of_an_array_is_the_key_of_each_of_its_numbers():
    pieces = np.array([0, 1, 5], np.int32)
    assert key(56, pieces, 3).tolist() == [int(key(56, piece, 3)[0]) for piece in (0, 1, 5)]


def test_mix_is_a_bijection_on_a_sample():
    assert len(np.unique(mix(np.arange(100_000, dtype=np.uint64)))) == 100_000


def test_mix_is_splitmix64():
    """The first three outputs from state 1234567 that the authors' C code gives (the usual test vector)."""
    golden = 0x9E3779B97F4A7C15
    states = np.array([(1234567 + step * golden) % 2**64 for step in range(3)], np.uint64)
    assert mix(states).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]
