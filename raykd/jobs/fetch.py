"""Fetching Stack Exchange archives, with a bar."""

from __future__ import annotations

import requests
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from raykd.corpus.fetch.catalogue import Archive, find_archives
from raykd.corpus.fetch.download import fetch_archive
from raykd.errors import InputError
from raykd.jobs.run import Run


def fetch(run: Run) -> None:
    spec = run.experiment.fetch
    if not spec:
        raise InputError("the experiment has no fetch section, so there is nothing to fetch")
    with requests.Session() as session:
        archives = find_archives(session, spec)
        for number, archive in enumerate(archives, start=1):
            run.say(f"{number} of {len(archives)}: {archive.address}, {archive.size / 1e9:,.2f} GB")
            _fetch_shown(session, archive)
            run.say(f"{archive.target} is complete")
    run.say(f"archives in {spec.directory}")


def _fetch_shown(session: requests.Session, archive: Archive) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task(archive.target.name, total=archive.size, completed=archive.part_size)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=f"{what} {archive.target.name}", completed=done, total=total)

        fetch_archive(session, archive, show)
