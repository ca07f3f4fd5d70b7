"""What follows from an experiment: every result, what each is made from, and so what each is called.

    sources -> tasks -> texts -> tokenizers -> tokens -> encoders -> scores -> report
                                                                  -> probe

A trimmed tokenizer is made from tokens, and tokens from it again.

Nothing is computed here but hashes: a plan says what would be made, stages make it. What decides a result is listed in
one place, below; workers, micro-batches, resources and paths are not among it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ByteSize

from raykd.artifacts import Result, ResultStore, SavedEncoder, file_identity, settings_hash
from raykd.checks import probed_encoders, task_encoders, task_languages
from raykd.config import Adapt, Budget, Distill, Encoder, Experiment, Pretrain, Trim
from raykd.corpus import texts, tokenizer, tokens
from raykd.corpus import trimming as tokenizer_trimming
from raykd.distill import trainer, trimming
from raykd.evaluate import cell as cells
from raykd.evaluate import classify
from raykd.evaluate.cell import Cell
from raykd.planned import PlannedEncoder, PlannedTrim
from raykd.probe import run as probing
from raykd.probe.run import ProbeJob
from raykd.probe.words import WORDS
from raykd.readings import SourceFiles
from raykd.tasks import prepare


class Plan:
    """The results of one experiment, in the order in which they can be made."""

    def __init__(self, experiment: Experiment, store: ResultStore, files: SourceFiles | None = None) -> None:
        """files: of the experiment's sources; none: those that are there now."""
        self.experiment, self.store = experiment, store
        self._files = files or SourceFiles(experiment.source_identity)
        places = {f"corpora.{name}": corpus.sources for name, corpus in experiment.corpora.items()}
        self._files.check(places | {f"tasks.{name}": task.sources for name, task in experiment.tasks.items()})
        self.tasks: dict[str, Result] = {name: self._task(name) for name in experiment.tasks}
        self.texts: dict[str, Result] = {name: self._texts(name) for name in experiment.corpora}
        self.models = {
            name: model_hash(encoder.model, encoder.revision)
            for name, encoder in experiment.encoders.items()
            if encoder.model
        }
        self.tokenizers: dict[str, Result] = {}
        for name in parents_first(experiment.encoders):
            encoder = experiment.encoders[name]
            if encoder.pretrain:
                self.tokenizers[name] = self._tokenizer(name, encoder.pretrain)
            elif encoder.trim:
                self.tokenizers[name] = self._trimmed_tokenizer(name, encoder.trim)
        self._made: dict[tuple[str, int], PlannedEncoder | PlannedTrim] = {}

    @cached_property
    def encoders(self) -> list[PlannedEncoder | PlannedTrim]:
        """The encoders of the experiment that are made here, parents before children."""
        for name in self.experiment.encoders:
            self.saved(name)
        return list(self._made.values())

    @cached_property
    def sweep_encoders(self) -> list[PlannedEncoder]:
        """The sweep's encoder on each of its quantities, smallest first."""
        sweep = self.experiment.sweep
        if not sweep:
            return []
        spec = self.experiment.encoders[sweep.encoder].distill
        assert spec
        return [
            self._trained(name, spec, seed, Budget(per_language={sweep.language: ByteSize(quantity)}))
            for quantity, name in self.sweep_quantities
            for seed in spec.seeds
        ]

    @property
    def sweep_quantities(self) -> list[tuple[int, str]]:
        sweep = self.experiment.sweep
        return [(int(size), f"{sweep.encoder}-{size_name(size)}") for size in sweep.quantities] if sweep else []

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
        """The sweep's encoders and its baselines, frozen (paper, section 5)."""
        sweep = self.experiment.sweep
        if not sweep:
            return []
        by_name: dict[str, list[SavedEncoder]] = {}
        for planned in self.sweep_encoders:
            by_name.setdefault(planned.name, []).append(planned.saved)
        by_name |= {name: self.saved(name) for name in sweep.baselines}
        return [self._cell(sweep.task, sweep.language, name, "frozen", saved) for name, saved in by_name.items()]

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
        sources, inputs = self._files.describe(spec.sources)
        settings = {
            "sources": sources,
            "cleaning": _settings(self.experiment.cleaning),
            "seeds": max(cell.seeds for cell in self.classify_cells),
        }
        inputs |= {f"head {cell.task} {cell.language}": cell.result.hash for cell in self.classify_cells}
        inputs["encoder seed"] = str(self.classify_cells[0].encoders[0].seed)
        return Result("classified", f"{spec.name}-{spec.encoder}", classify.VERSION, settings, inputs)

    @cached_property
    def probes(self) -> dict[str, ProbeJob]:
        """What `probe` measures, by encoder; of several distillation seeds the first."""
        return {name: self._probe(name) for name in probed_encoders(self.experiment)} if self.experiment.probe else {}

    @property
    def all_cells(self) -> list[Cell]:
        """The sweep's baselines are cells of the grid too."""
        return [*self.cells, *self.sweep_cells, *self.train_size_cells]

    def saved(self, name: str) -> list[SavedEncoder]:
        """Where an encoder lies, or will lie, one for each of its seeds."""
        encoder = self.experiment.encoders[name]
        if encoder.model:
            return [SavedEncoder(name, 0, self.models[name], encoder.model, stored=False, revision=encoder.revision)]
        if encoder.trim:
            return [self._trimmed(name, encoder.trim).saved]
        spec = encoder.training
        assert spec
        return [self._trained(name, spec, seed, self._its_budget(spec)).saved for seed in spec.seeds]

    def results(self) -> dict[str, Result]:
        """Every current result by name, for experiment.json."""
        made = [*self.encoders, *self.sweep_encoders]
        unique_cells = {cell.result.directory: cell.result for cell in self.all_cells}
        return {
            **{f"tasks/{name}": result for name, result in self.tasks.items()},
            **{f"texts/{name}": result for name, result in self.texts.items()},
            **{f"tokenizers/{name}": result for name, result in self.tokenizers.items()},
            **{f"tokens/{planned.tokens.name}/{planned.spec.max_length}": planned.tokens for planned in made},
            **{f"encoders/{planned.name}/{planned.seed}": planned.result for planned in made},
            **{f"scores/{result.name}": result for result in unique_cells.values()},
            **({f"classified/{self.classified.name}": self.classified} if self.classified else {}),
            **{f"probe/{name}": job.result for name, job in self.probes.items()},
        }

    def seeds(self) -> dict[str, list[list[int]]]:
        """The seeds that are asked of each cell, [encoder's, classifier's], by the names of `results`."""
        return {f"scores/{cell.result.name}": [list(seed) for seed in cell.asked] for cell in self.all_cells}

    def tokenizer_owner(self, name: str) -> SavedEncoder:
        """Where the tokenizer of an encoder lies: a student has its teacher's, and so on up to one that has its own."""
        encoder = self.experiment.encoders[name]
        if encoder.model:
            return self.saved(name)[0]
        if encoder.parent and not encoder.trim:
            return self.tokenizer_owner(encoder.parent)
        result = self.tokenizers[name]
        return SavedEncoder(name, 0, result.hash, result.directory)

    # --- what decides each result ---------------------------------------------------------------------------------

    def _task(self, name: str) -> Result:
        task = self.experiment.tasks[name]
        sources, files = self._files.describe(task.sources)
        settings = _settings(task, {"sources", "languages", "encoders", "rejected_share"}) | {
            "sources": sources,
            "languages": sorted(task_languages(self.experiment, name)),
            "seed": self.experiment.seed,
            "cleaning": _settings(self.experiment.cleaning),
        }
        return Result("tasks", name, prepare.VERSION, settings, files)

    def _texts(self, name: str) -> Result:
        corpus = self.experiment.corpora[name]
        sources, inputs = self._files.describe(corpus.sources)
        settings: dict[str, Any] = {
            "sources": sources,
            "groups": sorted(corpus.exclude.groups),
            "length": _settings(corpus.length),
            "chunk": corpus.chunk and int(corpus.chunk),
            "shard": int(corpus.shard),
            "seed": self.experiment.seed,
            "cleaning": _settings(self.experiment.cleaning),
        }
        if corpus.exclude.tasks != "none":
            settings["tasks"] = corpus.exclude.tasks
            inputs |= {f"task {task}": result.hash for task, result in self.tasks.items()}
        return Result("texts", name, texts.VERSION, settings, inputs)

    def _tokenizer(self, name: str, spec: Pretrain) -> Result:
        corpora = spec.tokenizer.train.corpora or (spec.corpus,)
        return Result(
            "tokenizers",
            name,
            tokenizer.VERSION,
            {
                "vocabulary": spec.tokenizer.train.vocabulary,
                "budgets": {corpus: _budget(self.experiment.corpora[corpus].budget) for corpus in corpora},
            },
            {corpus: self.texts[corpus].hash for corpus in corpora},
        )

    def _trimmed_tokenizer(self, name: str, spec: Trim) -> Result:
        settings = {"pieces": spec.pieces, "minimum": spec.minimum, "budget": _budget(self._its_budget(spec))}
        inputs = {"tokens": self._tokens(spec.corpus, self.tokenizer_owner(spec.encoder), spec.max_length).hash}
        return Result("tokenizers", name, tokenizer_trimming.VERSION, settings, inputs)

    def _its_budget(self, spec: Distill | Pretrain | Adapt | Trim) -> Budget | None:
        return spec.budget or self.experiment.corpora[spec.corpus].budget

    def _tokens(self, corpus: str, owner: SavedEncoder, max_length: int) -> Result:
        return Result(
            "tokens",
            f"{corpus}-{owner.name}",
            tokens.VERSION,
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
        result = Result("encoders", f"{name}-0", trimming.VERSION, {"how": "trim"}, inputs)
        planned = PlannedTrim(
            name, spec, 0, self._its_budget(spec), parent, owner, self.texts[spec.corpus], tokens_result, result, own
        )
        self._made[name, 0] = planned
        return planned

    def _trained(self, name: str, spec: Distill | Pretrain | Adapt, seed: int, budget: Budget | None) -> PlannedEncoder:
        planned = self._made.get((name, seed))
        if isinstance(planned, PlannedEncoder):
            return planned
        base = self.experiment.sweep.encoder if name not in self.experiment.encoders else name  # type: ignore[union-attr]
        parent_name = self.experiment.encoders[base].parent
        parent = self.saved(parent_name)[0] if parent_name else None
        owner = self.tokenizer_owner(base)
        tokens_result = self._tokens(spec.corpus, owner, spec.max_length)
        settings = _settings(spec, {"corpus", "budget", "seeds", "teacher", "encoder", "tokenizer"}) | {
            "how": type(spec).__name__.lower(),
            "budget": _budget(budget),
        }
        inputs = {"tokens": tokens_result.hash} | ({"parent": f"{parent.hash} seed {parent.seed}"} if parent else {})
        result = Result("encoders", f"{name}-{seed}", trainer.VERSION, settings, inputs)
        planned = PlannedEncoder(
            name, spec, seed, budget, parent, owner, self.texts[spec.corpus], tokens_result, result
        )
        if name in self.experiment.encoders:
            self._made[name, seed] = planned
        return planned

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
            result=Result("scores", name, cells.VERSION, settings, inputs),
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

    def _probe(self, name: str) -> ProbeJob:
        spec, evaluate, saved = self.experiment.probe, self.experiment.evaluate, self.saved(name)[0]
        assert spec
        homonyms = spec.homonyms.words or WORDS if spec.homonyms else ()
        # Threads, device and precision decide how long a forward pass takes; the machine is among the facts.
        settings: dict[str, Any] = {
            "latency": spec.latency and _settings(spec.latency, {"task", "language"}),
            "homonyms": [_settings(homonym) for homonym in homonyms],
        }
        inputs = {"encoder": saved.hash, "encoder seed": str(saved.seed)}
        texts = max_length = None
        if spec.latency and (task := spec.latency.task):
            assert evaluate
            language = spec.latency.language or task_languages(self.experiment, task)[0]
            texts = f"{self.tasks[task].directory}/language={language}/test.parquet"
            max_length = evaluate.max_length
            settings |= {"language": language, "max_length": max_length}
            inputs["task"] = self.tasks[task].hash
        result = Result("probe", name, probing.VERSION, settings, inputs)
        return ProbeJob(result, saved, spec.latency, homonyms, texts, max_length)


def parents_first(encoders: Mapping[str, Encoder]) -> list[str]:
    """The names of encoders, each after the one that it is made from."""

    def ancestors(name: str) -> int:
        parent = encoders[name].parent
        return 1 + ancestors(parent) if parent else 0

    return sorted(encoders, key=ancestors)


def model_hash(model: str, revision: str | None) -> str:
    """What a model that comes ready is: the content of a local directory, or a hub name and revision."""
    if not Path(model).is_dir():
        return settings_hash({"model": model, "revision": revision})
    files = sorted(path for path in Path(model).iterdir() if path.is_file())
    return settings_hash({path.name: file_identity(str(path), "content") for path in files})


def size_name(size: int) -> str:
    """Bytes as people write them: 1500000000 -> 1.5GB."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:g}{unit}"
    return f"{size}B"


def _settings(node: BaseModel, without: set[str] | None = None) -> dict[str, Any]:
    return node.model_dump(mode="json", exclude=without)


def _budget(budget: Budget | None) -> Mapping[str, Any] | None:
    return _settings(budget) if budget else None
