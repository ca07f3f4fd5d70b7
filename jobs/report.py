"""Aggregate everything that an experiment has found so far into tables, figures and one HTML page.

python jobs/report.py configs/demo.yaml
ray job submit --working-dir . -- python jobs/report.py configs/td.yaml
"""

from __future__ import annotations

from common import Run, job

from raykd.report.collect import write_current_report


def report(run: Run) -> None:
    index = write_current_report(run.plan)
    run.say(f"report: {index}")


if __name__ == "__main__":
    job(__doc__, report)
