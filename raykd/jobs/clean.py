"""Removing what no current name refers to; it holds the lease, so no driver is at work meanwhile."""

from __future__ import annotations

import time

from raykd.artifacts.lease import last_lease
from raykd.errors import InputError, shown_line
from raykd.jobs.leftovers import leftovers
from raykd.jobs.run import Run
from raykd.jobs.status import current_results


def clean(run: Run) -> None:
    storage = run.store.storage
    _, lease = last_lease(storage)
    if not run.holder and lease and lease.is_alive(time.time()):  # resources.lease=false
        raise InputError(f"{storage.uri} is in use by {lease}; nothing is removed while a driver is at work")
    results, _ = current_results(run)
    named = storage.read_json("experiment.json")["results"] if storage.exists("experiment.json") else {}
    found = leftovers(storage, {*results.values(), *named.values()})
    for leftover in found:
        print(shown_line(f"{leftover.size / 1e6:12,.1f} MB  {leftover.path}  ({leftover.what})"), flush=True)
        if "yes" in run.options:
            run.store.discard(leftover.path)
    size = sum(leftover.size for leftover in found) / 1e6
    done = "removed" if "yes" in run.options else "can go; add --yes to remove them"
    print(f"{len(found)} leftovers, {size:,.1f} MB: {done}" if found else "nothing to remove")
