"""What jobs/probe.py has measured, read from storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raykd.plan import Plan
from raykd.probe.run import HOMONYMS, LATENCY

LATENCY_FACTS = ("word_embeddings", "processor", "cores", "load")


def latency_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    for name, job in plan.probes.items():
        if job.latency and plan.store.manifest(job.result):
            facts = plan.store.facts(job.result)
            same = {key: facts[key] for key in LATENCY_FACTS}
            same |= job.latency.model_dump(include={"threads", "device", "precision"})
            for row in plan.store.storage.read_table(f"{job.result.directory}/{LATENCY}").to_pylist():
                yield {"encoder": name, **same, **row}


def homonym_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    for name, job in plan.probes.items():
        if job.homonyms and plan.store.manifest(job.result):
            for row in plan.store.storage.read_table(f"{job.result.directory}/{HOMONYMS}").to_pylist():
                yield {"encoder": name, **row}
