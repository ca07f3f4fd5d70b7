"""The results of one experiment: `<storage>/<name>/`, what is complete there, and what each name means now."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from raykd.artifacts.local_files import TEMPORARY
from raykd.artifacts.result import Result
from raykd.artifacts.storage import Storage

MANIFEST = "manifest.json"
LIBRARIES = ("raykd", "ray", "torch", "transformers", "tokenizers", "pyarrow", "scipy", "scikit-learn")

_log = logging.getLogger(__name__)


class ResultStore:
    """Complete results are read, incomplete ones are made; a manifest, written last, is what tells them apart."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def manifest(self, result: Result) -> dict[str, Any] | None:
        """The manifest of a complete result, None where it is missing or torn."""
        path = f"{result.directory}/{MANIFEST}"
        if not self.storage.exists(path):
            return None
        try:
            manifest: dict[str, Any] = self.storage.read_json(path)
        except ValueError as error:
            _log.warning("%s is torn, so the result is made again (%s)", self.storage.address(path), error)
            return None
        if manifest["hash"] != result.hash:
            raise RuntimeError(f"{self.storage.address(path)}: another result has the same first eight digits")
        return manifest

    def facts(self, result: Result) -> dict[str, Any]:
        """What the stage that made a result wrote down about it."""
        manifest = self.manifest(result)
        if manifest is None:
            raise RuntimeError(f"{result.directory} is not complete")
        return dict(manifest["facts"])

    def complete(
        self, result: Result, facts: Mapping[str, Any], started: float, task_seconds: float | None = None
    ) -> None:
        """Declare a result complete; everything else in its directory must have been written.

        started: time.time() when the work on it began; task_seconds: what its tasks took, one after the other, in all
        runs that had a part in it; None where it is not made by tasks of one CPU each.
        """
        now = time.time()
        written = self.storage.sizes(result.directory)
        self.storage.write_json(
            f"{result.directory}/{MANIFEST}",
            {
                "kind": result.kind,
                "name": result.name,
                "hash": result.hash,
                "version": result.version,
                "settings": result.settings,
                "inputs": result.inputs,
                "facts": facts,
                "files": {name: size for name, size in written.items() if is_content(name)},
                "libraries": library_versions(),
                "commit": git_commit(),
                "finished": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)),
                "seconds": round(now - started, 1),
                **({} if task_seconds is None else {"task_seconds": round(task_seconds, 3)}),
            },
        )

    def remove_files(self, result: Result, names: Collection[str], facts: Mapping[str, Any]) -> None:
        """Remove files of a complete result, which stays complete without them; facts: what is to be known of it now.

        Called again with the same names, it removes what a call that was cut off has left.
        """
        manifest = self.manifest(result)
        assert manifest
        kept = {name: size for name, size in manifest["files"].items() if name not in names}
        changed = {**manifest, "files": kept, "facts": {**manifest["facts"], **facts}}
        if changed != manifest:
            self.storage.write_json(f"{result.directory}/{MANIFEST}", changed)
        for name in names:
            self.storage.remove(f"{result.directory}/{name}")

    def reopen(self, result: Result) -> None:
        """A result that gains rows is not complete until it has them: its files are no longer those of its manifest."""
        self.storage.remove(f"{result.directory}/{MANIFEST}")

    def discard(self, directory: str) -> None:
        """Remove a result, its manifest first: what is left when this is cut off is not taken for complete."""
        self.storage.remove(f"{directory}/{MANIFEST}")
        self.storage.remove(directory)

    def write_index(
        self, results: Mapping[str, Result], experiment_yaml: str, seeds: Mapping[str, list[list[int]]] = {}
    ) -> None:
        """experiment.json: the directory of every current result by name, and the resolved config.

        seeds: by name, those that are asked of a result that gains rows as seeds are.
        """
        index = {
            "results": {name: result.directory for name, result in results.items()},
            "seeds": dict(seeds),
            "config": experiment_yaml,
        }
        if not self.storage.exists("experiment.json") or self.storage.read_json("experiment.json") != index:
            self.storage.write_json("experiment.json", index)


def is_content(name: str) -> bool:
    """Whether a file of a result's directory belongs to it: not its manifest, nor what its making has left."""
    return name != MANIFEST and not name.startswith(("checkpoints/", "seeds/")) and not name.endswith(TEMPORARY)


@cache
def library_versions() -> Mapping[str, str]:
    """Versions of what computes results; raykd itself may be a plain directory on a cluster, which has none."""
    versions = {}
    for name in LIBRARIES:
        with suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions


def git_commit() -> str:
    """The commit of this code: RAYKD_COMMIT where it is set (.git does not travel with a job), else git's answer."""
    if commit := os.environ.get("RAYKD_COMMIT"):
        return commit
    if not shutil.which("git"):
        return "unknown"
    here = os.path.dirname(os.path.abspath(__file__))
    answer = subprocess.run(["git", "-C", here, "rev-parse", "HEAD"], capture_output=True, text=True)
    return answer.stdout.strip() if answer.returncode == 0 else "unknown"
