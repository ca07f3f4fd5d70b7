"""The shapes of an experiment's encoders, whether they are there, planned, or on the hub."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

from raykd.config import Experiment
from raykd.distill.models.shape import Shape
from raykd.planning.checks.hub import hub_problem
from raykd.planning.plan import Plan


class Shapes:
    """Of the encoders of a plan, by name; each is looked up once."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self.of = plan, cache(self._of)

    def _of(self, name: str) -> Shape | None:
        """None where the hub does not tell."""
        plan = self._plan
        for planned in [*plan.encoders, *plan.sweep_encoders]:
            if planned.name == name and plan.store.manifest(planned.result):
                return _shape_of(plan.store.storage.read_json(f"{planned.result.directory}/config.json"))
        return planned_shape(plan.experiment, name)


def planned_shape(experiment: Experiment, name: str) -> Shape | None:
    """Of one that is still to be made, or comes ready; None where the hub does not tell."""
    encoder = experiment.all_encoders[name]
    if encoder.model:
        return _model_shape(encoder.model, encoder.revision)
    if encoder.pretrain:
        spec = encoder.pretrain
        return Shape(spec.layers, spec.width, spec.intermediate, spec.tokenizer.train.vocabulary)
    assert encoder.parent
    parent = planned_shape(experiment, encoder.parent)
    if parent and encoder.distill:
        layers, width = encoder.distill.layers, encoder.distill.width or parent.width
        count = layers if isinstance(layers, int) else len(layers)
        return Shape(count, width, parent.intermediate * width // parent.width, parent.vocabulary)
    return parent


@cache
def _model_shape(model: str, revision: str | None) -> Shape | None:
    is_local = Path(model).is_dir()
    if not is_local and hub_problem(model, revision):
        return None
    try:
        file = Path(model, "config.json") if is_local else hf_hub_download(model, "config.json", revision=revision)
        values = json.loads(Path(file).read_text(encoding="utf-8"))
        return _shape_of(values)
    except (HfHubHTTPError, OSError, ValueError, KeyError):  # the hub cannot be reached, or its config has other names
        return None


def _shape_of(values: dict[str, Any]) -> Shape:
    """values: of config.json. What it leaves out is transformers' default, which takes torch's seconds to import."""
    try:
        return Shape.of(values)
    except KeyError:
        from transformers import AutoConfig

        return Shape.of(AutoConfig.for_model(**values))
