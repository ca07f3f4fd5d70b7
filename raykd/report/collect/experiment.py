"""Everything that an experiment has found so far, read from storage into the report's frames."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from raykd import config
from raykd.artifacts.store import git_commit, library_versions
from raykd.config import Experiment, to_yaml
from raykd.evaluate.cell import Cell
from raykd.evaluate.cell_files import read_rows
from raykd.planning.checks.experiment import task_encoders
from raykd.planning.encoders import PlannedEncoder
from raykd.planning.plan import Plan
from raykd.planning.planned_tests import design_of, read_planned_tests
from raykd.report.collect.corpora import (
    drop_rows,
    frame,
    line_rows,
    made_here,
    masked_rows,
    moved_rows,
    taken_rows,
    text_rows,
    token_rows,
)
from raykd.report.collect.left_out import left_out_rows
from raykd.report.collect.predictions import read_predictions
from raykd.report.collect.probe import homonym_rows, homonym_shift_rows, latency_rows
from raykd.report.collect.sizes import size_rows
from raykd.report.inputs import COLUMNS, ReportInputs, Sweep
from raykd.report.paper.differences import paper_differences
from raykd.tasks.account import account_lines


def collect(plan: Plan, paper: bool = False) -> ReportInputs:
    """The report's frames from complete results; what is missing is left out, and expected_cells tells of it."""
    experiment, evaluate = plan.experiment, plan.experiment.evaluate
    made = [planned for planned in made_here(plan) if plan.store.manifest(planned.result)]
    trained = [planned for planned in made if isinstance(planned, PlannedEncoder)]
    cells = unique_cells([*plan.cells, *plan.sweep_cells])
    sweep = experiment.sweep
    return ReportInputs(
        name=experiment.name,
        texts=frame("texts", text_rows(plan)),
        drops=frame("drops", drop_rows(plan)),
        masked=frame("masked", masked_rows(plan)),
        moved=frame("moved", moved_rows(plan)),
        lines=frame("lines", line_rows(plan)),
        tokens=frame("tokens", token_rows(plan)),
        corpora=frame("corpora", (row for planned in trained for row in taken_rows(plan, planned))),
        splits=frame("splits", (row for name in plan.tasks for row in _task_rows(plan, name, "rows"))),
        labels=frame("labels", (row for name in plan.tasks for row in _task_rows(plan, name, "labels"))),
        scores=frame("scores", (row for cell in cells for row in score_rows(plan, cell))),
        positive={name: task.positive for name, task in experiment.tasks.items() if task.positive},
        baselines=evaluate.baselines if evaluate else (),
        task_encoders={name: task_encoders(experiment, name) for name in experiment.tasks},
        sweep=Sweep(
            *(sweep.encoder, sweep.language, sweep.task, tuple(plan.sweep_quantities), sweep.baselines, sweep.weights),
            *(sweep.flat.gain, sweep.flat.chance, tuple(_left_out(plan, sweep))),
        )
        if sweep
        else None,
        training=frame("training", (row for planned in trained for row in _training_rows(plan, planned))),
        encoders=frame("encoders", size_rows(plan, made)),
        stages=frame("stages", _stage_rows(plan)),
        sweep_costs=frame("sweep_costs", _sweep_costs(plan)),
        expected_cells=frame("expected_cells", map(_expected, cells)),
        rows_left_out=frame("rows_left_out", left_out_rows(plan)),
        accounts={
            name: tuple(account_lines(plan.store.facts(result)))
            for name, result in plan.tasks.items()
            if plan.store.manifest(result)
        },
        design=design_of(experiment, plan.cells),
        planned_tests=read_planned_tests(plan.store),
        group_word=_group_word(experiment),
        hashes={(cell.task, cell.language, cell.encoder, cell.weights): cell.result.hash for cell in cells},
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
        homonym_shift=frame("homonym_shift", homonym_shift_rows(plan)),
        sized_scores=frame("sized_scores", (row for cell in plan.train_size_cells for row in score_rows(plan, cell))),
        sized_cells=frame("sized_cells", map(_expected, plan.train_size_cells)),
    )


def unique_cells(cells: list[Cell]) -> list[Cell]:
    return list({cell.result.directory: cell for cell in cells}.values())


def _task_rows(plan: Plan, name: str, fact: str) -> Iterable[dict[str, Any]]:
    result = plan.tasks[name]
    if not plan.store.manifest(result):
        return
    for row in plan.store.facts(result)[fact]:
        yield {"task": name, "kind": plan.experiment.tasks[name].kind, **row}


def score_rows(plan: Plan, cell: Cell) -> list[dict[str, Any]]:
    asked, same = set(cell.asked), _names(cell) | {"kind": cell.kind}
    rows = read_rows(plan.store, cell, "scores").to_pylist()
    return [same | row for row in rows if (row["encoder_seed"], row["seed"]) in asked]


def _group_word(experiment: Experiment) -> str:
    """The column that tasks' sources call the group of a row, where they agree on one."""
    sources = [source for task in experiment.tasks.values() for source in task.sources]
    names = {source.group for source in sources if source.reader == "table" and source.group}
    return names.pop().replace("_", " ") if len(names) == 1 else "group"


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
    own = {"encoder": planned.name, "seed": planned.seed}
    # Encoders trained before there were hidden_mse and relations have no such columns.
    kept = table.reindex(columns=[name for name in COLUMNS["training"] if name not in own])
    for row in kept.to_dict("records"):
        yield own | row


def _left_out(plan: Plan, sweep: config.Sweep) -> Iterable[tuple[int, str]]:
    made = {name for _, name in plan.sweep_quantities}
    return ((size, name) for name, size in sweep.names.items() if name not in made)


def _sweep_costs(plan: Plan) -> Iterable[dict[str, Any]]:
    price = plan.experiment.resources.train.limits.worker_hour
    for planned in plan.sweep_encoders:
        if not plan.store.manifest(planned.result):
            continue
        facts = plan.store.facts(planned.result)
        worker_hours = facts.get("worker_hours", math.nan)
        yield {
            "encoder": planned.name,
            "seed": planned.seed,
            "epochs": facts.get("epochs", math.nan),
            "steps": facts["steps"],
            "tokens": facts["tokens"],
            "hours": facts.get("hours", math.nan),
            "worker_hours": worker_hours,
            "money": worker_hours * price if price else math.nan,
        }


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
