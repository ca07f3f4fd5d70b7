"""Pieces in columns, against slices of Python lists."""

import random
from itertools import chain

import numpy as np
import pytest

from raykd.corpus.token_shards import cut


@pytest.fixture
def texts() -> list[list[int]]:
    generator = random.Random(0)
    texts = [[generator.randrange(5) for _ in range(generator.randrange(30))] for _ in range(200)]
    return [[], *texts, [1] * 21, [], [2] * 7]


@pytest.mark.parametrize("maximum", [1, 7, 100])
def test_pieces_are_slices_in_order(texts, maximum):
    pieces = cut(np.array(list(chain(*texts)), np.int32), np.array([len(text) for text in texts]), maximum)
    slices = [
        (index, number, text[start : start + maximum])
        for index, text in enumerate(texts)
        for number, start in enumerate(range(0, len(text), maximum))
    ]
    assert list(zip(pieces.texts.tolist(), pieces.numbers.tolist(), pieces.lists().to_pylist(), strict=True)) == slices
    assert pieces.count(3).tolist() == [ids.count(3) for _, _, ids in slices]

    kept = np.array([len(ids) % 2 == 0 for _, _, ids in slices])
    some = pieces.select(kept)
    assert len(some) == kept.sum()
    assert some.lists().to_pylist() == [ids for _, _, ids in slices if len(ids) % 2 == 0]
    assert some.texts.tolist() == [index for index, _, ids in slices if len(ids) % 2 == 0]


def test_no_text_has_no_piece():
    for lengths in ([], [0, 0]):
        pieces = cut(np.array([], np.int32), np.array(lengths, np.int64), 5)
        assert len(pieces) == 0
        assert pieces.lists().to_pylist() == []
        assert pieces.count(1).tolist() == []
