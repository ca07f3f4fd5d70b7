"""Sources to documents: read, cleaned, named and given their shuffle keys, and the way of work through Ray Data.

Ray is imported where a dataset is made, so that whoever reads one unit, or what was written, does without it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa

from raykd.config import Cleaning, Source
from raykd.corpus.clean_rows import RowCleaner
from raykd.corpus.hashing import chunk_shuffle_keys, document_id, shuffle_key
from raykd.corpus.readers import (
    UNIT_BYTES,
    Row,
    Unit,
    file_name,
    files_of,
    read_unit,
    source_name,
    split_files,
)
from raykd.corpus.schema import DOCUMENT
from raykd.corpus.values import Found, Tally, filters_of
from raykd.errors import UnexpectedContent, place_of

if TYPE_CHECKING:
    import ray.data

FILES_HERE, FILES_A_TASK = 1000, 256  # whose first bytes or footers are read by a process, 16 at a time
BLOCK_DOCUMENTS = 8192
BLOCK_CHARACTERS = 1 << 23  # of raw text: at most 32 MB in memory
# What a mistake of ours raises, with the content in its words; files and stores that fail raise others.
_OF_CONTENT = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError, RuntimeError)
Item = TypeVar("Item")


def read_documents(
    sources: Sequence[Source], seed: int, unit_bytes: int = UNIT_BYTES, cleaning: Cleaning = Cleaning()
) -> ray.data.Dataset:
    """One row a document (`schema.DOCUMENT`), in no particular order; rows that cannot be read carry a problem."""

    def read(unit: Unit) -> Iterator[pa.Table]:
        return unit_documents(unit, seed, cleaning)

    return each(units_of(sources, unit_bytes), read)


class _Whole:
    """An item as a value of a dataset, which has columns for what is in tuples and dataclasses, but none for this."""

    def __init__(self, item: Any) -> None:
        self.item = item


def each(items: Sequence[Item], work: Callable[[Item], Iterator[pa.Table]]) -> ray.data.Dataset:
    """What `work` yields for each item, one task an item, as many at a time as there is room for.

    Each item travels to its own task alone: `work`, which goes to all of them, is to hold nothing that grows with them.
    """
    import ray.data

    def run(batch: dict[str, Any]) -> Iterator[pa.Table]:
        for one in batch["item"]:
            yield from work(one.item)

    if not items:
        return ray.data.from_arrow(pa.table({"item": pa.array([], pa.binary())}))
    # Blocks made here: other sources read them, or their metadata, in a task each.
    rows = [{"item": _Whole(item)} for item in items]
    return ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(run, batch_size=1)  # type: ignore[arg-type]


def reports_of_each(items: Sequence[Item], work: Callable[[Item], Any]) -> Iterator[Any]:
    """What `work` returns (JSON values) for each item, as they are done; it writes its output itself."""

    def run(item: Item) -> Iterator[pa.Table]:
        yield pa.table({"report": [json.dumps(work(item))]})

    if items:
        for row in each(items, run).iter_rows():
            yield json.loads(row["report"])


def units_of(sources: Sequence[Source], unit_bytes: int = UNIT_BYTES) -> list[Unit]:
    """As `split_units`; where there are many files, tasks look into them."""
    files = files_of(sources)
    if len(files) <= FILES_HERE:
        return split_files(files, unit_bytes)

    def split(numbered: tuple[int, Sequence[tuple[Source, str]]]) -> list[Any]:
        first, some = numbered
        places = {path: first + place for place, (_, path) in enumerate(some)}
        return [
            [places[unit.path], unit.start, unit.stop, unit.whole, unit.size] for unit in split_files(some, unit_bytes)
        ]

    parts = [(first, files[first : first + FILES_A_TASK]) for first in range(0, len(files), FILES_A_TASK)]
    found = sorted(unit for units in reports_of_each(parts, split) for unit in units)
    return [Unit(*files[place], *rest) for place, *rest in found]


def filter_values(sources: Sequence[Source], cleaning: Cleaning = Cleaning()) -> Counter[Found]:
    """How often each value occurs in the columns that sources choose their rows by, kept or not, masked as `cleaning`
    says; reads them all."""

    def count(unit: Unit) -> list[Any]:
        tally = Tally()
        for _ in read_unit(unit, tally=tally):
            pass
        RowCleaner(cleaning, unit.source.languages[0]).mask_tally(tally, _named(unit.source))
        return [[sources.index(unit.source), unit.path, *found, rows] for found, rows in tally.counts.items()]

    units = units_of([source for source in sources if filters_of(source)])
    return Counter({Found(*found): rows for report in reports_of_each(units, count) for *found, rows in report})


def unit_documents(
    unit: Unit,
    seed: int,
    cleaning: Cleaning = Cleaning(),
    chunk: int | None = None,
    alone: Callable[[str, str], bool] | None = None,
    tally: Tally | None = None,
    masked: Counter[tuple[str, str]] | None = None,
) -> Iterator[pa.Table]:
    """The documents of one unit as tables of at most BLOCK_DOCUMENTS rows; rows left empty by cleaning are kept.

    chunk: bytes of consecutive text that are shuffled together (`hashing.chunk_shuffle_keys`); none: each document by
    itself.
    alone: by document id and clean text, the turns of a conversation that are not joined with others; none: all are.
    tally: takes the values of the columns that rows are chosen by, whether they are kept or not; masked: how many
    values of personal data were masked, by language and kind. Both are whole when all tables are taken.

    Raises InputError for a file that cannot be read, and UnexpectedContent, which shows none, where we fail on some.
    """
    try:
        yield from _documents(unit, seed, cleaning, chunk, alone, tally, masked)
    except _OF_CONTENT as error:
        raise UnexpectedContent(
            f"{unit.path}: {place_of(error)} (what it says is left out: it may hold text)"
        ) from None


def _documents(
    unit: Unit,
    seed: int,
    cleaning: Cleaning,
    chunk: int | None,
    alone: Callable[[str, str], bool] | None,
    tally: Tally | None,
    masked: Counter[tuple[str, str]] | None,
) -> Iterator[pa.Table]:
    name, first_language, key = source_name(unit.source), unit.source.languages[0], unit.source.id_key

    cleaner = RowCleaner(cleaning, first_language, masked)

    def is_alone(row: Row) -> bool:
        return alone is not None and alone(document_id(name, row.native_id, key), cleaner.text(row))

    for block in _blocks(read_unit(unit, cleaning, is_alone if alone else None, tally)):
        rows = [cleaner.row(row) for row in block]
        ids = [document_id(name, row.native_id, key) for row in rows]
        if chunk is None:
            keys = np.fromiter((shuffle_key(seed, doc_id) for doc_id in ids), np.uint64, len(ids))
        else:
            keys = chunk_shuffle_keys(seed, name, file_name(unit), np.array([row.offset for row in rows]), chunk)
        columns = {
            "doc_id": ids,
            "rank": keys,
            "language": [row.language or first_language for row in rows],
            "text": [row.text for row in rows],
            "labels": [row.labels for row in rows],
            "group": [row.group for row in rows],
            "origin": [row.origin for row in rows],
            "unknown": [row.unknown for row in rows],
            "known": [row.known for row in rows],
            "split": [row.split for row in rows],
            "place": [row.place for row in rows],
            "problem": [row.problem for row in rows],
            "id": [row.id for row in rows],
        }
        yield pa.table(columns, schema=DOCUMENT)
    if tally is not None:
        cleaner.mask_tally(tally, _named(unit.source))


def _named(source: Source) -> set[str]:
    """The values that a config names of the columns that a source chooses its rows by."""
    return {name for _, _, names in filters_of(source) for name in names}


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
