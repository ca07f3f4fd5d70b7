import tracemalloc
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from raykd.distill.data.sampler import Group, Sampler, epoch_order, training_sampler

ROWS, GROUP = [30, 0, 100, 7], 6  # 5 + 0 + 17 + 2 groups, two of them smaller
FILES = [f"shard-{number}" for number in range(len(ROWS))]
GROUPS = [
    Group(file, start, min(start + GROUP, rows))
    for file, rows in zip(FILES, ROWS, strict=True)
    for start in range(0, rows, GROUP)
]
EPOCHS, PER_STEP = 3, 5
STEPS = 5  # an epoch: four of 5 groups and one of 4


def sampler(seed: int = 56) -> Sampler:
    return Sampler(FILES, np.array(ROWS), GROUP, PER_STEP, EPOCHS, seed)


def dealt(rank: int, workers: int, first_step: int = 0, seed: int = 56) -> list[tuple[int, Group]]:
    steps = enumerate(sampler(seed).steps(rank, workers, first_step), first_step)
    return [(step, group) for step, groups in steps for group in groups]


def plainly_dealt(rank: int, workers: int, first_step: int = 0, seed: int = 56) -> list[tuple[int, Group]]:
    """From a list of all groups, written out for all epochs."""
    found = []
    for epoch in range(EPOCHS):
        order = epoch_order(len(GROUPS), seed, epoch)
        for step in range(STEPS):
            chosen = order[step * PER_STEP : (step + 1) * PER_STEP][rank::workers]
            found += [(epoch * STEPS + step, GROUPS[index]) for index in chosen]
    return [(step, group) for step, group in found if step >= first_step]


@pytest.mark.parametrize("workers", [1, 2, 3, 6])
@pytest.mark.parametrize("first_step", [0, 1, 4, 5, 14, 15])
def test_groups_come_as_from_a_list_of_all(workers, first_step):
    assert list(sampler()) == GROUPS and len(sampler()) == len(GROUPS)
    for rank in range(workers):
        assert dealt(rank, workers, first_step) == plainly_dealt(rank, workers, first_step)
        assert len(list(sampler().steps(rank, workers, first_step))) == EPOCHS * STEPS - first_step


def test_a_million_groups_are_no_list():
    """A training of 16 epochs begins with one epoch's permutation and what drawing that takes."""
    many = Sampler([f"shard-{number}" for number in range(1000)], np.full(1000, 64_000), 64, 16, 16, seed=1)
    assert len(many) == 1_000_000
    tracemalloc.start()
    next(many.steps(0, 2, first_step=many.steps_per_epoch * 7))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def by_step(entries: list[tuple[int, Group]]) -> dict[int, list[Group]]:
    steps: dict[int, list[Group]] = {}
    for step, group in entries:
        steps.setdefault(step, []).append(group)
    return steps


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_group_once_an_epoch(workers):
    everything = [entry for rank in range(workers) for entry in dealt(rank, workers)]
    for epoch in range(EPOCHS):
        groups = Counter(group for step, group in everything if step // STEPS == epoch)
        assert groups == Counter(GROUPS)


@pytest.mark.parametrize("workers", [2, 3, 5])
def test_workers_share_out_the_same_steps(workers):
    """Taken in turn, the workers' groups of a step are one worker's, in its order."""
    alone = by_step(dealt(0, 1))
    parts = [by_step(dealt(rank, workers)) for rank in range(workers)]
    for step in range(EPOCHS * STEPS):
        size = len(alone[step])
        together = [parts[index % workers][step][index // workers] for index in range(size)]
        assert together == alone[step]
        assert sum(len(part.get(step, [])) for part in parts) == size


def test_the_last_smaller_step_is_kept():
    assert sampler().steps_per_epoch == STEPS and sampler().total_steps == EPOCHS * STEPS
    sizes = [len(groups) for groups in by_step(dealt(0, 1)).values()]
    assert sizes == [5, 5, 5, 5, 4] * EPOCHS


def test_steps_are_in_order():
    steps = [step for step, _ in dealt(1, 3)]
    assert steps == sorted(steps)


def test_orders_are_permutations_that_differ():
    orders = [epoch_order(500, seed, epoch) for seed in (56, 57) for epoch in range(3)]
    assert all((np.sort(order) == np.arange(500)).all() for order in orders)
    for index, order in enumerate(orders):
        for other in orders[:index]:
            assert (order == other).sum() < 10  # of 500 places, about one agrees by chance
    assert (epoch_order(500, 56, 1) == orders[1]).all()


def test_an_order_is_mixed():
    places = epoch_order(2000, 56, 0)
    assert abs(np.corrcoef(np.arange(2000), places)[0, 1]) < 0.08
    assert abs(np.corrcoef(places[:-1], places[1:])[0, 1]) < 0.08


def groups_of(store, tokens, cutoffs: dict[str, int], size: int) -> list[Group]:
    return list(training_sampler(store, tokens, cutoffs, size, 4, 1, seed=0))


def test_a_permutation_is_drawn_in_parts(monkeypatch):
    whole = epoch_order(500, 56, 2)
    monkeypatch.setattr("raykd.distill.data.sampler.KEYS_AT_ONCE", 64)
    assert (epoch_order(500, 56, 2) == whole).all()


def test_all_rows_are_in_groups(store, make_tokens):
    tokens = make_tokens(eng=[13, 6], spa=[4])
    groups = groups_of(store, tokens, {"eng": 2**64 - 1, "spa": 2**64 - 1}, 6)
    first, second, spanish = (
        f"language={name}.parquet" for name in ("eng/part-00000", "eng/part-00001", "spa/part-00000")
    )
    assert groups == [
        Group(first, 0, 6),
        Group(first, 6, 12),
        Group(first, 12, 13),
        Group(second, 0, 6),
        Group(spanish, 0, 4),
    ]


@pytest.mark.parametrize("taken", [1, 6, 12, 13, 14, 19])
def test_a_cut_off_takes_the_documents_up_to_it(store, make_tokens, taken):
    tokens = make_tokens(eng=[13, 6], spa=[4])
    files = [f"language=eng/part-0000{number}.parquet" for number in range(2)]
    ranks = [
        rank for file in files for rank in store.storage.read_table(f"{tokens.directory}/{file}")["rank"].to_pylist()
    ]
    for cutoff in {ranks[taken - 1], min(ranks[taken - 1] + 1, ranks[taken] - 1) if taken < 19 else 2**64 - 1}:
        groups = groups_of(store, tokens, {"eng": cutoff}, 6)
        rows = [(group.file, row) for group in groups for row in range(group.start, group.stop)]
        assert rows == [(files[0], row) for row in range(13)][:taken] + [(files[1], row) for row in range(taken - 13)]


def test_a_cut_off_keeps_all_pieces_of_its_document(store, make_tokens):
    tokens = make_tokens(eng=[9])
    path = f"{tokens.directory}/language=eng/part-00000.parquet"
    table = store.storage.read_table(path)
    ranks = table["rank"].to_pylist()
    same = pa.array(ranks[:3] + [ranks[3]] * 4 + ranks[7:], pa.uint64())
    store.storage.write_table(path, table.set_column(2, "rank", same), row_group_size=2)
    assert [group.stop for group in groups_of(store, tokens, {"eng": ranks[3]}, 64)] == [7]


def test_a_cut_off_before_the_first_document_takes_nothing(store, make_tokens):
    tokens = make_tokens(eng=[5])
    assert groups_of(store, tokens, {"eng": 0}, 6) == []
    assert groups_of(store, tokens, {}, 6) == []


@pytest.mark.parametrize("steps", [1, STEPS, 2 * STEPS + 3])
def test_steps_in_place_of_epochs_take_as_many_epochs_as_they_need(steps):
    fixed = Sampler(FILES, np.array(ROWS), GROUP, PER_STEP, 1, 56, fixed_steps=steps)
    endless = Sampler(FILES, np.array(ROWS), GROUP, PER_STEP, 9, 56)
    assert fixed.total_steps == steps
    assert list(fixed.steps(0, 2)) == list(endless.steps(0, 2))[:steps]
