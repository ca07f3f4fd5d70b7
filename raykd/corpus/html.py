"""HTML to text: blocks on lines of their own, code and links as `raykd.config.Cleaning` says.

What most posts are made of needs no parser and is read at a fifth of its cost (`simple_text`); all else is parsed.
"""

from __future__ import annotations

import re
from collections import Counter

from selectolax.lexbor import LexborHTMLParser

from raykd.config import Cleaning
from raykd.corpus.clean import ADDRESS, CODE_TAG, LINK_TAG, MarkupError

# What stands on lines of its own, and what has text that is not shown.
BLOCKS = (
    "address, article, aside, blockquote, br, caption, center, dd, details, dialog, dir, div, dl, dt, fieldset, "
    "figcaption, figure, footer, form, h1, h2, h3, h4, h5, h6, header, hgroup, hr, legend, li, main, menu, nav, ol, "
    "optgroup, option, p, pre, search, section, summary, table, tbody, td, textarea, tfoot, th, thead, tr, ul"
)
HIDDEN = "script, style, template, iframe, noembed, noframes, object, svg, audio, video"
TAGS, DEPTH, ATTRIBUTES = 200_000, 256, 128  # of a text, in each other (browsers: 512), of a tag
# Tags that format what follows are opened anew in every block until they are closed: so many of them may be in all.
FORMATS_OPENED = 500_000
_TAG = re.compile(r"<[a-zA-Z/!?]")
_TAG_NAME = re.compile(r"<(/?)([a-zA-Z][^\s/>]*+)")
_ATTRIBUTE = r"""=?[^\s/>=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+[\s/]*+"""
_MANY_ATTRIBUTES = re.compile(rf"</?[a-zA-Z][^\s/>]*+[\s/]*+(?:{_ATTRIBUTE}){{{ATTRIBUTES + 1}}}")
_HIDDEN = re.compile(rf"<(?:{HIDDEN.replace(', ', '|')})\b", re.IGNORECASE)
_LINK = re.compile("<a[^a-z]", re.IGNORECASE)
_FORMATS = frozenset(("a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"))
# Without content, or closed by what follows them.
_NOT_NESTED = frozenset(
    (
        *(
            "area",
            "base",
            "br",
            "col",
            "embed",
            "hr",
            "img",
            "input",
            "link",
            "meta",
            "param",
            "source",
            "track",
            "wbr",
        ),
        *("p", "li", "dt", "dd", "option", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup"),
    )
)

# Tags without attributes, and links whose words hold code at most: nothing here is nested in a way that a parser would
# have to mend.
_SIMPLE_BLOCK = re.compile(r"</?(?:p|li|pre|ul|ol|blockquote|h[1-6])>|<[bh]r ?/?>")
_SIMPLE_INLINE = re.compile(r"</?(?:code|em|strong|b|i|kbd|s|sub|sup|del|strike)>")
_SIMPLE_LINK = re.compile(
    r"""<a href="(http[^"'<>&]*+)"(?: (?:rel|title|class|target)="[^"<>&]*+")*+>"""
    r"([^<]*+(?:<code>[^<]*+</code>[^<]*+)*+)</a>"
)


def html_to_text(html: str, cleaning: Cleaning = Cleaning()) -> str:
    """Text of an HTML fragment: blocks on their own lines, code and links as `cleaning` says.

    A link that is kept is its words and, in brackets, its address; without its address its words stay. Scripts, styles,
    comments and attributes are no text. Raises MarkupError for HTML that would take too long to read.
    """
    if "&" not in html and not _TAG.search(html):
        return html
    if cleaning.code == cleaning.links == "keep" and (text := simple_text(html)) is not None:
        return text
    return _parsed_text(html, cleaning)


def _parsed_text(html: str, cleaning: Cleaning) -> str:
    check_markup(html)
    # Tags that end or begin nothing are in no tree, and are taken for the end of a line as well.
    tree = LexborHTMLParser(_SIMPLE_BLOCK.sub(r"\n\g<0>\n", html))
    if tree.body is None:
        return ""
    if _HIDDEN.search(html):
        for node in tree.css(HIDDEN):
            node.decompose()
    if cleaning.code != "keep":
        _replace_code(tree, CODE_TAG if cleaning.code == "tag" else "")
    if cleaning.links != "drop" and _LINK.search(html):
        _add_addresses(tree, cleaning)
    for node in tree.css(BLOCKS):
        node.insert_before("\n")
        node.insert_after("\n")
    return tree.body.text()


def check_markup(html: str) -> None:
    """Raises MarkupError for more tags, or deeper ones, than a parser reads in linear time and bounded memory."""
    opened: Counter[str] = Counter()
    depth = formats = formats_opened = 0
    tags = _TAG_NAME.findall(html)
    if len(tags) > TAGS:
        raise MarkupError(f"{len(tags):,} tags of HTML")
    if _MANY_ATTRIBUTES.search(html):
        raise MarkupError(f"a tag of HTML with more than {ATTRIBUTES} attributes")
    for end, name in tags:
        name = name.lower()
        if name in _NOT_NESTED:
            formats_opened += formats
        elif not end:
            opened[name] += 1
            depth += 1
            formats += name in _FORMATS
            formats_opened += formats
            if depth > DEPTH or formats_opened > FORMATS_OPENED:
                raise MarkupError(f"HTML of more than {DEPTH} tags in each other, or formats that are never closed")
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
            formats -= name in _FORMATS


def _add_addresses(tree: LexborHTMLParser, cleaning: Cleaning) -> None:
    for link in tree.css("a[href]"):
        address, words = link.attributes.get("href") or "", link.text()
        if not address.startswith("http"):
            continue
        if cleaning.links == "keep" and address not in words:
            link.insert_after(f" ({address})")
        elif cleaning.links == "tag" and not ADDRESS.search(words):
            link.insert_after(f" {LINK_TAG}")


def _replace_code(tree: LexborHTMLParser, tag: str) -> None:
    for selector in ("pre", "code"):  # one after the other, as the one often holds the other
        for node in tree.css(selector):
            node.replace_with(tag)


def simple_text(html: str) -> str | None:
    """The text of HTML, code and links kept; None where it is not so simple that this is what a parser gives.

    The same as `html_to_text` but for empty lines.
    """
    if "<a" in html:
        html = _SIMPLE_LINK.sub(_with_address, html)
    text = _SIMPLE_INLINE.sub("", _SIMPLE_BLOCK.sub("\n", html))
    if "<" in text or "\0" in text:
        return None
    if "&" in text:
        text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&#39;", "'")
        if text.count("&") != text.count("&amp;"):
            return None
        text = text.replace("&amp;", "&")
    return text


def _with_address(link: re.Match[str]) -> str:
    address, words = link.groups()
    return words if address in _SIMPLE_INLINE.sub("", words) else f"{words} ({address})"
