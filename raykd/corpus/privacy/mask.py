"""Clean text to text without personal data: spans of all detectors, and a typed placeholder in the place of each.

Pure: no files, no Ray. Nothing here keeps, logs or raises what it finds.
"""

from __future__ import annotations

import re
from bisect import bisect, insort
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from raykd.config import Privacy
from raykd.config.privacy import placeholder_of
from raykd.corpus.privacy.accounts import cards, ibans
from raykd.corpus.privacy.addresses import emails, ip_addresses, url_secrets
from raykd.corpus.privacy.names import names_and_addresses
from raykd.corpus.privacy.national_ids import national_ids
from raykd.corpus.privacy.phones import phones
from raykd.corpus.privacy.secrets import keys
from raykd.corpus.privacy.spans import Span, trimmed

# Whose numbers and ids are looked for in a language's text; in any other, international phone numbers alone.
COUNTRIES: dict[str, tuple[str, ...]] = {
    "eng": ("US", "GB"),
    "spa": ("ES", "MX", "AR"),
    "por": ("BR", "PT"),
    "jpn": ("JP",),
    "rus": ("RU",),
}
_PERHAPS = re.compile(r"[@\d]|://")  # without one of these, none of the kinds but keys and one's own can be there
_NUMBER = re.compile(r"\d(?:[^\dA-Za-z,;:=<>]{0,3}\d){5}")  # without six digits, no id and no phone number


class Pseudonyms:
    """The numbers of values within one conversation, by kind in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._last: Counter[str] = Counter()

    def number(self, placeholder: str, value: str) -> int:
        key = (placeholder, re.sub(r"[\s().\-]", "", value).casefold())
        if key not in self._numbers:
            self._last[placeholder] += 1
            self._numbers[key] = self._last[placeholder]
        return self._numbers[key]


class Masker:
    """Masks as `privacy` says. counts: takes how many values were masked, by language and kind."""

    def __init__(self, privacy: Privacy, counts: Counter[tuple[str, str]] | None = None) -> None:
        self.privacy = privacy
        self.counts: Counter[tuple[str, str]] = Counter() if counts is None else counts
        self._own = [(name, re.compile(own.pattern)) for name, own in privacy.own.items()]
        self._value = lru_cache(maxsize=4096)(self._masked_value)

    def mask(self, text: str, language: str, pseudonyms: Pseudonyms | None = None, counted: bool = True) -> str:
        """The text with a placeholder in place of every span; numbered where `pseudonyms` are given."""
        return self._replaced(text, language, self.spans(text, language), pseudonyms, counted)

    def value(self, value: str, language: str) -> str:
        """A label, group or message, masked and not counted; few differ, so the last ones are remembered.

        It is no prose, in which alone people and places are told from other names.
        """
        return self._value(value, language) if value else value

    def spans(self, text: str, language: str) -> list[Span]:
        """In order and apart from each other: where two meet, that of the detector that comes first stays; of a name or
        an address, what is left beside it."""
        found = self._of_patterns(text, language)
        if pipeline := self.privacy.names.get(language):
            for span in names_and_addresses(text, pipeline):
                for part in _beside(text, span, found):
                    insort(found, part)
        return found

    def _masked_value(self, value: str, language: str) -> str:
        return self._replaced(value, language, self._of_patterns(value, language), None, counted=False)

    def _replaced(
        self, text: str, language: str, spans: list[Span], pseudonyms: Pseudonyms | None, counted: bool
    ) -> str:
        if not spans:
            return text
        parts, end = list[str](), 0
        for start, stop, kind in spans:
            placeholder = placeholder_of(kind)
            number = pseudonyms.number(placeholder, text[start:stop]) if pseudonyms else ""
            parts += [text[end:start], placeholder, str(number)]
            end = stop
            if counted:
                self.counts[language, kind] += 1
        return "".join([*parts, text[end:]])

    def _of_patterns(self, text: str, language: str) -> list[Span]:
        found: list[Span] = []
        for span in self._found(text, language):
            place = bisect(found, span)
            after_last = place == 0 or found[place - 1].stop <= span.start
            before_next = place == len(found) or span.stop <= found[place].start
            if after_last and before_next:
                found.insert(place, span)
        return found

    def _found(self, text: str, language: str) -> Iterator[Span]:
        kinds, countries = self.privacy.kinds, self.privacy.countries or COUNTRIES.get(language, ())
        for name, pattern in self._own:
            for match in pattern.finditer(text):
                start, stop = match.span(pattern.groups)
                if stop > start:
                    yield Span(start, stop, name)
        if "key" in kinds:
            yield from keys(text)
        if not _PERHAPS.search(text):
            return
        if "url" in kinds:
            yield from url_secrets(text)
        if "email" in kinds and "@" in text:
            yield from emails(text)
        if "iban" in kinds:
            yield from ibans(text)
        if _NUMBER.search(text):
            if "card" in kinds:
                yield from cards(text)
            if "national_id" in kinds:
                yield from national_ids(text, countries)
            if "phone" in kinds:
                yield from phones(text, countries, self.privacy.bare_phones)
        if "ip" in kinds:
            yield from ip_addresses(text)


def _beside(text: str, span: Span, others: list[Span]) -> list[Span]:
    """The parts of a span that none of the others, in order, has, where they hold a letter."""
    parts, start = list[Span](), span.start
    place = max(0, bisect(others, span) - 1)
    while place < len(others) and others[place].start < span.stop:
        other = others[place]
        if other.stop > start:
            parts.append(Span(start, other.start, span.kind))
            start = other.stop
        place += 1
    parts.append(Span(start, span.stop, span.kind))
    return [trimmed(text, one) for one in parts if any(character.isalpha() for character in text[one.start : one.stop])]
