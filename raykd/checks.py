"""Checks across the whole experiment, made before anything runs; each failure is one InputError line."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec

from raykd.capacity import Machine, check_capacity
from raykd.config import Budget, Corpus, Encoder, Experiment
from raykd.encoder_checks import check_encoders
from raykd.errors import InputError

TEXT_COLUMNS = ("doc_id", "group", "text", "tokens")  # of what classify writes, before those of its tasks

LOGGER_MODULES = {"tensorboard": "tensorboardX", "mlflow": "mlflow"}  # what writes each logger's curves


def check_experiment(experiment: Experiment, file: str) -> None:
    """Raises InputError for names that refer to nothing, impossible budgets and more CPUs than there are."""
    try:
        if experiment.fetch:
            _known(experiment.fetch.sites, experiment.languages, "fetch.sites", "language")
        _check_corpora(experiment)
        _check_encoders(experiment)
        _check_tasks(experiment)
        _check_evaluation(experiment)
        _check_sweep(experiment)
        _check_classify(experiment)
        _check_probe(experiment)
        _check_loggers(experiment)
        _check_gpus(experiment)
        if experiment.resources.logical_cpus:
            check_capacity(experiment, [Machine(experiment.resources.logical_cpus)])
    except InputError as error:
        raise InputError(f"{file}: {error}") from error


def _known(names: Iterable[str], known: Iterable[str], where: str, what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise InputError(f"{where}: no {what} is called {name!r}; there are: {', '.join(known) or 'none'}")


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
        if encoder.parent:
            _known([encoder.parent], experiment.encoders, where, "encoder")
    for name in experiment.encoders:
        _check_no_circle(name, experiment.encoders)
    check_encoders(experiment)


def _check_no_circle(name: str, encoders: dict[str, Encoder]) -> None:
    seen = [name]
    while parent := encoders[seen[-1]].parent:
        if parent in seen:
            raise InputError(f"encoders.{name}: made from itself ({' <- '.join([*seen, parent])})")
        seen.append(parent)


def _check_tasks(experiment: Experiment) -> None:
    if experiment.tasks and not experiment.evaluate:
        raise InputError("tasks: there are tasks but no evaluate section")
    for name, task in experiment.tasks.items():
        where = f"tasks.{name}"
        _known(task.languages, experiment.languages, f"{where}.languages", "language")
        have = {language for source in task.sources for language in source.languages}
        for language in task_languages(experiment, name):
            if language not in have:
                raise InputError(f"{where}: no source for {language}; give one, or name the task's languages")
        for source in task.sources:
            if source.reader == "table" and source.labels is None:
                raise InputError(f"{where}.sources: {source.path}: name the column that holds the labels")
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
    _known(evaluate.encoders, experiment.encoders, "evaluate.encoders", "encoder")
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
    if sweep.language not in task_languages(experiment, sweep.task):
        raise InputError(f"sweep.task: {sweep.task!r} is not scored in {sweep.language}")


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
    for source in classify.sources:
        for language in source.languages:
            if language not in languages:
                raise InputError(f"classify.sources: {source.path}: no task of {classify.encoder} is in {language}")


def _check_probe(experiment: Experiment) -> None:
    probe = experiment.probe
    if not probe:
        return
    _known(probed_encoders(experiment), experiment.encoders, "probe.encoders", "encoder")
    if probe.latency and (task := probe.latency.task):
        _known([task], experiment.tasks, "probe.latency.task", "task")
        if language := probe.latency.language:
            _known([language], task_languages(experiment, task), "probe.latency.language", f"language of {task}")


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
    assert experiment.evaluate
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
