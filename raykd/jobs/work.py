"""A verb at work: it holds the experiment's lease, and leaves word of how it ended."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from raykd.artifacts.lease import held
from raykd.jobs.exit_status import outcome_of, told_access
from raykd.jobs.run import Run


def work(run: Run, verb: str, command: str, take_over: bool | None) -> None:
    """command: as `status` tells of it; take_over: whether the experiment's lease may be another driver's; None for a
    verb that holds none."""
    begin: Callable[[Run], None] = getattr(importlib.import_module(f"raykd.jobs.{verb}"), verb)
    with ExitStack() as stack:
        if take_over is not None and run.experiment.resources.lease:
            stack.enter_context(_lease(run, command, take_over))
        stack.enter_context(_interrupts_as_ever())
        try:
            begin(run)
        finally:
            if run.machines:
                run.machines.close()
                run.machines = None


@contextmanager
def _interrupts_as_ever() -> Iterator[None]:
    """Ray Train's handler of SIGINT, which stays once a training has begun, exits with status 0 as if all were done."""
    try:
        yield
    except SystemExit as end:
        raise KeyboardInterrupt from end


@contextmanager
def _lease(run: Run, command: str, take_over: bool) -> Iterator[None]:
    """Hold the experiment, and leave in a line where `status` finds it how this job ended."""
    with ExitStack() as stack:
        with told_access(run.config, run.store.storage):
            run.holder = stack.enter_context(held(run.store.storage, command, take_over))
        try:
            yield
            run.holder.outcome = "done"
        except (KeyboardInterrupt, Exception) as error:
            run.holder.outcome = outcome_of(error)
            raise
