"""The main job: sample data to write or archives to fetch, if any, then prepare, distill, sweep, evaluate, probe and
report.

python jobs/pipeline.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/pipeline.py configs/td.yaml storage=s3://bucket/prefix
"""

from __future__ import annotations

from common import Run, job
from distill import distill
from evaluate import evaluate
from fetch import fetch
from prepare import prepare
from probe import probe
from report import report
from sample import sample
from sweep import train_sweep
from translate import translate


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
        train_sweep(run)
    if run.experiment.evaluate:
        evaluate(run)
    if run.experiment.probe:
        probe(run)
    report(run)


if __name__ == "__main__":
    job(__doc__, pipeline)
