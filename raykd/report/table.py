"""A table built once: display-ready cells and the raw numbers behind them, for every output format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

MISSING = "–"


@dataclass(frozen=True)
class Cell:
    """One display-ready value; `marks` are the superscripts of Table 8; `value` is what it sorts by where the number
    that its text begins with is not."""

    text: str
    bold: bool = False
    marks: str = ""
    value: float | None = None


@dataclass(frozen=True)
class Table:
    """A table, or with no rows the reason why it is not there.

    number is the table's number in Howell et al. (2022), if it has one. The first `headings` columns of
    `rows` [rows][len(header)] name the row; the first `groups` of those repeat over consecutive rows.
    `raw` holds the full-precision numbers in long form.
    """

    slug: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    headings: int
    raw: pd.DataFrame
    number: int | None = None
    groups: int = 0
    notes: tuple[str, ...] = field(default=())
    absent: str = ""

    @property
    def caption(self) -> str:
        return self.title if self.number is None else f"Table {self.number}. {self.title}"

    @property
    def marked(self) -> bool:
        return any(cell.marks for row in self.rows for cell in row)


def absent_table(slug: str, title: str, reason: str, number: int | None = None) -> Table:
    """Stands for a table that this experiment has no results for."""
    return Table(slug, title, (), (), 0, pd.DataFrame(), number, absent=reason)


def row(*values: str | Cell) -> tuple[Cell, ...]:
    return tuple(value if isinstance(value, Cell) else Cell(value) for value in values)


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows as named tuples; their fields are the columns."""
    return iter(frame.itertuples(index=False, name="Record"))


def in_order(values: pd.Series, order: tuple[str, ...]) -> list[str]:
    """The distinct values that occur, in `order`."""
    present = set(values)
    return [value for value in order if value in present]


def first_appearance(column: pd.Series) -> pd.Series:
    """The place at which each value first occurs: a key that sorts groups together and keeps their order."""
    return column.map({value: place for place, value in enumerate(dict.fromkeys(column))})


def count(value: float | None) -> str:
    """12345 -> "12,345"; a missing value is a dash."""
    return MISSING if value is None or pd.isna(value) else f"{int(value):,}"


def decimal(value: float | None, digits: int) -> str:
    return MISSING if value is None or pd.isna(value) else f"{value:.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """.712 -> "71.2", the unit being stated in the table's title."""
    return MISSING if value is None or pd.isna(value) else f"{100 * value:.{digits}f}"


def signed(value: float | None, digits: int) -> str:
    """1.234 -> "+1.23"; a true minus sign."""
    return MISSING if value is None or pd.isna(value) else f"{value:+.{digits}f}".replace("-", "−")


def signed_percent(value: float | None, digits: int = 2) -> str:
    """.0228 -> "+2.28"; a true minus sign for losses."""
    return signed(None if value is None else 100 * value, digits)


def p_value(value: float | None, least: float = 0.0001) -> str:
    """.01234 -> "0.012", and "<0.0001" below `least`; the CSV has all digits."""
    if value is None or pd.isna(value):
        return MISSING
    return f"<{least:g}" if value < least else f"{value:.2g}"


def byte_unit(largest: float) -> tuple[str, int]:
    """The unit for a column of byte counts, and its size in bytes; 1 GB = 10**9 (Table 1)."""
    return next(((name, size) for name, size in (("GB", 10**9), ("MB", 10**6)) if largest >= size), ("kB", 10**3))


def in_unit(number_of_bytes: float, size: int) -> str:
    """Two decimals; what is not zero is never shown as zero."""
    return "<0.01" if 0 < number_of_bytes / size < 0.005 else f"{number_of_bytes / size:.2f}"


def duration(seconds: float | None) -> str:
    """75 -> "1 min 15 s"."""
    if seconds is None or pd.isna(seconds):
        return MISSING
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
