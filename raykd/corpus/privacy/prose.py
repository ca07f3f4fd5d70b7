"""Where a text is prose, and what in it is a name of code: people and places are looked for nowhere else.

A model of language that reads code finds people in it: `Map`, `Jackson`, `Lambda`. So fenced code, lines of code, code
between backticks and addresses (https://...) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from raykd.corpus.clean import ADDRESS

# Characters that a pipeline takes at once. Sudachi, which cuts Japanese into words, takes 49,149 bytes.
PIECE = 12_000

_ENDS = ("\n", "。", ". ", "? ", "! ", ", ", " ")  # where a passage that is longer is cut, the best first
_FENCE = re.compile(r"```.*?```", re.DOTALL)  # one that never closes is none (corpus/clean.py)
# What a line of prose does not hold.
_CODE = re.compile(
    r"::|=>|==|!=|&&|\|\||[+:-]=|\w\(\)|^\s*[a-z_][\w.\[\]]*\s*=\s*\S|^\s*(?:#include\b|import [\w.]+\s*$|"
    r"from [\w.]+ import |(?:def|function) \w+\(|class \w+\s*[:({]|at [\w.$<>]+\()"
)
_STATEMENT = re.compile(r"[=()<>\[\]\"]")  # with a semicolon or a brace at the end of the line
_LITERAL = re.compile(r"`[^`\n]+`")
_IDENTIFIER = re.compile(r"[_=<>{}\\|$~^]|[a-z]\.[a-z]|\w\(")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]|[A-Za-z]\d")
_FAMILY = re.compile(r"\b(?:Mc|Mac|De|Di|Da|Du|La|Le|Van|Von|Fitz)(?=[A-Z])")  # McDonald, LeBron


def passages(text: str, most: int = PIECE) -> Iterator[tuple[int, int]]:
    """Start and stop of runs of lines of prose, of at most so many characters; a longer one is cut where a line, a
    sentence or a word ends, if one does in its second half."""
    start = 0
    for fence in _FENCE.finditer(text):
        yield from _between_fences(text, start, fence.start(), most)
        start = fence.end()
    yield from _between_fences(text, start, len(text), most)


def literals(text: str, start: int, stop: int) -> list[tuple[int, int]]:
    """Start and stop of code between backticks and of addresses within a passage."""
    return [found.span() for pattern in (_LITERAL, ADDRESS) for found in pattern.finditer(text, start, stop)]


def is_identifier(name: str) -> bool:
    """Whether a name is one of code: snake_case, camelCase, a.path, or a product such as GitHub or Log4j."""
    joined = " " not in name and _INNER_CAPITAL.search(_FAMILY.sub("", name))
    return bool(joined or _IDENTIFIER.search(name))


def is_code(line: str) -> bool:
    ends_a_statement = line.rstrip().endswith((";", "{", "}")) and _STATEMENT.search(line)
    return bool(ends_a_statement or _CODE.search(line))


def _between_fences(text: str, start: int, stop: int, most: int) -> Iterator[tuple[int, int]]:
    begin = place = start
    while place < stop:
        end = text.find("\n", place, stop) + 1 or stop
        if is_code(text[place:end]):
            yield from _pieces(text, begin, place, most)
            begin = end
        place = end
    yield from _pieces(text, begin, stop, most)


def _pieces(text: str, start: int, stop: int, most: int) -> Iterator[tuple[int, int]]:
    while stop - start > most:
        ends = ((sign, text.rfind(sign, start + most // 2, start + most)) for sign in _ENDS)
        end = next((found + len(sign) for sign, found in ends if found >= 0), start + most)
        yield start, end
        start = end
    if text[start:stop].strip():
        yield start, stop
