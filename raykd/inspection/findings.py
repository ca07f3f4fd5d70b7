"""What was seen of a file: values alone, no text of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from raykd.config import TaskKind

MIXED = "mul"  # ISO 639's code for several languages


@dataclass(frozen=True)
class File:
    """path: as a source has it; files: how many it stands for; bytes: of them as they lie on storage; encoding and
    delimiter: None where the reader's own are right."""

    path: str
    suffix: str
    files: int
    bytes: int
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class Column:
    """role: what the experiment takes it for, "" for nothing; filled: rows with a value; distinct: values; longest and
    median: characters of a value."""

    name: str
    role: str
    filled: int
    distinct: int
    median: int
    longest: int


@dataclass(frozen=True)
class Languages:
    """rows: by language, the most frequent first. column: that tells it, with `codes`, its values; None where it was
    detected. found: languages that were detected, with their texts; untold: texts too short or unclear to tell.
    unknown: rows by what the column has in place of a language, which no experiment reads."""

    rows: Mapping[str, int]
    column: str | None = None
    codes: Mapping[str, str] | None = None
    found: Mapping[str, int] | None = None
    untold: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Labels:
    """columns: one that holds labels, or one a label (`one_each`); rows: by (language, split, label), split "" where no
    column tells it, each text of a language and split once; labelled: these by language, with those of which it is
    known that they have none; unlabelled: the other rows."""

    columns: tuple[str, ...]
    one_each: bool
    kind: TaskKind
    separator: str | None
    rows: Mapping[tuple[str, str, str], int]
    labelled: Mapping[str, int]
    unlabelled: int

    @property
    def counts(self) -> dict[str, int]:
        """Rows by label, the most frequent first."""
        found: dict[str, int] = {}
        for (_, _, label), rows in self.rows.items():
            found[label] = found.get(label, 0) + rows
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True)
class Splits:
    """The column that says which split a row is in, and which of its values stand for which."""

    column: str
    values: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Findings:
    """What was seen of a file, a folder or a pattern.

    rows: with text; rejected: rows that cannot be read, first_rejected: where the first is and why; whole: whether
    every row was looked at. median, long: characters of the texts in the middle and of those longer than 95 of 100.
    size: bytes of text. copies: rows whose text another row has too; conflicts: texts with several labels. personal:
    values of personal data by kind, in `private_texts` texts that were looked at; countries: whose phone numbers and
    ids these are, none: those of each text's language. candidates: columns that might hold labels, if none was taken.
    """

    file: File
    rows: int
    rejected: int
    first_rejected: str
    whole: bool
    columns: tuple[Column, ...]
    text: str
    id: str | None
    group: str | None
    groups: int
    split: Splits | None
    languages: Languages
    median: int
    long: int
    size: int
    copies: int
    conflicts: int
    personal: Mapping[str, int]
    private_texts: int
    countries: tuple[str, ...]
    labels: Labels | None
    candidates: tuple[str, ...]
