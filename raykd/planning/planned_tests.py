"""What an experiment sets out to test, written down with its date before the first score is there.

Which test is in which family, the primary baseline, the cells and the seeds decide what a difference has to show, and
nobody should choose them after a look at the scores. So `evaluate` freezes them in planned-tests.json before it scores
the first cell; a later change is added as a revision, with its date and the cells that had scores by then, and the
report says what was changed. Scores count under whatever settings they were made: the directories of all results that
were ever planned are kept, since other settings put the same cell into another directory.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from raykd.artifacts import ResultStore
from raykd.config import Experiment
from raykd.evaluate.cell import Cell
from raykd.evaluate.cell_files import SEEDS
from raykd.statistics.design import Change, Design, design_changes

FILE = "planned-tests.json"


@dataclass(frozen=True)
class Revision:
    """A design, the date on which it was written down (UTC, ISO 8601), and how many of its cells had scores then."""

    date: str
    scored: int
    design: Design


@dataclass(frozen=True)
class PlannedTests:
    """revisions: in order of their dates, the first being what was planned at first; results: the directories of all
    cells that were ever planned, under all settings that they had."""

    revisions: tuple[Revision, ...]
    results: tuple[str, ...] = ()

    @property
    def before_scores(self) -> bool:
        """Whether the first revision was there before any score was."""
        return self.revisions[0].scored == 0

    @property
    def late_changes(self) -> tuple[tuple[Revision, tuple[Change, ...]], ...]:
        """The revisions that were made when scores were there, and what each changed."""
        pairs = zip(self.revisions, self.revisions[1:], strict=False)
        return tuple((new, tuple(design_changes(old.design, new.design))) for old, new in pairs if new.scored)

    def unwritten_changes(self, now: Design | None) -> tuple[Change, ...]:
        """What the configuration asks for now otherwise than was written down last; a report may be run on it."""
        return () if now is None else tuple(design_changes(self.revisions[-1].design, now))


def design_of(experiment: Experiment, cells: Iterable[Cell]) -> Design | None:
    """What the grid's cells are there to test; None without a baseline.

    The first of evaluate.baselines is the primary one. Fixed encoders are those that come ready, those that are trimmed
    from one, and teachers: every distillation beside them meets the same one.
    """
    evaluate = experiment.evaluate
    if evaluate is None or not evaluate.baselines:
        return None
    planned = list(cells)
    teachers = {encoder.distill.teacher for encoder in experiment.all_encoders.values() if encoder.distill}
    distillations = {cell.encoder: len(cell.encoders) for cell in planned}
    return Design(
        baselines=evaluate.baselines,
        primary=evaluate.baselines[0],
        cells=tuple(dict.fromkeys((cell.task, cell.language, cell.encoder, cell.weights) for cell in planned)),
        seeds=evaluate.seeds,
        distillations=distillations,
        fixed=tuple(
            name
            for name, number in distillations.items()
            if number == 1 and (name in teachers or _comes_ready(experiment, name))
        ),
        smallest_effect=None if evaluate.smallest_effect is None else evaluate.smallest_effect / 100,
    )


def freeze(store: ResultStore, experiment: Experiment, cells: Iterable[Cell]) -> None:
    """Write the design down, or add a revision where it is not the last one any more."""
    planned = list(cells)
    design = design_of(experiment, planned)
    if design is None:
        return
    before = read_planned_tests(store) or PlannedTests(())
    results = tuple(dict.fromkeys([*before.results, *(cell.result.directory for cell in planned)]))
    revisions = before.revisions
    if not revisions or design_changes(revisions[-1].design, design):
        # Scores that were seen and removed were seen.
        scored = max(_scored(store, results), revisions[-1].scored if revisions else 0)
        revisions = (*revisions, Revision(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), scored, design))
    if (revisions, results) != (before.revisions, before.results):
        records = [_record(revision) for revision in revisions]
        store.storage.write_json(FILE, {"revisions": records, "results": list(results)})


def read_planned_tests(store: ResultStore) -> PlannedTests | None:
    """What was written down; None where nothing was, as in experiments that were scored before it was asked for."""
    if not store.storage.exists(FILE):
        return None
    written = store.storage.read_json(FILE)
    revisions = (
        Revision(own["date"], own["scored"], Design.from_record(own["design"])) for own in written["revisions"]
    )
    # Files of before the directories were kept have none.
    return PlannedTests(tuple(revisions), tuple(written.get("results", ())))


def _scored(store: ResultStore, results: Iterable[str]) -> int:
    """How many cells have scores in one of these directories; a directory is named after its cell and its hash."""
    there = (one for one in results if any(store.storage.exists(f"{one}/{name}") for name in ("scores.parquet", SEEDS)))
    return len({directory.rpartition("-")[0] for directory in there})


def _record(revision: Revision) -> dict[str, Any]:
    return {"date": revision.date, "scored": revision.scored, "design": revision.design.record()}


def _comes_ready(experiment: Experiment, name: str) -> bool:
    encoder = experiment.all_encoders[name]
    return bool(encoder.model) or (encoder.trim is not None and _comes_ready(experiment, encoder.trim.encoder))
