"""Numbers of payment cards (Luhn) and of bank accounts (IBAN)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.iso7064 import mod_97_10

from raykd.corpus.privacy.spans import BEFORE, Span, digits_of, is_announced

_CARD = re.compile(r"(?<![A-Za-z0-9_.,:/=+$€£-])\d(?:[ -]?\d){11,18}(?![A-Za-z0-9_]|[-.,:/]\d|-)")
_CARD_WORDS = re.compile(
    r"\bcards?\b|\bcc\b|visa\b|master\s?card|\bamex|american express|maestro|discover|diners|\bjcb\b|tarjeta|cart[aã]o|"
    r"карт|カード|クレジット|\bdebit|\bcr[eé]dit",
    re.IGNORECASE,
)
# Prefixes of the issuers whose numbers stand for themselves, by length; others need a word that says card.
_ISSUERS = re.compile(
    r"(?:4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|220[0-4]\d{12}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|"
    r"35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11})"
)
_ANY_ISSUER = re.compile(r"[2-68]\d{11,18}|(?:1800|2131)\d{11}")
_GROUPED = re.compile(
    r"(?<![A-Za-z0-9_.,:/=+$€£-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{4,5})"
    r"(?![A-Za-z0-9_]|[-.,:/]\d|-)"
)

# A group of four at either side: a row of a table, of numbers that have four digits each.
_IN_ROW = re.compile(r"(?<!\d)\d{4}[ -]\Z"), re.compile(r"[ -]\d{4}(?!\d)")
_ROUND = "0" * 8

_PERHAPS_IBAN = re.compile(r"[A-Z]{2}\d{2}")
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}(?![A-Za-z0-9])")
_SHORTEST, _LONGEST = 15, 34


def cards(text: str) -> Iterator[Span]:
    """Luhn's sum is right and the issuer known; a number without spaces of a rarer form needs a word before it."""
    for found in _GROUPED.finditer(text):  # also behind another number
        number, (start, stop) = digits_of(found.group()), found.span()
        in_row = _IN_ROW[0].search(text, max(0, start - 5), start) and _IN_ROW[1].match(text, stop)
        if _may_be_card(number) and _ISSUERS.fullmatch(number) and not in_row:
            yield Span(start, stop, "card")
    for found in _CARD.finditer(text):
        number = digits_of(found.group())
        if not _may_be_card(number):
            continue
        alone = bool(_ISSUERS.fullmatch(number)) and found.group().isdecimal()
        if alone or (_ANY_ISSUER.fullmatch(number) and is_announced(text, *found.span(), _CARD_WORDS)):
            yield Span(*found.span(), "card")


def _may_be_card(number: str) -> bool:
    return len(set(number)) > 1 and not number.endswith(_ROUND) and luhn.is_valid(number)


def ibans(text: str) -> Iterator[Span]:
    """The longest beginning of a run of capitals and digits that is an IBAN of its country."""
    for found in _IBAN.finditer(text) if _PERHAPS_IBAN.search(text) else ():
        run = found.group()
        ends = [end for end in range(len(run), 0, -1) if end == len(run) or run[end] == " "]
        for end in ends:
            value = run[:end].replace(" ", "")
            if _SHORTEST <= len(value) <= _LONGEST and _is_iban(value, text, found.start()):
                yield Span(found.start(), found.start() + end, "iban")
                break


def _is_iban(value: str, text: str, start: int) -> bool:
    """Of its country's length and form; behind the word, what a country has that is not on the list yet, too."""
    return iban.is_valid(value, check_country=False) or (
        "IBAN" in text[max(0, start - BEFORE) : start].upper() and mod_97_10.is_valid(value[4:] + value[:4])
    )
