"""What `--dry-run` prints of an experiment below its resolved config: the plan, and what each stage would cost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from raykd.artifacts import Result, ResultStore, settings_hash
from raykd.artifacts.store import MANIFEST
from raykd.corpus.fetch.catalogue import missing_archives
from raykd.errors import InputError
from raykd.evaluate.cell import missing_cells
from raykd.jobs.costs import plan_lines
from raykd.jobs.preflight import check_machine, check_models, check_sources
from raykd.jobs.run import Run
from raykd.planning.costs.stages import estimates
from raykd.planning.plan import Plan
from raykd.planning.source_files import FilesToCome
from raykd.planning.translations import are_translated

OVERLAP = "overlap"  # of a corpus' settings


def describe(run: Run, computes: bool) -> Iterator[str]:
    """Lines: whether each result is there or would be made, and what is left would cost.

    computes: whether to say, too, what this machine has too little of. A config for a cluster is planned anywhere.
    Raises InputError, after all lines, for a model of the hub that cannot be had here: its costs are not known.
    """
    if computes:
        try:
            check_machine(run.experiment, run.stages)
        except InputError as error:
            yield f"not on this machine: {error}"
    first, last, plan = list[str](), list[str](), None
    try:
        first = list(_before_all(run))
        plan = None if first else run.plan
    except InputError as error:
        last = [f"cannot begin: {error}"]  # where it is not overlooked
    if plan is None:
        yield from first
        plan = Plan(run.experiment, run.store, FilesToCome())
        yield from plan_lines(estimates(plan))
        yield from last
        check_models(plan, run.stages)
        return
    try:
        check_sources(plan)
    except InputError as error:
        last = [f"cannot begin: {error}"]
    lacking = {cell.result.directory for cell in missing_cells(run.store, plan.all_cells)}
    for name, result in plan.results().items():
        done = run.store.manifest(result) and result.directory not in lacking
        yield f"{'done' if done else 'to do':6} {name:50} {run.store.storage.address(result.directory)}"
        if not done and result.kind == "texts" and (why := why_anew(run.store, name, result)):
            yield f"       {name} is there {why}"
    yield from plan_lines(estimates(plan))
    yield from last
    check_models(plan, run.stages)


def why_anew(store: ResultStore, name: str, result: Result) -> str:
    """What a corpus is made anew for, where it is there by all other settings and inputs: the rows of tasks, or how
    much text it may share with them; else "".

    name: the corpus' in the index that the last run wrote.
    """
    if not store.storage.exists("experiment.json"):
        return ""
    directory = store.storage.read_json("experiment.json")["results"].get(name)
    path = f"{directory}/{MANIFEST}"
    if not directory or not store.storage.exists(path):
        return ""
    old = store.storage.read_json(path)
    before, now = old["inputs"], result.inputs
    differs = [one for one in sorted({*before, *now}) if before.get(one) != now.get(one)]
    rest = [settings_hash({**settings, OVERLAP: None}) for settings in (old["settings"], result.settings)]
    if rest[0] != rest[1] or old["version"] != result.version or not all(one.startswith("task ") for one in differs):
        return ""
    if differs:
        return f"for other rows of {', '.join(differs)}, and is made anew to leave out those"
    was, is_now = (settings.get(OVERLAP, "none") for settings in (old["settings"], result.settings))
    return f"by exclude.overlap: {was}, which would keep it, and is made anew by {is_now}" if was != is_now else ""


def _before_all(run: Run) -> Iterator[str]:
    """What writes the files that all results depend on, and has not yet."""
    sample = run.experiment.sample
    if sample and not Path(sample.directory, "manifest.json").exists():
        yield f"to do  sample data in {sample.directory}; the rest follows from its files: {run.command('sample')}"
        return
    if run.experiment.fetch and (missing := missing_archives(run.experiment.fetch)):
        yield from (f"to do  fetch {site} to {path}" for path, site in missing.items())
        yield f"the rest follows from these files: {run.command('fetch')}"
        return
    if not are_translated(run.experiment):
        yield f"to do  translate; the rest follows from its files: {run.command('translate')}"
