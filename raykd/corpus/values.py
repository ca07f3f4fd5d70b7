"""Values of labels, groups, filters and language codes: one form on both sides, and counts of what matches nothing.

A file and a config spell one value in many ways: 1 and 1.0 (whole numbers with a gap become floats), true and True,
composed and decomposed accents, blanks at the end. Case is never changed: where it alone differs, that is said. Pure:
no files, no Ray.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from raykd.config import LanguageColumn, Source
from raykd.errors import InputError

_WHOLE = re.compile(r"[+-]?\d+(?=\.0+$)")
_STRONG, _WEAK = re.compile(r"[|;,\t\n]+"), re.compile(r"[/&+ ]+")  # what separates labels in one cell
_AROUND = " \t\n[](){}'\""
SHOWN = 6  # values that a message names
LISTED = 50  # values that a manifest lists
COLUMNS = 40  # names of columns that a message has
DISTINCT = 1000  # values of one column that a unit of work counts one by one
_LABEL = re.compile(r"[^\s@]+(?: [^\s@]+){0,4}")  # a few words; no address
_NUMBER = re.compile(r"(?:\d[ ./()-]?){7}")  # of a telephone, a customer, a card
LABEL_WIDTH = 40  # characters of a value that may be a label's; one outside ASCII counts twice
OTHERS = "(others)"


def value_text(value: Any) -> str:
    """A cell as the text that it is compared by: "" for an empty one, whole floats without a point, true and false."""
    if value is None or value != value:  # NaN, which tables have for a gap
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return normal(str(value))


def normal(text: str) -> str:
    """NFC and single blanks, as in `clean.clean_text`, on one line."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def shown_value(value: str, width: int = LABEL_WIDTH) -> str:
    """A value of a file as messages and manifests may show it: as it is where it looks like a label's, else its length.

    A column named by mistake may hold what people wrote, or who they are.
    """
    wide = len(value) + sum(not one.isascii() for one in value[:width])
    if not value or (wide <= width and _LABEL.fullmatch(value) and not _NUMBER.search(value)):
        return value
    return f"(text of {len(value):,} characters)"


def shown_names(names: Sequence[str]) -> str:
    """Names of columns as `shown_value`: those of a file without a header are its first row."""
    more = f" and {len(names) - COLUMNS:,} more" if len(names) > COLUMNS else ""
    return ", ".join(map(shown_value, names[:COLUMNS])) + more


class Expected:
    """The values that a config names, and how those of a file match them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._exact = {normal(name): name for name in self.names}
        self._like = _unique((_number_or_boolean(form), name) for form, name in self._exact.items())
        self._folded = {form.casefold(): name for form, name in self._like.items() if name}

    def find(self, value: str) -> str | None:
        """The name that a value (`value_text`) is, exactly or as a number or boolean; None for another."""
        return self._exact.get(value) or self._like.get(_number_or_boolean(value)) or None

    def near(self, value: str) -> str | None:
        """The name of which a value that matches nothing differs by case alone."""
        return self._folded.get(_number_or_boolean(value).casefold())

    def joined(self, value: str) -> bool:
        """Whether a value that matches nothing looks like several names with a separator between them."""
        for separator, enough in ((_STRONG, 1), (_WEAK, 2)):
            parts = [normal(part.strip(_AROUND)) for part in separator.split(value)]
            parts = [part for part in parts if part]
            known = sum(self.find(part) is not None for part in parts)
            if len(parts) > 1 and known >= enough and (separator is _STRONG or known == len(parts)):
                return True
        return False


def _unique(forms: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Forms of which one name alone has it; "" for the others: a task may have the labels 2 and 2.0."""
    found: dict[str, str] = {}
    for form, name in forms:
        found[form] = "" if form in found else name
    return found


def _number_or_boolean(text: str) -> str:
    if whole := _WHOLE.match(text):
        return whole.group()
    return text.lower() if text.lower() in ("true", "false") else text


class Found(NamedTuple):
    """A value of a column, as a file has it. source: its place in the list of sources."""

    source: int
    file: str
    column: str
    value: str


class Tally:
    """How often each value occurs in the columns that a source filters by; columns with very many are cut short.

    Values that the config does not name are kept as `shown_value`.
    """

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def add(self, column: str, value: str, expected: Expected) -> None:
        """expected: the values that are named of the column, which are always counted by themselves."""
        key = (column, value)
        if key not in self.counts and not (expected.find(value) or expected.near(value)):
            key = (column, shown_value(value) if len(self.counts) < DISTINCT else OTHERS)
        self.counts[key] += 1


@lru_cache
def expected(names: tuple[str, ...]) -> Expected:
    """`Expected`, made once for the values of a config."""
    return Expected(names)


def matches(values: Iterable[str], names: tuple[str, ...], column: str, tally: Tally | None) -> bool:
    """Whether one of a cell's values is among the names; tally: takes all of them."""
    known, found = expected(names), False
    for value in values:
        found |= known.find(value) is not None
        if tally is not None:
            tally.add(column, value, known)
    return found


def truth_matrix(rows: Iterable[Collection[str]], labels: Sequence[str]) -> np.ndarray:
    """Which labels each row has, bool [rows, labels]. rows: the labels of each."""
    found = [[label in own for label in labels] for own in rows]
    return np.array(found, bool).reshape(len(found), len(labels))


def shown(counts: Mapping[str, int]) -> str:
    """`Tea 40, Coffee 3, ...`: the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (item[0] == OTHERS, -item[1], item[0]))
    listed = ", ".join(f"{value or '(nothing)'} {count:,}" for value, count in ordered[:SHOWN])
    return listed + (f" and {len(ordered) - SHOWN:,} more" if len(ordered) > SHOWN else "") or "none at all"


def shown_by_file(found: Mapping[tuple[str, str], int]) -> str:
    """`Tea 40 in a.csv; tea 3 in b.csv`. found: by (file, value)."""
    files: dict[str, Counter[str]] = {}
    for (file, value), count in found.items():
        files.setdefault(file, Counter())[value] += count
    ordered = sorted(files.items(), key=lambda item: (-item[1].total(), item[0]))
    listed = "; ".join(f"{shown(counts)} in {file}" for file, counts in ordered[:SHOWN])
    return listed + (f"; and {len(ordered) - SHOWN:,} files more" if len(ordered) > SHOWN else "") or "none at all"


def filter_lines(filtered: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """For each column that rows are chosen by, how many were not read for what it holds. filtered: of `left_out`."""
    columns: dict[str, Counter[tuple[str, str]]] = {}
    for row in filtered:
        columns.setdefault(row["column"], Counter())[row["file"], row["value"]] += row["rows"]
    for column, found in columns.items():
        yield f"{found.total():,} rows not read for what column {column!r} holds: {shown_by_file(found)}"


def filters_of(source: Source) -> list[tuple[str, str, tuple[str, ...]]]:
    """(key of the config, column, the values that are read) of what a source chooses its rows by."""
    found = [(f"where.{column}", column, names) for column, names in getattr(source, "where", {}).items()]
    language = source.language
    if isinstance(language, LanguageColumn):
        found.append(("language.codes", language.column, tuple(language.codes)))
    return found


def check_filters(place: str, sources: Sequence[Source], found: Mapping[Found, int], share: float) -> None:
    """Raises InputError for a value of `where` that no row has, for language codes of which no row has one, and where
    more than a share of a source's rows have a value that differs by case alone from one that is read.

    place: of the sources in the config; found: rows by the values of such columns.
    """
    for index, source in enumerate(sources):
        for key, column, names in filters_of(source):
            own = [one for one in found if (one.source, one.column) == (index, column)]
            mine = {(one.file, one.value): found[one] for one in own}
            known = Expected(names)
            met = {known.find(value) for _, value in mine}
            unmet = [name for name in names if name not in met]
            if mine and unmet and (key != "language.codes" or len(unmet) == len(names)):
                raise InputError(
                    f"{place}: {source.path}: no row has {unmet[0]!r} in column {column!r} ({key}); there are: "
                    f"{shown_by_file(mine)}"
                )
            near = {one: count for one, count in mine.items() if known.find(one[1]) is None and known.near(one[1])}
            if sum(near.values()) > share * sum(mine.values()):
                raise InputError(
                    f"{place}: {source.path}: {sum(near.values()):,} of {sum(mine.values()):,} rows have in column "
                    f"{column!r} what differs by case alone from a value of {key} ({shown_by_file(near)}), and would "
                    f"be left out; name these values too, or raise unmatched_share"
                )


def left_out(sources: Sequence[Source], found: Mapping[Found, int]) -> list[dict[str, Any]]:
    """What rows were not read for, the most frequent first: source, file, column, value, rows; for a manifest."""
    named = {
        (index, column): expected(names)
        for index, source in enumerate(sources)
        for _, column, names in filters_of(source)
    }
    other = [(one, rows) for one, rows in found.items() if named[one.source, one.column].find(one.value) is None]
    other.sort(key=lambda item: (-item[1], item[0]))
    return [
        {"source": sources[one.source].path, "file": one.file, "column": one.column, "value": one.value, "rows": rows}
        for one, rows in other[:LISTED]
    ]
