"""Languages as columns have them (en, eng, en-US, English) by their ISO 639-3 codes."""

from __future__ import annotations

import re

from langcodes import Language, LanguageTagError, find

NO_LANGUAGE = ("mis", "mul", "und", "zxx")  # ISO 639's codes for uncoded, several, unknown and none


def language_of(value: str) -> str | None:
    """The ISO 639-3 code that a value stands for: `en`, `EN-us`, `pt_BR.UTF-8`, `ger`, `English`."""
    first = re.split(r"[-_.,;]", value.strip())[0]
    try:
        code = _language(first).to_alpha3()
    except LookupError:
        return None
    return None if code in NO_LANGUAGE else code


def _language(value: str) -> Language:
    """By its code, else by its English name: in other languages Java is one. Raises LookupError."""
    try:
        language = Language.get(value)
        if language.is_valid():
            return language
    except LanguageTagError:
        pass
    return find(value, "en")
