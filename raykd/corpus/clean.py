"""Raw text to clean text: the same for corpora, tasks and classification.

Two steps, both told what to do with code and links by `raykd.config.Cleaning`: `html_to_text` where a reader says that
its text is HTML, then `clean_text` for every text.
"""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

from raykd.config import Cleaning
from raykd.corpus.simple_html import simple_text

# A word of mBERT's vocabulary in brackets: three pieces, never [UNK], in any tokenizer, and no word that people write.
CODE_TAG, LINK_TAG = "[code]", "[link]"

_BLOCK = re.compile(
    r"</?(?:p|li|h[1-6]|pre|div|blockquote|table|tr|td|th|ul|ol|dl|dt|dd)\b[^>]*>|<[bh]r\s*/?>", re.IGNORECASE
)
_TAG = re.compile(r"<[a-zA-Z/!]")
_LINK = re.compile("<a[^a-z]", re.IGNORECASE)
_FENCE = re.compile(r"```.*?```", re.DOTALL)
# The characters of RFC 3986, as Japanese text goes on without a space; at the end no punctuation mark.
_ADDRESS_PATTERN = (
    r"(?<![A-Za-z0-9])(?:(?:https?|ftp)://|www\.)[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*[A-Za-z0-9\-_~/#@$&*+=%]"
)
_ADDRESS = re.compile(_ADDRESS_PATTERN, re.IGNORECASE)
_ADDRESS_IN_BRACKETS = re.compile(rf" ?[(<]{_ADDRESS_PATTERN}[)>]", re.IGNORECASE)
# Control and format characters carry no text; zero-width joiners do, in emoji and some scripts. Half a surrogate pair
# (JSON can hold one) is no character and cannot be written.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\u200b\u2028\u2029\ud800-\udfff]")
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"


def html_to_text(html: str, cleaning: Cleaning = Cleaning()) -> str:
    """Text of an HTML fragment: blocks on their own lines, code and links as `cleaning` says.

    A link that is kept is its words and, in brackets, its address; without its address its words stay.
    """
    if "&" not in html and not _TAG.search(html):
        return html
    if cleaning.code == cleaning.links == "keep" and (text := simple_text(html)) is not None:
        return text
    return _parsed_text(html, cleaning)


def _parsed_text(html: str, cleaning: Cleaning) -> str:
    tree = LexborHTMLParser(_BLOCK.sub(lambda found: f"\n{found.group()}\n", html))  # twice as fast as a template
    if tree.body is None:
        return ""
    if cleaning.code != "keep":
        _replace_code(tree, CODE_TAG if cleaning.code == "tag" else "")
    if cleaning.links != "drop" and _LINK.search(html):
        _add_addresses(tree, cleaning)
    return tree.body.text()


def _add_addresses(tree: LexborHTMLParser, cleaning: Cleaning) -> None:
    for link in tree.css("a[href]"):
        address, words = link.attributes.get("href") or "", link.text()
        if not address.startswith("http"):
            continue
        if cleaning.links == "keep" and address not in words:
            link.insert_after(f" ({address})")
        elif cleaning.links == "tag" and not _ADDRESS.search(words):
            link.insert_after(f" {LINK_TAG}")


def _replace_code(tree: LexborHTMLParser, tag: str) -> None:
    for selector in ("pre", "code"):  # one after the other, as the one often holds the other
        for node in tree.css(selector):
            node.replace_with(tag)


def clean_text(text: str, cleaning: Cleaning = Cleaning()) -> str:
    """NFC, no control characters, single spaces, no empty lines, nothing at the ends; fenced code and addresses as
    `cleaning` says. A fence that never closes is none."""
    if cleaning.code != "keep" and "```" in text:
        text = _FENCE.sub(CODE_TAG if cleaning.code == "tag" else "", text)
    if cleaning.links == "drop":
        text = _ADDRESS.sub("", _ADDRESS_IN_BRACKETS.sub("", text))
    elif cleaning.links == "tag":
        text = _ADDRESS.sub(LINK_TAG, text)
    text = _CONTROL.sub(lambda found: "\n" if found.group() in _LINE_ENDS else "", text.replace("\r\n", "\n"))
    lines = unicodedata.normalize("NFC", text).split("\n")
    return "\n".join(words for line in lines if (words := " ".join(line.split())))
