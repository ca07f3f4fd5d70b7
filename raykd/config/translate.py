"""Machine-translated rows, for tasks in languages that have too few of their own (paper, section 3.1.1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from raykd.config.sources import Source
from raykd.config.types import LATER, Distinct, Gpus, Language, Node, Positive, Share


class Translate(Node):
    """The labelled natural rows of `sources` in other languages, written by jobs/translate.py.

    A task reads them as a source: {reader: table, language: spa, path: "${translate.directory}/spa/*.parquet", id: id,
    labels: labels, group: group, origin: origin}. `model` is any Hugging Face sequence-to-sequence model, a directory
    or a hub name; in it and in `prompt`, which precedes every text (T5 wants one), {source} and {target} stand for the
    codes of the languages: "Helsinki-NLP/opus-mt-{source}-{target}" with `codes: {eng: en, spa: es}`.
    """

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), Distinct]
    directory: str
    model: str
    revision: str | None = None
    codes: dict[Language, str] = Field(default_factory=dict)  # what the model calls languages; else as they are
    prompt: str = ""
    beams: Positive = 4  # (Vaswani et al. 2017, section 6.1)
    max_tokens: Positive = 256  # of a text and of its translation; longer ones are left out, and counted
    rows: Positive | None = None  # of each source language, drawn at random; none: all
    part: Positive = 1000  # rows of a file; a file that is there is not made again
    rejected_share: Share = 0.01  # of the rows read that may be unreadable before the job fails
    unmatched_share: Annotated[Share, LATER] = 0.01  # whose `where` or language differs by case alone from one named

    def code(self, language: str) -> str:
        return self.codes.get(language, language)

    def model_of(self, source: str, target: str) -> str:
        return self._filled(self.model, source, target)

    def prompt_of(self, source: str, target: str) -> str:
        return self._filled(self.prompt, source, target)

    def _filled(self, template: str, source: str, target: str) -> str:
        return template.replace("{source}", self.code(source)).replace("{target}", self.code(target))


class TranslateResources(Node):
    actors: Positive = 1
    cpus: Annotated[float, Field(gt=0)] = 1.0  # of an actor
    gpus: Gpus = 0  # of an actor
    batch_tokens: Positive = 2048  # of a batch of texts, padding included; each beam takes as many again
