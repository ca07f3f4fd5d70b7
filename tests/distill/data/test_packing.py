from itertools import pairwise

import numpy as np
import pytest
import torch

from raykd.distill.data.masking import NOT_MASKED, Masker
from raykd.distill.data.packing import PackedBatch, Sequences, micro_batches, pack_padded


@pytest.fixture
def no_masks(masker) -> Masker:
    return Masker(np.zeros_like(masker.probabilities), masker.mask_id, masker.replacements, masker.seed)


def texts(sequences: Sequences) -> list[list[int]]:
    return [sequences.ids[a:b].tolist() for a, b in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True)]


def unpacked(batch: PackedBatch) -> list[tuple[list[int], list[int]]]:
    """(ids, labels) of each sequence, by its positions, which must count from 0."""
    starts = [*(batch.position_ids == 0).nonzero().flatten().tolist(), batch.tokens]
    lengths = [stop - start for start, stop in pairwise(starts)]
    assert batch.position_ids.tolist() == [place for length in lengths for place in range(length)]
    assert lengths == [length for length, count in batch.runs for _ in range(count)]
    return [
        (ids.tolist(), labels.tolist())
        for ids, labels in zip(batch.input_ids.split(lengths), batch.labels.split(lengths), strict=True)
    ]


@pytest.mark.parametrize("budget", [8, 64, 150, 10_000])
def test_every_sequence_is_there_once(make_sequences, no_masks, special, budget):
    sequences = make_sequences(50)
    found = []
    for batch in micro_batches(sequences, no_masks, 0, special, budget):
        assert batch.input_ids.dtype == batch.position_ids.dtype == batch.labels.dtype == torch.int64
        for ids, labels in unpacked(batch):
            assert ids[0] == special.start and ids[-1] == special.end
            assert labels == [NOT_MASKED] * len(ids)
            found.append(ids[1:-1])
    assert sorted(found) == sorted(texts(sequences))


@pytest.mark.parametrize("budget", [8, 64, 150, 10_000])
def test_batches_keep_to_the_budget_and_use_it(make_sequences, no_masks, special, budget):
    sequences = make_sequences(50)
    batches = list(micro_batches(sequences, no_masks, 0, special, budget))
    assert all(batch.tokens <= budget or batch.sequences == 1 for batch in batches)
    if budget == 8:
        assert max(batch.tokens for batch in batches) > budget
    for one, following in pairwise(batches):
        assert one.tokens + following.runs[0][0] > budget  # the next sequence had no room
    assert sum(batch.sequences for batch in batches) == 50


def test_equal_lengths_are_neighbours(make_sequences, no_masks, special):
    (batch,) = micro_batches(make_sequences(80), no_masks, 0, special, 10_000)
    lengths = [length for length, _ in batch.runs]
    assert lengths == sorted(set(lengths), reverse=True) and len(lengths) < 20


def test_masks_and_labels_are_the_maskers(make_sequences, masker, special):
    sequences = make_sequences(30)
    expected = []
    for text, key in zip(texts(sequences), sequences.keys, strict=True):
        shown, labels = masker(np.array(text, np.int32), np.full(len(text), key), 3)
        expected.append(([special.start, *shown, special.end], [NOT_MASKED, *labels, NOT_MASKED]))
    found = [row for batch in micro_batches(sequences, masker, 3, special, 100) for row in unpacked(batch)]
    assert sorted(found) == sorted(expected)
    assert any(label != NOT_MASKED for _, labels in found for label in labels)


def test_order_brings_the_masked_first(make_sequences, masker, special):
    for batch in micro_batches(make_sequences(30), masker, 0, special, 100):
        labels = batch.labels[batch.order]
        assert (labels[: batch.masked] != NOT_MASKED).all() and (labels[batch.masked :] == NOT_MASKED).all()
        assert sorted(batch.order.tolist()) == list(range(batch.tokens))


def test_no_sequences_give_no_batches(masker, special):
    empty = Sequences(np.empty(0, np.int32), np.zeros(1, np.int64), np.empty(0, np.uint64))
    assert list(micro_batches(empty, masker, 0, special, 100)) == []


def test_sequences_without_text_have_their_special_tokens(masker, special):
    sequences = Sequences(np.array([7], np.int32), np.array([0, 0, 1, 1]), np.arange(3, dtype=np.uint64))
    (batch,) = micro_batches(sequences, masker, 0, special, 100)
    assert batch.runs == ((3, 1), (2, 2))
    assert batch.input_ids.tolist()[3:] == [special.start, special.end] * 2


def test_a_padded_batch_packs_to_the_same(make_sequences, masker, special, one_batch):
    sequences = make_sequences(20)
    (expected,) = micro_batches(sequences, masker, 0, special, 10_000)
    assert sorted(unpacked(pack_padded(*one_batch(sequences, masker)))) == sorted(unpacked(expected))


def test_padding_may_stand_anywhere():
    ids = torch.tensor([[0, 0, 5], [6, 7, 8]])
    attention = torch.tensor([[0, 0, 1], [1, 1, 1]])
    batch = pack_padded(ids, attention, torch.full_like(ids, NOT_MASKED))
    assert batch.input_ids.tolist() == [6, 7, 8, 5]
    assert batch.position_ids.tolist() == [0, 1, 2, 2]  # as transformers count them, by column
