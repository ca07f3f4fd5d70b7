"""Token groups from storage into one training worker: a few threads that read ahead of it, and no other process.

A worker reads just the groups that it takes, from the step it starts at. The threads wait for the store, and what
decodes is Arrow, which holds no lock of Python's; between two reads nothing runs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from raykd.artifacts import Storage
from raykd.corpus.schema import TOKENS
from raykd.distill.data.sampler import Group

READERS = 8  # threads: where a store answers after 100 ms, 80 groups a second
READS_AHEAD = 16  # that are asked for before their step's turn; at least the next step's
# Of shards that are kept. One of 32 MB of text has 2,000 row groups, of 15 kB each, and a footer of 1 MB that is 8 MB
# in memory and takes 27 ms to decode.
FOOTERS = 32
COLUMNS = ["doc_id", "piece", "input_ids"]
EMPTY = TOKENS.empty_table().select(COLUMNS)


def read_steps(storage: Storage, directory: str, steps: Iterable[Sequence[Group]]) -> Iterator[pa.Table]:
    """The sequences (COLUMNS) of each step's groups, in their order; a step may have none.

    steps: as `order.Sampler.steps` gives them; they are asked for as far ahead as they are read.
    """
    shards = _Shards(storage, directory)
    pool = ThreadPoolExecutor(READERS, "reader")
    coming: deque[_Step] = deque()
    try:
        for groups in steps:
            runs = contiguous(groups)
            coming.append(_Step(groups, runs, [pool.submit(shards.read, run) for run in runs]))
            while len(coming) > 1 and sum(step.size for step in coming) > READS_AHEAD:
                yield coming.popleft().table()
        while coming:
            yield coming.popleft().table()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def contiguous(groups: Iterable[Group]) -> list[list[Group]]:
    """Groups in runs that follow each other in one shard, so that each run is one read."""
    runs: list[list[Group]] = []
    for group in sorted(groups, key=lambda group: (group.file, group.start)):
        if runs and (runs[-1][-1].file, runs[-1][-1].stop) == (group.file, group.start):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


class _Step(NamedTuple):
    """What is being read for a step: a table for each run of its groups."""

    groups: Sequence[Group]
    runs: Sequence[Sequence[Group]]
    reads: Sequence[Future[pa.Table]]

    @property
    def size(self) -> int:
        """Reads; a step that has none counts, or a worker without any would ask for all steps at once."""
        return max(1, len(self.reads))

    def table(self) -> pa.Table:
        """The groups in their own order, once all are read."""
        parts: dict[Group, pa.Table] = {}
        for run, read in zip(self.runs, self.reads, strict=True):
            table = read.result()
            for group in run:
                parts[group] = table.slice(group.start - run[0].start, group.stop - group.start)
        return pa.concat_tables([EMPTY, *(parts[group] for group in self.groups)])


class _Shard(NamedTuple):
    """What stays of a token shard, which never changes: it need not be asked for again."""

    footer: pq.FileMetaData
    size: int  # bytes


class _Shards:
    """The token shards of a directory, read by several threads."""

    def __init__(self, storage: Storage, directory: str) -> None:
        self._storage, self._directory, self._lock = storage, directory, Lock()
        self._known: dict[str, Future[_Shard]] = {}  # by path, the newest last

    def read(self, run: Sequence[Group]) -> pa.Table:
        """The rows of groups that follow each other (COLUMNS); of the file, only the row groups that hold them."""
        path = f"{self._directory}/{run[0].file}"
        start, stop = run[0].start, run[-1].stop
        shard = self._shard(path)
        size = shard.footer.row_group(0).num_rows  # of all but the last
        first, last = start // size, (stop - 1) // size
        with self._storage.open_parquet(path, shard.footer, shard.size) as parquet:
            # In this thread: several read at the same time already, and the cores are busy.
            table = parquet.read_row_groups(list(range(first, last + 1)), columns=COLUMNS, use_threads=False)
        return table.slice(start - first * size, stop - start)

    def _shard(self, path: str) -> _Shard:
        """What stays of a shard; one thread reads it where several ask at once, and the newest FOOTERS are kept."""
        with self._lock:
            known = self._known.pop(path, None)
            first = known is None or (known.done() and known.exception() is not None)
            if first:
                known = Future()
            assert known
            self._known[path] = known
            if len(self._known) > FOOTERS:
                del self._known[next(iter(self._known))]
        if first:
            try:
                known.set_result(self._open(path))
            except BaseException as error:
                known.set_exception(error)
        return known.result()

    def _open(self, path: str) -> _Shard:
        size = self._storage.size(path)
        with self._storage.open_parquet(path, size=size) as parquet:
            return _Shard(parquet.metadata, size)
