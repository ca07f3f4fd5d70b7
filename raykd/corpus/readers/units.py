"""What a reader is given, a unit of work, and what it gives, rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from raykd.config import LanguageColumn, Source, TableSource
from raykd.corpus.values import shown_names
from raykd.errors import InputError

NOT_UTF8 = "not UTF-8 (of a file in another encoding, or whose encoding is wrong: give its source the right one)"


@dataclass(frozen=True)
class Unit:
    """A part of one file: what starts in bytes [start, stop), or row groups [start, stop) of a parquet file.

    whole: the file cannot be cut (it is compressed, say): [start, stop) is all its bytes as they lie on storage, and
    positions inside it are of another kind (of the uncompressed stream).
    size: how many bytes of the file it is, where start and stop do not say so.
    content: where the content of a compressed file lies in parts (`readers.parts`); [start, stop) is of that then.
    """

    source: Source
    path: str
    start: int
    stop: int
    whole: bool = False
    size: int | None = None
    content: str = ""

    @property
    def bytes(self) -> int:
        return self.stop - self.start if self.size is None else self.size

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
    id: str = ""  # what the source itself calls the row, where it says so
    conversation: str = ""  # what the documents of joined turns of one conversation share


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
    named: tuple[str | None, ...] = (source.text, source.id, source.group, *source.labelled_by, source.origin)
    named += (source.language.column,) if isinstance(source.language, LanguageColumn) else ()
    named += (source.unknown, source.split, *source.where)
    named += (turns.id, turns.turn) if turns else ()
    return list(dict.fromkeys(column for column in named if column))


def check_columns(source: TableSource, path: str, names: Sequence[str]) -> None:
    """Raises InputError for a column that the source names and the file lacks, or has twice."""
    for column in named_columns(source):
        if (count := names.count(column)) > 1:
            raise InputError(f"{path}: {count} columns are called {column!r}; rename all but one, or name another")
        if not count:
            raise InputError(f"{path}: no column {column!r}; there are: {shown_names(names)}; name one of them")
