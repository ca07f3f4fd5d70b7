"""Languages as columns have them (en, eng, en-US, English) by their ISO 639-3 codes."""

from __future__ import annotations

# ISO 639-1, ISO 639-3 and the name: of `corpus.languages.LANGUAGES`, and some that are never detected.
_LANGUAGES = """
ar ara arabic|bg bul bulgarian|ca cat catalan|zh zho chinese|cs ces czech|nl nld dutch|en eng english
fr fra french|de deu german|el ell greek|he heb hebrew|hi hin hindi|hu hun hungarian|id ind indonesian
it ita italian|ja jpn japanese|ko kor korean|fa fas persian|pl pol polish|pt por portuguese|ro ron romanian
ru rus russian|es spa spanish|sv swe swedish|th tha thai|tr tur turkish|uk ukr ukrainian|vi vie vietnamese
da dan danish|no nor norwegian|fi fin finnish|sk slk slovak|hr hrv croatian|sr srp serbian|sl slv slovenian
et est estonian|lt lit lithuanian|lv lav latvian|bn ben bengali|ta tam tamil|ur urd urdu
"""
_ROWS = [row.split() for row in _LANGUAGES.strip().replace("\n", "|").split("|")]
_CODES = {form: code for short, code, name in _ROWS for form in (short, code, name)}


def language_of(value: str) -> str | None:
    """The ISO 639-3 code that a value stands for: `en`, `EN-us`, `pt_BR`, `eng`, `English`."""
    return _CODES.get(value.strip().lower().replace("_", "-").partition("-")[0])
