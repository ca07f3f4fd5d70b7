"""The card of an exported encoder, gathered from what an experiment has found so far."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy.stats import t

from raykd.artifacts.store import library_versions
from raykd.config import Corpus, Experiment
from raykd.corpus.readers import source_name
from raykd.evaluate.cell import Cell, headline_scores, is_complete
from raykd.export.job import ExportJob
from raykd.export.model_card import CardFacts, Score, model_card
from raykd.jobs.run import Run
from raykd.planning.plan import Plan
from raykd.probe.job import LATENCY


def card_of(run: Run, asked: ExportJob) -> str:
    """README.md of an export that is complete."""
    plan, experiment, name = run.plan, run.experiment, asked.encoder.name
    facts = plan.store.facts(asked.result)
    return str(
        model_card(
            CardFacts(
                name=name,
                languages=tuple(dict.fromkeys(cell.language for cell in asked.cells)),
                spec=experiment.all_encoders[name],
                ancestors=tuple(_ancestors(experiment, name)),
                corpora={corpus: _corpus(spec) for corpus, spec in experiment.corpora.items()},
                parameters=facts["parameters"],
                scores=[
                    _score(plan, cell) for cell in plan.cells if cell.encoder == name and is_complete(plan.store, cell)
                ],
                export=facts,
                latency=list(_latency(plan, name)),
                max_length=asked.max_length,
                licence=asked.spec.licence,
                base_model=asked.spec.base_model,
                versions=library_versions(),
            )
        )
    )


def _ancestors(experiment: Experiment, name: str) -> Iterator[str]:
    while parent := experiment.all_encoders[name].parent:
        yield parent
        name = parent


def _corpus(spec: Corpus) -> str:
    sources = ", ".join(dict.fromkeys(source_name(source) for source in spec.sources))
    budget = spec.budget
    if not budget:
        return sources
    if budget.total:
        return f"{sources}; {budget.total / 1e6:g} MB in all"
    return f"{sources}; " + ", ".join(
        f"{size / 1e6:g} MB of {language}" for language, size in budget.per_language.items()
    )


def _score(plan: Plan, cell: Cell) -> Score:
    f1 = np.array([value for seed, value in headline_scores(plan.store, cell).items() if seed in cell.asked])
    half = float(t.ppf(0.975, len(f1) - 1) * f1.std(ddof=1) / len(f1) ** 0.5) if len(f1) > 1 else 0.0
    mean = float(f1.mean())
    with plan.store.storage.open_parquet(f"{cell.task_result.directory}/language={cell.language}/test.parquet") as file:
        texts = file.metadata.num_rows
    return Score(cell.task, cell.kind, cell.language, cell.weights, mean, mean - half, mean + half, len(f1), texts)


def _latency(plan: Plan, name: str) -> Iterator[dict[str, Any]]:
    job = plan.latency
    if not job or not plan.store.manifest(job.result):
        return
    facts = plan.store.facts(job.result)
    same = {"processor": facts["processor"], "reference": facts["reference"], "threads": job.spec.threads}
    same["busy"] = "; ".join(facts["busy"])
    for row in plan.store.storage.read_table(f"{job.result.directory}/{LATENCY}").to_pylist():
        if row["encoder"] == name:
            yield {**row, **same}
