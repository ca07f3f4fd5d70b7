"""How large each encoder is: from manifests of those made here, from the weights of saved ones where they lie here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any

from huggingface_hub import try_to_load_from_cache
from safetensors import safe_open

from raykd.errors import in_one_line
from raykd.planning.encoders import DROPPED, WEIGHTS, Planned
from raykd.planning.plan import Plan

CONFIG = "config.json"
HEADS = ("cls.", "vocab_")  # the vocabulary head of BERT and of DistilBERT, which a classifier does not use


def size_rows(plan: Plan, made: Sequence[Planned]) -> Iterator[dict[str, Any]]:
    """Saved models first, then those of `made`, which are complete; of several seeds the first.

    A model of the hub that has never been loaded on this machine has no row: nothing is known of it here.
    """
    for name, encoder in plan.experiment.encoders.items():
        if encoder.model and (directory := _saved(encoder.model, encoder.revision)):
            weights = directory / WEIGHTS
            with in_one_line(f"{directory}: its config or weights cannot be read"):
                shape = json.loads((directory / CONFIG).read_text())
                found = _row(name, _parameters(weights), shape, weights.stat().st_size)
            yield found
    first: dict[str, Planned] = {}
    for planned in made:
        first.setdefault(planned.name, planned)
    for name, planned in first.items():
        here = planned.result.directory
        shape = plan.store.storage.read_json(f"{here}/{CONFIG}")
        facts = plan.store.facts(planned.result)
        size = facts.get(DROPPED) or plan.store.storage.size(f"{here}/{WEIGHTS}")
        yield _row(name, facts["parameters"], shape, size)


def _saved(model: str, revision: str | None) -> Path | None:
    """The directory of a saved model that has safetensors, or its place in the hub's cache."""
    if Path(model).is_dir():
        return Path(model) if Path(model, WEIGHTS).is_file() else None
    found = [try_to_load_from_cache(model, name, revision=revision) for name in (WEIGHTS, CONFIG)]
    return Path(found[0]).parent if all(isinstance(path, str) for path in found) else None  # type: ignore[arg-type]


def _parameters(weights: Path) -> int:
    with safe_open(weights, "numpy") as file:
        names = [name for name in file.keys() if not name.startswith(HEADS)]  # noqa: SIM118 (it is no mapping)
        return sum(prod(file.get_slice(name).get_shape()) for name in names)


def _row(name: str, parameters: int, shape: dict[str, Any], size: int) -> dict[str, Any]:
    return {
        "encoder": name,
        "parameters": parameters,
        "layers": shape.get("n_layers") or shape.get("num_hidden_layers"),
        "width": shape.get("dim") or shape.get("hidden_size"),
        "vocabulary": shape["vocab_size"],
        "bytes": size,
    }
