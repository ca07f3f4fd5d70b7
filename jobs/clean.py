"""List what lies on an experiment's storage that no current name refers to, scratch and old checkpoints; remove it.

Current are the names in experiment.json, which the last jobs/prepare.py wrote, and those of the config given here.

python jobs/clean.py configs/demo.yaml          # lists
python jobs/clean.py configs/demo.yaml --yes    # removes what it lists

It holds the experiment's lease: nothing goes while a driver is at work, and none starts until it is done.
"""

from __future__ import annotations

import time

from common import Run, job
from status import current_results

from raykd.artifacts.lease import last_lease
from raykd.artifacts.leftovers import leftovers
from raykd.errors import InputError


def clean(run: Run) -> None:
    storage = run.store.storage
    _, lease = last_lease(storage)
    if not run.holder and lease and lease.is_alive(time.time()):  # resources.lease=false
        raise InputError(f"{storage.uri} is in use by {lease}; nothing is removed while a driver is at work")
    results, _ = current_results(run)
    named = storage.read_json("experiment.json")["results"] if storage.exists("experiment.json") else {}
    found = leftovers(storage, {*results.values(), *named.values()})
    for leftover in found:
        print(f"{leftover.size / 1e6:12,.1f} MB  {leftover.path}  ({leftover.what})", flush=True)
        if "yes" in run.options:
            run.store.discard(leftover.path)
    size = sum(leftover.size for leftover in found) / 1e6
    done = "removed" if "yes" in run.options else "can go; add --yes to remove them"
    print(f"{len(found)} leftovers, {size:,.1f} MB: {done}" if found else "nothing to remove")


if __name__ == "__main__":
    job(__doc__, clean, computes=False, options={"yes": "remove what is listed"})
