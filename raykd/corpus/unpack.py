"""Large compressed sources written out once, in parts on the experiment's storage, for many tasks to read.

A compressed stream can only be read from its start. Read by one task, a dump would keep a cluster waiting for that
task, and a lost one would clean everything anew. So its content, and no more than that, is written out by one task, or
by many where it is bzip2 of many streams, as Wikipedia's dumps are; reading and cleaning it is then cut into units as
any file is. What rows are called and where they stand does not change: positions count bytes of content as before.

Parts belong to a source file, not to a result, so that tasks and corpora share them. Those that an interrupted run has
written stay: what it reads again of the stream, it does not write again, and what follows is not done again at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, NamedTuple

from raykd.artifacts import Storage, file_identity, settings_hash
from raykd.artifacts.filesystems import filesystem_of
from raykd.artifacts.ranges import open_stream
from raykd.config import Cleaning
from raykd.corpus.readers import Unit, content_bytes, last_parts, reads_parts
from raykd.corpus.readers.compression import Streams, buffered, compression, next_stream
from raykd.corpus.readers.parts import LIST, PAGE, Part
from raykd.corpus.readers.stackexchange import open_posts
from raykd.corpus.resume import Done, Piece, Say, Watch, work_through
from raykd.errors import InputError

FOLDER = "scratch/unpacked"
VERSION = 1  # of what a folder holds
UNPACK_BYTES = 256 << 20  # of a compressed file: about 1 GB of text, which a task has read in a minute or two
PART_BYTES = 32 << 20  # of content, held in memory
STRETCH_BYTES = 32 << 20  # of a file of many streams, for a task
HEAD_BYTES = 8 << 20  # in which a second stream begins where there are many: pbzip2's have 900 kB of content
EDGE = len(PAGE) - 1  # bytes of two parts in which the beginning of a page may be cut


class Unpacked(NamedTuple):
    """seconds: of all tasks that wrote parts, whichever run did."""

    units: list[Unit]
    seconds: float


@dataclass(frozen=True)
class Stretch:
    """What one task writes out of a file: the streams that begin in bytes [start, stop), or all of it, where it cannot
    be read from the middle (stop is None)."""

    unit: Unit
    start: int = 0
    stop: int | None = None

    @property
    def bytes(self) -> int:
        return (self.unit.stop if self.stop is None else self.stop) - self.start


def unpack(
    storage: Storage, units: Sequence[Unit], what: str, say: Say, cleaning: Cleaning, chunked: bool = False
) -> Unpacked:
    """The units, in place of each large compressed file those of its content, written out where it is not there yet.

    Where personal data is masked all stay as they are, since content as it comes is stored nowhere then.
    what: for whom, as "corpus td"; chunked: whether text is drawn in chunks, for which offsets of rows are needed.
    Raises InputError for a file that cannot be decompressed.
    """
    large = {unit.path: unit for unit in units if _is_worth_it(unit, chunked)}
    if not large or cleaning.privacy:
        return Unpacked(list(units), 0.0)
    folders = {path: _folder(path) for path in large}
    stretches = {path: _stretches(unit) for path, unit in large.items()}
    pieces = {
        f"{folders[path]}/{number:06}": Piece(stretch, bytes=stretch.bytes)
        for path, of_file in stretches.items()
        for number, stretch in enumerate(of_file)
    }
    there = {f"{FOLDER}/{file}" for file in storage.sizes(FOLDER)}
    left = [path for path, folder in folders.items() if f"{FOLDER}/{folder}/{LIST}" not in there]
    if left:
        names = ", ".join(last_parts(large[path].source, path) for path in left)
        size = sum(map(content_bytes, left)) / 1e9
        say(f"{what}: {names}: about {size:,.0f} GB of content are written out once, to be read by many tasks")

    def write(name: str, stretch: Stretch) -> Done:
        return _write(storage, f"{FOLDER}/{name}", stretch)

    watch = Watch(say, f"{what}, unpack", "stretches of files")
    work = work_through(storage, FOLDER, pieces, write, there, watch)
    reports = iter(work.reports)
    content: dict[str, list[Unit]] = {}
    for path, of_file in stretches.items():
        parts = _parts(large[path], [next(reports) for _ in of_file])
        storage.write_json(f"{FOLDER}/{folders[path]}/{LIST}", parts)
        content[path] = _units(large[path], storage.address(FOLDER, folders[path]), parts)
    found = [
        [replace(one, source=unit.source) for one in content[unit.path]] if _is_worth_it(unit, chunked) else [unit]
        for unit in units  # a file may be that of several sources, each with rows of its own
    ]
    return Unpacked([one for of_unit in found for one in of_unit], work.seconds)


def _is_worth_it(unit: Unit, chunked: bool) -> bool:
    is_compressed = bool(compression(unit.path)) or unit.path.lower().endswith(".7z")
    return unit.whole and is_compressed and unit.bytes >= UNPACK_BYTES and reads_parts(unit, chunked)


def _folder(path: str) -> str:
    """Of a file's parts: another one for every content."""
    return settings_hash([path, file_identity(path, "stat"), PART_BYTES, STRETCH_BYTES, VERSION])[:16]


def _stretches(unit: Unit) -> list[Stretch]:
    if compression(unit.path) == ".bz2":
        filesystem, local = filesystem_of(unit.path)
        with open_stream(filesystem, local, HEAD_BYTES) as file:
            has_many = next_stream(file, 1, HEAD_BYTES) is not None
        if has_many:
            starts = range(0, unit.stop, STRETCH_BYTES)
            return [Stretch(unit, start, min(start + STRETCH_BYTES, unit.stop)) for start in starts]
    return [Stretch(unit)]


def _write(storage: Storage, path: str, stretch: Stretch) -> Done:
    """Parts <path>-<n>. The report: `parts` (name, bytes, pages that begin in it, its first and its last bytes), and
    `begin` and `end`, where in the file the first stream begins and the first one behind the stretch."""
    if stretch.stop is None:
        with open_posts(stretch.unit.path) as content:
            parts = _write_parts(storage, path, content)
        report: dict[str, Any] = {"parts": parts, "begin": 0, "end": stretch.unit.stop}
    else:
        report = _write_streams(storage, path, stretch.unit.path, stretch.start, stretch.stop)
    folder = path.rpartition("/")[0]
    return Done(report, [f"{folder}/{name}" for name, *_ in report["parts"]])


def _write_streams(storage: Storage, path: str, source: str, start: int, stop: int) -> dict[str, Any]:
    filesystem, local = filesystem_of(source)
    with open_stream(filesystem, local, stop) as file:
        begin = next_stream(file, start, stop)
        if begin is None:
            return {"parts": [], "begin": None, "end": None}
        streams = Streams(file, source, ".bz2", begin, stop)
        parts = _write_parts(storage, path, buffered(streams.pull, lambda: None))
        return {"parts": parts, "begin": begin, "end": streams.place}


def _write_parts(storage: Storage, path: str, content: BinaryIO) -> list[list[Any]]:
    """One that is there already, of an interrupted run, is not written again."""
    folder, _, first = path.rpartition("/")
    there, parts = storage.sizes(folder), list[list[Any]]()
    while part := content.read(PART_BYTES):
        name = f"{first}-{len(parts):05}"
        if there.get(name) != len(part):
            storage.write_bytes(f"{folder}/{name}", part)
        edges = part[:EDGE].decode("latin-1"), part[-EDGE:].decode("latin-1")
        parts.append([name, len(part), part.count(PAGE), *edges])
    return parts


def _parts(unit: Unit, reports: Sequence[dict[str, Any]]) -> list[Part]:
    """Raises InputError where the streams of one stretch do not end where those of the next begin."""
    parts, before, end = list[Part](), "", 0
    for report in reports:
        if report["begin"] is None:
            continue
        if report["begin"] != end:
            break
        end = report["end"]
        for name, size, pages, first, last in report["parts"]:
            if parts:
                cut = (before + first).count(PAGE.decode())
                parts[-1] = parts[-1]._replace(pages=parts[-1].pages + cut)
            parts.append(Part(name, size, pages))
            before = (before + last)[-EDGE:]
    if end != unit.stop:
        raise InputError(
            f"{unit.path}: damaged at byte {end:,}, where a bzip2 stream ends and none begins; copy or download it anew"
        )
    return parts


def _units(unit: Unit, folder: str, parts: Sequence[Part]) -> list[Unit]:
    """One for each part. folder: the parts' address."""
    units, start = list[Unit](), 0
    for part in parts:
        units.append(Unit(unit.source, unit.path, start, start + part.bytes, content=folder))
        start += part.bytes
    return units
