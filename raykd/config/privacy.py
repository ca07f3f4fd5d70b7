"""What counts as personal data, by which placeholder it is replaced, and which patterns of one's own are added."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from raykd.config.types import LATER, Distinct, Language, Node

Kind = Literal["email", "phone", "card", "iban", "national_id", "ip", "url", "key"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Country = Literal["US", "GB", "ES", "MX", "AR", "BR", "PT", "JP", "RU"]
Pipeline = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\x00-\x1f]*$")]
KindName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=30)]

# Placeholder and the words whose embeddings it starts as, by kind; of a URL and of a key, what is secret is replaced.
PLACEHOLDERS: dict[str, tuple[str, str]] = {
    "email": ("[EMAIL]", "e-mail address"),
    "phone": ("[PHONE]", "phone number"),
    "card": ("[CARD]", "credit card number"),
    "iban": ("[IBAN]", "bank account number"),
    "national_id": ("[ID]", "identity number"),
    "ip": ("[IP]", "network address"),
    "url": ("[SECRET]", "secret password"),
    "key": ("[SECRET]", "secret password"),
}
# Those of `names`, which are no pattern's.
NAMED: dict[str, tuple[str, str]] = {
    "name": ("[NAME]", "name of a person"),
    "address": ("[ADDRESS]", "postal address"),
}


def _compiles(pattern: str) -> str:
    try:
        found = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression of Python: {error}") from error
    if found.search(""):
        raise ValueError(f"{pattern!r} matches nothing at all, and so everywhere; make a part of it necessary")
    if found.groups > 1:
        raise ValueError(f"{pattern!r} has {found.groups} groups; one at most, which is what is masked: write (?:...)")
    return pattern


class OwnPattern(Node):
    """A kind of one's own, as order numbers. `pattern`: a regular expression of Python; where it has a group, that
    alone is masked. `words`: whose embeddings its placeholder starts as; the placeholder is its name in capitals."""

    pattern: Annotated[str, AfterValidator(_compiles)]
    words: Annotated[str, Field(min_length=1)]


class Privacy(Node):
    """What is masked in all text, before anything is stored: `cleaning.privacy` of the experiment.

    `kinds`: all by default. `countries`: whose phone numbers and national ids are looked for; none: those of the text's
    language. `bare_phones`: whether a valid phone number counts that has neither separators nor a word such as "call"
    before it; in technical text such numbers are mostly something else, in chat they are not. `pseudonyms`: the first
    value of a kind in a conversation becomes [EMAIL]1, the second [EMAIL]2, each wherever it returns. `names`: by
    language, the spaCy pipeline that finds people and places, an installed package's name or a directory; each language
    of the text has one, or null for none. Without this key names and addresses stay (docs/privacy.md).
    """

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1), Distinct] = KINDS
    countries: Annotated[tuple[Country, ...], Distinct] = ()
    own: dict[KindName, OwnPattern] = Field(default_factory=dict)
    bare_phones: bool = False
    pseudonyms: bool = False
    names: Annotated[dict[Language, Pipeline | None], LATER] = Field(default_factory=dict)

    @property
    def placeholders(self) -> dict[str, str]:
        """Every placeholder that text may hold, and the words that describe it."""
        own = {placeholder_of(name): pattern.words for name, pattern in self.own.items()}
        named = dict(NAMED.values()) if any(self.names.values()) else {}
        return dict(PLACEHOLDERS[kind] for kind in KINDS if kind in self.kinds) | named | own

    @model_validator(mode="after")
    def own_names_are_new(self) -> Privacy:
        taken = {*KINDS, *(placeholder[1:-1].lower() for placeholder, _ in PLACEHOLDERS.values())}
        taken |= NAMED.keys() if any(self.names.values()) else set()
        if again := sorted(taken.intersection(self.own)):
            raise ValueError(f"own.{again[0]}: there is a kind of this name already; call it something else")
        return self


def placeholder_of(kind: str) -> str:
    return PLACEHOLDERS[kind][0] if kind in PLACEHOLDERS else f"[{kind.upper()}]"
