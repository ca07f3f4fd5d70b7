import numpy as np
import pyarrow as pa
import pytest
import torch

from raykd.corpus.schema import TOKENS
from raykd.distill import random_numbers
from raykd.distill.masking import NOT_MASKED, Masker
from raykd.distill.sequences import Sequences, micro_batches


@pytest.fixture
def no_masks(masker) -> Masker:
    return Masker(np.zeros_like(masker.probabilities), masker.mask_id, masker.replacements, masker.seed)


def texts(sequences: Sequences) -> list[list[int]]:
    return [sequences.ids[a:b].tolist() for a, b in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True)]


@pytest.mark.parametrize("budget", [8, 64, 150, 10_000])
def test_every_sequence_is_there_once(make_sequences, no_masks, special, budget):
    sequences = make_sequences(50)
    found = []
    for batch in micro_batches(sequences, no_masks, 0, special, budget):
        assert batch.input_ids.dtype == batch.attention_mask.dtype == batch.labels.dtype == torch.int64
        for ids, attention in zip(batch.input_ids.tolist(), batch.attention_mask.tolist(), strict=True):
            size = sum(attention)
            assert attention == [1] * size + [0] * (len(attention) - size)
            assert ids[0] == special.start and ids[size - 1] == special.end
            assert ids[size:] == [special.pad] * (len(ids) - size)
            found.append(ids[1 : size - 1])
        assert (batch.labels == NOT_MASKED).all()
    assert sorted(found) == sorted(texts(sequences))


@pytest.mark.parametrize("budget", [8, 64, 150, 10_000])
def test_batches_keep_to_the_budget(make_sequences, no_masks, special, budget):
    sequences = make_sequences(50)
    batches = list(micro_batches(sequences, no_masks, 0, special, budget))
    assert all(batch.input_ids.numel() <= budget or len(batch.input_ids) == 1 for batch in batches)
    if budget == 8:
        assert max(batch.input_ids.numel() for batch in batches) > budget
    if budget == 10_000:
        assert len(batches) == 1
    if budget == 150:
        assert len(batches) < 12  # 50 sequences of 3 to 20 tokens: batches are filled
    assert all(batch.attention_mask[:, -1].any() for batch in batches)  # no longer than its longest


def test_masks_and_labels_are_the_maskers(make_sequences, masker, special):
    sequences = make_sequences(30)
    expected = []
    for text, key in zip(texts(sequences), sequences.keys, strict=True):
        shown, labels = masker(np.array(text, np.int32), np.full(len(text), key), 3)
        expected.append(([special.start, *shown, special.end], [NOT_MASKED, *labels, NOT_MASKED]))
    found = []
    for batch in micro_batches(sequences, masker, 3, special, 100):
        for ids, attention, labels in zip(batch.input_ids, batch.attention_mask.bool(), batch.labels, strict=True):
            assert (labels[~attention] == NOT_MASKED).all()
            found.append((ids[attention].tolist(), labels[attention].tolist()))
    assert sorted(found) == sorted(expected)
    assert any(label != NOT_MASKED for _, labels in found for label in labels)


def test_no_sequences_give_no_batches(masker, special):
    empty = Sequences.from_table(TOKENS.empty_table().select(["doc_id", "piece", "input_ids"]))
    assert len(empty) == 0
    assert list(micro_batches(empty, masker, 0, special, 100)) == []


@pytest.fixture
def table() -> pa.Table:
    generator = np.random.default_rng(0)
    return pa.Table.from_pylist(
        [
            {
                "doc_id": generator.bytes(16).hex(),
                "piece": number % 3,
                "rank": number,
                "bytes": 1,
                "input_ids": list(range(number, number + number % 5)),
            }
            for number in range(20)
        ],
        schema=TOKENS,
    )


def assert_rows(sequences: Sequences, rows: list[dict]) -> None:
    assert texts(sequences) == [row["input_ids"] for row in rows]
    assert sequences.offsets.dtype == np.int64 and sequences.ids.dtype == np.int32
    expected = [random_numbers.key(np.uint64(int(row["doc_id"][:16], 16)), row["piece"])[0] for row in rows]
    assert sequences.keys.tolist() == expected


def test_from_table(table):
    assert_rows(Sequences.from_table(table), table.to_pylist())


def test_from_a_sliced_table(table):
    assert_rows(Sequences.from_table(table.slice(7, 9)), table.to_pylist()[7:16])


def test_from_a_table_of_sliced_chunks(table):
    chunked = pa.concat_tables([table.slice(15, 4), table.slice(3, 0), table.slice(2, 6)])
    assert chunked["input_ids"].num_chunks > 1
    assert_rows(Sequences.from_table(chunked), table.to_pylist()[15:19] + table.to_pylist()[2:8])


def test_keys_tell_documents_and_pieces_apart(table):
    same_document = table.set_column(0, "doc_id", pa.array([table["doc_id"][0].as_py()] * 20))
    keys = Sequences.from_table(same_document).keys
    assert len(np.unique(keys)) == 3  # pieces 0, 1, 2
    assert len(np.unique(Sequences.from_table(table).keys)) == 20
