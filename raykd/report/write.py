"""Write the report of an experiment, or of two side by side, to storage."""

from __future__ import annotations

import time

from raykd.artifacts import Result
from raykd.config import to_yaml
from raykd.planning import versions
from raykd.planning.plan import Plan
from raykd.planning.planned_tests import FILE
from raykd.report.collect.corpora import made_here
from raykd.report.collect.experiment import collect, score_rows, unique_cells
from raykd.report.compare import compare_experiments, write_comparison
from raykd.report.page import write_report


def write_current_report(plan: Plan, paper: bool = False) -> str:
    """Write report/ unless it already shows just these results; returns where its page is.

    paper: whether it has the paper's values beside ours, and how the experiments differ.
    The report is a view, not a result: it is written anew whenever what it shows has changed.
    """
    store, started = plan.store, time.time()
    done = {name: result.hash for name, result in plan.results().items() if store.manifest(result)}
    seeds = {cell.result.name: len(score_rows(plan, cell)) for cell in unique_cells(plan.all_cells)}
    # Token shards are added to a result that keeps its hash.
    shards = {
        planned.tokens.directory: len(store.facts(planned.tokens)["shards"])
        for planned in made_here(plan)
        if store.manifest(planned.tokens)
    }
    planned = store.storage.read_json(FILE) if store.storage.exists(FILE) else None
    settings = {
        "config": to_yaml(plan.experiment), "rows": seeds, "shards": shards, "paper": paper, "planned tests": planned
    }  # fmt: skip
    view = Result("report", plan.experiment.name, versions.REPORT, settings, done)
    index = store.storage.address("report", "index.html")
    if store.storage.exists("report/manifest.json") and store.storage.read_json("report/manifest.json")["hash"] == (
        view.hash
    ):
        return index
    store.storage.remove("report")
    write_report(collect(plan, paper), lambda path, content: store.storage.write_bytes(f"report/{path}", content))
    store.storage.write_json("report/manifest.json", {"hash": view.hash, "seconds": round(time.time() - started, 1)})
    return index


def write_comparison_report(first: Plan, second: Plan) -> str:
    """Write what `second` found against `first` into the first's storage, anew; returns where its page is."""
    storage = first.store.storage
    folder = f"report-against/{second.experiment.name}"
    storage.remove(folder)
    compared = compare_experiments(collect(first), collect(second))
    write_comparison(compared, lambda path, content: storage.write_bytes(f"{folder}/{path}", content))
    return storage.address(folder, "index.html")
