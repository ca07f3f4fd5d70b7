"""The main job: one verb after the other, up to the report."""

from __future__ import annotations

from raykd.jobs.distill import distill
from raykd.jobs.evaluate import evaluate
from raykd.jobs.export import export
from raykd.jobs.fetch import fetch
from raykd.jobs.prepare import prepare
from raykd.jobs.probe import probe
from raykd.jobs.report import report
from raykd.jobs.run import Run
from raykd.jobs.sample import sample
from raykd.jobs.sweep import sweep
from raykd.jobs.translate import translate


def pipeline(run: Run) -> None:
    if run.experiment.sample:
        sample(run)
    if run.experiment.fetch:
        fetch(run)
    if run.experiment.translate:
        translate(run)
    prepare(run)
    distill(run)
    if run.experiment.sweep:
        sweep(run)
    if run.experiment.evaluate:
        evaluate(run)
    if run.experiment.export:
        export(run)
    if run.experiment.probe:
        probe(run)
    report(run)
