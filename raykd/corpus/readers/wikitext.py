"""Wikitext to plain text, parsed by mwparserfromhell.

Kept: prose, headings that something follows, list items, the words of links, code. Left out: templates (their text
cannot be had without the wiki's own templates), tables, references, galleries, formulas, files, categories, links to
other languages' pages, comments.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

from raykd.config import Cleaning
from raykd.corpus.clean import CODE_TAG

DROPPED_TAGS = frozenset(
    (
        *("table", "ref", "references", "gallery", "math", "chem", "ce", "score", "timeline", "imagemap", "graph"),
        *("mapframe", "maplink", "templatestyles", "section", "indicator", "categorytree", "inputbox", "hiero"),
    )
)
VERBATIM_TAGS = frozenset(("syntaxhighlight", "source", "code", "pre", "nowiki", "tt"))
BLOCK_TAGS = frozenset(("br", "hr", "p", "div", "blockquote", "center", "pre", "syntaxhighlight", "source", "poem"))
DROPPED_NAMESPACES = frozenset({"file", "image", "media", "category"})  # every wiki knows them beside its own names

_QUOTES = re.compile("'{2,5}")  # bold and italic
_SWITCH = re.compile("__[A-Z]+__")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]+)*")
_EMPTY_BRACKETS = re.compile(r" ?\([\s,;:/–-]*\)|（[\s、，；：,;]*）")  # what a template leaves behind
_TABLE_LINE = re.compile(r"^[ \t]*(\{\||\|).*$", re.MULTILINE)  # of a table that never closes, or never opened
_SPACE = re.compile(r"[ \t]+(?=[,.;:)\n])|(?<=\n)[ \t]+")


def plain_text(wikitext: str, namespaces: Collection[str] = (), cleaning: Cleaning = Cleaning()) -> str:
    """The text of one page. namespaces: the wiki's own names, in lower case, of files and categories.

    Raises ImportError without mwparserfromhell, and whatever that raises for markup that it cannot parse.
    """
    import mwparserfromhell

    # Without the style tags, as quotes that are not balanced make the parser try every way to pair them.
    code = mwparserfromhell.parse(wikitext, skip_style_tags=True)
    dropped = DROPPED_NAMESPACES | set(namespaces)
    pieces = _without_empty_headings(_with_code(_pieces(code, dropped), cleaning))
    parts = groupby(pieces, key=lambda piece: isinstance(piece, _Verbatim))
    return "".join("".join(part) if verbatim else _tidy("".join(part)) for verbatim, part in parts).strip()


class _Heading(str):
    level: int = 2


class _Verbatim(str):
    """Text whose brackets and lines are nobody's leavings."""


class _Code(_Verbatim):
    pass


def _tidy(prose: str) -> str:
    return _SPACE.sub("", _TABLE_LINE.sub("", _EMPTY_BRACKETS.sub("", prose)))


def _with_code(pieces: Iterator[str], cleaning: Cleaning) -> Iterator[str]:
    for piece in pieces:
        if not isinstance(piece, _Code) or cleaning.code == "keep":
            yield piece
        elif cleaning.code == "tag":
            yield _Code(CODE_TAG)


def _pieces(code: Any, dropped: Collection[str]) -> Iterator[str]:
    from mwparserfromhell import nodes

    for node in code.nodes:
        if isinstance(node, nodes.Text):
            yield _SWITCH.sub("", _QUOTES.sub("", node.value))
        elif isinstance(node, nodes.Wikilink):
            yield from _link(node, dropped)
        elif isinstance(node, nodes.Tag):
            yield from _tag(node, dropped)
        elif isinstance(node, nodes.ExternalLink):
            if node.title is not None:
                yield from _pieces(node.title, dropped)
            elif not node.brackets:
                yield str(node.url)
        elif isinstance(node, nodes.HTMLEntity):
            yield node.normalize()
        elif isinstance(node, nodes.Heading):
            heading = _Heading("".join(_pieces(node.title, dropped)).strip() + "\n")
            heading.level = node.level
            yield heading


def _link(node: Any, dropped: Collection[str]) -> Iterator[str]:
    title = str(node.title).strip()
    space, colon, _ = title.partition(":")
    if colon and space.strip().lower() in dropped:
        return
    if node.text is not None:
        yield from _pieces(node.text, dropped)
    elif not (colon and _LANGUAGE.fullmatch(space)):
        yield title.removeprefix(":")


def _tag(node: Any, dropped: Collection[str]) -> Iterator[str]:
    name = str(node.tag).strip().lower()
    if name in DROPPED_TAGS:
        return
    if name in BLOCK_TAGS:
        yield "\n"
    if node.contents is not None:
        if name in VERBATIM_TAGS:
            yield (_Verbatim if name == "nowiki" else _Code)("".join(_verbatim(node.contents)))
        else:
            yield from _pieces(node.contents, dropped)
    if name in BLOCK_TAGS:
        yield "\n"


def _verbatim(code: Any) -> Iterator[str]:
    """Code as it stands, entities resolved."""
    from mwparserfromhell import nodes

    for node in code.nodes:
        yield node.normalize() if isinstance(node, nodes.HTMLEntity) else str(node)


def _without_empty_headings(pieces: Iterator[str]) -> Iterator[str]:
    """Pieces without the headings that nothing but headings of their own or a higher level follows."""
    waiting: list[_Heading] = []
    for piece in pieces:
        if isinstance(piece, _Heading):
            waiting = [heading for heading in waiting if heading.level < piece.level]
            waiting.append(piece)
        else:
            if piece.strip():
                yield from waiting
                waiting = []
            yield piece
