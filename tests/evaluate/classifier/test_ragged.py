import torch

from raykd.evaluate.classifier.ragged import Ragged, length_batches, longest_first

RAGGED = Ragged(torch.arange(10), torch.tensor([0, 1, 4, 10]))


def test_rows_are_taken_in_any_order():
    taken = RAGGED.take(torch.tensor([2, 0]))
    assert taken.values.tolist() == [4, 5, 6, 7, 8, 9, 0]
    assert taken.lengths.tolist() == [6, 1] and taken.offsets[0] == 0
    assert RAGGED.positions(torch.tensor([1, 1])).tolist() == [1, 2, 3, 1, 2, 3]


def test_a_part_shares_the_values():
    part = RAGGED.part(1, 3)
    assert part.lengths.tolist() == [3, 6] and part.values is RAGGED.values
    assert part.take(torch.tensor([0])).values.tolist() == [1, 2, 3]


def test_places_pad_with_a_rows_own_last_value():
    places, mask = RAGGED.places()
    assert places.tolist()[1] == [1, 2, 3, 3, 3, 3]
    assert RAGGED.values[places][mask].tolist() == list(range(10))


def test_length_batches_hold_every_row_within_the_budget():
    lengths = torch.randint(1, 50, (300,), generator=torch.Generator().manual_seed(0))
    lengths[7] = 500
    batches = length_batches(lengths, 200)
    assert sorted(torch.cat(batches).tolist()) == list(range(300))
    assert all(len(rows) == 1 or len(rows) * int(lengths[rows].max()) <= 200 for rows in batches)
    assert torch.cat(batches).tolist() == longest_first(lengths, torch.arange(300)).tolist()
    assert len(batches) < 60
