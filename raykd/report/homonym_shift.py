"""What the homonyms of two encoders show: three readings of Table 7, by language and sense, each with its tests."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from raykd.statistics.sign_tests import PairedShift, paired_shift

# In the order in which the paper describes Table 7: its values, its caption, its text.
DISTANCE, SIMILARITY, ACROSS = "distance within", "similarity within", "distance across"
SENSES = ("general", "technical", "technical − general")
ALL = "all"


@dataclass(frozen=True)
class Reading:
    """One reading: first and second are means over words of what is compared (first encoder and second encoder; of
    ACROSS general and technical sentences), shift their difference in each pair."""

    reading: str
    measure: str
    language: str
    sense: str
    first: float
    second: float
    shift: PairedShift


def readings(rows: pd.DataFrame) -> list[Reading]:
    """rows: of the frame homonym_shift; for each measure and language, and all languages together."""
    found = []
    for measure, of_measure in rows.groupby("measure", sort=False):
        languages = list(dict.fromkeys(of_measure["language"]))
        for language in (*languages, *([ALL] if len(languages) > 1 else [])):
            own = of_measure if language == ALL else of_measure[of_measure["language"] == language]
            found += list(_readings(own, str(measure), str(language)))
    return found


def _readings(own: pd.DataFrame, measure: str, language: str) -> Iterator[Reading]:
    for sense in SENSES[:2]:
        part = own[own["sense"] == sense]
        words = [*zip(part["language"], part["word"], strict=True)]
        first, second = (part[name].to_numpy(np.float64) for name in ("first", "second"))
        yield Reading(
            *(DISTANCE, measure, language, sense, first.mean(), second.mean()), paired_shift(first - second, words)
        )
        # Of the same numbers, 1 less each: read as similarities, the larger is the nearer.
        yield Reading(
            *(SIMILARITY, measure, language, sense, 1 - first.mean(), 1 - second.mean()),
            paired_shift(second - first, words),
        )
    by_word = own.assign(moved=own["first"] - own["second"]).pivot_table(
        index=["language", "word"], columns="sense", values=["moved", "first", "second", "across"], sort=False
    )
    words = list(by_word.index)
    moved = by_word["moved"]["technical"] - by_word["moved"]["general"]
    first_moved, second_moved = (
        float((by_word[name]["technical"] - by_word[name]["general"]).mean()) for name in ("first", "second")
    )
    shift = paired_shift(moved.to_numpy(), words)
    yield Reading(DISTANCE, measure, language, SENSES[2], first_moved, second_moved, shift)
    if own["across"].notna().all():
        across = by_word["across"]
        difference = (across["technical"] - across["general"]).to_numpy()
        yield Reading(
            *(ACROSS, measure, language, SENSES[2], across["technical"].mean(), across["general"].mean()),
            paired_shift(difference, words),
        )
