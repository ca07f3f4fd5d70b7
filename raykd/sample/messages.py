"""Chat messages: what customers write to the service desks of twelve companies, one JSON object a message."""

import json
from collections.abc import Iterator
from itertools import accumulate

from raykd.sample.load import COMPANIES_PER_SECTOR, Kinds, Language
from raykd.sample.templates import Draw, Pool, Scope, choose, compile_pool, compile_scope, fill, misspell

INTENTIONAL = ("request", "question", "complaint", "dispute")  # the desk has to act on these
OTHER = ("greeting", "thanks", "slot", "acknowledgement", "chat")
AMBIGUOUS = "ambiguous"  # without the conversation nobody could say; labelled either way

LABELLED = 0.3  # the rest of the messages is text for encoders
TRANSLATED = 0.5  # of the labelled messages, in the languages that have translations
# How often a message of each kind comes, of a hundred: first in a conversation, and later on. With a share of
# ambiguous messages of about a fifth, the first 800 labelled messages teach character counts "intentional" at an F1
# of .75 to .9.
_KINDS = (*INTENTIONAL, *OTHER, AMBIGUOUS)
_FIRST = tuple(accumulate((17, 11, 14, 6, 32, 0, 0, 0, 5, 15)))
_LATER = tuple(accumulate((10, 8, 9, 6, 1, 8, 20, 10, 6, 22)))
OPENED = 0.3  # messages with a few words before what they say
CLOSED = 0.3  # and after
MISSPELT = 0.08


class Messages:
    """Writer of endless chat messages in one language; see `conversations`."""

    def __init__(self, language: Language) -> None:
        patterns = language.messages
        self.language = language
        self.kinds = _compile(patterns.kinds)
        self.translated = patterns.translated and _compile(patterns.translated)
        self.openings = compile_pool(patterns.openings)
        self.closings = compile_pool(patterns.closings)
        self.companies: tuple[tuple[str, Scope], ...] = tuple(
            (
                f"company-{sector}-{place + 1}",
                compile_scope(patterns.words, pools, {"brand": pools["brand"][place::COMPANIES_PER_SECTOR]}),
            )
            for sector, pools in patterns.sectors.items()
            for place in range(COMPANIES_PER_SECTOR)
        )

    def conversations(self, draw: Draw) -> Iterator[tuple[str, int]]:
        """Yield (line, 1) a message without end, conversation after conversation."""
        number = 0
        conversation = 0
        while True:
            company, scope = choose(self.companies, draw)
            conversation += 1
            for turn in range(1, 3 + int(draw() * 7)):
                number += 1
                labelled = draw() < LABELLED
                translated = self.translated if labelled and self.translated and draw() < TRANSLATED else None
                kind = _draw_kind(_FIRST if turn == 1 else _LATER, draw)
                message = {
                    "id": f"{self.language.code}-message-{number}",
                    "conversation": f"{self.language.code}-conversation-{conversation}",
                    "turn": turn,
                    "company": company,
                    "language": self.language.code,
                    "label": _label(kind, draw) if labelled else "",
                    "origin": "translated" if translated else "natural",
                    "text": self.text(kind, translated, scope, draw),
                }
                yield json.dumps(message, ensure_ascii=False) + "\n", 1

    def text(self, kind: str, translated: dict[str, Pool] | None, scope: Scope, draw: Draw) -> str:
        """Write one message. A translation has no slips of the finger and no words added in haste."""
        if translated:
            text = fill(choose(translated[kind], draw), scope, draw)
            if draw() < 0.2:
                text += self.language.space + fill(choose(translated["slot"], draw), scope, draw)
            return text
        text = fill(choose(self.kinds[kind], draw), scope, draw)
        space = self.language.space
        if draw() < OPENED:
            text = fill(choose(self.openings, draw), scope, draw) + space + text
        if draw() < CLOSED:
            text += space + fill(choose(self.closings, draw), scope, draw)
        return misspell(text, draw) if draw() < MISSPELT else text


def _label(kind: str, draw: Draw) -> str:
    intentional = draw() < 0.5 if kind == AMBIGUOUS else kind in INTENTIONAL
    return "intentional" if intentional else "not intentional"


def _draw_kind(limits: tuple[int, ...], draw: Draw) -> str:
    place = draw() * limits[-1]
    return next(kind for kind, limit in zip(_KINDS, limits, strict=True) if place < limit)


def _compile(kinds: Kinds) -> dict[str, Pool]:
    return {kind: compile_pool(texts) for kind, texts in kinds}
