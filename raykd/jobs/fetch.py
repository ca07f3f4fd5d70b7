"""Fetching Stack Exchange archives, with a bar on a terminal and lines in a log."""

from __future__ import annotations

import time

import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from raykd.corpus.fetch.catalogue import Archive, find_archives
from raykd.corpus.fetch.download import fetch_archive
from raykd.errors import InputError
from raykd.jobs.run import Run
from raykd.wording import duration, is_due


def fetch(run: Run) -> None:
    spec = run.experiment.fetch
    if not spec:
        raise InputError("the experiment has no fetch section, so there is nothing to fetch")
    with requests.Session() as session:
        archives = find_archives(session, spec)
        for number, archive in enumerate(archives, start=1):
            run.say(f"{number} of {len(archives)}: {archive.address}, {archive.size / 1e9:,.2f} GB")
            _fetch_shown(run, session, archive)
            run.say(f"{archive.target} is complete")
    run.say(f"archives in {spec.directory}")


def _fetch_shown(run: Run, session: requests.Session, archive: Archive) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    doing, began, said, first = "", 0.0, 0.0, 0
    with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task(archive.target.name, total=archive.size, completed=archive.part_size)

        def show(what: str, done: int, total: int) -> None:
            nonlocal doing, began, said, first
            bar.update(task, description=f"{what} {archive.target.name}", completed=done, total=total)
            now = time.monotonic()
            if what != doing:  # what is fetched is then checked, from its first byte on
                doing, began, said, first = what, now, now, done
            if not bar.console.is_terminal and first < done < total and is_due(now, began, said):
                left, said = (now - began) / (done - first) * (total - done), now
                sizes = f"{done / 1e9:,.2f} of {total / 1e9:,.2f} GB"
                run.say(f"{what} {archive.target.name}: {sizes}, {duration(left)} left")

        fetch_archive(session, archive, show)
