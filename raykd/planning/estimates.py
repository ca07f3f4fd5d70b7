"""What the grid would cost, for --dry-run: from shapes, sizes, and what its finished cells took."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError

from raykd.config import SPLITS, Experiment
from raykd.distill.models.shape import Shape
from raykd.evaluate.cell import Cell, is_complete, missing_seeds, sharing_states
from raykd.evaluate.cell_flops import Cost, Texts, cell_cost
from raykd.planning.plan import Plan


def estimate(plan: Plan) -> Iterator[str]:
    """Lines: what is left of the grid, in operations, disk, hours of one trial, and money where an hour has a price."""
    cells = list({cell.result.directory: cell for cell in plan.all_cells}.values())
    todo = [cell for cell in cells if not is_complete(plan.store, cell)]
    if todo:
        yield from _Estimate(plan, cells).lines(todo)


class _Estimate:
    def __init__(self, plan: Plan, cells: list[Cell]) -> None:
        """cells: of the whole grid."""
        self.plan, self.settings = plan, plan.experiment.resources.grid
        self.shape, self.rows = cache(self._shape), cache(self._rows)
        self.finished: list[tuple[Cell, dict[str, Any]]] = []
        for cell in cells:
            manifest = plan.store.manifest(cell.result)
            if manifest and manifest["facts"]["computed_seeds"]:
                self.finished.append((cell, manifest["facts"]))

    def lines(self, todo: list[Cell]) -> Iterator[str]:
        known = [cell for cell in todo if self.is_known(cell)]
        if unknown := [cell for cell in todo if not self.is_known(cell)]:
            why = "the shape of the encoder or the size of the task is not known before it is there"
            yield f"grid: {len(unknown)} cells cannot be estimated, the first is {unknown[0].result.name}: {why}"
        if not known:
            return
        first = {group[0].result.directory for group in sharing_states(known)}
        costs = [
            self.cost(cell, len(missing_seeds(self.plan.store, cell)), cell.result.directory in first) for cell in known
        ]
        means = sorted({round(self.mean_tokens(cell)) for cell in known})
        tokens = f"{means[0]}" if len(means) == 1 else f"{means[0]} to {means[-1]}"
        yield (
            f"grid: {sum(cost.classifiers for cost in costs):,} classifiers in {len(known)} cells, "
            f"{sum(cost.flops for cost in costs):.3g} operations at {tokens} tokens a text; scratch up to "
            f"{max(cost.scratch for cost in costs) / 1e9:.2f} GB a trial, "
            f"{sum(cost.kept for cost in costs) / 1e9:.2f} GB kept"
        )
        yield self.time(known, costs)

    def time(self, cells: list[Cell], costs: list[Cost]) -> str:
        seconds, sources = 0.0, set()
        for cell, cost in zip(cells, costs, strict=True):
            rate, source = self.rate(cell.weights)
            if not rate:
                return "grid: no time without resources.grid.operations_per_second, or a finished cell to measure it by"
            seconds += cost.flops / rate
            sources.add(source)
        hours = seconds / 3600
        money = f", {hours * self.settings.hour:,.2f} in money" if self.settings.hour else ""
        return f"grid: {hours:,.1f} hours of one trial at the speed {' and '.join(sorted(sources))}{money}"

    def rate(self, weights: str) -> tuple[float | None, str]:
        """Operations a second: of the finished cells of these weights, else as stated."""
        done = [(cell, facts) for cell, facts in self.finished if cell.weights == weights and self.is_known(cell)]
        seconds = sum(facts["encode_seconds"] + facts["train_seconds"] for _, facts in done)
        if seconds:
            costs = (self.cost(cell, facts["computed_seeds"], facts["encode_seconds"] > 0) for cell, facts in done)
            return sum(cost.flops for cost in costs) / seconds, "measured"
        return self.settings.operations_per_second, "stated"

    def is_known(self, cell: Cell) -> bool:
        return self.shape(cell.encoder) is not None and self.rows(cell.task, cell.language) is not None

    def cost(self, cell: Cell, seeds: int, encodes: bool) -> Cost:
        shape, rows = self.shape(cell.encoder), self.rows(cell.task, cell.language)
        assert shape and rows
        return cell_cost(cell, shape, Texts(rows, self.mean_tokens(cell)), seeds, encodes)

    def mean_tokens(self, cell: Cell) -> float:
        """As in a finished cell of the task and language, else as stated, else the most that a text can have."""
        for other, facts in self.finished:
            if (other.task, other.language) == (cell.task, cell.language):
                return float(facts["mean_tokens"])
        return float(self.settings.tokens_per_text or cell.max_length)

    def _rows(self, task: str, language: str) -> dict[str, int] | None:
        """Of each split: as prepared, else as asked for; None where that is a share of what is not counted yet."""
        manifest = self.plan.store.manifest(self.plan.tasks[task])
        if manifest:
            counts = dict.fromkeys(SPLITS, 0)
            for row in manifest["facts"]["rows"]:
                if row["language"] == language:
                    counts[row["split"]] += row["rows"]
            return counts
        sizes = self.plan.experiment.tasks[task].sizes
        own = sizes.of(language) if sizes else None
        return None if own is None or own.are_shares else {split: int(getattr(own, split)) for split in SPLITS}

    def _shape(self, name: str) -> Shape | None:
        """Of an encoder that is there or planned; None where the hub does not tell."""
        plan = self.plan
        for planned in [*plan.encoders, *plan.sweep_encoders]:
            if planned.name == name and plan.store.manifest(planned.result):
                return _shape_of(plan.store.storage.read_json(f"{planned.result.directory}/config.json"))
        return _planned_shape(plan.experiment, name)


def _planned_shape(experiment: Experiment, name: str) -> Shape | None:
    encoder = experiment.all_encoders[name]
    if encoder.model:
        return _model_shape(encoder.model, encoder.revision)
    if encoder.pretrain:
        spec = encoder.pretrain
        return Shape(spec.layers, spec.width, spec.intermediate, spec.tokenizer.train.vocabulary)
    assert encoder.parent
    parent = _planned_shape(experiment, encoder.parent)
    if parent and encoder.distill:
        layers, width = encoder.distill.layers, encoder.distill.width or parent.width
        count = layers if isinstance(layers, int) else len(layers)
        return Shape(count, width, parent.intermediate * width // parent.width, parent.vocabulary)
    return parent


@cache  # a hub that is away is asked for half a minute
def _model_shape(model: str, revision: str | None) -> Shape | None:
    try:
        is_local = Path(model).is_dir()
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
