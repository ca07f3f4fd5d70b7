"""An experiment in a notebook: where it stands, its stages, its scores, and its encoders and classifiers as objects."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from raykd import config
from raykd.api.classifier import Classifier
from raykd.api.encoder import Encoder
from raykd.artifacts.lease import last_lease
from raykd.artifacts.permissions import private_files
from raykd.errors import InputError
from raykd.evaluate.cell import is_complete
from raykd.jobs.command_line import VERBS
from raykd.jobs.local_ray import set_environment
from raykd.jobs.overview import overview
from raykd.jobs.run import Run, open_run
from raykd.jobs.status import current_results
from raykd.jobs.work import work
from raykd.planning.planned_tests import design_of
from raykd.report.collect.experiment import score_rows, unique_cells
from raykd.statistics.claims import Claim, claims
from raykd.statistics.summary import RUN, cell_summary, headline_scores

STAGES = tuple(name for name, verb in VERBS.items() if verb.on_experiment and name not in ("status", "clean"))
WITHOUT_RAY = ("sample", "fetch", "report")
SCORES = [*RUN, "metric", "value"]


def load(path: str | Path, overrides: Iterable[str] = ()) -> Experiment:
    """The experiment in a YAML file, with `key.path=value` overrides.

    It also tells Ray and the libraries in its workers, by environment variables that are not set yet, what a job tells
    them: call it before `ray.init`. Raises InputError for a config that cannot run, and a storage that cannot be
    reached.
    """
    if isinstance(overrides, str):  # whose characters would be taken one by one
        raise InputError(f"overrides are a list of strings: [{overrides!r}], not {overrides!r}")
    set_environment()
    return Experiment(str(path), tuple(overrides))


class Experiment:
    """An experiment and what of it is on storage now; nothing is kept in memory."""

    def __init__(self, path: str, overrides: tuple[str, ...] = ()) -> None:
        self.path, self.overrides = path, overrides
        self.config: config.Experiment = self._open().experiment

    def __repr__(self) -> str:
        return f"Experiment({self.path!r}, {self.config.name!r} in {self.config.storage!r})"

    def status(self) -> pd.DataFrame:
        """A row a result: columns name, directory, state (done, running, failed, unfinished, damaged, missing), size in
        bytes, seconds, finished (UTC) and detail."""
        run = self._open()
        results, seeds = current_results(run)
        found = overview(run.store.storage, results, seeds, last_lease(run.store.storage)[1])
        columns = ["name", "directory", "state", "size", "seconds", "finished", "detail"]
        return pd.DataFrame([one.model_dump() for one in found], columns=columns)

    def run(self, stage: str) -> None:
        """Run a stage (one of STAGES; `pipeline` is all of them) as its job does: what is there is not made again.

        It runs on the Ray that the caller has started. Raises InputError where none is, for bad input and for an
        experiment that another driver is at work on.
        """
        if stage not in STAGES:
            raise InputError(f"no stage is called {stage!r}; there are: {', '.join(STAGES)}")
        if stage not in WITHOUT_RAY and not _ray_is_started():
            raise InputError(
                f"{stage} runs on Ray, and none is started: call ray.init() before, or run it with one of its own: "
                f"raykd {stage} {self.path}"
            )
        verb = VERBS[stage]
        with private_files():
            run = open_run(self.path, self.overrides, verb.computes, verb.stages)
            work(run, stage, f"{stage} {self.path} (Python)", False if verb.exclusive else None)

    def scores(self) -> pd.DataFrame:
        """One value a cell, seed and metric, 0 to 1, as `raykd.compare` takes them: columns task, language, encoder,
        weights, encoder_seed, seed, metric, value. Of a multi-label task macro averages, of a binary one the positive
        label's. Without rows while nothing is scored."""
        plan = self._open().plan
        rows = [row for cell in unique_cells([*plan.cells, *plan.sweep_cells]) for row in score_rows(plan, cell)]
        if not rows:
            return pd.DataFrame(columns=SCORES)
        positive = {name: task.positive for name, task in self.config.tasks.items() if task.positive}
        return headline_scores(pd.DataFrame(rows), positive)[SCORES]

    def results(self) -> pd.DataFrame:
        """`scores` by cell and metric: columns task, language, encoder, weights, metric, mean, standard_deviation, n
        (pairs of encoder seed and seed)."""
        return cell_summary(self.scores())

    def claims(self) -> list[Claim]:
        """Each encoder against each baseline, as planned: over seeds or distillations (the report's intervals cover the
        test texts too). Empty without a baseline."""
        design = design_of(self.config, self._open().plan.cells)
        return claims(self.scores(), design) if design else []

    def encoder(self, name: str, seed: int | None = None, device: str = "cpu") -> Encoder:
        """An encoder of the experiment; texts are cleaned and masked as its own are. seed: of its training, the
        first by default.

        Raises InputError where it is not made yet.
        """
        run = self._open()
        if name not in self.config.all_encoders:
            raise InputError(f"no encoder is called {name!r}; there are: {', '.join(self.config.all_encoders)}")
        there = run.plan.saved(name)
        saved = next((one for one in there if seed in (None, one.seed)), None)
        if saved is None:
            raise InputError(f"{name} has no seed {seed}; there are: {', '.join(str(one.seed) for one in there)}")
        if saved.stored and not run.store.storage.exists(f"{saved.location}/manifest.json"):
            raise InputError(f"{saved.location} is not there yet; first run: {run.command('distill')}")
        with saved.local(run.store.storage) as location:
            return Encoder.load(location, revision=saved.revision, device=device, cleaning=self.config.cleaning)

    def classifier(self, encoder: str, device: str = "cpu") -> Classifier:
        """A frozen encoder of the experiment with the heads of all tasks that it is scored on, each of the seed that is
        best on validation. Texts are cleaned and masked as the experiment's are.

        Raises InputError where the encoder is scored on nothing, or not completely yet.
        """
        run = self._open()
        cells = [cell for cell in run.plan.cells if (cell.encoder, cell.weights) == (encoder, "frozen")]
        if not cells:
            names = dict.fromkeys(cell.encoder for cell in run.plan.cells if cell.weights == "frozen")
            raise InputError(f"no frozen encoder {encoder!r} is scored; there are: {', '.join(names) or 'none'}")
        for cell in cells:
            if not is_complete(run.store, cell):
                raise InputError(f"{cell.result.directory} is not complete; first run: {run.command('evaluate')}")
        return Classifier.of_cells(run.store, cells, self.config.cleaning, device)

    def _open(self) -> Run:
        """As it is on storage now."""
        return open_run(self.path, self.overrides, computes=False)


def _ray_is_started() -> bool:
    """Without importing it: who has started one has imported it."""
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())
