"""What it costs to write a compressed dump out in parts once, beside reading and cleaning it.

python benchmarks/unpack.py [MEGABYTES of Posts.xml]    some minutes

One process, one thing after the other: CPU seconds of reading and cleaning a file whole, as one task has to; of writing
its content out, and of reading and cleaning that, in all and of the longest task.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import py7zr
import pyarrow as pa

from raykd.artifacts import Storage
from raykd.config import Cleaning, StackExchangeSource
from raykd.corpus import resume, unpack
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import Unit, split_units
from raykd.sample.write import write_sample

STREAM_BYTES = 900_000  # pbzip2's


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    unpack.UNPACK_BYTES = 1
    with tempfile.TemporaryDirectory(prefix="raykd-unpack-") as scratch:
        sample = write_sample(
            Path(scratch, "sample"), seed=1, languages=("eng",), technical=megabytes * 10**6, messages=0, general=0
        )
        content = b"".join(Path(scratch, "sample", file.path).read_bytes() for file in sample.files)
        print(f"{len(content) / 1e6:,.0f} MB of Posts.xml, CPU seconds", flush=True)
        for name, compress in COMPRESSED.items():
            path = Path(scratch) / name
            compress(path, content)
            _measure(Path(scratch), path, len(content))


def _measure(scratch: Path, path: Path, size: int) -> None:
    source = StackExchangeSource(reader="stackexchange", language="eng", path=str(path), name="site")
    units = split_units([source])
    whole = _seconds_of(units)
    tasks: list[float] = []

    def one_by_one(items: Sequence[Any], work: Callable[[Any], Any]) -> list[Any]:
        reports = []
        for item in items:
            began = time.process_time()
            reports.append(work(item))
            tasks.append(time.process_time() - began)
        return reports

    resume.reports_of_each = one_by_one  # type: ignore[assignment]
    storage = Storage(str(scratch / f"{path.name}-experiment"))
    parts = _seconds_of(unpack.unpack(storage, units, "posts", lambda line: None, Cleaning()).units)
    print(
        f"  {path.name:<18}{path.stat().st_size / 1e6:6.1f} MB: whole {sum(whole):6.1f} s; unpacked by {len(tasks)} "
        f"tasks in {sum(tasks):5.1f} s ({size / sum(tasks) / 1e6:,.0f} MB/s), longest {max(tasks):5.1f} s, and "
        f"read by {len(parts)} in {sum(parts):6.1f} s, longest {max(parts):5.1f} s",
        flush=True,
    )
    storage.remove(unpack.FOLDER)


def _seconds_of(units: Sequence[Unit]) -> list[float]:
    seconds = []
    for unit in units:
        began = time.process_time()
        for _ in unit_documents(unit, 56):
            pass
        seconds.append(time.process_time() - began)
    return seconds


def _seven(path: Path, content: bytes) -> None:
    with py7zr.SevenZipFile(path, "w") as archive:
        archive.writestr(content, "Posts.xml")


def _streams(path: Path, content: bytes) -> None:
    parts = (content[start : start + STREAM_BYTES] for start in range(0, len(content), STREAM_BYTES))
    path.write_bytes(b"".join(map(bz2.compress, parts)))


COMPRESSED: dict[str, Callable[[Path, bytes], object]] = {
    "Posts.7z": _seven,
    "one.xml.bz2": lambda path, content: path.write_bytes(bz2.compress(content)),
    "streams.xml.bz2": _streams,
    "Posts.xml.gz": lambda path, content: path.write_bytes(gzip.compress(content, 6)),
    "Posts.xml.xz": lambda path, content: path.write_bytes(lzma.compress(content, preset=1)),
    "Posts.xml.zst": lambda path, content: path.write_bytes(pa.Codec("zstd").compress(content, True)),
}

if __name__ == "__main__":
    main()
