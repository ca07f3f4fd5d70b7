"""How much scores depend on the test texts: influences, resamples and intervals of cells with stored decisions."""

import zlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from raykd.report.inputs import Predictions
from raykd.report.tables.table import records
from raykd.statistics.comparisons import SEED
from raykd.statistics.design import CellKey
from raykd.statistics.item_bootstrap import (
    LEAST_SUPPORT,
    Resampled,
    TextInfluence,
    difference_over_both,
    difference_over_texts,
    resample,
    text_influence,
)

Key = TypeVar("Key", bound=Hashable)

OVER_TEXTS = ("texts_low", "texts_high", "both_low", "both_high")


@dataclass(frozen=True)
class TextUnits:
    """Which texts a cell was scored on, as far as other cells have the same: the name of its test set, and a whole
    number for each text, or for its group where texts come in two or more [texts]."""

    test_set: str
    units: np.ndarray


def text_units(predictions: Mapping[Key, Predictions], name: Callable[[Key], str]) -> dict[Key, TextUnits]:
    """The units of each cell. Cells with a text, or a group, in common have one test set, named after the first.

    Texts are told by their ids: parallel sets (one text in several languages or tasks) share what a text does, also
    where one of them lost a row. A text is in a group wherever one of the cells knows its group.
    """
    contents: dict[tuple[Any, ...], list[Key]] = {}
    for key, own in predictions.items():
        contents.setdefault((*own.doc_ids, *own.groups), []).append(key)
    firsts = [predictions[keys[0]] for keys in contents.values()]
    groups: dict[Any, Any] = {}
    for own in firsts:
        if own.clusters is not None:
            for text, group in zip(own.doc_ids, own.groups, strict=True):
                if group:
                    groups.setdefault(text, group)
    named = [[("group", groups[text]) if text in groups else ("text", text) for text in own.doc_ids] for own in firsts]
    sets = _connected(named)
    numbers: dict[Any, int] = {}
    found: dict[Key, TextUnits] = {}
    for keys, texts, first in zip(contents.values(), named, sets, strict=True):
        units = np.array([numbers.setdefault(unit, len(numbers)) for unit in texts])
        test_set = name(next(iter(list(contents.values())[first])))
        found |= {key: TextUnits(test_set, units) for key in keys}
    return {key: found[key] for key in predictions}


def _connected(lists: Sequence[Sequence[Hashable]]) -> list[int]:
    """For each list the place of the first one that it is connected with by members in common."""
    roots = list(range(len(lists)))

    def root(place: int) -> int:
        while roots[place] != place:
            place = roots[place]
        return place

    owner: dict[Hashable, int] = {}
    for place, members in enumerate(lists):
        for member in members:
            low, high = sorted((root(owner.setdefault(member, place)), root(place)))
            roots[high] = low
    return [root(place) for place in range(len(lists))]


def text_influences(
    predictions: Mapping[CellKey, Predictions], units: Mapping[CellKey, TextUnits]
) -> dict[CellKey, TextInfluence]:
    """What each test text, or each company's texts together, does to the mean F1 of each cell."""
    return {
        key: text_influence(own.decisions, units[key].test_set, units=units[key].units)
        for key, own in predictions.items()
    }


def resample_texts(
    predictions: Mapping[CellKey, Predictions], units: Mapping[CellKey, TextUnits]
) -> dict[CellKey, Resampled]:
    """The bootstrap over test texts of every cell in which each label has LEAST_SUPPORT of them."""
    together: dict[tuple[str, str], list[CellKey]] = {}
    for key, own in predictions.items():
        if own.decisions.least_support >= LEAST_SUPPORT:
            together.setdefault(key[:2], []).append(key)
    resampled: dict[CellKey, Resampled] = {}
    for keys in together.values():
        cells = [predictions[key] for key in keys]
        # Test sets are drawn apart from each other, and a set always in the same way.
        seed = zlib.crc32(units[keys[0]].test_set.encode())
        found = resample([cell.decisions for cell in cells], seed, cells[0].clusters)
        resampled |= dict(zip(keys, found, strict=True))
    return resampled


def intervals_over_texts(tests: pd.DataFrame, resampled: Mapping[CellKey, Resampled]) -> pd.DataFrame:
    """tests with the columns OVER_TEXTS."""
    rows = []
    for test in records(tests):
        own, other = (resampled.get((test.task, test.language, e, test.weights)) for e in (test.encoder, test.baseline))
        if test.metric != "f1" or own is None or other is None or test.unit != SEED:
            rows.append((np.nan,) * len(OVER_TEXTS))
        else:
            rows.append((*difference_over_texts(own, other)[1:], *difference_over_both(own, other)))
    return pd.concat([tests, pd.DataFrame(rows, columns=list(OVER_TEXTS), index=tests.index)], axis=1)
