"""Writing the report, or a comparison of two experiments."""

from __future__ import annotations

from raykd.jobs.run import Run, open_run
from raykd.report.write import write_comparison_report, write_current_report


def report(run: Run) -> None:
    if "compare" not in run.options:
        run.say(f"report: {write_current_report(run.plan, paper='paper' in run.options)}")
        return
    (second,) = run.others
    index = write_comparison_report(run.plan, open_run(second, run.overrides, computes=False).plan)
    run.say(f"{second} (B) against {run.config} (A): {index}")
