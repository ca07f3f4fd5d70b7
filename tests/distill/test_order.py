from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from raykd.distill.order import Group, epoch_order, steps_of_epoch, training_groups, worker_groups

GROUPS = [Group("file", 6 * number, 6 * number + 6) for number in range(23)]
EPOCHS, PER_STEP = 3, 4
STEPS = 6  # an epoch: five of 4 groups and one of 3


def dealt(rank: int, workers: int, first_step: int = 0, seed: int = 56) -> list[tuple[int, Group]]:
    return worker_groups(GROUPS, PER_STEP, EPOCHS, seed, rank, workers, first_step)


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
    assert steps_of_epoch(len(GROUPS), PER_STEP) == STEPS
    sizes = [len(groups) for groups in by_step(dealt(0, 1)).values()]
    assert sizes == [4, 4, 4, 4, 4, 3] * EPOCHS
    assert steps_of_epoch(4, 4) == 1 and steps_of_epoch(1, 4) == 1


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("first_step", [0, 1, 5, 6, 11, 17, 18])
def test_going_on_gives_the_rest_exactly(workers, first_step):
    for rank in range(workers):
        rest = [entry for entry in dealt(rank, workers) if entry[0] >= first_step]
        assert dealt(rank, workers, first_step) == rest


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


def test_all_rows_are_in_groups(store, make_tokens):
    tokens = make_tokens(eng=[13, 6], spa=[4])
    groups = training_groups(store, tokens, {"eng": 2**64 - 1, "spa": 2**64 - 1}, 6)
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
        groups = training_groups(store, tokens, {"eng": cutoff}, 6)
        rows = [(group.file, row) for group in groups for row in range(group.start, group.stop)]
        assert rows == [(files[0], row) for row in range(13)][:taken] + [(files[1], row) for row in range(taken - 13)]


def test_a_cut_off_keeps_all_pieces_of_its_document(store, make_tokens):
    tokens = make_tokens(eng=[9])
    path = f"{tokens.directory}/language=eng/part-00000.parquet"
    table = store.storage.read_table(path)
    ranks = table["rank"].to_pylist()
    same = pa.array(ranks[:3] + [ranks[3]] * 4 + ranks[7:], pa.uint64())
    store.storage.write_table(path, table.set_column(2, "rank", same))
    assert [group.stop for group in training_groups(store, tokens, {"eng": ranks[3]}, 64)] == [7]


def test_a_cut_off_before_the_first_document_takes_nothing(store, make_tokens):
    tokens = make_tokens(eng=[5])
    assert training_groups(store, tokens, {"eng": 0}, 6) == []
    assert training_groups(store, tokens, {}, 6) == []
