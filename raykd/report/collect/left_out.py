"""What stages counted and left out, from their manifests: whatever a stage counts is shown, under its own name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from raykd.planning.plan import Plan

# Facts of tasks and of texts that count what is there, or that other tables show.
TASK_FACTS = {"read", "rejected", "rows", "labels", "groups", "halved", "kept", "carved"}
TEXT_FACTS = {"languages", "rejected_listed"}
KEPT = {"read", "train", "validation", "test"}  # of the counts of a task's rows
SOURCE_FACTS = {"read", "documents", "bytes", "dropped"}


def left_out_rows(plan: Plan) -> Iterator[dict[str, Any]]:
    """A row for each number above 0: where (a task or corpus), fact, what (its keys) and number."""
    for task, result in plan.tasks.items():
        if plan.store.manifest(result):
            yield from counts(f"task {task}", plan.store.facts(result), TASK_FACTS)
    for corpus, result in plan.texts.items():
        if plan.store.manifest(result):
            facts = plan.store.facts(result)
            yield from counts(f"corpus {corpus}", facts, TEXT_FACTS)
            for language, own in facts["languages"].items():
                for source, of_source in own["sources"].items():
                    yield from counts(f"corpus {corpus}, {language}, {source}", of_source, SOURCE_FACTS)


def counts(where: str, facts: Mapping[str, Any], known: set[str]) -> Iterator[dict[str, Any]]:
    """The numbers in `facts`, however deep they lie, without those under the names of `known`."""
    for fact, value in facts.items():
        if fact not in known:
            for keys, number in _numbers(value):
                if fact != "counts" or keys[-1] not in KEPT:
                    yield {"where": where, "fact": fact, "what": ", ".join(keys), "number": number}


def _numbers(value: Any, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _numbers(inner, (*keys, str(key)))
    elif isinstance(value, list):
        # One row a value: what names it, and how many rows had it.
        for own in value:
            if isinstance(own, Mapping) and isinstance(own.get("rows"), int):
                yield (*keys, *(str(name) for key, name in own.items() if key != "rows")), own["rows"]
    elif isinstance(value, int) and not isinstance(value, bool) and value > 0:
        yield keys, value
