"""Work in pieces, each of which leaves a report on storage once it is done, and how far it is.

What an interrupted run has done stays done: the next one reads the reports that are there and does the other pieces. A
report is written last, names the files that its piece has written, and counts while they are all there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from raykd.artifacts import Storage
from raykd.artifacts.storage import at_once
from raykd.corpus.documents import reports_of_each
from raykd.prometheus import Gauges
from raykd.wording import duration, is_due, named_logs

PLAN, REPORT = "plan.json", ".json"
REPORT_VERSION = 2  # of what a report's file holds: where it is another, an interrupted run is not resumed
Item = TypeVar("Item")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Piece(Generic[Item]):
    """units, bytes: how much of the whole work it is, for those who watch."""

    item: Item
    units: int = 1
    bytes: int = 0


class Done(NamedTuple):
    """What a piece of work returns. report: JSON values; files: that it has written."""

    report: Any
    files: list[str]


class Work(NamedTuple):
    """What all pieces have returned, in their order, and the seconds that they took, one after the other, whichever run
    did them."""

    reports: list[Any]
    seconds: float


def begin_or_resume(storage: Storage, folder: str, plan: Mapping[str, Any], made: Sequence[str] = ()) -> None:
    """Empty a folder for reports, and the directories `made` that such a run writes to, unless a run of the same plan
    has begun there.

    plan: JSON values, all that the pieces and what they write follow from.
    """
    path, whole = f"{folder}/{PLAN}", {**plan, "reports": REPORT_VERSION}
    if storage.exists(path) and storage.read_json(path) == whole:
        return
    for directory in (folder, *made):
        storage.remove(directory)
    storage.write_json(path, whole)


def work_through(
    storage: Storage,
    folder: str,
    pieces: Mapping[str, Piece[Item]],
    work: Callable[[str, Item], Done],
    there: Set[str],
    watch: Watch,
) -> Work:
    """Do every piece that is not done already.

    pieces: by name, that of the report's file in `folder`; work: by name and item; there: the files on storage as the
    run began.
    """
    done = _done(storage, folder, pieces, there)
    watch.begin(storage.name, pieces, {name: report for name, (report, _) in done.items()})
    what = watch.what

    def run(piece: tuple[str, Item]) -> list[Any]:
        name, item = piece
        began = time.perf_counter()
        with named_logs(f"{what} {name}"):
            made = work(name, item)
        seconds = time.perf_counter() - began
        storage.write_json(f"{folder}/{name}{REPORT}", {**made._asdict(), "seconds": seconds})
        return [name, made.report, seconds]

    left = [(name, piece.item) for name, piece in pieces.items() if name not in done]
    for name, report, seconds in reports_of_each(left, run):
        done[name] = report, seconds
        watch.add(pieces[name], report)
    return Work([done[name][0] for name in pieces], sum(seconds for _, seconds in done.values()))


def _done(storage: Storage, folder: str, pieces: Collection[str], there: Set[str]) -> dict[str, tuple[Any, float]]:
    """Report and seconds of the pieces whose files are all there."""
    names = [name for name in pieces if f"{folder}/{name}{REPORT}" in there]
    found = at_once(lambda name: storage.read_json(f"{folder}/{name}{REPORT}"), names)
    return {
        name: (one["report"], one["seconds"])
        for name, one in zip(names, found, strict=True)
        if set(one["files"]) <= there
    }


class Watch:
    """Says now and then: n of N units, MB/s, time left; and tells Prometheus with each piece."""

    def __init__(self, say: Say, what: str, units: str, documents: Callable[[Any], int] | None = None) -> None:
        """what: the work, as "corpus td, read"; units: what is counted; documents: how many a report says were read."""
        self._say, self.what, self._units, self._documents_in = say, what, units, documents

    def begin(self, experiment: str, pieces: Mapping[str, Piece[Any]], done: Mapping[str, Any]) -> None:
        """done: the reports of the pieces that earlier runs did."""
        self._gauges = Gauges(experiment, "prepare", self.what)
        self._documents = sum(map(self._documents_in, done.values())) if self._documents_in else 0
        self._began = self._said = time.monotonic()
        self._total = sum(piece.units for piece in pieces.values())
        self._left = sum(piece.units for name, piece in pieces.items() if name not in done)
        self._bytes = 0
        self._bytes_left = sum(piece.bytes for name, piece in pieces.items() if name not in done)
        self._left_at_first = self._left
        self._gauges.set(parts=self._total, parts_done=self._total - self._left)
        if done and self._left:
            self._say(f"{self.what}: {self._total - self._left:,} of {self._total:,} {self._units} are done already")

    def add(self, piece: Piece[Any], report: Any) -> None:
        self._left -= piece.units
        self._bytes, self._bytes_left = self._bytes + piece.bytes, self._bytes_left - piece.bytes
        now = time.monotonic()
        self._gauges.set(parts_done=self._total - self._left)
        if self._bytes:
            self._gauges.set(bytes_per_second=self._bytes / max(1e-3, now - self._began))
        if self._documents_in:
            self._documents += self._documents_in(report)
            self._gauges.set(documents=self._documents)
        if self._left and is_due(now, self._began, self._said):
            self._said = now
            self._say(self._line(now - self._began))

    def _line(self, seconds: float) -> str:
        rate = f"{self._bytes / seconds / 1e6:,.1f} MB/s, " if self._bytes else ""
        share = self._bytes_left / self._bytes if self._bytes else self._left / (self._left_at_first - self._left)
        done = f"{self._total - self._left:,} of {self._total:,} {self._units}"
        return f"{self.what}: {done}, {rate}{duration(seconds * share)} left"
