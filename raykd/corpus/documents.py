"""Sources to documents with Ray Data: read, cleaned, named and ranked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import ray.data

from raykd.config import Source
from raykd.corpus.clean import clean_text
from raykd.corpus.rank import document_id, rank
from raykd.corpus.readers import UNIT_BYTES, Unit, read_unit, source_name, split_units
from raykd.corpus.schema import DOCUMENT

BLOCK_DOCUMENTS = 8192


def read_documents(sources: Sequence[Source], seed: int, unit_bytes: int = UNIT_BYTES) -> ray.data.Dataset:
    """One row a document (`schema.DOCUMENT`), in no particular order; rows that cannot be read carry a problem."""
    units = split_units(sources, unit_bytes)

    def read(batch: dict) -> Iterator[pa.Table]:
        for unit in batch["item"]:
            yield from unit_documents(unit, seed)

    return unit_dataset(units).map_batches(read, batch_size=1)


def unit_dataset(units: Sequence[object]) -> ray.data.Dataset:
    """A dataset with column `item`, one object a block, so that each is one task wherever there is room."""
    return ray.data.from_items([{"item": unit} for unit in units], override_num_blocks=max(1, len(units)))


def report_table(report: Any) -> pa.Table:
    """What a unit of work says of itself, as one row of JSON: reports keep their shape and 64-bit ranks."""
    return pa.table({"report": [json.dumps(report)]})


def take_reports(dataset: ray.data.Dataset) -> list[Any]:
    return [json.loads(row["report"]) for row in dataset.take_all()]


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
