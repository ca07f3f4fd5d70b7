"""Machine-translating labelled rows, for tasks to read."""

from __future__ import annotations

import os
from pathlib import Path

from raykd.artifacts import Storage
from raykd.config import Translate
from raykd.errors import InputError
from raykd.jobs.preflight import check_translators, on_cluster
from raykd.jobs.run import Run
from raykd.planning.translations import identity_of, is_translated
from raykd.tasks.translation import translate_rows


def translate(run: Run) -> None:
    experiment = run.experiment
    spec = experiment.translate
    if not spec:
        raise InputError("the experiment has no translate section, so there is nothing to translate")
    _check_resources(run)
    storage = Storage(_directory(spec))
    identity = identity_of(experiment)
    if is_translated(storage, identity):
        run.say(f"translations in {storage.uri}")
        return
    check_translators(run.experiment)
    run.start_ray()
    facts = translate_rows(storage, spec, identity, experiment.cleaning, experiment.resources.translate, run.say)
    for language, found in facts["languages"].items():
        left_out = ", ".join(f"{count:,} {problem}" for problem, count in found["left_out"].items()) or "none"
        run.say(f"{language}: {found['rows']:,} rows translated (left out: {left_out})")
    run.say(f"translations in {storage.uri}")


def _directory(spec: Translate) -> str:
    if "://" in spec.directory:
        return spec.directory
    if on_cluster() and not Path(spec.directory).is_absolute():
        raise InputError(
            f"translate.directory: {spec.directory!r} is relative, and a submitted job's working directory is thrown "
            "away; give an absolute path that all nodes share, or a URI"
        )
    return str(Path(spec.directory).expanduser().absolute())


def _check_resources(run: Run) -> None:
    """An actor that asks for more than there is would wait for ever."""
    asked = run.experiment.resources.translate
    if on_cluster():
        return
    available = run.experiment.resources.logical_cpus or os.cpu_count() or 1
    if asked.actors * asked.cpus > available:
        raise InputError(
            f"resources.translate: {asked.actors} actor(s) x {asked.cpus:g} CPU, but there are {available} logical CPUs"
        )
