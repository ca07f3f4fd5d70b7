"""What is left of making encoders: tokens and operations of each training, at the speed of those that are done."""

from __future__ import annotations

from collections.abc import Sequence

from raykd.config import Distill, Loss
from raykd.distill.train.flops import training_flops
from raykd.planning.costs.estimate import Estimate, share_of
from raykd.planning.costs.preparing import Texts
from raykd.planning.costs.shapes import Shapes
from raykd.planning.encoders import PlannedEncoder
from raykd.planning.plan import Plan

WEIGHT_BYTES = 4


def trainings(plan: Plan, texts: Texts, shapes: Shapes) -> list[Estimate | None]:
    """Of pretraining, continued training, distillation and the sweep; None of one whose encoders are all there.

    Left out are validation and the start of workers, and of an encoder that gets a new vocabulary head that its own
    weights rest at first.
    """
    stages: dict[str, list[PlannedEncoder]] = {}
    for planned in plan.encoders:
        if isinstance(planned, PlannedEncoder):
            stages.setdefault(_kind(planned), []).append(planned)
    if plan.sweep_encoders:
        stages["sweep"] = list(plan.sweep_encoders)
    trained = [planned for of_stage in stages.values() for planned in of_stage]
    costs = _Trainings(plan, texts, shapes, trained)
    return [costs.estimate(stage, of_stage) for stage, of_stage in stages.items()]


def _kind(planned: PlannedEncoder) -> str:
    return type(planned.spec).__name__.lower()


class _Trainings:
    def __init__(self, plan: Plan, texts: Texts, shapes: Shapes, trained: Sequence[PlannedEncoder]) -> None:
        """trained: all encoders of the plan that are trained here."""
        self.plan, self.texts, self.shapes = plan, texts, shapes
        manifests = ((planned, plan.store.manifest(planned.result)) for planned in trained)
        self.done = {planned.result.directory: manifest for planned, manifest in manifests if manifest}
        self.finished = [planned for planned in trained if planned.result.directory in self.done]

    def estimate(self, stage: str, encoders: Sequence[PlannedEncoder]) -> Estimate | None:
        todo = [planned for planned in encoders if planned.result.directory not in self.done]
        if not todo:
            return None
        share = share_of(stage, self.plan.experiment.resources)
        tokens, missing = self._tokens(todo), list[str]()
        costs = [self._flops(planned) for planned in todo]
        if None in tokens:
            missing.append(self._why_no_tokens(todo[tokens.index(None)]))
        if None in costs:
            first = todo[costs.index(None)]
            missing.append(f"the shape of {first.name} is not known before it, or what it is made from, is there")
        operations = _sum_of_products(tokens, costs)
        rate, speed = self._rate(_kind(todo[0]))
        if rate is None:
            missing.append(
                "no time without resources.train.operations_per_second, or a finished training to measure it by"
            )
        found = [shape for planned in todo if (shape := self.shapes.of(planned.name))]
        notes = ("at most: it stops where the curve is flat",) if stage == "sweep" and self._may_stop else ()
        return Estimate(
            stage,
            len(todo),
            len(encoders),
            share,
            tokens=_sum_of_products(tokens, [1.0] * len(tokens)),
            operations=operations,
            hours=operations / rate / 3600 if operations and rate else None,
            kept=WEIGHT_BYTES * sum(shape.parameters for shape in found) if len(found) == len(todo) else None,
            speed=speed,
            missing=tuple(missing),
            notes=notes,
        )

    @property
    def _may_stop(self) -> bool:
        sweep = self.plan.experiment.sweep
        return sweep is not None and sweep.stop_when_flat

    def _tokens(self, encoders: Sequence[PlannedEncoder]) -> list[float | None]:
        """Of each over its whole training."""
        found: list[float | None] = []
        for planned in encoders:
            spec = planned.spec
            if spec.steps:
                found.append(spec.steps * spec.step_sequences * self.texts.sequence(planned))
            else:
                once = self.texts.tokens(planned)
                found.append(None if once is None else spec.epochs * once)
        return found

    def _why_no_tokens(self, planned: PlannedEncoder) -> str:
        if self.texts.bytes(planned) is None:
            return f"the size of corpora.{planned.spec.corpus}, of which all is taken, is not known before it is there"
        return "no number of tokens without resources.prepare.bytes_per_token, or finished tokens to count"

    def _flops(self, planned: PlannedEncoder) -> float | None:
        """A token. Each is taken to attend to a longest sequence, at most 4 % too much for the recipe's models."""
        spec, student = planned.spec, self.shapes.of(planned.name)
        distils = isinstance(spec, Distill)
        teacher = self.shapes.of(planned.parent.name) if distils and planned.parent else None
        if student is None or (distils and teacher is None):
            return None
        loss = spec.loss if isinstance(spec, Distill) else Loss()
        return training_flops(
            student, teacher, loss, spec.max_length, spec.masking.rate, has_head=not distils or loss.needs_head
        )

    def _rate(self, kind: str) -> tuple[float | None, str]:
        """Operations a second of one worker: of the finished trainings of this kind, else as stated."""
        operations = seconds = 0.0
        for planned in self.finished:
            facts, cost = self.done[planned.result.directory]["facts"], self._flops(planned)
            # Trained before hours were kept, or so little that they round to none.
            if _kind(planned) == kind and cost and facts.get("hours") and facts.get("worker_hours"):
                workers = facts["worker_hours"] / facts["hours"]
                operations += facts["tokens"] * cost
                seconds += facts["tokens"] / facts["tokens_per_second"] * workers
        if seconds:
            return operations / seconds, "measured"
        stated = self.plan.experiment.resources.train.operations_per_second
        return stated, "stated" if stated else ""


def _sum_of_products(left: Sequence[float | None], right: Sequence[float | None]) -> float | None:
    """None where one of them is."""
    total = 0.0
    for one, other in zip(left, right, strict=True):
        if one is None or other is None:
            return None
        total += one * other
    return total
