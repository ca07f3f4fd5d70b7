"""Raw text to clean text: the same for corpora, tasks and classification."""

from __future__ import annotations

import re
import unicodedata

from selectolax.lexbor import LexborHTMLParser

_BLOCK = re.compile(
    r"</?(?:p|li|h[1-6]|pre|div|blockquote|table|tr|td|th|ul|ol|dl|dt|dd)\b[^>]*>|<[bh]r\s*/?>", re.IGNORECASE
)
_TAG = re.compile(r"<[a-zA-Z/!]")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r" ?\n[ \n]*")
# Control and format characters carry no text; zero-width joiners do, in emoji and some scripts. Half a surrogate pair
# (JSON can hold one) is no character and cannot be written.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\u200b\u2028\u2029\ud800-\udfff]")
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"


def html_to_text(html: str) -> str:
    """Text of an HTML fragment: blocks on their own lines, code kept, a link as its text and its address."""
    if not _TAG.search(html) and "&" not in html:
        return html
    tree = LexborHTMLParser(_BLOCK.sub(r"\n\g<0>\n", html))
    if tree.body is None:
        return ""
    for link in tree.css("a[href]"):
        address = link.attributes.get("href") or ""
        if address.startswith("http") and address not in link.text():
            link.insert_after(f" ({address})")
    return tree.body.text()


def clean_text(text: str) -> str:
    """NFC, no control characters, single spaces, no empty lines, nothing at the ends."""
    text = _CONTROL.sub(lambda found: "\n" if found.group() in _LINE_ENDS else "", text.replace("\r\n", "\n"))
    return _LINES.sub("\n", _SPACES.sub(" ", unicodedata.normalize("NFC", text))).strip()
