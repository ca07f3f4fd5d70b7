"""Kill a writer of results at random moments and look at what it leaves; prints a JSON line of counts.

python tests/artifacts/kill_writers.py ROOT KILLS

The first writer is left to complete three results; the others live for up to twice as long as that took.

Forked rather than started, because a start takes longer than all that is killed. On an object store this process must
not have used it before the fork, so it looks only after the last; half of the results that a kill cut off are left as
they are until then, and the next writer goes over the other half.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from raykd.artifacts import Result, ResultStore, Storage
from raykd.artifacts.store import library_versions

PARTS, PART_BYTES = 3, 30_000


def content(number: int, part: int) -> bytes:
    return random.Random(1000 * number + part).randbytes(PART_BYTES)


def result(number: int) -> Result:
    return Result("texts", f"r{number}", 1, {"number": number})


def write_for_ever(root: str, told: int, number: int) -> None:
    """Write results one after the other; tell the number of each once it is complete."""
    store = ResultStore(Storage(root))
    while True:
        for part in range(PARTS):
            store.storage.write_bytes(f"{result(number).directory}/part-{part}", content(number, part))
        digests = [hashlib.sha256(content(number, part)).hexdigest() for part in range(PARTS)]
        store.complete(result(number), {"number": number, "sha256": digests}, time.time())
        os.write(told, number.to_bytes(4, "big"))
        number += 1


def main(root: str, kills: int) -> None:
    library_versions()  # slow the first time
    moments = random.Random(5)
    started, complete, longest = 0, 0, 0.0
    told: set[int] = set()
    cut_off: set[int] = set()
    for kill in range(kills + 1):
        reader, writer = os.pipe()
        began = time.monotonic()
        child = os.fork()
        if not child:
            os.close(reader)
            write_for_ever(root, writer, started)
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            numbers = b"" if kill else pipe.read(3 * 4)
            longest = longest or 2 * (time.monotonic() - began)
            time.sleep(moments.uniform(0, longest))
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            numbers += pipe.read()
        now = [int.from_bytes(numbers[start : start + 4], "big") for start in range(0, len(numbers), 4)]
        told.update(now)
        started = max([started - 1, *now]) + 1  # the one that this was at
        if kill % 2:
            cut_off.add(started)
            started += 1
    store = ResultStore(Storage(root))
    for number in range(started + 1):
        if manifest := store.manifest(result(number)):
            complete += 1
            for part, digest in enumerate(manifest["facts"]["sha256"]):
                held = store.storage.read_bytes(f"{result(number).directory}/part-{part}")
                assert hashlib.sha256(held).hexdigest() == digest, f"result {number} is not what its manifest says"
        else:
            assert number not in told, f"result {number} was complete and is lost"
    begun = store.storage.list("texts")
    torn = [number for number in cut_off if result(number).directory.split("/")[1] in begun]
    torn = [number for number in torn if not store.manifest(result(number))]
    print(json.dumps({"kills": kills, "begun": len(begun), "complete": complete, "told": len(told), "torn": len(torn)}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    main(sys.argv[1], int(sys.argv[2]))
