"""A training's checkpoints on storage: written in the background, complete or not there, the last few kept.

They are not handed to `ray.train.report`: the controller keeps its list of them in a file that it overwrites in place
(ray.train checkpoint_manager.py, `_write_state_to_storage`, 2.60), so that a driver killed at that moment leaves a run
that cannot be resumed, and one killed just before it leaves a checkpoint that is neither used nor removed. Here a
checkpoint counts when its own last file is there, and whoever starts next looks for the newest.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from raykd.artifacts import Storage
from raykd.artifacts.scratch import scratch_directory
from raykd.distill.train import checkpoint_files as checkpoint
from raykd.distill.train.checkpoint_files import State

COMPLETE = "complete.json"  # written last: the sizes in bytes of all files


class Checkpoints:
    """<directory>/checkpoints/step-<steps done>-<random>/ of the encoder that is trained in `directory`.

    The random part keeps apart two workers that for a moment both take themselves for the first: one of a driver that
    was killed may still write while the next has started.
    """

    def __init__(self, storage: Storage, directory: str, kept: int) -> None:
        self.storage, self.directory, self.kept = storage, f"{directory}/checkpoints", kept
        self._thread = ThreadPoolExecutor(1, "checkpoint")
        self._writing: Future[None] | None = None

    def complete(self) -> list[str]:
        """Paths on storage of the complete ones, newest first."""
        return [f"{self.directory}/{name}" for name in reversed(self._names()) if self._is_complete(name)]

    def save(self, state: State) -> None:
        """Write in the background, after what is still being written. Raises what that one failed with."""
        self.wait()
        self._writing = self._thread.submit(self._write, state)

    def wait(self) -> None:
        """Until nothing is being written. Raises what the writing failed with."""
        if self._writing:
            self._writing.result()
            self._writing = None

    def prune(self, kept: int) -> None:
        """Remove all but the newest complete ones, and those whose writing was interrupted."""
        stay = self.complete()[:kept]
        for path in (f"{self.directory}/{name}" for name in self._names()):
            if path not in stay:
                self.remove(path)

    def remove(self, path: str) -> None:
        # First what makes it complete: an interrupted removal leaves nothing that looks so.
        self.storage.remove(f"{path}/{COMPLETE}")
        self.storage.remove(path)

    def _write(self, state: State) -> None:
        path = f"{self.directory}/step-{state.steps:08}-{uuid.uuid4().hex[:8]}"
        with self._place(path) as place:
            checkpoint.save(place, state)
            # As they were written, not as storage lists them: another driver may remove what it takes for interrupted.
            files = (file for file in place.rglob("*") if file.is_file())
            sizes = {file.relative_to(place).as_posix(): file.stat().st_size for file in files}
        self.storage.write_json(f"{path}/{COMPLETE}", sizes)
        self.prune(self.kept)

    @contextmanager
    def _place(self, path: str) -> Iterator[Path]:
        """A local directory whose files are those of `path` on storage when this ends."""
        if self.storage.is_local:
            place = Path(self.storage.path(path))
            place.mkdir(parents=True)
            yield place
            for file in place.rglob("*"):
                # Else a power cut may leave complete.json and the sizes that it names, without what was in the files.
                if file.is_file():
                    flush(file)
        else:
            with scratch_directory() as place:
                yield place
                self.storage.put_directory(place, path)

    def _names(self) -> list[str]:
        """Oldest first."""
        return [name for name in self.storage.list(self.directory) if name.startswith("step-")]

    def _is_complete(self, name: str) -> bool:
        path = f"{self.directory}/{name}"
        if not self.storage.exists(f"{path}/{COMPLETE}"):
            return False
        sizes = self.storage.sizes(path)
        expected: dict[str, int] = self.storage.read_json(f"{path}/{COMPLETE}")
        return all(sizes.get(file) == size for file, size in expected.items())


def flush(file: Path) -> None:
    """Until the disk has all that was written to a file."""
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def steps_of(path: str) -> int:
    """How many steps were done when a checkpoint was written."""
    return int(path.rsplit("/", 1)[-1].split("-")[1])
