"""What stages are to cost, written down in planned-costs.json before they begin.

From then on a stage's plan stays: what its machines did cannot change what was expected of them.
"""

from __future__ import annotations

import time
from typing import Any

from raykd.planning.costs.spent import FILE, stage_of
from raykd.planning.costs.stages import estimates
from raykd.planning.plan import Plan


def write_plan(plan: Plan) -> None:
    """Write down what the stages are to cost that have not begun; of the others it stays as it was written."""
    storage = plan.store.storage
    before: dict[str, Any] = storage.read_json(FILE) if storage.exists(FILE) else {}
    now = dict(before)
    for one in estimates(plan, _begun(plan)):
        written = {name: value for name, value in before.get(one.stage, {}).items() if name != "date"}
        numbers = {"results": one.results, "hours": one.hours, "money": one.money, "speed": one.speed}
        if numbers != written:
            now[one.stage] = {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **numbers}
    if now != before:
        storage.write_json(FILE, now)


def _begun(plan: Plan) -> set[str]:
    """The stages of whose results a directory is there, by one listing of each kind."""
    there, begun = dict[str, set[str]](), set[str]()
    for name, result in plan.results().items():
        stage = stage_of(plan.experiment, name)
        if stage is None or stage in begun:
            continue
        if result.kind not in there:
            there[result.kind] = set(plan.store.storage.list(result.kind))
        if result.directory.partition("/")[2] in there[result.kind]:
            begun.add(stage)
    return begun
