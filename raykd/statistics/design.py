"""What an experiment set out to show, fixed before its first score: what is compared, with how many seeds, in which
families.

A family holds the tests that answer one question. Which test is in which family decides how strictly it is corrected,
so a design is written down (`record`) before any score is seen, and `design_changes` tells what was changed
afterwards.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from raykd.statistics.holm import EXPLORATORY, PRIMARY, SECONDARY
from raykd.statistics.summary import METRICS, WEIGHTS

NAMES = ("task", "metric", "weights", "language", "encoder", "baseline")
PLANNED = (*NAMES, "family", "seeds", "distillations", "baseline_distillations", "baseline_fixed", "encoder_fixed")

CellKey = tuple[str, str, str, str]  # task, language, encoder, weights


@dataclass(frozen=True)
class Design:
    """The plan of an experiment.

    baselines        the encoders that others are compared with
    primary          the baseline of the primary claim, one of them
    cells            every planned cell (task, language, encoder, weights), the baselines' among them
    seeds            classifier seeds planned for each distillation in each cell
    distillations    encoder -> how many distillations of it are planned; 1 where it is not named
    fixed            encoders that are given: a published checkpoint has no spread between distillations, and a claim
                     against it is a claim against this one checkpoint
    smallest_effect  the smallest difference worth having, in the unit of the scores (.01 is a point); None if
                     undeclared

    Raises ValueError where the parts do not fit together.
    """

    baselines: tuple[str, ...]
    primary: str
    cells: tuple[CellKey, ...]
    seeds: int
    distillations: Mapping[str, int] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()
    smallest_effect: float | None = None

    def __post_init__(self) -> None:
        if self.primary not in self.baselines:
            raise ValueError(f"primary baseline {self.primary!r} is none of the baselines {list(self.baselines)}")
        if self.seeds < 1 or any(number < 1 for number in self.distillations.values()):
            raise ValueError("a design needs at least one seed and one distillation of each encoder")
        if self.smallest_effect is not None and not self.smallest_effect > 0:
            raise ValueError(f"smallest effect of interest: {self.smallest_effect} is not above 0")
        several = [name for name in self.fixed if self.distillations.get(name, 1) > 1]
        if several:
            raise ValueError(f"fixed encoders have no distillations of their own, but several are planned of {several}")

    @property
    def adapted(self) -> tuple[str, ...]:
        """The encoders that are compared with the baselines."""
        return tuple(dict.fromkeys(cell[2] for cell in self.cells if cell[2] not in self.baselines))

    def planned_distillations(self, encoder: str) -> int:
        return self.distillations.get(encoder, 1)

    def planned_tests(self) -> pd.DataFrame:
        """Every comparison of two planned cells: columns PLANNED, a row a test."""
        there = set(self.cells)
        rows = []
        for task in dict.fromkeys(cell[0] for cell in self.cells):
            own = [cell for cell in self.cells if cell[0] == task]
            languages, encoders = (dict.fromkeys(cell[place] for cell in own) for place in (1, 2))
            adapted = [name for name in encoders if name not in self.baselines]
            beside = [name for name in self.baselines if name in encoders]
            for metric, weights, language in ((m, w, x) for m in METRICS for w in WEIGHTS for x in languages):
                for encoder, baseline in ((e, b) for e in adapted for b in beside):
                    if {(task, language, name, weights) for name in (encoder, baseline)} <= there:
                        names = (task, metric, weights, language, encoder, baseline)
                        numbers = (self.planned_distillations(name) for name in (encoder, baseline))
                        given = (name in self.fixed for name in (baseline, encoder))
                        rows.append((*names, self.family(metric, baseline), self.seeds, *numbers, *given))
        return pd.DataFrame(rows, columns=list(PLANNED))

    def family(self, metric: str, baseline: str) -> str:
        """Primary: F1 against the primary baseline. Secondary: F1 against the others. Exploratory: other metrics."""
        if metric != "f1":
            return EXPLORATORY
        return PRIMARY if baseline == self.primary else SECONDARY

    def record(self) -> dict[str, Any]:
        """The design as plain lists, numbers and names, for a file."""
        return {
            "baselines": list(self.baselines),
            "primary": self.primary,
            "cells": [list(cell) for cell in self.cells],
            "seeds": self.seeds,
            "distillations": dict(self.distillations),
            "fixed": list(self.fixed),
            "smallest_effect": self.smallest_effect,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Design":
        """What `record` wrote; raises ValueError where a part is missing."""
        missing = [name for name in cls.__dataclass_fields__ if name not in record]
        if missing:
            raise ValueError(f"the record of the design lacks {missing}")
        return cls(
            baselines=tuple(record["baselines"]),
            primary=record["primary"],
            cells=tuple(_cell(cell) for cell in record["cells"]),
            seeds=int(record["seeds"]),
            distillations={str(name): int(number) for name, number in record["distillations"].items()},
            fixed=tuple(record["fixed"]),
            smallest_effect=record["smallest_effect"],
        )


class Change(NamedTuple):
    """One part of a design that was changed after it had been fixed."""

    what: str
    frozen: str
    now: str


def design_changes(frozen: Design, now: Design) -> list[Change]:
    """What `now` asks for otherwise than `frozen`; the order of baselines and of cells is no change."""
    changes = [
        Change(what, old, new)
        for what, old, new in (
            ("primary baseline", frozen.primary, now.primary),
            ("baselines", _names(frozen.baselines), _names(now.baselines)),
            ("classifier seeds", str(frozen.seeds), str(now.seeds)),
            ("fixed encoders", _names(frozen.fixed), _names(now.fixed)),
            ("smallest effect of interest", str(frozen.smallest_effect), str(now.smallest_effect)),
        )
        if old != new
    ]
    encoders = dict.fromkeys(cell[2] for cell in (*frozen.cells, *now.cells))
    for encoder in encoders:
        old, new = (design.planned_distillations(encoder) for design in (frozen, now))
        if old != new:
            changes.append(Change(f"distillations of {encoder}", str(old), str(new)))
    for cell in dict.fromkeys((*frozen.cells, *now.cells)):
        if (cell in frozen.cells) != (cell in now.cells):
            states = ("planned" if cell in design.cells else "not planned" for design in (frozen, now))
            changes.append(Change(", ".join(cell), *states))
    return changes


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _cell(names: Iterable[str]) -> CellKey:
    task, language, encoder, weights = names
    return task, language, encoder, weights
