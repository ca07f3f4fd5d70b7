"""Wikitext to plain text, parsed by mwparserfromhell.

Kept: prose, headings that something follows, list items, the words of links, code. Left out: templates (their text
cannot be had without the wiki's own templates), tables, references, galleries, formulas, files, categories, links to
other languages' pages, comments. What is left out leaves no space before a punctuation mark and no empty brackets.

The parser tries again from every piece of markup that never closes, in time that grows with their number times the
length of the page. Such pages are refused before (MarkupError).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Any

from raykd.config import Cleaning
from raykd.corpus.clean import CODE_TAG, MarkupError

DROPPED_TAGS = frozenset(
    (
        *("table", "ref", "references", "gallery", "math", "chem", "ce", "score", "timeline", "imagemap", "graph"),
        *("mapframe", "maplink", "templatestyles", "section", "indicator", "categorytree", "inputbox", "hiero"),
    )
)
VERBATIM_TAGS = frozenset(("syntaxhighlight", "source", "code", "pre", "nowiki", "tt"))
BLOCK_TAGS = frozenset(("br", "hr", "p", "div", "blockquote", "center", "pre", "syntaxhighlight", "source", "poem"))
DROPPED_NAMESPACES = frozenset({"file", "image", "media", "category"})  # every wiki knows them beside its own names

MARKUP_PIECES = 50_000  # of a page; each costs some 50 microseconds
OPEN_CHARACTERS = 2_000_000  # pieces of markup that never close, times the characters of a page
_QUOTES = re.compile("'{2,5}")  # bold and italic
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]+)*")
# Behaviour switches, https://www.mediawiki.org/wiki/Help:Magic_words, and their names in the languages of large wikis.
_SWITCHES = (
    "NOTOC|FORCETOC|TOC|NOEDITSECTION|NEWSECTIONLINK|NONEWSECTIONLINK|NOGALLERY|HIDDENCAT|EXPECTUNUSEDCATEGORY|"
    "EXPECTUNUSEDTEMPLATE|NOCONTENTCONVERT|NOCC|NOTITLECONVERT|NOTC|INDEX|NOINDEX|STATICREDIRECT|DISAMBIG|NOGLOBAL|"
    "EXPECTED_UNCONNECTED_PAGE|ARCHIVEDTALK|NOTALK|START|END|"
    "NOTDC|TDC|FORZARTDC|SEMTDC|FORCARTDC|FORÇARTDC|AUCUNSOMMAIRE|SOMMAIRE|FORCERSOMMAIRE|"
    "INHALTSVERZEICHNIS|KEIN_INHALTSVERZEICHNIS|INHALTSVERZEICHNIS_ERZWINGEN|ABSCHNITTE_NICHT_BEARBEITEN|"
    "ОГЛАВЛЕНИЕ|ОГЛ|БЕЗ_ОГЛАВЛЕНИЯ|БЕЗ_ОГЛ|БЕЗОГЛ|ОБЯЗАТЕЛЬНОЕ_ОГЛАВЛЕНИЕ|ОБЯЗ_ОГЛ|БЕЗ_ГАЛЕРЕИ|БЕЗГАЛЕРЕИ|"
    "目次|目次非表示|目次強制|節編集非表示|ギャラリー非表示|索引なし"
)
_SWITCH = re.compile(f"__(?:{_SWITCHES})__", re.IGNORECASE)
_INDENTED_TABLE = re.compile(r"^[ \t]*+[:*#;][:*#; \t]*+(?=\{\|)", re.MULTILINE)
# Of a table that never closes, or never opened.
_TABLE = re.compile(r"^[ \t]*+\{\|[^\n]*+(?:\n[ \t]*+[|!][^\n]*+)*+|^[ \t]*+\|[^\n]*+", re.MULTILINE)
_GONE = "\0"  # where something was left out; no XML holds it
_EMPTY_BRACKETS = re.compile(r" ?(?:\([\s,;:/–-]*+\0[\s,;:/–\0-]*+\)|（[\s、，；：,;]*+\0[\s、，；：,;\0]*+）)")
_SPACE_BEFORE = re.compile(r"(?<![ \t])[ \t]*+\0[\0 \t]*+(?=[,.;:)\n])")
_MARKUP = re.compile(
    r"\{\{|\}\}|\[\[|\]\]|^[ \t]*+(?:\{\||\|\}|[*#:;]++)|^-{4}|<!--|-->|\[(?=\w{1,9}:|//)|\]|\|\||!!|"
    r"<[a-zA-Z]+(?:[^<>/\"']|\"[^\"<>]*+\"|'[^'<>]*+'|/(?!>))*+/>|</?[a-zA-Z]+|>|&#?\w{1,9};",
    re.MULTILINE,
)
_CLOSES = {"}}": "{{", "]]": "[[", "|}": "{|", "-->": "<!--", "]": "[", ">": "<"}
_OPENS = frozenset(_CLOSES.values())
_EMPTY_TAGS = frozenset(("br", "hr", "wbr", "li", "dt", "dd", "p", "td", "th", "tr"))  # need no end


def plain_text(wikitext: str, namespaces: Collection[str] = (), cleaning: Cleaning = Cleaning()) -> str:
    """The text of one page. namespaces: the wiki's own names, in lower case, of files and categories.

    Raises ImportError without mwparserfromhell, MarkupError, and whatever the parser raises for markup that it cannot
    parse.
    """
    import mwparserfromhell

    check_markup(wikitext)
    wikitext = _INDENTED_TABLE.sub("", wikitext.replace(_GONE, ""))

    # Without the style tags, as quotes that are not balanced make the parser try every way to pair them.
    code = mwparserfromhell.parse(wikitext, skip_style_tags=True)
    dropped = DROPPED_NAMESPACES | set(namespaces)
    pieces = _without_empty_headings(_with_code(_pieces(code, dropped), cleaning))
    parts = groupby(pieces, key=lambda piece: isinstance(piece, _Verbatim))
    text = "".join("".join(part) if verbatim else _tidy("".join(part)) for verbatim, part in parts)
    return text.strip()


class _Heading(str):
    level: int = 2


class _Verbatim(str):
    """Text whose brackets and lines are nobody's leavings."""


class _Code(_Verbatim):
    pass


def _tidy(prose: str) -> str:
    prose = _EMPTY_BRACKETS.sub("", _TABLE.sub("", prose))
    return _SPACE_BEFORE.sub("", prose).replace(_GONE, "")


def check_markup(wikitext: str) -> None:
    """Raises MarkupError for more markup than MARKUP_PIECES, or more that begins and does not end than is read."""
    tokens = _MARKUP.findall(wikitext)
    pieces = len(tokens) + sum(len(token) for token in tokens if token[-1] in "*#:;")
    if pieces > MARKUP_PIECES:
        raise MarkupError(f"{pieces:,} pieces of markup")
    depth: Counter[str] = Counter()
    for token in tokens:
        token = token.lstrip()
        if token.startswith("</"):
            name = token[2:].lower()
            depth[name] = max(0, depth[name] - 1)
            depth["<"] += 1
        elif token in _CLOSES:
            depth[_CLOSES[token]] = max(0, depth[_CLOSES[token]] - 1)
        elif token in _OPENS:
            depth[token] += 1
        elif token[0] == "<" and token[-1] != ">":
            depth["<"] += 1
            depth[token[1:].lower()] += 1
    count = sum(number for name, number in depth.items() if name not in _EMPTY_TAGS)
    if count * len(wikitext) > OPEN_CHARACTERS:
        raise MarkupError(f"{count:,} pieces of markup that never close in {len(wikitext):,} characters")


def _with_code(pieces: Iterator[str], cleaning: Cleaning) -> Iterator[str]:
    for piece in pieces:
        if not isinstance(piece, _Code) or cleaning.code == "keep":
            yield piece
        else:
            yield _Code(CODE_TAG) if cleaning.code == "tag" else _GONE


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
            else:
                yield _GONE if node.brackets else str(node.url)
        elif isinstance(node, nodes.HTMLEntity):
            yield node.normalize()
        elif isinstance(node, nodes.Heading):
            heading = _Heading("".join(_pieces(node.title, dropped)).strip() + "\n")
            heading.level = node.level
            yield heading
        else:  # a template, an argument, a comment
            yield _GONE


def _link(node: Any, dropped: Collection[str]) -> Iterator[str]:
    title = str(node.title).strip()
    space, colon, _ = title.partition(":")
    if (colon and space.strip().lower() in dropped) or (not node.text and colon and _LANGUAGE.fullmatch(space)):
        yield _GONE
    elif node.text is not None:
        yield from _pieces(node.text, dropped)
    else:  # a title may hold entities and quotes
        yield "".join(_pieces(node.title, dropped)).strip().removeprefix(":")


def _tag(node: Any, dropped: Collection[str]) -> Iterator[str]:
    name = str(node.tag).strip().lower()
    if name in DROPPED_TAGS:
        yield _GONE
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
            if piece.replace(_GONE, "").strip():
                yield from waiting
                waiting = []
            yield piece
