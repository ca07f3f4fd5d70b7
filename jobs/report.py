"""Aggregate everything that an experiment has found so far into tables, figures and one HTML page.

python jobs/report.py configs/demo.yaml
python jobs/report.py configs/td.yaml --paper
python jobs/report.py --compare configs/td.yaml configs/ablation.yaml
ray job submit --working-dir . -- python jobs/report.py configs/td.yaml

--compare A B tests what B found against A, in the cells that both have; overrides apply to both configs.
"""

from __future__ import annotations

import sys

from common import Run, job, open_run

from raykd.report.collect import write_comparison_report, write_current_report

OPTIONS = {
    "paper": "the paper's values beside ours, and how the experiments differ",
    "compare": "test the second of two configs against the first",
}


def report(run: Run) -> None:
    index = write_current_report(run.plan, paper="paper" in run.options)
    run.say(f"report: {index}")


def compare(run: Run, second: str) -> None:
    overrides = [argument for argument in sys.argv[1:] if "=" in argument]
    index = write_comparison_report(run.plan, open_run(second, overrides, computes=False).plan)
    run.say(f"{second} (B) against {run.config} (A): {index}")


def take_second() -> str:
    """Takes B of `--compare A B` out of the command line, which leaves A as the job's config."""
    configs = [
        place
        for place, argument in enumerate(sys.argv)
        if place and "=" not in argument and not argument.startswith("-")
    ]
    if len(configs) != 2:
        print("error: --compare A B: name two configs, the second to be tested against the first", file=sys.stderr)
        sys.exit(2)
    return sys.argv.pop(configs[1])


if __name__ == "__main__":
    if "--compare" in sys.argv:
        second = take_second()
        job(__doc__, lambda run: compare(run, second), exclusive=False, computes=False, options=OPTIONS)
    else:
        job(__doc__, report, exclusive=False, computes=False, options=OPTIONS)
