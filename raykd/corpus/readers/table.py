"""Tables with named columns: what their records are, by suffix, and records to rows.

A form is three functions: the columns of a file, its units, and a unit's records. Records go on to the end of the
file, so that what reaches beyond a unit (a conversation) can be read whole; each says where it starts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from raykd.config import Cleaning, LanguageColumn, TableSource
from raykd.corpus.clean import MarkupError
from raykd.corpus.html import html_to_text
from raykd.corpus.readers import table_csv, table_lines, table_parquet
from raykd.corpus.readers.compression import compression
from raykd.corpus.readers.conversations import Turn, join_turns
from raykd.corpus.readers.files import check_content, cure, encoding_of, plain_name
from raykd.corpus.readers.table_labels import cell_values, row_labels
from raykd.corpus.readers.units import Record, Row, Unit
from raykd.corpus.values import Tally, expected, matches, shown_names, shown_value, value_text
from raykd.errors import InputError

_HALF_PAIR = re.compile("[\ud800-\udfff]")  # JSON can hold one; it is no character and cannot be written


class Form(NamedTuple):
    names: Callable[[TableSource, str], list[str]]
    units: Callable[[TableSource, str, int], list[Unit]]
    records: Callable[[Unit, TableSource], Iterator[Record]]
    is_text: bool = True  # which may be compressed, and in another encoding than UTF-8


FORMS = {
    ".parquet": Form(
        table_parquet.parquet_names, table_parquet.parquet_units, table_parquet.parquet_records, is_text=False
    ),
    ".jsonl": Form(table_lines.json_names, table_lines.line_units, table_lines.json_records),
    ".ndjson": Form(table_lines.json_names, table_lines.line_units, table_lines.json_records),
    ".csv": Form(table_csv.csv_names, table_csv.csv_units, table_csv.csv_records),
    ".tsv": Form(table_csv.csv_names, table_csv.csv_units, table_csv.csv_records),
    ".txt": Form(table_lines.text_names, table_lines.text_units, table_lines.text_records),
}


def units(source: TableSource, path: str, unit_bytes: int) -> list[Unit]:
    """Raises InputError for a kind of file that is not read and for columns that a file lacks."""
    form = _form(source, path)
    check_content(source, path, is_text=form.is_text)
    return form.units(source, path, unit_bytes)


def reads_parts(source: TableSource, path: str, chunked: bool) -> bool:
    """Of CSV a newline may stand in a value; of another encoding positions are of what it is converted to."""
    return _form(source, path).records is not table_csv.csv_records and encoding_of(source) is None


def names(source: TableSource, path: str) -> list[str]:
    """The columns of a file; of JSON lines the keys of its first objects.

    Raises InputError for a kind of file that is not read.
    """
    form = _form(source, path)
    check_content(source, path, is_text=form.is_text)
    return form.names(source, path)


def records(unit: Unit, source: TableSource) -> Iterator[Record]:
    """The unit's own rows, before their columns are looked at; of parquet with the columns that the source names."""
    for record in _form(source, unit.path).records(unit, source):
        if not unit.holds(record.position):
            return
        yield record


def read(
    unit: Unit,
    source: TableSource,
    cleaning: Cleaning,
    alone: Callable[[Row], bool] | None = None,
    tally: Tally | None = None,
) -> Iterator[Row]:
    """The unit's rows that `where` keeps, single or as joined turns. alone: turns that are not joined; tally: takes the
    values of the columns that rows are chosen by, of those kept and of those left out."""
    if source.conversation and source.conversation.join:
        onwards = _form(source, unit.path).records(unit, source)
        turns = (_turn(record, source, cleaning) for record in _kept_from(onwards, unit, source, tally))
        yield from join_turns(turns, unit, source.conversation.join, alone)
        return
    for record in records(unit, source):
        if _is_kept(record, source, tally):
            yield _row(record, source, cleaning)


def suffix_of(path: str) -> str:
    """By which a file's form is known, in small letters. Raises InputError for a kind of file that is not read."""
    name = plain_name(path).lower()
    suffix = next((suffix for suffix in FORMS if name.endswith(suffix)), "")
    if not suffix or (compression(path) and not FORMS[suffix].is_text):
        raise InputError(
            f"{path}: a table is .parquet, .jsonl, .ndjson, .csv, .tsv or .txt, but for parquet also with .gz, .bz2, "
            f".zst or .xz{'; ' if (known := cure(path)) else ''}{known}"
        )
    return suffix


def _form(source: TableSource, path: str) -> Form:
    suffix = suffix_of(path)
    if source.delimiter and suffix == ".txt":
        suffix = ".csv"
    if source.delimiter and FORMS[suffix].records is not table_csv.csv_records:
        raise InputError(f"{path}: the source has a delimiter, which is of CSV files alone; leave it out")
    if source.encoding and not FORMS[suffix].is_text:
        raise InputError(f"{path}: the source has an encoding, and parquet has its own; leave it out")
    return FORMS[suffix]


def _is_kept(record: Record, source: TableSource, tally: Tally | None = None) -> bool:
    if record.problem:
        return True
    kept = True
    for column, names in source.where.items():
        kept &= matches(cell_values(record.columns.get(column)) or {""}, names, column, tally)
    if isinstance(source.language, LanguageColumn):
        column, names = source.language.column, tuple(source.language.codes)
        kept &= matches([value_text(record.columns.get(column))], names, column, tally)
    return kept


def _language(record: Record, language: LanguageColumn) -> str:
    code = expected(tuple(language.codes)).find(value_text(record.columns.get(language.column)))
    return language.codes[code] if code is not None else ""


def _kept_from(records: Iterator[Record], unit: Unit, source: TableSource, tally: Tally | None) -> Iterator[Record]:
    """To the end of the file, but none where the unit itself has none: the run of the next row is then read on from an
    earlier unit, and looking for it from each of them would read the file as often as it has units."""
    found = unit.start == 0
    for record in records:
        if not found and not unit.holds(record.position):
            return
        if _is_kept(record, source, tally if unit.holds(record.position) else None):
            found = True
            yield record


def _row(record: Record, source: TableSource, cleaning: Cleaning) -> Row:
    columns = record.columns
    language = _language(record, source.language) if isinstance(source.language, LanguageColumn) else ""
    labels: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    problem = record.problem or _problem(columns, source)
    if source.labelled_by and not problem:
        labels, unknown, problem = row_labels(columns, source)
    if problem:
        return Row(record.native_id, record.place, language=language, problem=problem, offset=record.offset)
    try:
        text = html_to_text(columns[source.text], cleaning) if source.html else columns[source.text]
    except MarkupError as error:
        return Row(record.native_id, record.place, language=language, problem=str(error), offset=record.offset)
    return Row(
        native_id=str(columns[source.id]) if source.id else record.native_id,
        place=record.place,
        text=text,
        language=language,
        labels=labels,
        group=value_text(columns.get(source.group)) if source.group else "",
        origin=value_text(columns.get(source.origin)) if source.origin else "",
        offset=record.offset,
        unknown=unknown,
        known=source.labels_known,
        split=_split(columns, source),
        id=str(columns[source.id]) if source.id else "",
    )


def _split(columns: Mapping[str, Any], source: TableSource) -> str:
    if not source.split:
        return source.fixed_split or ""
    return source.split_of(value_text(columns.get(source.split))) or ""


def _problem(columns: Mapping[str, Any], source: TableSource) -> str:
    text = columns.get(source.text)
    if text is None and source.text not in columns:
        return f"no column {source.text!r}; there are: {shown_names(list(columns))}"
    if text is None:
        return f"nothing in column {source.text!r}"
    if not isinstance(text, str):
        return f"column {source.text!r} holds no text"
    for column in (source.id, source.group, *source.labelled_by, source.unknown, source.origin):
        if column and any(_HALF_PAIR.search(one) for one in cell_values(columns.get(column))):
            return f"half a surrogate pair in column {column!r}"
    turns = source.conversation
    for column in (source.id, *((turns.id, turns.turn) if turns and turns.join else ())):
        if column and not _string(columns.get(column)):
            return f"nothing in column {column!r}"
    if source.split and not _split(columns, source):
        split = shown_value(value_text(columns.get(source.split)))
        return (
            f"column {source.split!r} holds {split!r} in place of train, validation or test; where it stands for one "
            f"of these, say so: splits: {{validation: [{split!r}]}}"
        )
    return ""


def _turn(record: Record, source: TableSource, cleaning: Cleaning) -> Turn:
    row, turns = _row(record, source, cleaning), source.conversation
    if row.problem or not turns:
        return Turn(record.position, row)
    order = _string(record.columns[turns.turn]) if turns.turn else "0"
    return Turn(record.position, row, _string(record.columns[turns.id]), order)


def _string(value: Any) -> str:
    return "" if value is None else str(value)  # a group may be number 0
