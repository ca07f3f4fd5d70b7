"""What lies on an experiment's storage and is of no use any more."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from raykd.artifacts.local_files import TEMPORARY
from raykd.artifacts.storage import Storage
from raykd.artifacts.store import MANIFEST
from raykd.jobs.overview import changed

CHECKPOINT = "complete.json"  # written last of a checkpoint (distill/train/checkpoint_store.py)
KINDS = ("tasks", "texts", "tokenizers", "tokens", "encoders", "sweeps", "scores", "exports", "classified", "probe")
TEMPORARY_SECONDS = 3600  # a file that is being written is younger: a report may be made while this runs


@dataclass(frozen=True)
class Leftover:
    """path: of a directory or file, from the experiment's root; what: why it may go; size: in bytes."""

    path: str
    what: str
    size: int


def leftovers(storage: Storage, current: Iterable[str]) -> list[Leftover]:
    """Everything that can be removed while no driver is at work, the largest first.

    current: the directories of results that a name refers to; they stay, finished or not.
    """
    infos, kept = storage.infos(""), set(current)
    reasons: dict[str, str] = {}
    for name, info in infos.items():
        if name.endswith(TEMPORARY) and time.time() - changed(info) > TEMPORARY_SECONDS:
            reasons.setdefault(name, "a write that was cut off")
        elif found := _leftover(name, infos.keys(), kept):
            reasons.setdefault(*found)
    sizes: Counter[str] = Counter()
    for name, info in infos.items():
        for path in reasons:
            if name == path or name.startswith(f"{path}/"):
                sizes[path] += int(info["size"])
                break
    return sorted((Leftover(path, what, sizes[path]) for path, what in reasons.items()), key=lambda left: -left.size)


def _leftover(name: str, files: Collection[str], current: set[str]) -> tuple[str, str] | None:
    """(path, reason) of what a file belongs to, if that can go."""
    kind, *rest = name.split("/")
    directory = "/".join([kind, *rest[:1]])
    if kind == "scratch":
        return directory, "scratch"
    if kind in KINDS and len(rest) > 1 and directory not in current:
        return directory, "no current name refers to it"
    if kind == "tensorboard" and len(rest) > 1 and f"encoders/{rest[0]}" not in current:
        return directory, "curves of an encoder that no current name refers to"
    if kind == "encoders" and rest[1:2] == ["checkpoints"]:
        if f"{directory}/{MANIFEST}" in files:
            return f"{directory}/checkpoints", "checkpoints of a finished encoder"
        checkpoint = "/".join([kind, *rest[:3]])
        if len(rest) > 3 and rest[2].startswith("step-") and f"{checkpoint}/{CHECKPOINT}" not in files:
            return checkpoint, "a checkpoint that was cut off"
    return None
