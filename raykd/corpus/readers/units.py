"""What a reader is given, a unit of work, and what it gives, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from raykd.config import LanguageColumn, Source, TableSource
from raykd.errors import InputError


@dataclass(frozen=True)
class Unit:
    """A part of one file: what starts in bytes [start, stop), or row groups [start, stop) of a parquet file.

    whole: the file cannot be cut (it is compressed, say): [start, stop) is all its bytes as they lie on storage, and
    positions inside it are of another kind (of the uncompressed stream).
    """

    source: Source
    path: str
    start: int
    stop: int
    whole: bool = False

    def holds(self, position: int) -> bool:
        """Whether what starts at a position, not before the unit's start, is the unit's own."""
        return self.whole or position < self.stop


class Row(NamedTuple):
    """One row as it stands in its file; native_id is unique within the source.

    offset: the byte of the uncompressed file at which it starts, another one for every row. Where a reader cannot know
    that, it counts the bytes of text before the row (Wikipedia) or shares out those of a parquet row group.
    """

    native_id: str
    place: str
    text: str = ""
    language: str = ""  # "" where the source has one language
    labels: tuple[str, ...] = ()
    group: str = ""
    origin: str = ""
    problem: str = ""
    offset: int = 0
    unknown: tuple[str, ...] = ()
    known: tuple[str, ...] | None = None
    split: str = ""


class Record(NamedTuple):
    """One row of a table before its columns are looked at.

    position: where it starts, as `Unit.holds` counts; offset: as in `Row`.
    """

    position: int
    place: str
    native_id: str
    columns: Mapping[str, Any]
    problem: str
    offset: int


def named_columns(source: TableSource) -> list[str]:
    """The columns that a source names, each once."""
    turns = source.conversation
    named: tuple[str | None, ...] = (source.text, source.id, source.group, source.labels, source.origin)
    named += (source.language.column,) if isinstance(source.language, LanguageColumn) else ()
    named += (source.unknown, source.split, *source.where)
    named += (turns.id, turns.turn) if turns else ()
    return list(dict.fromkeys(column for column in named if column))


def check_columns(source: TableSource, path: str, names: Sequence[str]) -> None:
    """Raises InputError for a column that the source names and the file lacks."""
    for column in named_columns(source):
        if column not in names:
            raise InputError(f"{path}: no column {column!r}; there are: {', '.join(names)}")
