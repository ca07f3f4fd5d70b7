"""What a language has to bring: one frozen record of pools, the same for every language.

The generators (technical, messages, general) know no language; the packages of the languages hold nothing but these
records. Pools are plain texts; a {slot} in a text names another pool of its scope (see templates).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from raykd.sample.templates import lines, words

Texts = tuple[str, ...]
Words = Mapping[str, Texts]  # slot name -> texts that may stand there


@dataclass(frozen=True)
class TechnicalPatterns:
    """Questions and answers about programming. In bodies `word` is set as code and [word] as a link.

    Every sentence may use the slots of the topic it is about: {library}, {call}, {error} (written alike in every
    language, see topics) and {thing}, {goal}, {symptom} (from `phrases`), and those of `words`.
    """

    words: Words
    phrases: Mapping[str, tuple[Texts, Texts, Texts]]  # topic -> things, goals, symptoms
    terms: Mapping[str, str]  # libraries and error messages of the topics that this language writes otherwise
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


@dataclass(frozen=True)
class MessagePatterns:
    """Customers' chat messages. Slots: {product}, {service}, {problem}, {task} by sector, {brand} by company."""

    words: Words
    sectors: Mapping[str, Words]
    brands: Mapping[str, Texts]  # sector -> brand names, dealt out to its companies in turn
    kinds: Words  # kind of message (see messages.INTENTIONAL and messages.OTHER) -> texts
    translated: Words  # the same kinds as a translator writes them; empty if no messages are translated
    openings: Texts
    closings: Texts


@dataclass(frozen=True)
class Subject:
    """One subject of the encyclopaedia: records with attributes, and sentences over those attributes."""

    columns: Texts
    records: tuple[Texts, ...]  # one value a column; "a; b" in a value offers a choice
    sentences: Texts


@dataclass(frozen=True)
class GeneralPatterns:
    """Encyclopaedia-like prose: a document is about one record of one subject."""

    words: Words
    subjects: Mapping[str, Subject]


@dataclass(frozen=True)
class Language:
    """Everything the generators know of one language."""

    code: str  # ISO 639-3
    space: str  # what stands between two sentences
    capitals: bool  # whether a sentence begins with a capital letter
    tag_form: tuple[str, str, str]  # what stands before, between and after the tags of a question
    homonyms: Texts  # words with a technical sense in technical text and an everyday one in general text
    technical: TechnicalPatterns
    messages: MessagePatterns
    general: GeneralPatterns


Record = TypeVar("Record", TechnicalPatterns, MessagePatterns)


def from_constants(record: type[Record], constants: Mapping[str, Any], **others: Any) -> Record:
    """Fill a record from the constants of a module, `globals()`: each field from the one of its name in capitals.

    others: fields that the module does not define itself.

    Raises:
        KeyError: a constant is missing.
    """
    names = [field.name for field in fields(record) if field.name not in others]
    return record(**{name: constants[name.upper()] for name in names}, **others)


def subject(columns: str, records: str, sentences: str) -> Subject:
    """Read a subject from text: columns "a | b", one record a line with values in that order, one sentence a line.

    Raises:
        ValueError: a record has not one value a column.
    """
    names = words(columns)
    rows = tuple(words(line) for line in lines(records))
    for row in rows:
        if len(row) != len(names):
            raise ValueError(f"the record {row} has {len(row)} values for the columns {names}")
    return Subject(names, rows, lines(sentences))


def phrases(text: str) -> dict[str, tuple[Texts, Texts, Texts]]:
    """Read the phrases of topics from text: a topic's name, then its things, goals and symptoms, one line each.

    Raises:
        ValueError: the number of lines is no multiple of four.
    """
    entries = [line.strip() for line in text.strip().splitlines()]
    if len(entries) % 4:
        raise ValueError(f"{len(entries)} lines of phrases; each topic needs four: name, things, goals, symptoms")
    blocks = (entries[start : start + 4] for start in range(0, len(entries), 4))
    return {name: (words(things), words(goals), words(symptoms)) for name, things, goals, symptoms in blocks}
