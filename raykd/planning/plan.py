"""What follows from an experiment: every result, what each is made from, and so what each is called.

    sources -> tasks -> texts -> tokenizers -> tokens -> encoders -> scores -> report
                                                                  -> probe, exports

A trimmed tokenizer is made from tokens, and tokens from it again.

Nothing is computed here but hashes: a plan says what would be made, stages make it. What decides a result is listed in
one place, below; workers, micro-batches, resources and paths are not among it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from raykd.artifacts import Result, ResultStore, SavedEncoder, file_identity, settings_hash
from raykd.config import Adapt, Budget, Cleaning, Distill, Encoder, Experiment, Latency, Loss, Pretrain, Trim
from raykd.config.corpora import DEFAULT_OVERLAP
from raykd.corpus.privacy.names import pipeline_identity
from raykd.evaluate.cell import Cell
from raykd.export.job import ExportJob
from raykd.planning import versions
from raykd.planning.checks.experiment import (
    exported_tasks,
    general_control,
    latency_reference,
    probed_encoders,
    task_encoders,
    task_languages,
)
from raykd.planning.encoders import PlannedEncoder, PlannedTrim
from raykd.planning.source_files import SourceFiles
from raykd.planning.sweep_decisions import LEAST, SweepDecision
from raykd.probe.homonym_sentences import homonym_sentences, homonyms_of
from raykd.probe.job import HomonymJob, HomonymShiftJob, LatencyJob


class Plan:
    """The results of one experiment, in the order in which they can be made."""

    def __init__(self, experiment: Experiment, store: ResultStore, files: SourceFiles | None = None) -> None:
        """files: of the experiment's sources; none: those that are there now."""
        self.experiment, self.store = experiment, store
        self.files = files or SourceFiles(experiment.source_identity)
        places = {f"corpora.{name}": corpus.sources for name, corpus in experiment.corpora.items()}
        self.files.check(places | {f"tasks.{name}": task.sources for name, task in experiment.tasks.items()})
        self.tasks: dict[str, Result] = {name: self._task(name) for name in experiment.tasks}
        self.texts: dict[str, Result] = {name: self._texts(name) for name in experiment.corpora}
        self.models = {
            name: model_hash(encoder.model, encoder.revision)
            for name, encoder in experiment.encoders.items()
            if encoder.model
        }
        self.extended = {name: self._extended(name) for name in self.models if self.placeholders}
        self.tokenizers: dict[str, Result] = {}
        for name in parents_first(experiment.encoders):
            encoder = experiment.encoders[name]
            if encoder.pretrain:
                self.tokenizers[name] = self._tokenizer(name, encoder.pretrain)
            elif encoder.trim:
                self.tokenizers[name] = self._trimmed_tokenizer(name, encoder.trim)
        self._made: dict[tuple[str, int], PlannedEncoder | PlannedTrim] = {}

    @property
    def placeholders(self) -> dict[str, str]:
        """What masked text may hold, each with the words that describe it."""
        privacy = self.experiment.cleaning.privacy
        return privacy.placeholders if privacy else {}

    @cached_property
    def encoders(self) -> list[PlannedEncoder | PlannedTrim]:
        """The encoders of the experiment that are made here, parents before children; not the sweep's."""
        for name in self.experiment.encoders:
            self.saved(name)
        return [planned for planned in self._made.values() if planned.name in self.experiment.encoders]

    @cached_property
    def sweep_encoders(self) -> list[PlannedEncoder]:
        """The sweep's encoder on each of its quantities, smallest first, with each seed."""
        return [self._trained(name, seed) for _, name in self.sweep_quantities for seed in self._seeds(name)]

    @cached_property
    def sweep_quantities(self) -> list[tuple[int, str]]:
        """(bytes, student), smallest first; none beyond the one at which the sweep stopped, its curve being flat."""
        sweep = self.experiment.sweep
        found: list[tuple[int, str]] = []
        for name, size in sweep.names.items() if sweep else ():
            found.append((size, name))
            asked = self._sweep_decision(name)
            if asked and self.store.manifest(asked.result) and self.store.facts(asked.result)["stop"]:
                break
        return found

    @cached_property
    def sweep_decisions(self) -> dict[str, SweepDecision]:
        """By the student after which it is asked whether to go on; empty unless sweep.stop_when_flat."""
        asked = ((name, self._sweep_decision(name)) for _, name in self.sweep_quantities)
        return {name: decision for name, decision in asked if decision}

    def _sweep_decision(self, student: str) -> SweepDecision | None:
        sweep, evaluate = self.experiment.sweep, self.experiment.evaluate
        assert sweep and evaluate
        names, sizes = list(sweep.names), list(sweep.names.values())
        number = names.index(student) + 1
        if not sweep.stop_when_flat or not LEAST <= number < len(names):
            return None
        cells = tuple(self._sweep_cell(name) for name in names[:number])
        settings = {"rule": _settings(sweep.flat), "sizes": sizes[: number + 1], "seeds": evaluate.seeds}
        inputs = {
            f"scores {size}": f"{cell.result.hash} of {[encoder.seed for encoder in cell.encoders]}"
            for size, cell in zip(sizes, cells, strict=False)
        }
        result = Result("sweeps", student, versions.SWEEP_DECISIONS, settings, inputs)
        return SweepDecision(result, cells, tuple(sizes[:number]), sizes[number], sweep.flat)

    def _sweep_cell(self, encoder: str) -> Cell:
        sweep = self.experiment.sweep
        assert sweep
        return self._cell(sweep.task, sweep.language, encoder, sweep.weights, self.saved(encoder))

    @cached_property
    def cells(self) -> list[Cell]:
        """Every cell of the grid: task x language x encoder x weights."""
        return self._grid(None)

    @cached_property
    def train_size_cells(self) -> list[Cell]:
        """The same for each of evaluate.train_sizes, smallest first."""
        evaluate = self.experiment.evaluate
        return [cell for size in sorted(evaluate.train_sizes) for cell in self._grid(size)] if evaluate else []

    def _grid(self, train_rows: int | None) -> list[Cell]:
        evaluate = self.experiment.evaluate
        if not evaluate:
            return []
        return [
            self._cell(task, language, encoder, weights, self.saved(encoder), train_rows)
            for task in self.experiment.tasks
            for language in task_languages(self.experiment, task)
            for encoder in task_encoders(self.experiment, task)
            for weights in evaluate.weights
        ]

    @cached_property
    def sweep_cells(self) -> list[Cell]:
        """The sweep's encoders and its baselines, with the sweep's weights (paper, section 5: frozen)."""
        sweep = self.experiment.sweep
        if not sweep:
            return []
        return [self._sweep_cell(name) for name in (*(name for _, name in self.sweep_quantities), *sweep.baselines)]

    @cached_property
    def exports(self) -> dict[str, ExportJob]:
        """What `export` makes, by encoder; of several distillation seeds the first."""
        return {name: self._export(name, tasks) for name, tasks in exported_tasks(self.experiment).items()}

    @cached_property
    def classify_cells(self) -> list[Cell]:
        """The cells whose heads `classify` takes, by task, in the languages of its sources."""
        spec = self.experiment.classify
        if not spec:
            return []
        languages = {language for source in spec.sources for language in source.languages}
        return [
            cell
            for cell in self.cells
            if (cell.encoder, cell.weights) == (spec.encoder, "frozen")
            and cell.language in languages
            and (not spec.tasks or cell.task in spec.tasks)
        ]

    @cached_property
    def classified(self) -> Result | None:
        """What `classify` makes. The number of seeds counts: the best of them is taken."""
        spec = self.experiment.classify
        if not spec:
            return None
        sources, inputs = self.files.describe(spec.sources)
        settings = {
            "sources": sources,
            "cleaning": self._cleaning,
            "seeds": max(cell.seeds for cell in self.classify_cells),
        }
        inputs |= {f"head {cell.task} {cell.language}": cell.result.hash for cell in self.classify_cells}
        inputs["encoder seed"] = str(self.classify_cells[0].encoders[0].seed)
        if spec.runtime == "onnx":
            inputs["export"] = self.exports[spec.encoder].result.hash
        return Result("classified", f"{spec.name}-{spec.encoder}", versions.CLASSIFIED, settings, inputs)

    @cached_property
    def homonyms(self) -> dict[str, HomonymJob]:
        """Where `probe` looks for homonyms, by encoder; of several distillation seeds the first."""
        spec = self.experiment.probe
        if not (spec and spec.homonyms):
            return {}
        words = spec.homonyms.words or homonym_sentences()
        settings = {"homonyms": [_settings(homonym) for homonym in words]}
        jobs = {}
        for name in probed_encoders(self.experiment):
            saved = self.saved(name)[0]
            inputs = {"encoder": saved.hash, "encoder seed": str(saved.seed)}
            jobs[name] = HomonymJob(Result("probe", name, versions.PROBES, settings, inputs), saved, words)
        return jobs

    @cached_property
    def homonym_shift(self) -> HomonymShiftJob | None:
        """Between which two encoders `probe` compares homonyms; of several distillation seeds the first."""
        spec, names = self.experiment.probe, self._compared_homonyms()
        if not (spec and spec.homonyms and names):
            return None
        words = spec.homonyms.words or homonyms_of(self.experiment.languages)
        first, second = (self.saved(name)[0] for name in names)
        settings = {"homonyms": [_settings(homonym) for homonym in words]}
        inputs = {role: f"{one.hash} seed {one.seed}" for role, one in (("first", first), ("second", second))}
        result = Result("probe", "-".join(names), versions.HOMONYM_SHIFTS, settings, inputs)
        return HomonymShiftJob(result, first, second, words)

    def _compared_homonyms(self) -> tuple[str, str] | None:
        """As named; else the sweep's student on as much text as its general control has, or on the most."""
        spec, sweep = self.experiment.probe, self.experiment.sweep
        if spec and spec.homonyms and spec.homonyms.between:
            return spec.homonyms.between
        control = general_control(self.experiment)
        if not (sweep and control):
            return None
        trained = self.experiment.encoders[control].training
        budget = self._its_budget(trained) if trained else None
        quantity = budget.per_language.get(sweep.language) if budget else None
        names = dict(self.sweep_quantities)
        return names.get(int(quantity or 0), names[max(names)]), control

    @cached_property
    def latency(self) -> LatencyJob | None:
        """What `probe` times: all encoders in one run, of several distillation seeds the first."""
        spec = self.experiment.probe and self.experiment.probe.latency
        return self._latency(spec) if spec else None

    @property
    def all_cells(self) -> list[Cell]:
        """The sweep's baselines are cells of the grid too."""
        return [*self.cells, *self.sweep_cells, *self.train_size_cells]

    def saved(self, name: str) -> list[SavedEncoder]:
        """Where an encoder lies, or will lie, one for each of its seeds."""
        if result := self.extended.get(name):
            return [SavedEncoder(name, 0, result.hash, result.directory)]
        encoder = self.experiment.all_encoders[name]
        if encoder.model:
            return [self.ready_model(name)]
        if encoder.trim:
            return [self._trimmed(name, encoder.trim).saved]
        return [self._trained(name, seed).saved for seed in self._seeds(name)]

    def _seeds(self, name: str) -> tuple[int, ...]:
        spec = self.experiment.all_encoders[name].training
        assert spec
        return spec.seeds

    def ready_model(self, name: str) -> SavedEncoder:
        """A model that comes ready, as it is."""
        encoder = self.experiment.encoders[name]
        assert encoder.model
        return SavedEncoder(name, 0, self.models[name], encoder.model, stored=False, revision=encoder.revision)

    def results(self) -> dict[str, Result]:
        """Every current result by name, for experiment.json."""
        made = [*self.encoders, *self.sweep_encoders]
        unique_cells = {cell.result.directory: cell.result for cell in self.all_cells}
        return {
            **{f"tasks/{name}": result for name, result in self.tasks.items()},
            **{f"texts/{name}": result for name, result in self.texts.items()},
            **{f"encoders/{name}/0": result for name, result in self.extended.items()},
            **{f"tokenizers/{name}": result for name, result in self.tokenizers.items()},
            **{f"tokens/{planned.tokens.name}/{planned.spec.max_length}": planned.tokens for planned in made},
            **{f"encoders/{planned.name}/{planned.seed}": planned.result for planned in made},
            **{f"scores/{result.name}": result for result in unique_cells.values()},
            **{f"sweeps/{name}": asked.result for name, asked in self.sweep_decisions.items()},
            **{f"exports/{name}": job.result for name, job in self.exports.items()},
            **({f"classified/{self.classified.name}": self.classified} if self.classified else {}),
            **({"probe/latency": self.latency.result} if self.latency else {}),
            **{f"probe/{name}": job.result for name, job in self.homonyms.items()},
            **({f"probe/{self.homonym_shift.result.name}": self.homonym_shift.result} if self.homonym_shift else {}),
        }

    def seeds(self) -> dict[str, list[list[int]]]:
        """The seeds that are asked of each cell, [encoder's, classifier's], by the names of `results`."""
        return {f"scores/{cell.result.name}": [list(seed) for seed in cell.asked] for cell in self.all_cells}

    def tokenizer_owner(self, name: str) -> SavedEncoder:
        """Where the tokenizer of an encoder lies: a student has its teacher's, and so on up to one that has its own."""
        encoder = self.experiment.all_encoders[name]
        if encoder.model:
            return self.saved(name)[0]
        if encoder.parent and not encoder.trim:
            return self.tokenizer_owner(encoder.parent)
        result = self.tokenizers[name]
        return SavedEncoder(name, 0, result.hash, result.directory)

    # --- what decides each result ---------------------------------------------------------------------------------

    @property
    def _cleaning(self) -> dict[str, Any]:
        return cleaning_settings(self.experiment.cleaning)

    def _task(self, name: str) -> Result:
        task = self.experiment.tasks[name]
        sources, files = self.files.describe(task.sources)
        settings = _settings(task, {"sources", "languages", "encoders", "rejected_share", "unmatched_share"}) | {
            "sources": sources,
            "languages": sorted(task_languages(self.experiment, name)),
            "seed": self.experiment.seed,
            "cleaning": self._cleaning,
        }
        return Result("tasks", name, versions.TASKS, settings, files)

    def _texts(self, name: str) -> Result:
        corpus = self.experiment.corpora[name]
        sources, inputs = self.files.describe(corpus.sources)
        settings: dict[str, Any] = {
            "sources": sources,
            "groups": sorted(corpus.exclude.groups),
            "length": _settings(corpus.length),
            "chunk": corpus.chunk and int(corpus.chunk),
            "shard": int(corpus.shard),
            "seed": self.experiment.seed,
            "cleaning": self._cleaning,
        }
        settings |= corpus.model_dump(mode="json", include={"detect", "near_duplicates", "repeats"})
        if corpus.exclude.tasks != "none":
            settings["tasks"] = corpus.exclude.tasks
            # Where there is no task, the default decides nothing.
            if (characters := corpus.exclude.shared_run) and (self.tasks or characters != DEFAULT_OVERLAP):
                settings["overlap"] = characters
            inputs |= {f"task {task}": result.hash for task, result in self.tasks.items()}
        return Result("texts", name, versions.TEXTS, settings, inputs)

    def _tokenizer(self, name: str, spec: Pretrain) -> Result:
        corpora = spec.tokenizer.train.corpora or (spec.corpus,)
        return Result(
            "tokenizers",
            name,
            versions.TOKENIZERS,
            {
                "vocabulary": spec.tokenizer.train.vocabulary,
                "budgets": {corpus: _budget(self.experiment.corpora[corpus].budget) for corpus in corpora},
            }
            | ({"placeholders": list(self.placeholders)} if self.placeholders else {}),
            {corpus: self.texts[corpus].hash for corpus in corpora},
        )

    def _extended(self, name: str) -> Result:
        settings = {"how": "placeholders", "placeholders": self.placeholders}
        return Result("encoders", f"{name}-0", versions.EXTENDED_ENCODERS, settings, {"model": self.models[name]})

    def _trimmed_tokenizer(self, name: str, spec: Trim) -> Result:
        settings = {"pieces": spec.pieces, "minimum": spec.minimum, "budget": _budget(self._its_budget(spec))}
        inputs = {"tokens": self._tokens(spec.corpus, self.tokenizer_owner(spec.encoder), spec.max_length).hash}
        return Result("tokenizers", name, versions.TRIMMED_TOKENIZERS, settings, inputs)

    def _its_budget(self, spec: Distill | Pretrain | Adapt | Trim) -> Budget | None:
        return spec.budget or self.experiment.corpora[spec.corpus].budget

    def _tokens(self, corpus: str, owner: SavedEncoder, max_length: int) -> Result:
        return Result(
            "tokens",
            f"{corpus}-{owner.name}",
            versions.TOKENS,
            {"max_length": max_length} | _settings(self.experiment.corpora[corpus].sequences),
            {"texts": self.texts[corpus].hash, "tokenizer": owner.hash},
        )

    def _trimmed(self, name: str, spec: Trim) -> PlannedTrim:
        planned = self._made.get((name, 0))
        if isinstance(planned, PlannedTrim):
            return planned
        parent, owner = self.saved(spec.encoder)[0], self.tokenizer_owner(spec.encoder)
        own, tokens_result = self.tokenizers[name], self._tokens(spec.corpus, owner, spec.max_length)
        inputs = {"tokenizer": own.hash, "parent": f"{parent.hash} seed {parent.seed}"}
        result = Result("encoders", f"{name}-0", versions.TRIMMED_ENCODERS, {"how": "trim"}, inputs)
        planned = PlannedTrim(
            name, spec, 0, self._its_budget(spec), parent, owner, self.texts[spec.corpus], tokens_result, result, own
        )
        self._made[name, 0] = planned
        return planned

    def _trained(self, name: str, seed: int) -> PlannedEncoder:
        planned = self._made.get((name, seed))
        if isinstance(planned, PlannedEncoder):
            return planned
        encoder = self.experiment.all_encoders[name]
        spec = encoder.training
        assert spec
        budget = self._its_budget(spec)
        parent = self.saved(encoder.parent)[0] if encoder.parent else None
        start = self._start(encoder.distill.start, seed) if encoder.distill and encoder.distill.start else None
        owner = self.tokenizer_owner(name)
        tokens_result = self._tokens(spec.corpus, owner, spec.max_length)
        settings = _settings(spec, {"corpus", "budget", "seeds", "teacher", "encoder", "tokenizer", "start"}) | {
            "how": type(spec).__name__.lower(),
            "budget": _budget(budget),
        }
        inputs = {"tokens": tokens_result.hash} | ({"parent": f"{parent.hash} seed {parent.seed}"} if parent else {})
        if start:
            # Seeds of one encoder share a hash.
            inputs["start"] = f"{start.hash} {'same seed' if start.seed == seed else f'seed {start.seed}'}"
        result = Result("encoders", f"{name}-{seed}", versions.TRAINED_ENCODERS, settings, inputs)
        planned = PlannedEncoder(
            name, spec, seed, budget, parent, owner, self.texts[spec.corpus], tokens_result, result, start
        )
        self._made[name, seed] = planned
        return planned

    def _start(self, name: str, seed: int) -> SavedEncoder:
        """The one of the same seed, or else the first."""
        saved = self.saved(name)
        return next((one for one in saved if one.seed == seed), saved[0])

    def _cell(
        self,
        task: str,
        language: str,
        encoder: str,
        weights: Any,
        saved: list[SavedEncoder],
        train_rows: int | None = None,
    ) -> Cell:
        evaluate, spec = self.experiment.evaluate, self.experiment.tasks[task]
        assert evaluate
        training = evaluate.frozen if weights == "frozen" else evaluate.fine_tuned
        settings = {
            "language": language,
            "weights": weights,
            "head": _settings(evaluate.head),
            "training": _settings(training),
            "threshold": evaluate.threshold,
            "max_length": evaluate.max_length,
            "train_rows": train_rows,
        }
        name = f"{task}-{language}-{encoder}-{weights}" + (f"-{train_rows}" if train_rows else "")
        inputs = {"task": self.tasks[task].hash, "encoder": saved[0].hash}
        return Cell(
            result=Result("scores", name, versions.SCORES, settings, inputs),
            task=task,
            kind=spec.kind,
            labels=spec.labels,
            positive=spec.positive,
            language=language,
            encoder=encoder,
            weights=weights,
            encoders=tuple(saved),
            task_result=self.tasks[task],
            seeds=evaluate.seeds,
            head=evaluate.head,
            training=training,
            threshold=None if evaluate.threshold == "validation" else evaluate.threshold,
            max_length=evaluate.max_length,
            train_rows=train_rows,
        )

    def _export(self, name: str, tasks: tuple[str, ...]) -> ExportJob:
        spec, evaluate = self.experiment.export, self.experiment.evaluate
        assert spec and evaluate
        cells = [cell for cell in self.cells if (cell.encoder, cell.weights) == (name, "frozen") and cell.task in tasks]
        # The licence and the like are for the card, which is no result.
        settings = _settings(spec, {"encoders", "tasks", "licence", "base_model"}) | {
            "seeds": evaluate.seeds,
            "max_length": evaluate.max_length,
        }
        inputs = {f"head {cell.task} {cell.language}": cell.result.hash for cell in cells}
        saved = self.saved(name)[0]
        inputs |= {"encoder": saved.hash, "encoder seed": str(saved.seed)}
        result = Result("exports", name, versions.EXPORTS, settings, inputs)
        return ExportJob(result, saved, tuple(cells), spec, evaluate.max_length)

    def _latency(self, spec: Latency) -> LatencyJob:
        names, evaluate = probed_encoders(self.experiment), self.experiment.evaluate
        saved = tuple(self.saved(name)[0] for name in names)
        reference = latency_reference(self.experiment)
        # Threads, device and precision decide how long a forward pass takes; the machine is among the facts.
        settings: dict[str, Any] = {"latency": _settings(spec, {"task", "language"}) | {"reference": reference}}
        inputs = {f"encoder {one.name}": f"{one.hash} seed {one.seed}" for one in saved}
        graphs = dict[tuple[str, str], str]()
        for name in names if "onnx" in spec.runtimes else ():
            exported = self.exports[name]
            graphs |= {(name, runtime): file for runtime, file in exported.graphs.items()}
            inputs[f"export {name}"] = exported.result.hash
        texts = max_length = None
        if task := spec.task:
            assert evaluate
            language = spec.language or task_languages(self.experiment, task)[0]
            texts = f"{self.tasks[task].directory}/language={language}/test.parquet"
            max_length = evaluate.max_length
            settings |= {"language": language, "max_length": max_length}
            inputs["task"] = self.tasks[task].hash
        result = Result("probe", "latency", versions.LATENCIES, settings, inputs)
        return LatencyJob(result, saved, reference, spec, graphs, texts, max_length)


def parents_first(encoders: Mapping[str, Encoder]) -> list[str]:
    """The names of encoders, each after those that it is made from."""

    def ancestors(name: str) -> int:
        return max((1 + ancestors(needed) for needed in encoders[name].needs), default=0)

    return sorted(encoders, key=ancestors)


def cleaning_settings(cleaning: Cleaning) -> dict[str, Any]:
    """What decides clean text: for names and addresses what each language's pipeline is, wherever it lies."""
    settings = _settings(cleaning)
    if cleaning.privacy:
        settings["masking"] = versions.MASKING
        if names := cleaning.privacy.names:
            settings["naming"] = versions.NAMES
            settings["privacy"]["names"] = {
                language: pipeline and pipeline_identity(pipeline) for language, pipeline in names.items()
            }
    return settings


def model_hash(model: str, revision: str | None) -> str:
    """What a model that comes ready is: the content of a local directory, or a hub name and revision."""
    if not Path(model).is_dir():
        return settings_hash({"model": model, "revision": revision})
    files = sorted(path for path in Path(model).iterdir() if path.is_file())
    return settings_hash({path.name: file_identity(str(path), "content") for path in files})


# Keys that came after results had been made without them. Left at its default, one is no part of a result's settings,
# so that what was made before is still found.
LATER_KEYS: Mapping[type[BaseModel], tuple[str, ...]] = {
    Loss: ("hidden_mse", "relations"),
    Distill: ("width",),
}


# Keys that have a new name: results are still called by the old one.
OLD_NAMES: Mapping[type[BaseModel], Mapping[str, str]] = {Loss: {"kd_positions": "positions"}}


def _settings(node: BaseModel, without: set[str] | None = None) -> dict[str, Any]:
    """All keys of a node, as results have known them: see LATER_KEYS and OLD_NAMES."""
    settings = node.model_dump(mode="json", exclude=without)
    _as_ever(node, settings)
    return settings


def _as_ever(node: BaseModel, settings: dict[str, Any]) -> None:
    for name in LATER_KEYS.get(type(node), ()):
        if getattr(node, name) == type(node).model_fields[name].default:
            settings.pop(name, None)
    for name, value in settings.items():
        if isinstance(child := getattr(node, name), BaseModel):
            _as_ever(child, value)
    for name, old in OLD_NAMES.get(type(node), {}).items():
        settings[old] = settings.pop(name)


def _budget(budget: Budget | None) -> Mapping[str, Any] | None:
    return _settings(budget) if budget else None
