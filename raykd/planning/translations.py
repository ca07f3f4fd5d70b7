"""Whether the translations that an experiment asks for are there, made as it says now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raykd.artifacts import Storage, settings_hash
from raykd.config import Cleaning, Experiment, Translate
from raykd.errors import InputError
from raykd.planning import versions
from raykd.planning.plan import cleaning_settings, model_hash
from raykd.planning.source_files import SourceFiles


def are_translated(experiment: Experiment) -> bool:
    """True where none are asked for. Raises InputError where they were made of other rows or by other settings."""
    spec = experiment.translate
    return spec is None or is_translated(Storage(spec.directory), identity_of(experiment))


def identity_of(experiment: Experiment) -> dict[str, Any]:
    """What decides the translations: settings, source files, and the models by pair of languages."""
    spec = experiment.translate
    assert spec
    _, files = SourceFiles(experiment.source_identity).describe(spec.sources)
    pairs = language_pairs(spec)
    models = {
        f"model {source}-{target}": model_hash(spec.model_of(source, target), spec.revision) for source, target in pairs
    }
    return translation_identity(spec, experiment.cleaning, files | models)


def language_pairs(spec: Translate) -> list[tuple[str, str]]:
    """(from, to) of what is translated."""
    return [
        (source, target)
        for source in sorted({language for source in spec.sources for language in source.languages})
        for target in spec.languages
        if source != target
    ]


def translation_identity(spec: Translate, cleaning: Cleaning, inputs: Mapping[str, str]) -> dict[str, Any]:
    """What decides the translations. inputs: the identities of source files and models by name."""
    settings = spec.model_dump(mode="json", exclude={"directory", "rejected_share", "sources"})
    settings |= {
        "sources": [source.model_dump(mode="json", exclude={"path"}) for source in spec.sources],
        "cleaning": cleaning_settings(cleaning),
    }
    identity = {"version": versions.TRANSLATIONS, "settings": settings, "inputs": dict(inputs)}
    return identity | {"hash": settings_hash(identity)}


def is_translated(storage: Storage, identity: Mapping[str, Any]) -> bool:
    """Whether all is there. Raises InputError where the directory holds translations that something else made."""
    for file in ("translation.json", "manifest.json"):
        if storage.exists(file) and storage.read_json(file)["hash"] != identity["hash"]:
            raise InputError(
                f"translate.directory: {storage.uri} holds translations of other rows, or by other settings; remove "
                "it or name another directory"
            )
    return storage.exists("manifest.json")
