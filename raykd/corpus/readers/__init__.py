"""Sources as fixed units of work, and units as rows: every row of a file exactly once, however it is cut.

A reader yields `Row`s and never raises for a bad one: what cannot be read comes back as a row with a problem.
"""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import fsspec

from raykd.config import Source, TableSource
from raykd.errors import InputError

UNIT_BYTES = 32 << 20


@dataclass(frozen=True)
class Unit:
    """A part of one file: lines that start in bytes [start, stop), or row group `start` of a parquet file."""

    source: Source
    path: str
    start: int
    stop: int


@dataclass(frozen=True)
class Row:
    """One row as it stands in its file; native_id is unique within the source."""

    native_id: str
    place: str
    text: str = ""
    labels: tuple[str, ...] = ()
    group: str = ""
    origin: str = ""
    problem: str = ""


def source_name(source: Source) -> str:
    """What document ids are made from: wherever a file lies, its documents keep their ids."""
    return source.name or f"{source.language}/{source.path.rstrip('/').rsplit('/', 1)[-1]}"


def source_files(source: Source) -> list[str]:
    """The files of a source, sorted. Raises InputError where there is none, or two that differ by folder alone."""
    filesystem, path = fsspec.core.url_to_fs(source.path)
    if filesystem.isdir(path):
        path = path.rstrip("/") + "/*"
    found = [path] if filesystem.exists(path) else filesystem.glob(path) if glob.has_magic(path) else []
    files = sorted(str(file) for file in found if filesystem.isfile(file))
    if not files:
        raise InputError(f"{source.path}: no such file")
    names: dict[str, str] = {}
    for file in files:
        # Document ids are made from the last part of the path, so that a moved file keeps them.
        if (other := names.setdefault(file.rsplit("/", 1)[-1], file)) != file:
            raise InputError(f"{source.path}: {other} and {file} have one name; make each a source, with a name")
    return [filesystem.unstrip_protocol(file) if "://" in source.path else file for file in files]


def check_names(sources: Sequence[Source]) -> None:
    """Two sources of one name would share document ids: raises InputError."""
    paths: dict[str, str] = {}
    for source in sources:
        if paths.setdefault(source_name(source), source.path) != source.path:
            raise InputError(
                f"{source.path} and {paths[source_name(source)]} are both called {source_name(source)!r}; "
                "give each source a name"
            )


def split_units(sources: Sequence[Source], unit_bytes: int = UNIT_BYTES) -> list[Unit]:
    """Every file of every source, cut into units of about unit_bytes."""
    from raykd.corpus.readers import table

    check_names(sources)
    units: list[Unit] = []
    for source in sources:
        for path in source_files(source):
            if isinstance(source, TableSource):
                units += table.units(source, path, unit_bytes)
            else:
                units += byte_ranges(source, path, unit_bytes)
    return units


def read_unit(unit: Unit) -> Iterator[Row]:
    """The rows of one unit, in file order."""
    from raykd.corpus.readers import stackexchange, table

    if isinstance(unit.source, TableSource):
        yield from table.read(unit, unit.source)
    else:
        yield from stackexchange.read(unit, unit.source)


def byte_ranges(source: Source, path: str, unit_bytes: int) -> list[Unit]:
    filesystem, local = fsspec.core.url_to_fs(path)
    size = int(filesystem.size(local))
    return [Unit(source, path, start, min(start + unit_bytes, size)) for start in range(0, size, unit_bytes)]


def read_lines(unit: Unit) -> Iterator[tuple[int, bytes]]:
    """(byte offset, line without its end) for the lines that start in the unit; the last may reach beyond it."""
    filesystem, local = fsspec.core.url_to_fs(unit.path)
    with filesystem.open(local, "rb", block_size=1 << 20) as file:
        position = max(unit.start - 1, 0)
        file.seek(position)
        if unit.start > 0:
            # The line that holds byte start - 1 belongs to the unit before; if that byte ends it, nothing is lost.
            position += len(file.readline())
        while position < unit.stop and (line := file.readline()):
            yield position, line.rstrip(b"\r\n")
            position += len(line)
