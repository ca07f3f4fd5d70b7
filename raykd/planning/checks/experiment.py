"""Checks across the whole experiment, made before anything runs; each failure is one InputError line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec

from raykd.config import (
    TEXT_COLUMNS,
    Budget,
    Classify,
    Corpus,
    Distill,
    Encoder,
    Experiment,
    Sweep,
    Task,
    Translate,
)
from raykd.corpus.privacy.names import check_names
from raykd.errors import InputError
from raykd.planning.checks.encoders import check_encoders

LOGGER_MODULES = {"tensorboard": "tensorboardX", "mlflow": "mlflow"}  # what writes each logger's curves


def check_experiment(experiment: Experiment, file: str) -> None:
    """Raises InputError for names that refer to nothing, impossible budgets and more CPUs than there are."""
    try:
        if experiment.fetch:
            _known(experiment.fetch.sites, experiment.languages, "fetch.sites", "language")
        _check_names(experiment)
        _check_corpora(experiment)
        _check_encoders(experiment)
        _check_tasks(experiment)
        _check_evaluation(experiment)
        _check_sweep(experiment)
        _check_export(experiment)
        _check_classify(experiment)
        _check_probe(experiment)
        _check_loggers(experiment)
        _check_gpus(experiment)
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _known(names: Iterable[str], known: Iterable[str], where: str, what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise InputError(f"{where}: no {what} is called {name!r}; there are: {', '.join(known) or 'none'}")


def _check_names(experiment: Experiment) -> None:
    """A language without a pipeline would keep its names, which nothing would show."""
    privacy = experiment.cleaning.privacy
    if not (privacy and privacy.names):
        return
    places: dict[str, Corpus | Task | Translate | Classify | None] = {
        **{f"corpora.{name}": corpus for name, corpus in experiment.corpora.items()},
        **{f"tasks.{name}": task for name, task in experiment.tasks.items()},
        "translate": experiment.translate,
        "classify": experiment.classify,
    }
    for where, place in places.items():
        for language in sorted({one for source in place.sources for one in source.languages} if place else ()):
            if language not in privacy.names:
                raise InputError(
                    f"cleaning.privacy.names: none for {language}, which {where} has text in; name a spaCy pipeline, "
                    "or null where its names are to stay"
                )
    check_names(privacy.names)


def _check_corpora(experiment: Experiment) -> None:
    for name, corpus in experiment.corpora.items():
        where = f"corpora.{name}"
        _known(
            (one for s in corpus.sources for one in s.languages), experiment.languages, f"{where}.sources", "language"
        )
        _check_budget(corpus.budget, corpus, where)
        if corpus.exclude.groups and not any(getattr(source, "group", None) for source in corpus.sources):
            raise InputError(f"{where}.exclude.groups: no source names the column that holds its groups")


def _check_budget(budget: Budget | None, corpus: Corpus, where: str) -> None:
    have = {language for source in corpus.sources for language in source.languages}
    for language in (*budget.per_language, *budget.take_all) if budget else ():
        if language not in have:
            raise InputError(f"{where}.budget: {language} has a budget but no source")


def _check_encoders(experiment: Experiment) -> None:
    for name, encoder in experiment.encoders.items():
        where = f"encoders.{name}"
        if made := encoder.training or encoder.trim:
            _known([made.corpus], experiment.corpora, f"{where}.corpus", "corpus")
            _check_budget(made.budget, experiment.corpora[made.corpus], where)
        if encoder.pretrain:
            _known(encoder.pretrain.tokenizer.train.corpora, experiment.corpora, f"{where}.tokenizer", "corpus")
            if encoder.pretrain.width % encoder.pretrain.heads:
                raise InputError(f"{where}.pretrain: width is not a multiple of heads")
        _known(encoder.needs, experiment.encoders, where, "encoder")
    for name in experiment.encoders:
        _check_no_circle((name,), experiment.encoders)
    for name, encoder in experiment.encoders.items():
        if encoder.distill and encoder.distill.start:
            _check_start(name, encoder.distill, experiment.encoders)
    check_encoders(experiment)


def _check_no_circle(line: tuple[str, ...], encoders: dict[str, Encoder]) -> None:
    """line: an encoder, what it is made from, what that is made from, ..."""
    for name in encoders[line[-1]].needs:
        if name in line:
            raise InputError(f"encoders.{line[0]}: made from itself ({' <- '.join([*line, name])})")
        _check_no_circle((*line, name), encoders)


def _check_start(name: str, spec: Distill, encoders: dict[str, Encoder]) -> None:
    assert spec.start
    start = encoders[spec.start].distill
    if start is None or start.teacher != spec.teacher:
        raise InputError(
            f"encoders.{name}.start: {spec.start} is no student of {spec.teacher}, so its weights do not fit"
        )


def _check_tasks(experiment: Experiment) -> None:
    for name, task in experiment.tasks.items():
        where = f"tasks.{name}"
        _known(task.languages, experiment.languages, f"{where}.languages", "language")
        have = {language for source in task.sources for language in source.languages}
        for language in task_languages(experiment, name):
            if language not in have:
                raise InputError(f"{where}: no source for {language}; give one, or name the task's languages")
        for source in task.sources:
            if source.reader == "table" and not source.labelled_by:
                raise InputError(
                    f"{where}.sources: {source.path}: name the column that holds the labels (labels), or a column for "
                    "each label (label_columns)"
                )
        if experiment.evaluate:
            _known(
                task.encoders,
                experiment.evaluate.encoders,
                f"{where}.encoders",
                "encoder of evaluate.encoders",
            )
        if task.sizes:
            _known(task.sizes.languages, task_languages(experiment, name), f"{where}.sizes.languages", "language")


def _check_evaluation(experiment: Experiment) -> None:
    evaluate = experiment.evaluate
    if not evaluate:
        return
    _known(evaluate.encoders, experiment.all_encoders, "evaluate.encoders", "encoder")
    for baseline in evaluate.baselines:
        if baseline not in evaluate.encoders:
            raise InputError(f"evaluate.baselines: {baseline!r} is not among evaluate.encoders")


def _check_sweep(experiment: Experiment) -> None:
    sweep = experiment.sweep
    if not sweep:
        return
    _known([sweep.encoder], experiment.encoders, "sweep.encoder", "encoder")
    _known([sweep.language], experiment.languages, "sweep.language", "language")
    _known([sweep.task], experiment.tasks, "sweep.task", "task")
    _known(sweep.baselines, experiment.encoders, "sweep.baselines", "encoder")
    spec = experiment.encoders[sweep.encoder].distill
    if not spec:
        raise InputError(f"sweep.encoder: {sweep.encoder!r} is not distilled here")
    if all(sweep.language not in source.languages for source in experiment.corpora[spec.corpus].sources):
        raise InputError(f"sweep.language: corpora.{spec.corpus} has no source for {sweep.language}")
    if list(sweep.quantities) != sorted(set(sweep.quantities)):
        raise InputError("sweep.quantities: must rise from one to the next")
    if len(sweep.names) < len(sweep.quantities):
        raise InputError("sweep.quantities: two of them have one name, of six digits; let them differ by more")
    if sweep.language not in task_languages(experiment, sweep.task):
        raise InputError(f"sweep.task: {sweep.task!r} is not scored in {sweep.language}")
    if not experiment.evaluate:
        raise InputError("sweep: it scores its encoders as `evaluate` says; give that section")
    for name in sweep.names:
        if name in experiment.encoders:
            raise InputError(f"sweep.encoder: its student {name} is among encoders already; call that one otherwise")
    _check_students(experiment, sweep)


def _check_students(experiment: Experiment, sweep: Sweep) -> None:
    """Students that are named elsewhere are made for certain, and stay."""
    for key in ("stop_when_flat", "students") if sweep.stop_when_flat else ("students",):
        if key == "students" and sweep.students == "keep":
            continue
        for where, names in _named_elsewhere(experiment).items():
            for name in names:
                if name in sweep.names:
                    raise InputError(f"{where}: {name} may not be there with sweep.{key}; leave one of them out")


def _named_elsewhere(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    evaluate, export, probe = experiment.evaluate, experiment.export, experiment.probe
    return {
        "evaluate.encoders": evaluate.encoders if evaluate else (),
        "export.encoders": export.encoders if export else (),
        "probe.encoders": probe.encoders if probe else (),
        "probe.homonyms.between": (probe.homonyms.between or ()) if probe and probe.homonyms else (),
    }


def _check_export(experiment: Experiment) -> None:
    export, evaluate = experiment.export, experiment.evaluate
    if not export:
        return
    if not evaluate or "frozen" not in evaluate.weights:
        raise InputError("export: it takes the heads of frozen encoders; give evaluate.weights with frozen among it")
    _known(export.encoders, evaluate.encoders, "export.encoders", "encoder of evaluate.encoders")
    _known(export.tasks, experiment.tasks, "export.tasks", "task")
    for name, tasks in exported_tasks(experiment).items():
        if not tasks:
            raise InputError(
                f"export.encoders: {name} is scored on no task of export.tasks, so it has no head to export"
            )


def exported_tasks(experiment: Experiment) -> dict[str, tuple[str, ...]]:
    """By encoder that is exported, the tasks whose heads go with it."""
    export, evaluate = experiment.export, experiment.evaluate
    if not (export and evaluate):
        return {}
    return {
        name: tuple(task for task in export.tasks or experiment.tasks if name in task_encoders(experiment, task))
        for name in export.encoders or evaluate.encoders
    }


def _check_classify(experiment: Experiment) -> None:
    classify, evaluate = experiment.classify, experiment.evaluate
    if not classify:
        return
    if not evaluate or "frozen" not in evaluate.weights:
        raise InputError("classify: it takes the heads of frozen encoders; give evaluate.weights with frozen among it")
    _known([classify.encoder], evaluate.encoders, "classify.encoder", "encoder of evaluate.encoders")
    scored = [task for task in experiment.tasks if classify.encoder in task_encoders(experiment, task)]
    _known(classify.tasks, scored, "classify.tasks", f"task that {classify.encoder} is scored on")
    tasks = classify.tasks or scored
    for task in tasks:
        if task in TEXT_COLUMNS or any(task == f"{other}_probabilities" for other in tasks):
            raise InputError(f"tasks.{task}: classify has a column of that name for something else; call it otherwise")
    languages = {language for task in tasks for language in task_languages(experiment, task)}
    if classify.runtime == "onnx":
        _check_runtime(experiment, classify.encoder, tasks)
    for source in classify.sources:
        for language in source.languages:
            if language not in languages:
                raise InputError(f"classify.sources: {source.path}: no task of {classify.encoder} is in {language}")


def _check_runtime(experiment: Experiment, encoder: str, tasks: Iterable[str]) -> None:
    exported = exported_tasks(experiment).get(encoder, ())
    lacking = [task for task in tasks if task not in exported]
    if lacking:
        raise InputError(f"classify.runtime: onnx, but export has no head of {encoder} for {', '.join(lacking)}")
    if experiment.resources.grid.gpus:
        raise InputError("classify.runtime: onnx runs on CPUs; set resources.grid.gpus to 0, or runtime to torch")


def _check_probe(experiment: Experiment) -> None:
    probe = experiment.probe
    if not probe:
        return
    _known(probed_encoders(experiment), experiment.all_encoders, "probe.encoders", "encoder")
    if probe.homonyms and probe.homonyms.between:
        _known(probe.homonyms.between, experiment.all_encoders, "probe.homonyms.between", "encoder")
    if probe.latency and (task := probe.latency.task):
        _known([task], experiment.tasks, "probe.latency.task", "task")
        if language := probe.latency.language:
            _known([language], task_languages(experiment, task), "probe.latency.language", f"language of {task}")
    if probe.latency and probe.latency.reference:
        _known([probe.latency.reference], probed_encoders(experiment), "probe.latency.reference", "probed encoder")
    if probe.latency and "onnx" in probe.latency.runtimes:
        lacking = [name for name in probed_encoders(experiment) if name not in exported_tasks(experiment)]
        if lacking:
            raise InputError(
                f"probe.latency.runtimes: onnx, but {', '.join(lacking)} is not exported; see export.encoders"
            )


def general_control(experiment: Experiment) -> str | None:
    """The first of the sweep's baselines that is a student of the same teacher on another corpus, if any."""
    sweep = experiment.sweep
    own = experiment.encoders[sweep.encoder].distill if sweep else None
    for name in sweep.baselines if sweep and own else ():
        other = experiment.encoders[name].distill
        if other and own and other.teacher == own.teacher and other.corpus != own.corpus:
            return name
    return None


def latency_reference(experiment: Experiment) -> str:
    """The encoder whose time the others' is compared with."""
    names = probed_encoders(experiment)
    assert experiment.probe and experiment.probe.latency
    teachers = {one.distill.teacher for one in experiment.encoders.values() if one.distill}
    return experiment.probe.latency.reference or next((name for name in names if name in teachers), names[0])


def _check_loggers(experiment: Experiment) -> None:
    for logger in experiment.resources.train.loggers:
        if not find_spec(LOGGER_MODULES[logger]):
            raise InputError(f"resources.train.loggers: {logger} is not installed; pip install 'raykd[{logger}]'")
        if logger == "mlflow" and not os.environ.get("MLFLOW_TRACKING_URI"):
            raise InputError("resources.train.loggers: mlflow needs the environment variable MLFLOW_TRACKING_URI")


def _check_gpus(experiment: Experiment) -> None:
    train = experiment.resources.train
    if train.most_workers > 1 and 0 < train.gpus_per_worker < 1:
        raise InputError(
            f"resources.train.gpus_per_worker: {train.gpus_per_worker:g} would put several of {train.most_workers} "
            "workers on one GPU, but NCCL, which adds up their gradients, takes one worker a GPU; give 1, or "
            "resources.train.workers=1"
        )


def task_languages(experiment: Experiment, task: str) -> tuple[str, ...]:
    """The languages that a task is scored in."""
    return experiment.tasks[task].languages or experiment.languages


def task_encoders(experiment: Experiment, task: str) -> tuple[str, ...]:
    """The encoders that a task is scored with: its own choice and all baselines, in the order of evaluate.encoders."""
    if not experiment.evaluate:
        return ()
    chosen = experiment.tasks[task].encoders or experiment.evaluate.encoders
    wanted = {*chosen, *experiment.evaluate.baselines}
    return tuple(name for name in experiment.evaluate.encoders if name in wanted)


def probed_encoders(experiment: Experiment) -> tuple[str, ...]:
    """The encoders that are probed. Raises InputError where none are named."""
    assert experiment.probe
    chosen = experiment.probe.encoders or (experiment.evaluate.encoders if experiment.evaluate else ())
    if not chosen:
        raise InputError("probe.encoders: name some; there is no evaluate section to take them from")
    return chosen
