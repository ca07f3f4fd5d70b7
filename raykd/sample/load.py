"""What the writers know of languages and of programming: pools of texts, read from YAML and checked once.

languages/<ISO 639-3 code>.yaml holds one language, programming.yaml what technical posts write alike in every language.
A pool is a list of texts; a {slot} in a text names another pool of its scope (see templates). A key like
`product/the/of` names several pools at once, and each of its entries holds one form of a word for each of them. Texts
that YAML would take for something else ("404", "no", "{slot} first") stand in quotes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from raykd.package_data import read_yaml
from raykd.sample.templates import slots

OTHER = "other"  # technologies that are none of the task tags
SHARED = "shared"  # topics found under every tag, which are what makes the tags overlap
COMPANIES_PER_SECTOR = 3  # which share out the sector's brands

_DIRECTORY = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in _DIRECTORY.glob("languages/*.yaml")))


class Record(BaseModel):
    """A part of a file; a key that it does not know, and one that is missing, are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _deal_forms(pools: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Make `a/b: [a1/b1, a2/b2]` the pools a: [a1, a2] and b: [b1, b2]."""
    dealt = {}
    for key, texts in pools.items():
        names = key.split("/")
        if len(names) == 1:
            dealt[key] = texts
            continue
        rows = [text.split("/") for text in texts]
        for row in rows:
            if len(row) != len(names):
                raise ValueError(f"{'/'.join(row)!r} has {len(row)} forms, {key} asks for {len(names)}")
        dealt |= zip(names, zip(*rows, strict=True), strict=True)
    return dealt


def _one_or_several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Slot = Annotated[str, Field(pattern=r"^[a-z_]+$")]
Pools = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z_]+(/[a-z_]+)*$")], Texts],
    Field(min_length=1),
    AfterValidator(_deal_forms),
]
Value = Annotated[Texts, BeforeValidator(_one_or_several)]


class Topic(Record):
    """What one subject of a technology is recognised by, written alike in every language."""

    tags: Texts  # finer tags of which a question on the topic may carry one
    library: Texts
    call: Texts
    error: Texts


class Technology(Record):
    """A task tag, OTHER or SHARED, with its topics and blocks of code."""

    name: Text | None = None  # how posts write a task tag; only these have one
    share: Annotated[int, Field(ge=0)]  # of all questions, those that are first of all about it
    companions: dict[Text, Annotated[float, Field(gt=0, le=1)]] = {}  # tag -> how often a question carries it too
    topics: Annotated[dict[Text, Topic], Field(min_length=1)]
    code: Texts


class Programming(Record):
    """What technical posts write alike in every language."""

    identifiers: Pools  # of blocks of code; the same throughout a block
    literals: Pools  # drawn anew each time
    technologies: dict[Text, Technology]

    @property
    def tags(self) -> dict[str, str]:
        """Task tag -> how posts write it."""
        return {tag: technology.name for tag, technology in self.technologies.items() if technology.name}

    @property
    def topics(self) -> dict[str, Topic]:
        return {name: topic for technology in self.technologies.values() for name, topic in technology.topics.items()}

    @property
    def pools(self) -> set[str]:
        """The names of the pools that technical texts have in every language."""
        return {*self.identifiers, *self.literals, "library", "call", "error"}

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_keys("technologies", {OTHER, SHARED}, self.technologies.keys() & {OTHER, SHARED})
        names = [name for technology in self.technologies.values() for name in technology.topics]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"technologies: two topics are called {name}")
        for key, texts in self:
            _check_slots(key, texts, self.pools)
        return self


class Phrases(Record):
    """The words of one topic."""

    thing: Texts
    goal: Texts
    symptom: Texts


class TechnicalPatterns(Record):
    """Questions and answers about programming. In bodies `word` is set as code and [word] as a link.

    Every sentence may use the slots of the topic it is about: {library}, {call}, {error} (written alike in every
    language) and {thing}, {goal}, {symptom} (from `phrases`), and those of `words`.
    """

    words: Pools
    phrases: dict[str, Phrases]  # by topic
    terms: dict[Text, Text]  # libraries and error messages of the topics that this language writes otherwise
    titles: Texts
    openings: Texts  # what the writer is doing
    attempts: Texts  # what was tried
    failures: Texts  # what went wrong
    remarks: Texts  # circumstances that say nothing of the topic
    questions: Texts
    closings: Texts
    naming: Texts  # sentences that name the technology itself: {name}
    mentions: Texts  # sentences that name another technology in passing: {other}
    items: Texts  # entries of a list
    code_leads: Texts  # what stands before a block of code
    advice: Texts  # sentences of an answer
    verdicts: Texts  # the end of an answer

    @model_validator(mode="after")
    def _check(self) -> Self:
        programming = load_programming()
        topics = programming.topics
        _check_keys("phrases", topics.keys(), self.phrases.keys())
        english = {text for topic in topics.values() for text in (*topic.library, *topic.error)}
        _check_keys("terms", english & self.terms.keys(), self.terms.keys())
        pools = {*programming.pools, *Phrases.model_fields, *self.words}
        own = {"naming": {"name"}, "mentions": {"other"}}
        for key, texts in self:
            _check_slots(key, texts, pools | own.get(key, set()))
        return self


class Kinds(Record):
    """Messages by what their writer wants; messages.py says which of them are intentional."""

    request: Texts
    question: Texts
    complaint: Texts
    dispute: Texts
    greeting: Texts
    thanks: Texts
    slot: Texts
    acknowledgement: Texts
    chat: Texts
    ambiguous: Texts


class MessagePatterns(Record):
    """Customers' chat messages. Besides `words`, texts use the slots of the sector they are about."""

    words: Pools
    sectors: Annotated[dict[Text, Pools], Field(min_length=1)]  # {brand} is dealt out to the companies in turn
    kinds: Kinds
    translated: Kinds | None  # as a translator writes them; none: no messages are translated into this language
    openings: Texts
    closings: Texts

    @model_validator(mode="after")
    def _check(self) -> Self:
        for sector, pools in self.sectors.items():
            if len(pools.get("brand", ())) < COMPANIES_PER_SECTOR:
                raise ValueError(f"sectors.{sector}.brand: give {COMPANIES_PER_SECTOR} or more, one a company")
            _check_slots(f"sectors.{sector}", pools, {*self.words, *pools})
            for key, texts in self:
                if key != "sectors":
                    _check_slots(key, texts, {*self.words, *pools})
        return self


class Subject(Record):
    """One subject of the encyclopaedia: records with attributes, and sentences over those attributes."""

    columns: Annotated[tuple[Slot, ...], Field(min_length=1)]
    records: Annotated[tuple[tuple[Value, ...], ...], Field(min_length=1)]  # a value a column, or a choice of values
    sentences: Annotated[Texts, Field(min_length=6)]  # as many as the longest article has

    @model_validator(mode="after")
    def _check(self) -> Self:
        for place, record in enumerate(self.records):
            if len(record) != len(self.columns):
                raise ValueError(f"records.{place}: {len(record)} values for the {len(self.columns)} columns")
        return self


class GeneralPatterns(Record):
    """Encyclopaedia-like prose: a document is about one record of one subject."""

    words: Pools
    subjects: Annotated[dict[Text, Subject], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name, subject in self.subjects.items():
            pools = {*self.words, *subject.columns}
            _check_slots("words", self.words, pools)
            _check_slots(f"subjects.{name}", subject, pools)
        return self


class Language(Record):
    """Everything the writers know of one language."""

    code: str  # ISO 639-3; the file's name
    space: str  # what stands between two sentences
    capitals: bool  # whether a sentence begins with a capital letter
    tag_form: tuple[Text, Text, Text]  # what stands before, between and after the tags of a question
    homonyms: Texts  # words with a technical sense in technical text and an everyday one in general text
    technical: TechnicalPatterns
    messages: MessagePatterns
    general: GeneralPatterns


@cache
def load_language(code: str) -> Language:
    """Read one of LANGUAGES.

    Raises:
        ValueError: the file has an unknown, missing or doubled key, an empty pool, a slot that names no pool or a
            record with the wrong number of values; one line with the file and the key.
    """
    return read_yaml(_DIRECTORY / "languages" / f"{code}.yaml", Language, code=code)


@cache
def load_programming() -> Programming:
    """Read what technical posts write alike in every language; raises ValueError as `load_language` does."""
    return read_yaml(_DIRECTORY / "programming.yaml", Programming)


def _check_keys(key: str, wanted: Collection[str], given: Collection[str]) -> None:
    if missing := [name for name in wanted if name not in given]:
        raise ValueError(f"{key}: {missing[0]} is missing")
    if unknown := [name for name in given if name not in wanted]:
        raise ValueError(f"{key}.{unknown[0]}: unknown key")


def _check_slots(key: str, texts: Any, pools: Collection[str]) -> None:
    """Raise ValueError if a text, however deep in `texts`, has a slot that names none of the pools."""
    if isinstance(texts, str):
        for slot in slots(texts):
            if slot not in pools:
                raise ValueError(f"{key}: no pool is called {{{slot}}}, in {texts!r}")
    elif isinstance(texts, Mapping | Record):
        for name, inner in texts.items() if isinstance(texts, Mapping) else texts:
            _check_slots(f"{key}.{name}", inner, pools)
    elif isinstance(texts, tuple):
        for inner in texts:
            _check_slots(key, inner, pools)
