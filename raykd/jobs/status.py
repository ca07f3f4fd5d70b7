"""What of an experiment is done, running, failed or missing, who is at work on it, and the next command."""

from __future__ import annotations

import time
from typing import Any

import yaml

from raykd.artifacts.lease import last_lease
from raykd.config import to_yaml
from raykd.errors import InputError, shown_line
from raykd.jobs.costs import spent_lines
from raykd.jobs.machine_hours import idle_lines
from raykd.jobs.overview import Status, changed, overview
from raykd.jobs.run import Run
from raykd.planning.costs.spent import spent

NOT_COMPARED = {"resources", "storage", "sample", "fetch"}  # they decide no result
VERBS = dict.fromkeys(("tasks", "texts", "tokenizers", "tokens"), "prepare") | {
    "sweeps": "sweep",
    "scores": "evaluate",
    "exports": "export",
    "classified": "classify",
    "probe": "probe",
}
TRAINS = ("distill", "sweep")


def status(run: Run) -> None:
    storage = run.store.storage
    try:
        _, lease = last_lease(storage)
        alive = lease is not None and lease.is_alive(time.time())
        _tell(f"{storage.uri}: {f'in use by {lease}' if alive else 'no driver is at work'}")
    except InputError as error:  # somebody else's file lies there: all else can be told
        lease, alive = None, False
        _tell(str(error))
    if lease and alive:
        _tell(f"now: {lease.doing or 'starting'} (seen {time.time() - lease.renewed:.0f} s ago)")
    elif lease:
        _tell(f"last: {lease}: {lease.outcome or 'killed'}")
    results, seeds = current_results(run)
    statuses = overview(storage, results, seeds, lease)
    width = max([len(result.name) for result in statuses], default=0)
    for result in statuses:
        _tell(_line(result, width))
    made = ((result.name, result.hours) for result in statuses)
    for line in spent_lines(spent(storage, run.experiment, made)):
        _tell(line)
    for line in idle_lines(storage):
        _tell(line)
    _tell(
        f"{sum(result.state == 'done' for result in statuses)} of {len(statuses)} done; {_next(run, statuses, alive)}"
    )


def current_results(run: Run) -> tuple[dict[str, str], dict[str, list[list[int]]]]:
    """(name -> directory, name -> seeds asked) of every current result.

    From experiment.json where that is of the same config; otherwise planned anew, for which the sources are looked at.
    """
    if run.store.storage.exists("experiment.json"):
        index = run.store.storage.read_json("experiment.json")
        if _is_of(run, index):
            return index["results"], index["seeds"]
    plan = run.plan
    return {name: result.directory for name, result in plan.results().items()}, plan.seeds()


def _is_prepared(run: Run) -> bool:
    """Whether the last jobs/prepare.py was of this config."""
    storage = run.store.storage
    return storage.exists("experiment.json") and _is_of(run, storage.read_json("experiment.json"))


def _is_of(run: Run, index: dict[str, Any]) -> bool:
    return _compared(index["config"]) == _compared(to_yaml(run.experiment))


def _compared(config: str) -> dict[str, Any]:
    return {key: value for key, value in yaml.safe_load(config).items() if key not in NOT_COMPARED}


def _tell(line: str) -> None:
    """What leases and manifests say may have been written by others."""
    print(shown_line(line))


def _line(result: Status, width: int) -> str:
    took = f"{result.seconds:,.0f} s" if result.seconds is not None else ""
    size = f"{result.size / 1e6:,.1f} MB" if result.size else ""
    return (
        f"{result.state:10} {result.name:{width}} {size:>12} {took:>10}  {result.finished:20}  {result.detail}".rstrip()
    )


def _next(run: Run, statuses: list[Status], alive: bool) -> str:
    """What to do now."""
    for result in statuses:
        if result.state == "damaged":
            return f"remove {run.store.storage.address(result.directory)} and run again, because {result.detail}"
    if alive:
        return "wait for the driver that is at work"
    for result in statuses:
        if result.state != "done":
            verb = _verb(run, result.name)
            # Token shards are added to a result that is done; who trains next needs those of this config.
            return f"next: {run.command('prepare' if verb in TRAINS and not _is_prepared(run) else verb)}"
    if _report_is_older(run, statuses):
        return f"next: {run.command('report')}"
    return f"nothing is left to do, the report is {run.store.storage.address('report', 'index.html')}"


def _verb(run: Run, name: str) -> str:
    kind, encoder, *_ = name.split("/")
    if kind == "encoders":
        return "distill" if encoder in run.experiment.encoders else "sweep"
    return VERBS[kind]


def _report_is_older(run: Run, statuses: list[Status]) -> bool:
    manifest = run.store.storage.infos("report").get("manifest.json")
    newest = max((result.finished for result in statuses), default="")
    return manifest is None or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(changed(manifest))) < newest
