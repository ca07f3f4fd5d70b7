"""What is done, running, failed and missing, from storage alone."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from raykd.artifacts.lease import Lease
from raykd.artifacts.storage import Storage, at_once
from raykd.artifacts.store import MANIFEST
from raykd.planning.costs.spent import spent_hours

State = Literal["done", "running", "failed", "unfinished", "damaged", "missing"]


class Status(BaseModel):
    """A result: size in bytes, with what its making has left so far; seconds that it took, by the clock; hours: of its
    tasks, workers or trials, one after the other, where they were counted; finished: when, in UTC."""

    name: str
    directory: str
    state: State
    size: int
    seconds: float | None = None
    hours: float | None = None
    finished: str = ""
    detail: str = ""


def overview(
    storage: Storage, results: Mapping[str, str], seeds: Mapping[str, list[list[int]]], lease: Lease | None
) -> list[Status]:
    """The state of each result. results: name -> directory; seeds: name -> those that are asked of it."""
    files = _files_of(storage.infos(""), [place for one in results.values() for place in (one, f"scratch/{one}")])

    def status(name: str) -> Status:
        directory = results[name]
        return _status(
            storage, name, directory, files[directory], files[f"scratch/{directory}"], seeds.get(name), lease
        )

    return list(at_once(status, results))


def changed(info: Mapping[str, Any]) -> float:
    """When a file was written, in seconds since 1970, in whatever words its filesystem says it; 0 where it does not."""
    for key in ("mtime", "LastModified", "last_modified", "updated", "created"):
        value = info.get(key)
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if value:
            return float(value.timestamp() if isinstance(value, datetime) else value)
    return 0.0


def _status(
    storage: Storage,
    name: str,
    directory: str,
    files: Mapping[str, Mapping[str, Any]],
    scratch: Mapping[str, Mapping[str, Any]],
    asked: list[list[int]] | None,
    lease: Lease | None,
) -> Status:
    making = {**files, **scratch}
    size = sum(int(info["size"]) for info in making.values())
    if MANIFEST not in files:
        if not making:
            return Status(name=name, directory=directory, state="missing", size=0)
        detail = _seeds(files, asked, []) if asked and any(file.startswith("seeds/") for file in files) else ""
        return Status(name=name, directory=directory, state=_unfinished(making, lease), size=size, detail=detail)
    try:
        manifest = storage.read_json(f"{directory}/{MANIFEST}")
    except FileNotFoundError:  # removed in between, by a driver that makes the result anew
        return Status(name=name, directory=directory, state=_unfinished(making, lease), size=size)
    except ValueError:
        detail = f"{MANIFEST} is not as it was written"
        return Status(name=name, directory=directory, state="damaged", size=size, detail=detail)
    done = {"seconds": manifest["seconds"], "finished": manifest["finished"], "hours": spent_hours(manifest)}
    there = manifest["facts"].get("seeds", [])
    if asked and any(seed not in there for seed in asked):
        detail = _seeds(files, asked, there)
        return Status(
            name=name, directory=directory, state=_unfinished(making, lease), size=size, detail=detail, **done
        )
    torn = [file for file, size in manifest["files"].items() if file not in files or files[file]["size"] != size]
    return Status(
        name=name,
        directory=directory,
        state="damaged" if torn else "done",
        size=size,
        detail=f"{torn[0]} is not as it was written" if torn else "",
        **done,
    )


def _seeds(files: Collection[str], asked: list[list[int]], there: list[list[int]]) -> str:
    """there: in the manifest; others may be done (evaluate/cell_files.py)."""
    done = sum([*seed] in there or f"seeds/{seed[0]}-{seed[1]}.parquet" in files for seed in asked)
    return f"{done} of {len(asked)} seeds"


def _unfinished(making: Mapping[str, Mapping[str, Any]], lease: Lease | None) -> State:
    if lease and lease.is_alive(time.time()):
        newest = max(changed(info) for info in making.values())
        return "running" if newest >= lease.since else "unfinished"
    return "failed" if lease and lease.outcome.startswith("failed") else "unfinished"


def _files_of(
    infos: Mapping[str, Mapping[str, Any]], directories: Iterable[str]
) -> dict[str, dict[str, Mapping[str, Any]]]:
    """directory -> the files under it, by their paths from there. infos: of all files."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {directory: {} for directory in directories}
    for name, info in infos.items():
        parts = name.split("/")
        for depth in range(1, len(parts)):
            if (files := found.get("/".join(parts[:depth]))) is not None:
                files["/".join(parts[depth:])] = info
    return found
