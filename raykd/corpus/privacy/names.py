"""Names of people and postal addresses, by Presidio and a spaCy pipeline for each language (an extra: `presidio`).

spaCy's pipelines come as packages of their own, which no index has, or as directories. Versions are read without
loading anything, so that a plan knows what would mask; a pipeline is loaded once a process, where text is masked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any

from raykd.artifacts import file_identity, settings_hash
from raykd.corpus.privacy.prose import PIECE, is_identifier, literals, passages
from raykd.corpus.privacy.spans import Span, trimmed
from raykd.errors import InputError

KEY = "cleaning.privacy.names"
LIBRARIES = ("presidio-analyzer", "spacy")
# What pipelines call people and places (OntoNotes, WikiNER, one's own), and what Presidio does.
LABELS = {"PER": "PERSON", "PERSON": "PERSON"} | dict.fromkeys(
    ("LOC", "LOCATION", "GPE", "FAC", "ADDRESS", "STREET"), "LOCATION"
)
KINDS = {"PERSON": "name", "LOCATION": "address"}

# What stands between the parts of an address, before the first and behind the last: numbers of houses, codes of post.
_BETWEEN = re.compile(r"[\s,.–-]{0,3}(?:(?:n[.º°o]{1,2} ?|№ ?|д\. ?|#)?\d[\w/-]{0,9}[\s,.–-]{0,3}){0,3}")
_BEFORE = re.compile(r"(?<![\w.,:/-])(?:〒 ?)?(?!(?:19|20)\d\d[ ,])\d{1,6}[A-Za-z]?(?:-\d{3,4})?,? ?\Z")
_BEHIND = re.compile(
    r",? (?:[A-Z]{2} )?(?:\d{5}(?:-\d{4})?|\d{6}|\d{4,5}-\d{3})(?![\w-])|"
    r",? [A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}(?!\w)|, ?(?:n[.º°o]{1,2} ?|№ ?|д\. ?|#)?\d{1,4}[A-Za-z]?(?![\w.:/%])"
)
_REACH = 16  # characters before an address in which its number may stand


def names_and_addresses(text: str, pipeline: str) -> Iterator[Span]:
    """Of prose alone. Raises InputError where the pipeline cannot be loaded."""
    analyser = _analyser(pipeline)
    for start, stop in passages(text, analyser.most):
        found = analyser.found(text[start:stop])
        if not found:
            continue
        code = literals(text, start, stop)
        spans = (trimmed(text, Span(start + one.start, start + one.stop, one.kind)) for one in found)
        kept = [
            span
            for span in spans
            if not is_no_name(text[span.start : span.stop])
            and not any(span.start < end and begin < span.stop for begin, end in code)
        ]
        yield from whole_addresses(text, sorted(kept))


def is_no_name(found: str) -> bool:
    return not any(one.isalpha() for one in found) or is_identifier(found)


def whole_addresses(text: str, spans: list[Span]) -> Iterator[Span]:
    """Spans in order, those of parts of one address as one: with what stands between them, its number and its code."""
    part = 0
    numbered = list[tuple[int, Span]]()
    for place, span in enumerate(spans):
        last = spans[place - 1] if place else None
        if not (last and last.kind == span.kind == "address" and _BETWEEN.fullmatch(text, last.stop, span.start)):
            part += 1
        numbered.append((part, span))
    for _, group in groupby(numbered, key=lambda one: one[0]):
        parts = [span for _, span in group]
        start, stop, kind = parts[0].start, max(one.stop for one in parts), parts[0].kind
        if kind == "address":
            before = _BEFORE.search(text, max(0, start - _REACH), start)
            behind = _BEHIND.match(text, stop)
            start, stop = before.start() if before else start, behind.end() if behind else stop
        yield Span(start, stop, kind)


def check_names(names: Mapping[str, str | None]) -> None:
    """Raises InputError where the extra is not installed, or a pipeline is not there or finds no people or places."""
    for pipeline in names.values():
        if pipeline:
            pipeline_identity(pipeline)


@lru_cache
def pipeline_identity(pipeline: str) -> dict[str, str]:
    """What decides what a pipeline finds: name and version, of a directory the content, and the libraries' versions.

    Raises InputError as check_names does.
    """
    versions = _library_versions()
    folder, is_package = _folder(pipeline)
    about = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    labels = {label for of_component in about.get("labels", {}).values() for label in of_component}
    if not labels & LABELS.keys():
        raise InputError(
            f"{KEY}: {pipeline} finds neither people nor places: none of its labels is {', '.join(sorted(LABELS))}"
        )
    own = {"pipeline": f"{about['lang']}_{about['name']}", "version": about["version"]}
    return own | ({} if is_package else {"content": _content(folder)}) | versions


class _Analyser:
    """Presidio with one pipeline. most: characters that it takes at once."""

    def __init__(self, pipeline: str) -> None:
        _library_versions()
        _folder(pipeline)
        import spacy
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
        from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
        from presidio_analyzer.predefined_recognizers import SpacyRecognizer

        try:
            self._nlp: Any = spacy.load(pipeline)
        except (ImportError, OSError, ValueError) as error:
            raise InputError(f"{KEY}: {pipeline} cannot be loaded: {' '.join(str(error).split())}") from error
        labels = {label for name in self._nlp.pipe_names for label in self._nlp.pipe_labels.get(name, ())}
        how = NerModelConfiguration(
            model_to_presidio_entity_mapping=LABELS, labels_to_ignore=sorted(labels - LABELS.keys())
        )
        language = str(self._nlp.lang)
        # Given as it is: Presidio's own loading moves it to a GPU, and downloads what is missing.
        engine: Any = SpacyNlpEngine(ner_model_configuration=how)
        engine.nlp = {language: self._nlp}
        recogniser = SpacyRecognizer(supported_language=language, supported_entities=list(KINDS))
        registry = RecognizerRegistry(recognizers=[recogniser], supported_languages=[language])
        self._engine: Any = AnalyzerEngine(registry, engine, supported_languages=[language])
        self._lock = Lock()  # a zone of memory is for one thread
        self.most = min(PIECE, self._nlp.max_length)

    def found(self, text: str) -> list[Span]:
        # Without a zone the pipeline keeps every word that it has ever met.
        with self._lock, self._nlp.memory_zone():
            results = self._engine.analyze(text, self._nlp.lang, entities=list(KINDS))
            return [Span(one.start, one.end, KINDS[one.entity_type]) for one in results]


@lru_cache
def _analyser(pipeline: str) -> _Analyser:
    return _Analyser(pipeline)


def _library_versions() -> dict[str, str]:
    try:
        return {library: metadata.version(library) for library in LIBRARIES}
    except metadata.PackageNotFoundError as error:
        raise InputError(f"{KEY}: found with Presidio and spaCy: pip install 'raykd[presidio]'") from error


def _folder(pipeline: str) -> tuple[Path, bool]:
    """Where a pipeline's meta.json lies, and whether it is an installed package, which spaCy looks for first."""
    if re.fullmatch(r"\w+", pipeline):
        try:
            metadata.version(pipeline)
            spec = find_spec(pipeline)
            if spec and spec.origin and Path(spec.origin).with_name("meta.json").is_file():
                return Path(spec.origin).parent, True
        except metadata.PackageNotFoundError:
            pass
    if Path(pipeline, "meta.json").is_file():
        return Path(pipeline), False
    raise InputError(
        f"{KEY}: {pipeline} is no installed spaCy pipeline and no directory of one; install its package "
        "(spacy.io/models) on every machine, or name the directory that it was saved to"
    )


def _content(folder: Path) -> str:
    """A pipeline that is trained at home is called version 0.0.0 each time."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return settings_hash({str(path.relative_to(folder)): file_identity(str(path), "content") for path in files})
