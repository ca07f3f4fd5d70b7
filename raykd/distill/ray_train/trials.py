"""Pieces of work as Ray tasks: as many at a time as there is room for, tried again, their bad input told at the end."""

from __future__ import annotations

import re
import traceback
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import ray
from ray.exceptions import RayError

from raykd.errors import InputError, LimitReached
from raykd.wording import named_logs

LOOK_SECONDS = 1.0  # between two calls of `idle`

Item = TypeVar("Item")
Report = Callable[[int, str, dict[str, Any] | None], None]


def run_trials(
    work: Callable[[Item], dict[str, Any]],
    items: Sequence[Item],
    names: Sequence[str],
    options: Sequence[Mapping[str, Any]],
    failures: int,
    report: Report,
    concurrent: int | None = None,
    idle: Callable[[], None] = lambda: None,
    again: Callable[[int, RayError], None] = lambda index, error: None,
) -> None:
    """Run work(items[0]), work(items[1]), ... on a Ray that is already initialised, as many at a time as there is room.

    They begin in this order; a process gets `work` once, and the items that it runs. names: what each is called, in
    messages and by Ray; options: what each asks of Ray, as `ray.remote` takes it; failures: how often one is tried
    again, after the others, whose process or machine is lost or which raises; report: called with (index, name, what
    work returned, or None where it failed) as each ends; concurrent: at most so many at a time; idle: called about once
    a second while none ends; again: called with (index, what Ray tells) of one that will be tried again. Trials share
    processes, one after the other, but those on GPUs.
    After the others have finished, raises InputError where one had bad input, RuntimeError where one failed, and
    LimitReached where one was stopped.
    """

    def trial(name: str, item: Item) -> dict[str, Any]:
        # Bad input and a limit are answers and not exceptions, because another try would not mend them.
        try:
            with named_logs(name):
                return work(item)
        except InputError as error:
            return {"problem": str(error)}
        except LimitReached as error:
            return {"limit": str(error)}

    # Not Ray's own retries: without end where memory runs out, which would be waited for in silence. A process that has
    # used a GPU is bound to it and keeps some of its memory, and the next trial may be given another GPU.
    task = ray.remote(max_retries=0, max_calls=int(any(one.get("num_gpus") for one in options)))(trial)
    waiting, tries = deque(range(len(names))), Counter[int]()
    running: dict[ray.ObjectRef, int] = {}
    problems: list[str] = []
    limits: list[str] = []
    failed: list[tuple[str, str]] = []  # name, what Ray tells of it
    try:
        while waiting or running:
            while waiting and len(running) < (concurrent or len(names)):
                index = waiting.popleft()
                named = task.options(name=f"trial {names[index]}", **options[index])
                running[named.remote(names[index], items[index])] = index
            ended, _ = ray.wait([*running], timeout=LOOK_SECONDS)
            if not ended:
                idle()
                continue
            index = running.pop(ended[0])
            answer: dict[str, Any] | None = None
            try:
                answer = ray.get(ended[0])
            except RayError as error:
                tries[index] += 1
                if tries[index] <= failures:
                    waiting.append(index)
                    again(index, error)
                    continue
                failed.append((names[index], "".join(traceback.format_exception_only(error)).strip()))
            else:
                problems += [answer["problem"]] if "problem" in answer else []
                limits += [answer["limit"]] if "limit" in answer else []
            report(index, names[index], answer)
    finally:
        for left in running:  # of a driver that was interrupted
            with suppress(RayError):
                ray.cancel(left, force=True)
    _raise_first(problems, failed, limits, len(names))


def _raise_first(problems: Sequence[str], failed: Sequence[tuple[str, str]], limits: Sequence[str], of: int) -> None:
    if problems:
        raise InputError(problems[0])
    if failed:
        name, told = failed[0]
        error = RuntimeError(
            f"{len(failed)} of {of} failed; run again to try them once more. The first is {name}: {_last_error(told)}"
        )
        error.add_note(told)
        raise error
    if limits:
        raise LimitReached(limits[0])


def _last_error(told: str) -> str:
    """The line of the exception that a traceback ends with."""
    lines = told.splitlines()
    return next((line for line in reversed(lines) if re.match(r"[A-Za-z_][\w.]*: ", line)), lines[-1])
