"""The tables of costs: what is planned, for `--dry-run`, and beside it what was spent, for `status`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from raykd.planning.costs.estimate import Estimate, Share
from raykd.planning.costs.spent import Spent

UNKNOWN = "?"
TEXT = ("read", "tokens")  # stages that go by bytes of text, not by operations


def plan_lines(found: Sequence[Estimate]) -> Iterator[str]:
    """A row a stage that has something left, their sum, and below them what is missing and what else is to be said."""
    if not found:
        return
    head = ("to do", "results", "text", "tokens", "operations", "CPU hours", "GPU hours", "storage", "money", "speed")
    rows = [head, *(_planned_row(one) for one in found)]
    if len(found) > 1:
        rows.append(_total_row(found))
    yield from table_lines(rows)
    for one in found:
        yield from (f"{one.stage}: {line}" for line in (*one.missing, *one.notes))


def _planned_row(one: Estimate) -> tuple[str, ...]:
    return (
        one.stage,
        f"{one.todo} of {one.results}" if one.todo < one.results else f"{one.todo}",
        _size(one.text) if one.stage in TEXT else "",
        _power(one.tokens) if one.stage != "read" else "",
        _power(one.operations) if one.stage not in TEXT else "",
        *_hours(one.share, one.hours),
        _size(one.kept),
        _money(one.share, one.hours),
        one.speed,
    )


def _total_row(found: Sequence[Estimate]) -> tuple[str, ...]:
    """Of what is known; a ? behind a sum of which a part is missing."""
    cpus, gpus = ([one for one in found if bool(one.share.gpus) is on_gpu] for on_gpu in (False, True))
    hours_of_cpus = [None if one.hours is None else one.share.cpu_hours(one.hours) for one in cpus]
    hours_of_gpus = [None if one.hours is None else one.share.gpu_hours(one.hours) for one in gpus]
    money = [one.money for one in found] if any(one.share.hour is not None for one in found) else []
    return (
        *("in all", "", "", "", ""),
        _sum(hours_of_cpus, _number),
        _sum(hours_of_gpus, _number),
        _sum([one.kept for one in found], _size),
        _sum(money, _number),
        "",
    )


def _sum(values: Sequence[float | None], shown: Callable[[float], str]) -> str:
    known = [value for value in values if value is not None]
    if len(known) == len(values):
        return shown(sum(known)) if known else ""
    return f"{shown(sum(known))} + {UNKNOWN}" if known else UNKNOWN


def spent_lines(found: Sequence[Spent]) -> Iterator[str]:
    """A row a stage that has spent something: as planned before it began, and as it was."""
    if not found:
        return
    head = ("spent", "results", "CPU hours", "planned", "GPU hours", "planned", "money", "planned")
    rows: list[tuple[str, ...]] = [head]
    for one in found:
        planned = one.planned.get("hours")
        cpu, gpu = _hours(one.share, one.hours)
        cpu_planned, gpu_planned = _hours(one.share, planned)
        money = one.planned.get("money")  # at the price of then
        unplanned = "" if one.share.hour is None else UNKNOWN
        shown = f"{one.counted} of {one.results}" if one.counted < one.results else f"{one.results}"
        rows.append(
            (
                *(one.stage, shown, cpu, cpu_planned, gpu, gpu_planned),
                _money(one.share, one.hours),
                unplanned if money is None else _number(money),
            )
        )
    yield from table_lines(rows)


def table_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The first column to the left, the others to the right; columns that have nothing but a head are left out."""
    columns = [column for column in zip(*rows, strict=True) if any(column[1:])]
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        first, *others = (
            f"{cell:{width}}" if place == 0 else f"{cell:>{width}}"
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join([first, *others]).rstrip()


def _hours(share: Share, hours: float | None) -> tuple[str, str]:
    """(of CPUs, of GPUs): one of them is empty."""
    if share.gpus:
        return "", UNKNOWN if hours is None else _number(share.gpu_hours(hours))
    return UNKNOWN if hours is None else _number(share.cpu_hours(hours)), ""


def _money(share: Share, hours: float | None) -> str:
    """Nothing where there is no price."""
    if share.hour is None:
        return ""
    return UNKNOWN if hours is None else _number(hours * share.hour)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _power(value: float | None) -> str:
    """2.3e9: counts of things that go to thousands of millions of millions."""
    return UNKNOWN if value is None else f"{value:.2e}".replace("e+0", "e").replace("e+", "e")


def _size(value: float | None) -> str:
    if value is None:
        return UNKNOWN
    for unit, factor in (("TB", 1e12), ("GB", 1e9)):
        if value >= factor:
            return f"{value / factor:.3g} {unit}" if value < 1000 * factor else f"{value / factor:,.0f} {unit}"
    return f"{value / 1e6:.3g} MB"
