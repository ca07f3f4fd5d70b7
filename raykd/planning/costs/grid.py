"""What is left of the grid: from shapes, sizes, and what its finished cells took."""

from __future__ import annotations

from functools import cache
from typing import Any

from raykd.config import SPLITS
from raykd.evaluate.cell import Cell, missing_cells, sharing_states
from raykd.evaluate.cell_files import missing_seeds
from raykd.evaluate.cell_flops import Cost, Texts, cell_cost
from raykd.planning.costs.estimate import Estimate, share_of
from raykd.planning.costs.shapes import Shapes
from raykd.planning.costs.spent import trial_seconds
from raykd.planning.plan import Plan


def grid(plan: Plan, shapes: Shapes) -> Estimate | None:
    """Of the cells of the grid and the sweep; None where all are there."""
    cells = list({cell.result.directory: cell for cell in plan.all_cells}.values())
    todo = missing_cells(plan.store, cells)
    return _Grid(plan, shapes, cells).estimate(todo) if todo else None


class _Grid:
    def __init__(self, plan: Plan, shapes: Shapes, cells: list[Cell]) -> None:
        """cells: of the whole grid."""
        self.plan, self.settings, self.cells = plan, plan.experiment.resources.grid, cells
        self.shape, self.rows = shapes.of, cache(self._rows)
        self.finished: list[tuple[Cell, dict[str, Any]]] = []
        for cell in cells:
            manifest = plan.store.manifest(cell.result)
            if manifest and manifest["facts"]["computed_seeds"]:
                self.finished.append((cell, manifest["facts"]))

    def estimate(self, todo: list[Cell]) -> Estimate:
        known, missing = [cell for cell in todo if self.is_known(cell)], list[str]()
        share = share_of("grid", self.plan.experiment.resources)
        if unknown := [cell for cell in todo if not self.is_known(cell)]:
            why = "the shape of the encoder or the size of the task is not known before it is there"
            missing.append(f"{len(unknown)} cells cannot be estimated, the first is {unknown[0].result.name}: {why}")
        if not known:
            return Estimate("grid", len(todo), len(self.cells), share, missing=tuple(missing))
        first = {group[0].result.directory for group in sharing_states(known)}
        costs = [
            self.cost(cell, len(missing_seeds(self.plan.store, cell)), cell.result.directory in first) for cell in known
        ]
        means = sorted({round(self.mean_tokens(cell)) for cell in known})
        tokens = f"{means[0]}" if len(means) == 1 else f"{means[0]} to {means[-1]}"
        note = (
            f"{sum(cost.classifiers for cost in costs):,} classifiers in {len(known)} cells at {tokens} tokens a text; "
            f"scratch up to {max(cost.scratch for cost in costs) / 1e9:.2f} GB a trial"
        )
        hours, speed = self.hours(known, costs)
        if hours is None:
            missing.append("no time without resources.grid.operations_per_second, or a finished cell to measure it by")
        return Estimate(
            "grid",
            len(todo),
            len(self.cells),
            share,
            tokens=sum(cost.tokens for cost in costs),
            operations=sum(cost.flops for cost in costs),
            hours=hours,
            kept=sum(cost.kept for cost in costs),
            speed=speed,
            missing=tuple(missing),
            notes=(note,),
        )

    def hours(self, cells: list[Cell], costs: list[Cost]) -> tuple[float | None, str]:
        """Of one trial, and whence the speed is known; None where it is not."""
        seconds, speeds = 0.0, set()
        for cell, cost in zip(cells, costs, strict=True):
            rate, speed = self.rate(cell.weights)
            if not rate:
                return None, ""
            seconds += cost.flops / rate
            speeds.add(speed)
        return seconds / 3600, " and ".join(sorted(speeds))

    def rate(self, weights: str) -> tuple[float | None, str]:
        """Operations a second: of the finished cells of these weights, else as stated."""
        done = [(cell, facts) for cell, facts in self.finished if cell.weights == weights and self.is_known(cell)]
        seconds = sum(trial_seconds(facts) for _, facts in done)
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
