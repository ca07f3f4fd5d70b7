"""A table built once: display-ready cells and the raw numbers behind them, for every output format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class TableCell:
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
    rows: tuple[tuple[TableCell, ...], ...]
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


def row(*values: str | TableCell) -> tuple[TableCell, ...]:
    return tuple(value if isinstance(value, TableCell) else TableCell(value) for value in values)


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
