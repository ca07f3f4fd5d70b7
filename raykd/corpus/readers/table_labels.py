"""The labels of a table's row, in any of the forms that people keep them in.

One value; a list; a list written as text, by JSON, Python or numpy; several values with a separator; a column for each
of several labels; or a column a label, that holds whether the row has it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from typing import Any

from raykd.config import TableSource
from raykd.corpus.values import shown_value, value_text

PRESENT, ABSENT, OPEN = ("1", "true"), ("0", "false"), ("",)  # what a column of one label holds
LIST_CHARACTERS = 20_000  # of a list as text; a longer cell is no list of labels
_NUMPY = re.compile(
    r"\[\s*(['\"])[^,]*\1(\s+(['\"])[^,]*\3)+\s*\]", re.DOTALL
)  # ['a' 'b'], which Python reads as ['ab']
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


def row_labels(columns: Mapping[str, Any], source: TableSource) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """(labels, labels that the row may have or not, problem), the first two sorted."""
    unknown = cell_values(columns.get(source.unknown), source.separator) if source.unknown else set()
    if source.label_columns:
        labels = set()
        for column in source.label_columns:
            value = value_text(columns.get(column))
            if value.lower() in PRESENT:
                labels.add(value_text(column))
            elif value.lower() in OPEN:
                unknown.add(value_text(column))
            elif value.lower() not in ABSENT:
                return (), (), f"column {column!r} holds {shown_value(value)!r} in place of 1 or 0"
    else:
        labels = set().union(*(cell_values(columns.get(column), source.separator) for column in source.labelled_by))
    if any(isinstance(columns.get(column), dict) for column in source.labelled_by):
        return (), (), "its labels are an object, not a value or a list"
    return tuple(sorted(labels)), tuple(sorted(unknown)), ""


def cell_values(cell: Any, separator: str | None = None) -> set[str]:
    """The values in one cell, as `values.value_text`, empty ones left out."""
    if isinstance(cell, str):
        listed = _listed(cell.strip())
        if listed is not None:
            cell = listed
        elif separator:
            cell = cell.split(separator)
    parts = cell if isinstance(cell, list | tuple | set) else [cell]
    return {value_text(part) for part in parts} - {""}


def _listed(text: str) -> list[Any] | None:
    """A list of values that was written as text; None where the text is none."""
    if text[:1] + text[-1:] not in ("[]", "()", "{}") or len(text) > LIST_CHARACTERS:
        return None
    if _NUMPY.fullmatch(text):
        return [one or other for one, other in _QUOTED.findall(text)]
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(found, list | tuple | set):
            values = list(found)
            return values if not any(isinstance(one, list | tuple | set | dict) for one in values) else None
    return None
