"""Everything that an experiment has found so far, read from storage into the report's frames."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from raykd.artifacts import Result
from raykd.artifacts.store import git_commit, library_versions
from raykd.checks import task_encoders
from raykd.config import to_yaml
from raykd.evaluate.cell import Cell
from raykd.plan import Plan
from raykd.planned import PlannedEncoder
from raykd.report.compare import compare_experiments, write_comparison
from raykd.report.corpus_facts import drop_rows, frame, made_here, taken_rows, text_rows, token_rows
from raykd.report.inputs import ReportInputs, Sweep
from raykd.report.paper_differences import paper_differences
from raykd.report.probed import homonym_rows, latency_rows
from raykd.report.render import write_report
from raykd.report.sizes import size_rows
from raykd.report.stored_predictions import read_predictions

VERSION = 6


def write_current_report(plan: Plan, paper: bool = False) -> str:
    """Write report/ unless it already shows just these results; returns where its page is.

    paper: whether it has the paper's values beside ours, and how the experiments differ.
    The report is a view, not a result: it is written anew whenever what it shows has changed.
    """
    store, started = plan.store, time.time()
    done = {name: result.hash for name, result in plan.results().items() if store.manifest(result)}
    seeds = {cell.result.name: len(_scores(plan, cell)) for cell in _unique(plan.all_cells)}
    # Token shards are added to a result that keeps its hash.
    shards = {
        planned.tokens.directory: len(store.facts(planned.tokens)["shards"])
        for planned in made_here(plan)
        if store.manifest(planned.tokens)
    }
    settings = {"config": to_yaml(plan.experiment), "rows": seeds, "shards": shards, "paper": paper}
    view = Result("report", plan.experiment.name, VERSION, settings, done)
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


def collect(plan: Plan, paper: bool = False) -> ReportInputs:
    """The report's frames from complete results; what is missing is left out, and expected_cells tells of it."""
    experiment, evaluate = plan.experiment, plan.experiment.evaluate
    made = [planned for planned in made_here(plan) if plan.store.manifest(planned.result)]
    trained = [planned for planned in made if isinstance(planned, PlannedEncoder)]
    cells = _unique([*plan.cells, *plan.sweep_cells])
    sweep = experiment.sweep
    return ReportInputs(
        name=experiment.name,
        texts=frame("texts", text_rows(plan)),
        drops=frame("drops", drop_rows(plan)),
        tokens=frame("tokens", token_rows(plan)),
        corpora=frame("corpora", (row for planned in trained for row in taken_rows(plan, planned))),
        splits=frame("splits", (row for name in plan.tasks for row in _task_rows(plan, name, "rows"))),
        labels=frame("labels", (row for name in plan.tasks for row in _task_rows(plan, name, "labels"))),
        scores=frame("scores", (row for cell in cells for row in _scores(plan, cell))),
        positive={name: task.positive for name, task in experiment.tasks.items() if task.positive},
        baselines=evaluate.baselines if evaluate else (),
        task_encoders={name: task_encoders(experiment, name) for name in experiment.tasks},
        sweep=Sweep(sweep.encoder, sweep.language, sweep.task, tuple(plan.sweep_quantities), sweep.baselines)
        if sweep
        else None,
        training=frame("training", (row for planned in trained for row in _training_rows(plan, planned))),
        encoders=frame("encoders", size_rows(plan, made)),
        stages=frame("stages", _stage_rows(plan)),
        expected_cells=frame("expected_cells", map(_expected, cells)),
        settings=to_yaml(experiment),
        versions=library_versions(),
        commit=git_commit(),
        predictions={
            (cell.task, cell.language, cell.encoder, cell.weights): found
            for cell in cells
            if (found := read_predictions(plan, cell)) is not None
        },
        unseen={
            name: experiment.corpora[spec.corpus].exclude.groups
            for name, encoder in experiment.encoders.items()
            if (spec := encoder.training) is not None
        },
        teachers={name: encoder.distill.teacher for name, encoder in experiment.encoders.items() if encoder.distill},
        paper=paper_differences(experiment) if paper else None,
        latency=frame("latency", latency_rows(plan)),
        homonyms=frame("homonyms", homonym_rows(plan)),
        sized_scores=frame("sized_scores", (row for cell in plan.train_size_cells for row in _scores(plan, cell))),
        sized_cells=frame("sized_cells", map(_expected, plan.train_size_cells)),
    )


def _unique(cells: list[Cell]) -> list[Cell]:
    return list({cell.result.directory: cell for cell in cells}.values())


def _task_rows(plan: Plan, name: str, fact: str) -> Iterable[dict[str, Any]]:
    result = plan.tasks[name]
    if not plan.store.manifest(result):
        return
    for row in plan.store.facts(result)[fact]:
        yield {"task": name, "kind": plan.experiment.tasks[name].kind, **row}


def _scores(plan: Plan, cell: Cell) -> list[dict[str, Any]]:
    path = cell.file("scores.parquet")
    if not plan.store.storage.exists(path):
        return []
    asked, same = set(cell.asked), _names(cell) | {"kind": cell.kind}
    rows = plan.store.storage.read_table(path).to_pylist()
    return [same | row for row in rows if (row["encoder_seed"], row["seed"]) in asked]


def _expected(cell: Cell) -> dict[str, Any]:
    return _names(cell) | {"seeds": len(cell.asked)}


def _names(cell: Cell) -> dict[str, Any]:
    return {
        "task": cell.task,
        "language": cell.language,
        "encoder": cell.encoder,
        "weights": cell.weights,
        "train_rows": cell.train_rows,
    }


def _training_rows(plan: Plan, planned: PlannedEncoder) -> Iterable[dict[str, Any]]:
    table = plan.store.storage.read_table(f"{planned.result.directory}/training.parquet").to_pandas()
    table["tokens"] = table["tokens"].cumsum()
    for row in table[["step", "tokens", "loss", "kd", "mlm", "cosine"]].to_dict("records"):
        yield {"encoder": planned.name, "seed": planned.seed, **row}


def _stage_rows(plan: Plan) -> Iterable[dict[str, Any]]:
    for result in plan.results().values():
        if manifest := plan.store.manifest(result):
            yield {
                "stage": result.kind,
                "name": result.name,
                "directory": result.directory,
                "hash": result.hash,
                "seconds": manifest["seconds"],
            }
