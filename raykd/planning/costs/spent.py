"""What stages have cost, by their manifests, and what was written down before they began."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from raykd.artifacts import Storage
from raykd.config import Experiment
from raykd.planning.costs.estimate import STAGES, Share, share_of

FILE = "planned-costs.json"  # written by planned.py
PREPARED = {"tasks": "read", "texts": "read", "tokens": "tokens", "scores": "grid"}


def spent_hours(manifest: Mapping[str, Any]) -> float | None:
    """Of tasks, workers or trials, one after the other; None where it was not counted, as of results of older releases.

    Of a cell that gained seeds they are those of the run that completed it.
    """
    facts = manifest["facts"]
    if "worker_hours" in facts:
        return float(facts["worker_hours"])
    if "train_seconds" in facts:
        return trial_seconds(facts) / 3600
    seconds = manifest.get("task_seconds")
    return None if seconds is None else float(seconds) / 3600


def trial_seconds(facts: Mapping[str, Any]) -> float:
    """Of a cell, with all GPUs of a trial: those of a part of them are as many fewer. Older releases took all."""
    return float(facts["encode_seconds"] + facts["train_seconds"]) * float(facts.get("gpu_share", 1))


def stage_of(experiment: Experiment, name: str) -> str | None:
    """The stage that makes a result, by its name in the index (`Plan.results`); None for one that no plan counts."""
    kind, encoder, *_ = name.split("/")
    if kind != "encoders":
        return PREPARED.get(kind)
    if encoder in experiment.students:
        return "sweep"
    spec = experiment.encoders[encoder].training if encoder in experiment.encoders else None
    return type(spec).__name__.lower() if spec else None


@dataclass
class Spent:
    """Of a stage: how many results it has, and the hours of those whose hours were counted; planned: the hours and the
    money that were written down before it began, None where they were not known."""

    stage: str
    share: Share
    results: int = 0
    counted: int = 0
    hours: float = 0.0
    planned: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def money(self) -> float | None:
        """At the price that the config states now."""
        return self.share.money(self.hours)


def spent(storage: Storage, experiment: Experiment, made: Iterable[tuple[str, float | None]]) -> list[Spent]:
    """Of each stage whose hours were counted. made: of every result its name and its hours, None where it is not there
    or did not count them."""
    written = storage.read_json(FILE) if storage.exists(FILE) else {}
    found: dict[str, Spent] = {}
    for name, hours in made:
        if stage := stage_of(experiment, name):
            if stage not in found:
                found[stage] = Spent(stage, share_of(stage, experiment.resources), planned=written.get(stage, {}))
            own = found[stage]
            own.results += 1
            if hours is not None:
                own.counted, own.hours = own.counted + 1, own.hours + hours
    return sorted((one for one in found.values() if one.counted), key=lambda one: STAGES.index(one.stage))
