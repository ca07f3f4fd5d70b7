"""Sources as fixed units of work, and units as rows: every row of a file exactly once, however it is cut.

A reader is a module with `units(source, path, unit_bytes)`, the units of one file, `read(unit, source, cleaning)`,
their rows in file order, markup resolved as `cleaning` says, and `reads_parts(source, path, chunked)`, whether it reads
a compressed file just as well by ranges of its content. It raises InputError for a file that cannot be read and never
raises for a bad row: that comes back as a row with a problem. A new one is a module here, its line in READERS, and its
source in `raykd.config`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

from raykd.config import Cleaning, Source, StackExchangeSource, TableSource
from raykd.corpus.readers import stackexchange, table, wikipedia
from raykd.corpus.readers.files import (
    check_ranges,
    content_bytes,
    folder_lines,
    last_parts,
    name_in_source,
    passed_over,
    plain_name,
    source_files,
)
from raykd.corpus.readers.units import Row, Unit
from raykd.corpus.values import Tally
from raykd.errors import InputError

__all__ = [
    "READERS",
    "UNIT_BYTES",
    "Row",
    "Unit",
    "content_bytes",
    "file_name",
    "files_of",
    "folder_lines",
    "last_parts",
    "names_one_file",
    "passed_over",
    "read_unit",
    "reads_parts",
    "source_files",
    "source_name",
    "split_files",
    "split_units",
]

UNIT_BYTES = 32 << 20
OPEN_FILES = 16  # whose first bytes are read at a time
READERS: dict[str, ModuleType] = {"stackexchange": stackexchange, "table": table, "wikipedia": wikipedia}


def source_name(source: Source) -> str:
    """What document ids are made from: wherever a file lies, compressed or not, its documents keep their ids."""
    return source.name or f"{'+'.join(source.languages)}/{plain_name(source.path.rstrip('/'))}"


def file_name(unit: Unit) -> str:
    """What tells the files of one source apart: "" where the source is one file, wherever that lies."""
    name = name_in_source(unit.source, unit.path)
    return "" if name == name_in_source(unit.source, unit.source.path) else name


def names_one_file(source: Source, files: Sequence[str]) -> bool:
    """Whether the path is that of one file, rather than of a directory or a pattern. files: `source_files` of it."""
    return [plain_name(path) for path in files] == [plain_name(source.path)]


def check_names(sources: Sequence[Source]) -> None:
    """Two sources of one name would share document ids: raises InputError."""
    paths: dict[str, str] = {}
    for source in sources:
        if paths.setdefault(source_name(source), source.path) != source.path:
            raise InputError(
                f"{source.path} and {paths[source_name(source)]} are both called {source_name(source)!r}; "
                "give each source a name"
            )


def in_one_order(sources: Iterable[Source]) -> list[Source]:
    """The same, whatever order they are listed in."""
    return sorted(sources, key=lambda source: (source_name(source), source.model_dump_json()))


def files_of(sources: Sequence[Source]) -> list[tuple[Source, str]]:
    """Every file of every source with its source, in one order."""
    check_names(sources)
    return [(source, path) for source in in_one_order(sources) for path in source_files(source)]


def split_units(sources: Sequence[Source], unit_bytes: int = UNIT_BYTES) -> list[Unit]:
    """Every file of every source, cut into units of about unit_bytes; a file that cannot be cut is one unit."""
    return split_files(files_of(sources), unit_bytes)


def split_files(files: Sequence[tuple[Source, str]], unit_bytes: int) -> list[Unit]:
    """The units of these files; of each its first bytes are read, or its footer."""

    def units(file: tuple[Source, str]) -> list[Unit]:
        source, path = file
        check_ranges(path)
        found: list[Unit] = READERS[source.reader].units(source, path, unit_bytes)
        return found

    with ThreadPoolExecutor(OPEN_FILES) as pool:  # on object stores a file's first bytes take a tenth of a second
        return [unit for found in pool.map(units, files) for unit in found]


def reads_parts(unit: Unit, chunked: bool) -> bool:
    """Whether the rows of a compressed file, and their offsets where text is drawn in chunks, are the same read by
    ranges of its content."""
    answer: bool = READERS[unit.source.reader].reads_parts(unit.source, unit.path, chunked)
    return answer


def read_unit(
    unit: Unit,
    cleaning: Cleaning = Cleaning(),
    alone: Callable[[Row], bool] | None = None,
    tally: Tally | None = None,
) -> Iterator[Row]:
    """The rows of one unit, in file order.

    alone: which turns of a conversation are not joined with others; none: all are. tally: takes the values of the
    columns that rows are chosen by.
    """
    if isinstance(unit.source, TableSource):
        yield from table.read(unit, unit.source, cleaning, alone, tally)
    elif isinstance(unit.source, StackExchangeSource):
        yield from stackexchange.read(unit, unit.source, cleaning, tally)
    else:
        yield from READERS[unit.source.reader].read(unit, unit.source, cleaning)
