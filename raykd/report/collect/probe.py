"""What jobs/probe.py has measured, read from storage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from raykd.planning.plan import Plan
from raykd.probe.job import HOMONYM_SHIFT, HOMONYMS, LATENCY

LATENCY_FACTS = ("processor", "cores", "reference")


def latency_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """An exported graph's row is of its encoder with the runtime behind its name, as it has no scores of its own."""
    job = plan.latency
    if not job or not plan.store.manifest(job.result):
        return
    facts = plan.store.facts(job.result)
    same = {key: facts[key] for key in LATENCY_FACTS} | {"busy": "; ".join(facts["busy"])}
    same |= job.spec.model_dump(include={"threads", "device", "precision"})
    for row in plan.store.storage.read_table(f"{job.result.directory}/{LATENCY}").to_pylist():
        name = row["encoder"] if row["runtime"] == "torch" else f"{row['encoder']} ({row['runtime']})"
        yield {**same, **row, "encoder": name}


def homonym_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    for name, job in plan.homonyms.items():
        if plan.store.manifest(job.result):
            for row in plan.store.storage.read_table(f"{job.result.directory}/{HOMONYMS}").to_pylist():
                yield {"encoder": name, **row}


def homonym_shift_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    job = plan.homonym_shift
    if job and plan.store.manifest(job.result):
        names = {"first_encoder": job.first.name, "second_encoder": job.second.name}
        for row in plan.store.storage.read_table(f"{job.result.directory}/{HOMONYM_SHIFT}").to_pylist():
            yield {**row, **names}
