"""What detectors of personal data give each other: a span of a text, its kind, and the words before it."""

from __future__ import annotations

import re
from typing import NamedTuple

BEFORE, AFTER = 48, 24  # characters in which a word may say what a number is
EDGES = " \t\n\u3000.,;:!?\"'()[]<>«»“”‘’*-–—|/"


class Span(NamedTuple):
    start: int
    stop: int
    kind: str


def trimmed(text: str, span: Span) -> Span:
    """Without the blanks, marks and brackets at its ends."""
    found = text[span.start : span.stop]
    start = span.start + len(found) - len(found.lstrip(EDGES))
    return Span(start, max(start, span.start + len(found.rstrip(EDGES))), span.kind)


def is_announced(text: str, start: int, stop: int, words: re.Pattern[str]) -> bool:
    """Whether one of the words stands shortly before a span, or right behind it."""
    return bool(words.search(text, max(0, start - BEFORE), start) or words.search(text, stop, stop + AFTER))


def digits_of(text: str) -> str:
    """The digits of a text as ASCII; Japanese text has wide ones."""
    return "".join(str(int(one)) for one in text if one.isdecimal())
