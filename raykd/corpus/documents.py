"""Sources to documents with Ray Data: read, cleaned, named and ranked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import pyarrow as pa
import ray.data

from raykd.config import Source
from raykd.corpus.clean import clean_text
from raykd.corpus.rank import document_id, rank
from raykd.corpus.readers import UNIT_BYTES, Unit, read_unit, source_name, split_units
from raykd.corpus.schema import DOCUMENT

BLOCK_DOCUMENTS = 8192
Item = TypeVar("Item")


def read_documents(sources: Sequence[Source], seed: int, unit_bytes: int = UNIT_BYTES) -> ray.data.Dataset:
    """One row a document (`schema.DOCUMENT`), in no particular order; rows that cannot be read carry a problem."""

    def read(unit: Unit) -> Iterator[pa.Table]:
        return unit_documents(unit, seed)

    return each(split_units(sources, unit_bytes), read)


def each(items: Sequence[Item], work: Callable[[Item], Iterator[pa.Table]]) -> ray.data.Dataset:
    """What `work` yields for each item, one task an item, as many at a time as there is room for."""

    def run(batch: dict[str, Any]) -> Iterator[pa.Table]:
        for index in batch["id"]:
            yield from work(items[index])

    return ray.data.range(len(items), override_num_blocks=max(1, len(items))).map_batches(run, batch_size=1)  # type: ignore[arg-type]


def reports_of_each(items: Sequence[Item], work: Callable[[Item], Any]) -> list[Any]:
    """What `work` returns (JSON values) for each item, in no particular order; it writes its output itself."""

    def run(item: Item) -> Iterator[pa.Table]:
        yield pa.table({"report": [json.dumps(work(item))]})

    return [json.loads(row["report"]) for row in each(items, run).take_all()] if items else []


def unit_documents(unit: Unit, seed: int) -> Iterator[pa.Table]:
    """The documents of one unit as tables of at most BLOCK_DOCUMENTS rows; rows left empty by cleaning are kept."""
    name, language = source_name(unit.source), unit.source.language
    rows: list[dict] = []
    for row in read_unit(unit):
        doc_id = document_id(name, row.native_id)
        rows.append(
            {
                "doc_id": doc_id,
                "rank": rank(seed, doc_id),
                "language": language,
                "text": clean_text(row.text),
                "labels": list(row.labels),
                "group": row.group,
                "origin": row.origin,
                "place": row.place,
                "problem": row.problem,
            }
        )
        if len(rows) == BLOCK_DOCUMENTS:
            yield pa.Table.from_pylist(rows, schema=DOCUMENT)
            rows = []
    if rows:
        yield pa.Table.from_pylist(rows, schema=DOCUMENT)
