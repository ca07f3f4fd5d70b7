"""Tables with named columns: what their records are, by suffix, and records to rows.

A form is two functions: the units of a file, and a unit's records. Records go on to the end of the file, so that what
reaches beyond a unit (a conversation) can be read whole; each says where it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, get_args

from raykd.config import Cleaning, LanguageColumn, SplitName, TableSource
from raykd.corpus.clean import html_to_text
from raykd.corpus.readers import table_csv, table_lines, table_parquet
from raykd.corpus.readers.conversations import Turn, join_turns
from raykd.corpus.readers.files import compression
from raykd.corpus.readers.units import Record, Row, Unit
from raykd.errors import InputError

_HALF_PAIR = re.compile("[\ud800-\udfff]")  # JSON can hold one; it is no character and cannot be written


class Form(NamedTuple):
    units: Callable[[TableSource, str, int], list[Unit]]
    records: Callable[[Unit, TableSource], Iterator[Record]]
    compressed: bool = True


FORMS = {
    ".parquet": Form(table_parquet.parquet_units, table_parquet.parquet_records, compressed=False),
    ".jsonl": Form(table_lines.line_units, table_lines.json_records),
    ".csv": Form(table_csv.csv_units, table_csv.csv_records),
    ".txt": Form(table_lines.text_units, table_lines.text_records),
}


def units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a kind of file that is not read and for columns that a file lacks."""
    return _form(path).units(source, path, unit_bytes)


def read(
    unit: Unit, source: TableSource, cleaning: Cleaning, alone: Callable[[Row], bool] | None = None
) -> Iterator[Row]:
    """The unit's rows that `where` keeps, single or as joined turns. alone: turns that are not joined."""
    records = _form(unit.path).records(unit, source)
    if source.conversation and source.conversation.join:
        turns = (_turn(record, source, cleaning) for record in _kept_from(records, unit, source))
        yield from join_turns(turns, unit, source.conversation.join, alone)
        return
    for record in records:
        if not unit.holds(record.position):
            return
        if _is_kept(record, source):
            yield _row(record, source, cleaning)


def _form(path: str) -> Form:
    suffix = compression(path)
    for name, form in FORMS.items():
        if path.removesuffix(suffix).endswith(name) and (form.compressed or not suffix):
            return form
    raise InputError(f"{path}: a table is .parquet, .jsonl, .csv or .txt, but for parquet also with .gz, .bz2 or .zst")


def _is_kept(record: Record, source: TableSource) -> bool:
    return bool(record.problem) or (
        all(_strings(record.columns.get(column)) & set(values) for column, values in source.where.items())
        and (not isinstance(source.language, LanguageColumn) or bool(_language(record, source.language)))
    )


def _language(record: Record, language: LanguageColumn) -> str:
    return language.codes.get(_string(record.columns.get(language.column)), "")


def _kept_from(records: Iterator[Record], unit: Unit, source: TableSource) -> Iterator[Record]:
    """To the end of the file, but none where the unit itself has none: the run of the next row is then read on from an
    earlier unit, and looking for it from each of them would read the file as often as it has units."""
    found = unit.start == 0
    for record in records:
        if not found and not unit.holds(record.position):
            return
        if _is_kept(record, source):
            found = True
            yield record


def _row(record: Record, source: TableSource, cleaning: Cleaning) -> Row:
    columns = record.columns
    language = _language(record, source.language) if isinstance(source.language, LanguageColumn) else ""
    if problem := record.problem or _problem(columns, source):
        return Row(record.native_id, record.place, language=language, problem=problem, offset=record.offset)
    return Row(
        native_id=str(columns[source.id]) if source.id else record.native_id,
        place=record.place,
        text=html_to_text(columns[source.text], cleaning) if source.html else columns[source.text],
        language=language,
        labels=tuple(sorted(_strings(columns.get(source.labels)))) if source.labels else (),
        group=_string(columns.get(source.group)) if source.group else "",
        origin=_string(columns.get(source.origin)) if source.origin else "",
        offset=record.offset,
        unknown=tuple(sorted(_strings(columns.get(source.unknown)))) if source.unknown else (),
        known=source.labels_known,
        split=_string(columns.get(source.split)) if source.split else source.fixed_split or "",
    )


def _problem(columns: Mapping[str, Any], source: TableSource) -> str:
    text = columns.get(source.text)
    if text is None:
        return f"nothing in column {source.text!r}"
    if not isinstance(text, str):
        return f"column {source.text!r} holds no text"
    for column in (source.id, source.group, source.labels, source.unknown, source.origin):
        if column and any(_HALF_PAIR.search(one) for one in _strings(columns.get(column))):
            return f"half a surrogate pair in column {column!r}"
    turns = source.conversation
    for column in (source.id, *((turns.id, turns.turn) if turns and turns.join else ())):
        if column and not _string(columns.get(column)):
            return f"nothing in column {column!r}"
    if source.split and (split := _string(columns.get(source.split))) not in get_args(SplitName):
        return f"column {source.split!r} holds {split!r} in place of train, validation or test"
    return ""


def _turn(record: Record, source: TableSource, cleaning: Cleaning) -> Turn:
    row, turns = _row(record, source, cleaning), source.conversation
    if row.problem or not turns:
        return Turn(record.position, row)
    order = _string(record.columns[turns.turn]) if turns.turn else "0"
    return Turn(record.position, row, _string(record.columns[turns.id]), order)


def _string(value: Any) -> str:
    return "" if value is None else str(value)  # a group may be number 0


def _strings(value: Any) -> set[str]:
    return {_string(one) for one in (value if isinstance(value, list | tuple) else [value])} - {""}
