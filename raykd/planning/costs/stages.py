"""The costs of all stages of an experiment, in the order in which they run."""

from __future__ import annotations

from collections.abc import Collection

from raykd.planning.costs.estimate import STAGES, Estimate
from raykd.planning.costs.grid import grid
from raykd.planning.costs.preparing import Texts, reading, tokenising
from raykd.planning.costs.shapes import Shapes
from raykd.planning.costs.training import trainings
from raykd.planning.plan import Plan


def estimates(plan: Plan, without: Collection[str] = ()) -> list[Estimate]:
    """What is left of each stage that has something left; without: stages that are not asked for.

    In no stage are trimming, probes, exports and the report, and what starting Ray and loading models takes.
    """
    texts, shapes = Texts(plan), Shapes(plan)
    found = trainings(plan, texts, shapes)
    if "read" not in without:
        found.append(reading(plan))
    if "tokens" not in without:
        found.append(tokenising(plan, texts))
    if "grid" not in without:
        found.append(grid(plan, shapes))
    asked = [one for one in found if one and one.stage not in without]
    return sorted(asked, key=lambda one: STAGES.index(one.stage))
