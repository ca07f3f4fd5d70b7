"""Where an encoder lies: in the experiment's storage, in a local directory or on the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from raykd.artifacts.storage import Storage


@dataclass(frozen=True)
class SavedEncoder:
    """location: a directory of the experiment's storage if `stored`, else a local path or a hub name.

    hash: of the result or of the model's identity; seed: the training seed, 0 for models that come ready.
    """

    name: str
    seed: int
    hash: str
    location: str
    stored: bool = True
    revision: str | None = None

    @contextmanager
    def local(self, storage: Storage) -> Iterator[str]:
        """What `from_pretrained` takes, with `revision=self.revision`."""
        if not self.stored:
            yield self.location
            return
        with storage.local_directory(self.location) as directory:
            yield str(directory)
