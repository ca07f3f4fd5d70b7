"""Sources to documents with Ray Data: read, cleaned, named and ranked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import ray.data

from raykd.config import Cleaning, Source
from raykd.corpus.clean import clean_text
from raykd.corpus.rank import chunk_ranks, document_id, rank
from raykd.corpus.readers import UNIT_BYTES, Row, Unit, file_name, read_unit, source_name, split_units
from raykd.corpus.schema import DOCUMENT

BLOCK_DOCUMENTS = 8192
BLOCK_CHARACTERS = 1 << 23  # of raw text: at most 32 MB in memory
Item = TypeVar("Item")


def read_documents(
    sources: Sequence[Source], seed: int, unit_bytes: int = UNIT_BYTES, cleaning: Cleaning = Cleaning()
) -> ray.data.Dataset:
    """One row a document (`schema.DOCUMENT`), in no particular order; rows that cannot be read carry a problem."""

    def read(unit: Unit) -> Iterator[pa.Table]:
        return unit_documents(unit, seed, cleaning)

    return each(split_units(sources, unit_bytes), read)


def each(items: Sequence[Item], work: Callable[[Item], Iterator[pa.Table]]) -> ray.data.Dataset:
    """What `work` yields for each item, one task an item, as many at a time as there is room for."""

    def run(batch: dict[str, Any]) -> Iterator[pa.Table]:
        for index in batch["id"]:
            yield from work(items[index])

    # Blocks made here: `range` would read each number in a task of its own.
    blocks = [pa.table({"id": [index]}) for index in range(len(items))]
    return ray.data.from_arrow(blocks or pa.table({"id": pa.array([], pa.int64())})).map_batches(run, batch_size=1)  # type: ignore[arg-type]


def reports_of_each(items: Sequence[Item], work: Callable[[Item], Any]) -> list[Any]:
    """What `work` returns (JSON values) for each item, in no particular order; it writes its output itself."""

    def run(item: Item) -> Iterator[pa.Table]:
        yield pa.table({"report": [json.dumps(work(item))]})

    return [json.loads(row["report"]) for row in each(items, run).take_all()] if items else []


def unit_documents(
    unit: Unit,
    seed: int,
    cleaning: Cleaning = Cleaning(),
    chunk: int | None = None,
    alone: Callable[[str, str], bool] | None = None,
) -> Iterator[pa.Table]:
    """The documents of one unit as tables of at most BLOCK_DOCUMENTS rows; rows left empty by cleaning are kept.

    chunk: bytes of consecutive text that are ranked together (`rank.chunk_ranks`); none: each document by itself.
    alone: by document id and clean text, the turns of a conversation that are not joined with others; none: all are.
    """
    name, first_language = source_name(unit.source), unit.source.languages[0]

    def is_alone(row: Row) -> bool:
        return alone is not None and alone(document_id(name, row.native_id), clean_text(row.text, cleaning))

    for rows in _blocks(read_unit(unit, cleaning, is_alone if alone else None)):
        ids = [document_id(name, row.native_id) for row in rows]
        if chunk is None:
            ranks = np.fromiter((rank(seed, doc_id) for doc_id in ids), np.uint64, len(ids))
        else:
            ranks = chunk_ranks(seed, name, file_name(unit), np.array([row.offset for row in rows]), chunk)
        columns = {
            "doc_id": ids,
            "rank": ranks,
            "language": [row.language or first_language for row in rows],
            "text": [clean_text(row.text, cleaning) for row in rows],
            "labels": [row.labels for row in rows],
            "group": [row.group for row in rows],
            "origin": [row.origin for row in rows],
            "unknown": [row.unknown for row in rows],
            "known": [row.known for row in rows],
            "split": [row.split for row in rows],
            "place": [row.place for row in rows],
            "problem": [row.problem for row in rows],
        }
        yield pa.table(columns, schema=DOCUMENT)


def _blocks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    block: list[Row] = []
    characters = 0
    for row in rows:
        block.append(row)
        characters += len(row.text)
        if len(block) == BLOCK_DOCUMENTS or characters >= BLOCK_CHARACTERS:
            yield block
            block, characters = [], 0
    if block:
        yield block
