"""The files that sources read: which, what they are, and whether all who read one give its documents the same ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import combinations
from typing import Any, Literal, NamedTuple

from raykd.artifacts import file_identity
from raykd.artifacts.storage import at_once
from raykd.config import Source
from raykd.corpus.hashing import key_fingerprint
from raykd.corpus.readers import (
    check_names,
    content_bytes,
    in_one_order,
    last_parts,
    names_one_file,
    source_files,
    source_name,
)
from raykd.errors import InputError


class SourceFiles:
    """The files of an experiment's sources. Many share them, and a listing, or a hash of content, is slow on large or
    remote ones: each is made once.

    how: whether a file is its size and time of change, or its bytes (`artifacts.file_identity`).
    """

    def __init__(self, how: Literal["stat", "content"]) -> None:
        self._how: Literal["stat", "content"] = how
        self._files: dict[str, list[str]] = {}
        self._identity = cache(file_identity)

    def of(self, source: Source) -> list[str]:
        if source.path not in self._files:
            self._files[source.path] = source_files(source)
        return self._files[source.path]

    def bytes_of(self, sources: Iterable[Source]) -> int | None:
        """About how many bytes of content they have; a file of several sources is read, and counted, for each."""
        return sum(content_bytes(path) for source in sources for path in self.of(source))

    def describe(self, sources: Iterable[Source]) -> tuple[list[Any], dict[str, str]]:
        """(settings, identities of the files): sorted, so that their order does not count."""
        sources = in_one_order(sources)
        files = {
            f"{source_name(source)}:{last_parts(source, path)}": path for source in sources for path in self.of(source)
        }
        found = at_once(lambda path: self._identity(path, self._how), files.values())
        identities = dict(zip(files, found, strict=True))
        identities |= {
            f"ids of {source_name(source)}": key_fingerprint(source.id_key) for source in sources if source.id_key
        }
        settings = [
            # Ids hold the file's name where the path is a directory or a pattern.
            {"name": source_name(source), "one_file": names_one_file(source, self.of(source))}
            | source.model_dump(mode="json", exclude={"path", "name"})
            for source in sources
        ]
        return settings, identities

    def check(self, places: Mapping[str, Sequence[Source]]) -> None:
        """places: the sources of each corpus and task.

        Document ids come from a source's name and id column: a file that corpora and tasks read in two ways would have
        two sets of them, and the rows of tasks could not be left out. Nor may one take its text for HTML and the other
        not. A corpus that reads two columns of a file as texts names each of them, else both would have the same ids;
        by one of the names it is compared with others. Raises InputError for such files.
        """
        check_names([source for sources in places.values() for source in sources])
        readings: dict[str, list[Reading]] = {}
        for place, sources in places.items():
            for source in sources:
                for file in self.of(source):
                    readings.setdefault(file, []).append(Reading.of(place, source))
        for file, found in readings.items():
            check_readings(file, found)


class FilesToCome(SourceFiles):
    """Stands for files that are not there yet, so that what follows from them can be planned and estimated.

    The hashes of results say nothing then: none is that of a result which is made once the files are there.
    """

    def __init__(self) -> None:
        super().__init__("stat")
        self._identity = cache(lambda path, how: "to come")

    def of(self, source: Source) -> list[str]:
        try:
            return super().of(source)
        except InputError:
            return [source.path]

    def bytes_of(self, sources: Iterable[Source]) -> int | None:
        """None where a file is not there."""
        there = SourceFiles(self._how)
        try:
            return there.bytes_of(sources)
        except InputError:
            return None


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
