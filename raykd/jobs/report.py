"""Writing the report, or a comparison of two experiments, and opening its page."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path

from raykd.jobs.run import Run, open_run
from raykd.report.write import write_comparison_report, write_current_report


def report(run: Run) -> None:
    if "compare" not in run.options:
        page = write_current_report(run.plan, paper="paper" in run.options)
        run.say(f"report: {page}")
        _open(run, page)
        return
    (second,) = run.others
    index = write_comparison_report(run.plan, open_run(second, run.overrides, computes=False).plan)
    run.say(f"{second} (B) against {run.config} (A): {index}")
    _open(run, index)


def _open(run: Run, page: str) -> None:
    """Where --open asks for it. A page on a store is none that a browser can fetch."""
    if "open" not in run.options:
        return
    browser = None if "://" in page else _browser()
    if not (browser and browser.open(Path(page).as_uri())):
        run.say("no browser can open it from here")


def _browser() -> webbrowser.BaseBrowser | None:
    """The user's, or the one of the desktop; not one that would take the terminal of a session without a desktop."""
    try:
        found = webbrowser.get()
    except webbrowser.Error:
        return None
    return None if type(found) is webbrowser.GenericBrowser and "BROWSER" not in os.environ else found
