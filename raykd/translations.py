"""Whether the translations that an experiment asks for are there, made as it says now."""

from __future__ import annotations

from typing import Any

from raykd.artifacts import Storage
from raykd.config import Experiment
from raykd.plan import model_hash
from raykd.readings import SourceFiles
from raykd.tasks.translation import is_translated, translation_identity


def are_translated(experiment: Experiment) -> bool:
    """True where none are asked for. Raises InputError where they were made of other rows or by other settings."""
    spec = experiment.translate
    return spec is None or is_translated(Storage(spec.directory), identity_of(experiment))


def identity_of(experiment: Experiment) -> dict[str, Any]:
    """What decides the translations: settings, source files, and the models by pair of languages."""
    spec = experiment.translate
    assert spec
    _, files = SourceFiles(experiment.source_identity).describe(spec.sources)
    pairs = [
        (source, target)
        for source in sorted({language for source in spec.sources for language in source.languages})
        for target in spec.languages
        if source != target
    ]
    models = {
        f"model {source}-{target}": model_hash(spec.model_of(source, target), spec.revision) for source, target in pairs
    }
    return translation_identity(spec, experiment.cleaning, files | models)
