"""Labelling texts with one frozen encoder and the heads of every task."""

from __future__ import annotations

from raykd.corpus.values import filter_lines
from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.evaluate.predict.heads import heads_of
from raykd.evaluate.predict.job import ClassifyJob
from raykd.evaluate.predict.job import classify as classify_texts
from raykd.jobs.preflight import check_sources
from raykd.jobs.run import Run


def classify(run: Run) -> None:
    experiment, plan, store = run.experiment, run.plan, run.store
    spec, result = experiment.classify, plan.classified
    if not (spec and result and experiment.evaluate):
        raise InputError(
            "the experiment has no classify section; add: classify: {encoder: NAME, sources: [{reader: table, "
            "language: eng, path: FILE}]} (docs/evaluation.md)"
        )
    if not store.manifest(result):
        check_sources(plan)
        run.start_ray()
        classify_texts(store, result, spec, classify_job(run), run.say)
    facts = store.facts(result)
    for line in filter_lines(facts["filtered"]):
        run.say(line)
    run.say(
        f"{facts['texts']:,} texts with {len(facts['heads'])} heads in {store.storage.address(result.directory)} "
        f"({facts['empty']:,} empty, {facts['rejected']:,} unreadable)"
    )


def classify_job(run: Run) -> ClassifyJob:
    """Raises InputError unless every head is there."""
    experiment, plan, store = run.experiment, run.plan, run.store
    assert plan.classified and experiment.evaluate
    for cell in plan.classify_cells:
        if not is_complete(store, cell):
            raise InputError(f"{cell.result.directory} is not complete; first run: {run.command('evaluate')}")
    return ClassifyJob(
        storage=store.storage,
        directory=plan.classified.directory,
        cleaning=experiment.cleaning,
        seed=experiment.seed,
        encoder=plan.classify_cells[0].encoders[0],
        heads=heads_of(store, plan.classify_cells),
        tasks=tuple(dict.fromkeys(cell.task for cell in plan.classify_cells)),
        max_length=experiment.evaluate.max_length,
        resources=experiment.resources,
        graph=_graph(run) if experiment.classify and experiment.classify.runtime == "onnx" else None,
    )


def _graph(run: Run) -> str:
    """Raises InputError unless the export is there."""
    assert run.experiment.classify
    exported = run.plan.exports[run.experiment.classify.encoder]
    run.require([exported.result], "export")
    return exported.graph
