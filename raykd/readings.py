"""Whether all who read a file read it in a way that gives its documents the same ids."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

from raykd.config import Source
from raykd.corpus.readers import source_name
from raykd.errors import InputError


class Reading(NamedTuple):
    """How a file is read. place: the corpus or task; what it takes as text; what decides its ids."""

    place: str
    name: str
    text: tuple[str | None, int | None]
    way: tuple[Any, ...]

    @classmethod
    def of(cls, place: str, source: Source) -> Reading:
        turns = getattr(source, "conversation", None)
        text = getattr(source, "text", None), turns and turns.join
        return cls(
            place, source_name(source), text, (source.path, getattr(source, "id", None), getattr(source, "html", None))
        )


def check_readings(file: str, readings: Sequence[Reading]) -> None:
    """Raises InputError where two sources disagree on a file."""
    names: dict[str, set[str]] = {}
    for one in readings:
        names.setdefault(one.place, set()).add(one.name)
    # The same one is compared once: a file may have a source for each of many values of `where`.
    for one, other in combinations(dict.fromkeys(readings), 2):
        if one.name == other.name and one.way == other.way:
            if one.place == other.place and one.text != other.text:
                raise InputError(
                    f"{file}: {one.place} takes two texts of it (another text column or conversation.join) under one "
                    f"name, {one.name!r}, so they would have the same ids and one would be dropped; give each source a "
                    "name of its own"
                )
        elif one.name == other.name or one.text == other.text or names[one.place].isdisjoint(names[other.place]):
            raise InputError(
                f"{file}: {one.place} and {other.place} read it with another path, name, id column or html, so "
                "its documents would have two sets of ids, or of texts; give both sources the same"
            )
