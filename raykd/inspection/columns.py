"""Which column of a table is the text, which the label, the id, the group, the language, the split: pure.

By their names first, as people write them, and by what they hold; a name counts only where the values bear it out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from raykd.config import SPLITS, SplitName, TableSource
from raykd.config.sources import SPLIT_NAMES
from raykd.corpus.readers.table_labels import ABSENT, PRESENT, cell_values
from raykd.corpus.values import shown_names, shown_value, value_text
from raykd.errors import InputError
from raykd.inspection.findings import Splits
from raykd.inspection.language_names import language_of

# In the order in which they are taken.
TEXT_NAMES = (
    *("text", "message", "msg", "utterance", "body", "content", "comment", "review", "post", "tweet", "question"),
    *("query", "sentence", "description", "title", "subject", "transcript", "document", "texto", "mensaje", "mensagem"),
    *("comentario", "texte", "nachricht", "текст", "сообщение", "本文", "テキスト", "メッセージ"),
)
LABEL_NAMES = (
    *("label", "labels", "intent", "intents", "category", "categories", "class", "tag", "tags", "topic", "topics"),
    *("sentiment", "target", "annotation", "annotations", "etiqueta", "etiquetas", "categoria", "clase", "kategorie"),
    *("метка", "категория", "ラベル", "カテゴリ"),
)
GROUP_NAMES = (
    *("group", "company", "customer", "client", "brand", "organization", "organisation", "account", "site", "domain"),
    *("conversation", "dialogue", "dialog", "thread", "session", "user", "author", "sender", "channel", "source"),
)
LANGUAGE_NAMES = ("language", "lang", "locale", "language_code", "lang_code", "idioma", "lingua", "sprache", "langue")
SPLIT_COLUMNS = ("split", "fold", "partition", "subset", "set", "part")
NAMES = {*TEXT_NAMES, *LABEL_NAMES, *GROUP_NAMES, *LANGUAGE_NAMES, *SPLIT_COLUMNS}
_ID = re.compile(r"(?:^|_)(?:id|uuid|guid|key)$")
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}.*")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_WORD = re.compile(r"[^\W\d_]+")
_WITHOUT_BLANKS = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{6}")  # Thai, kana, ideographs
HEADER_WORDS = 5  # of a column's name; more are a text, and there is no header
PROSE = 0.3  # of the values of a text column, those that are words in a row
MOST_UNNAMED = 30  # values of a column that is taken for labels by its values alone
LEAST_UNNAMED = 20  # rows of each of them, on average
MOST_SHARED = 0.5  # of a column's rows, the different values of one that holds groups or labels
LONGEST_LABEL = 100  # characters
SEPARATORS = ("|", ";", ",")


@dataclass(frozen=True)
class Roles:
    """candidates: columns that might hold labels, where none was taken; language: with what its values stand for."""

    text: str
    id: str | None
    group: str | None
    language: tuple[str, dict[str, str]] | None
    split: Splits | None
    labels: tuple[str, ...]
    one_each: bool
    separator: str | None
    candidates: tuple[str, ...]


def find_roles(columns: Mapping[str, Sequence[Any]]) -> Roles:
    """columns: the cells of each, by rows. Raises InputError where none holds text."""
    filled = {name: [value for value in map(value_text, cells) if value] for name, cells in columns.items()}
    left = {name: values for name, values in filled.items() if values}
    text = _text_column(columns, left)
    # A header's name is no value of its column; where it is one, rows began with the first line.
    is_value = next(
        (name for name, values in left.items() if plain(name) not in NAMES and values.count(name) > 1), None
    )
    if len(_WORD.findall(text)) > HEADER_WORDS or is_value is not None:
        also = f" ({shown_value(is_value)} is also a value below it)" if is_value is not None else ""
        raise InputError(
            f"its first line looks like a row{also}; put one with the columns' names above it, such as text,label"
        )
    left.pop(text)
    rows = len(columns[text])
    ids = (name for name, values in left.items() if _ID.search(plain(name)) and len(set(values)) == len(values) == rows)
    id_column = next(ids, None)
    language = next(((name, codes) for name in _in_order(left, LANGUAGE_NAMES) if (codes := _codes(left[name]))), None)
    split = next((found for name in _in_order(left, SPLIT_COLUMNS) if (found := _splits(name, left[name]))), None)
    taken = {id_column, language and language[0], split and split.column}
    left = {name: values for name, values in left.items() if name not in taken}
    labels, one_each, separator, candidates = _labels(columns, left)
    left = {name: values for name, values in left.items() if name not in labels}
    group = _group(left)
    return Roles(
        text=text,
        id=id_column,
        group=group,
        language=language,
        split=split,
        labels=labels,
        one_each=one_each,
        separator=separator,
        candidates=candidates,
    )


def plain(name: str) -> str:
    """`customerId`, `Customer ID` -> `customer_id`."""
    return re.sub(r"[\W_]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())).strip("_").lower()


def _in_order(columns: Iterable[str], names: Sequence[str]) -> list[str]:
    """The columns that bear one of these names, by itself or with `id` or `name` behind it, in the names' order."""
    places = {name: place for place, name in enumerate(names)}
    found = {column: re.sub(r"_(?:id|name|code)$", "", plain(column)) for column in columns}
    ordered = [(places.get(plain(column), places.get(short, -1)), column) for column, short in found.items()]
    return [column for place, column in sorted(ordered, key=lambda one: one[0]) if place >= 0]


def _text_column(columns: Mapping[str, Sequence[Any]], filled: Mapping[str, list[str]]) -> str:
    strings = {
        name: values
        for name, values in filled.items()
        if 10 * sum(isinstance(cell, str) for cell in columns[name]) >= 9 * len(values)
    }
    for name in _in_order(strings, TEXT_NAMES):
        if _prose(strings[name]) > PROSE / 3 or len(set(strings[name])) > MOST_SHARED * len(strings[name]):
            return name
    prose = [name for name, values in strings.items() if _prose(values) >= PROSE]
    if prose:
        return max(prose, key=lambda name: sum(map(len, strings[name])) / len(strings[name]))
    only = next(iter(strings), "")
    if len(columns) == 1 and only and _has_words(strings[only]):
        return only
    named = [name for name in _in_order(strings, TEXT_NAMES) if _has_words(strings[name])]
    for name in named:  # short messages, ok and thanks, of which few differ: a label's values look the same
        if _in_order(filled, LABEL_NAMES) or not _looks_like_labels(strings[name]):
            return name
    if named:
        raise InputError(
            f"no column holds text: {shown_value(named[0])} has {len(set(strings[named[0]])):,} short values in "
            f"{len(strings[named[0]]):,} rows, as labels are. If it is the text, call the column with its labels "
            "`label`; else name the column with the text `text`"
        )
    raise InputError(
        f"no column holds text; there are: {shown_names(list(columns))}. Name the column with the text `text`, and "
        "where the first line is no header, add one"
    )


def _has_words(values: Sequence[str]) -> bool:
    return 2 * sum(bool(_WORD.search(one)) for one in values) > len(values)


def _prose(values: Sequence[str]) -> float:
    """The share of values that are at least three words, or a row of letters of a script without blanks."""
    return sum(len(_WORD.findall(one)) >= 3 or bool(_WITHOUT_BLANKS.search(one)) for one in values) / len(values)


def _codes(values: Sequence[str]) -> dict[str, str]:
    """What the values stand for; empty where most are no languages."""
    counts = Counter(values)
    codes = {value: code for value in counts if (code := language_of(value))}
    return codes if 10 * sum(counts[value] for value in codes) >= 9 * counts.total() else {}


def _splits(column: str, values: Sequence[str]) -> Splits | None:
    """None where one of the values is no split, or train or test is missing."""
    source = TableSource(reader="table", language="und", path="", split=column)
    found: dict[SplitName, list[str]] = {split: [] for split in get_args(SplitName)}
    for value in sorted(set(values)):
        split = source.split_of(value)
        if split is None:
            return None
        found[split].append(value)
    if not (found["train"] and found["test"]):
        return None
    return Splits(column, {split: tuple(own) for split, own in found.items() if own})


def _labels(
    columns: Mapping[str, Sequence[Any]], filled: Mapping[str, list[str]]
) -> tuple[tuple[str, ...], bool, str | None, tuple[str, ...]]:
    """(columns, whether each is one label, separator, other candidates)."""
    for name in _in_order(filled, LABEL_NAMES):
        separator = _separator(filled[name])
        parts = Counter(part for cell in columns[name] for part in cell_values(cell, separator))
        if len(parts) <= MOST_SHARED * parts.total() and not any(isinstance(cell, dict) for cell in columns[name]):
            return (name,), False, separator, ()
    marks = [name for name, values in filled.items() if {one.lower() for one in values} <= {*PRESENT, *ABSENT}]
    marks = [name for name in marks if len(set(filled[name])) == 2]
    if len(marks) > 1:
        return tuple(marks), True, None, ()
    candidates = tuple(name for name, values in filled.items() if _looks_like_labels(values))
    if len(candidates) > 1:
        group = _group(filled)
        candidates = tuple(name for name in candidates if name != group)
    if len(candidates) == 1:
        return candidates, False, _separator(filled[candidates[0]]), ()
    return (), False, None, candidates


def _looks_like_labels(values: Sequence[str]) -> bool:
    different = set(values)
    return (
        2 <= len(different) <= MOST_UNNAMED
        and len(values) >= LEAST_UNNAMED * len(different)
        and all(len(one) <= LONGEST_LABEL and not _DATE.fullmatch(one) for one in different)
        and not (len(different) > 10 and all(_NUMBER.fullmatch(one) for one in different))
    )


def _group(filled: Mapping[str, list[str]]) -> str | None:
    return next((name for name in _in_order(filled, GROUP_NAMES) if _repeats(filled[name])), None)


def _repeats(values: Sequence[str]) -> bool:
    return 2 <= len(set(values)) <= MOST_SHARED * len(values)


def _separator(values: Sequence[str]) -> str | None:
    """What stands between several labels of one cell: where it is cut, no more different labels are left."""
    whole = set(values)
    for separator in SEPARATORS:
        cut = {value for value in whole if separator in value and cell_values(value) == {value}}
        if not cut:
            continue
        parts = {part for value in whole for part in cell_values(value, separator)}
        if len(parts) <= len(whole) and all(len(part) <= LONGEST_LABEL for part in parts):
            return separator
    return None


def split_name(split: Splits | None, value: str) -> str:
    """train, validation or test for a cell of the column, "" where there is no such column."""
    own = split.values.items() if split else ()
    return next((name for name, values in own if value in values), "")


def own_names(split: Splits) -> dict[str, tuple[str, ...]]:
    """The values that a source has to be told of, because no source calls its splits so by itself."""
    known = {*SPLITS, *SPLIT_NAMES}
    told = {name: tuple(one for one in values if one.lower() not in known) for name, values in split.values.items()}
    return {name: values for name, values in told.items() if values}
