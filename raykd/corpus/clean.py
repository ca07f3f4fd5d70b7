"""Raw text to clean text: the same for corpora, tasks and classification.

Two steps, both told what to do with code and links by `raykd.config.Cleaning`: `html.html_to_text` where a reader says
that its text is HTML, then `clean_text` for every text.
"""

from __future__ import annotations

import re
import sys
import unicodedata

from raykd.config import Cleaning

# A word of mBERT's vocabulary in brackets: three pieces, never [UNK], in any tokenizer, and no word that people write.
CODE_TAG, LINK_TAG = "[code]", "[link]"

_FENCE = re.compile(r"```.*?```", re.DOTALL)
# The characters of RFC 3986, as Japanese text goes on without a space; at the end no punctuation mark. Possessive, so
# that no character is looked at twice.
_END, _WITHIN = r"A-Za-z0-9\-_~/#@$&*+=%", r".:?\[\]!'(),;"
_ADDRESS_PATTERN = rf"(?<![A-Za-z0-9])(?:(?:https?|ftp)://|www\.)(?:[{_WITHIN}]*+[{_END}])++"
ADDRESS = re.compile(_ADDRESS_PATTERN, re.IGNORECASE)
_ADDRESS_AND_BRACKETS = re.compile(rf"(?P<open> ?[(<])?(?P<address>{_ADDRESS_PATTERN})(?P<close>[)>])?", re.IGNORECASE)
_UP_TO_BRACKET = re.compile(rf".*[{_END}]\)")
# Control and format characters carry no text; zero-width joiners do, in emoji and some scripts. Half a surrogate pair
# (JSON can hold one) is no character and cannot be written.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\u200b\u2028\u2029\ud800-\udfff]")
# Marks that combine with the character before them. More than 30 in a row are no text of any language (Unicode's
# Stream-Safe Text Format, UAX 15), and sorting them takes quadratic time.
_MARKS = "".join(chr(code) for code in range(0x300, sys.maxunicode) if unicodedata.combining(chr(code)))
_LONG_RUN = re.compile(f"([{_MARKS}]{{30}})[{_MARKS}]++")
# Found by fewer ranges, ten times as fast: all of the planes above the first, whose marks are rare.
_PERHAPS = "".join(one for one in _MARKS if one <= "\uffff") + "\U00010000-\U0010ffff"
_LONG_RUN_PERHAPS = re.compile(f"[{_PERHAPS}][{_PERHAPS}]{{30,}}+")
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"


class MarkupError(ValueError):
    """Markup that would take too long, or too much memory, to read: its row is rejected."""


def clean_text(text: str, cleaning: Cleaning = Cleaning()) -> str:
    """NFC, no control characters, single spaces, no empty lines, nothing at the ends; fenced code and addresses as
    `cleaning` says. A fence that never closes is none; of combining marks in a row 30 stay."""
    if cleaning.code != "keep" and "```" in text:
        text = _FENCE.sub(CODE_TAG if cleaning.code == "tag" else "", text)
    if cleaning.links == "drop":
        text = _ADDRESS_AND_BRACKETS.sub(_without_address, text)
    elif cleaning.links == "tag":
        text = ADDRESS.sub(LINK_TAG, text)
    text = _CONTROL.sub(lambda found: "\n" if found.group() in _LINE_ENDS else "", text.replace("\r\n", "\n"))
    if not text.isascii():
        text = unicodedata.normalize("NFC", _LONG_RUN_PERHAPS.sub(_without_long_runs, text))
    return "\n".join(words for line in text.split("\n") if (words := " ".join(line.split())))


def _without_long_runs(found: re.Match[str]) -> str:
    return _LONG_RUN.sub(r"\1", found.group())


def _without_address(found: re.Match[str]) -> str:
    """What stays of an address and the brackets around it: none, where both are there, else the brackets."""
    opens, address, closes = found["open"] or "", found["address"], found["close"] or ""
    if opens and closes:
        return ""
    inside = _UP_TO_BRACKET.match(address) if opens else None
    if inside and ADDRESS.fullmatch(inside.group()[:-1]):  # other words follow the bracket at once
        return ADDRESS.sub("", address[inside.end() :]) + closes
    return opens + closes
