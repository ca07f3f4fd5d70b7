"""List what lies on an experiment's storage that no current name refers to, scratch and old checkpoints; remove it.

Current are the names in experiment.json, which the last jobs/prepare.py wrote, and those of the config given here.

python jobs/clean.py configs/demo.yaml          # lists
python jobs/clean.py configs/demo.yaml --yes    # removes what it lists

It holds the experiment's lease: nothing goes while a driver is at work, and none starts until it is done.
"""

from __future__ import annotations

from common import Run, job
from status import current_results

from raykd.artifacts.leftovers import leftovers


def clean(run: Run) -> None:
    results, _ = current_results(run)
    storage = run.store.storage
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
