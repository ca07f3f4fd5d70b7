import numpy as np
import pyarrow as pa
import pytest

from raykd.corpus.schema import TOKENS
from raykd.distill.data import counter_rng as random_numbers
from raykd.distill.data.packing import Sequences


def texts(sequences: Sequences) -> list[list[int]]:
    return [sequences.ids[a:b].tolist() for a, b in zip(sequences.offsets[:-1], sequences.offsets[1:], strict=True)]


def test_from_no_rows():
    assert len(Sequences.from_table(TOKENS.empty_table().select(["doc_id", "piece", "input_ids"]))) == 0


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
