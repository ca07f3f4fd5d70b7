"""The project's own homonyms and their sentences, a file a language."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from raykd.config import Homonym, Homonyms
from raykd.package_data import read_yaml

FILES = {
    "eng": "homonym_sentences.yaml",
    "spa": "homonym_sentences_spa.yaml",
    "jpn": "homonym_sentences_jpn.yaml",
}


@cache
def homonym_sentences(language: str = "eng") -> tuple[Homonym, ...]:
    """The words of a language; raises ValueError with the file and the key where it does not fit."""
    return read_yaml(Path(__file__).with_name(FILES[language]), Homonyms).words


def homonyms_of(languages: Iterable[str]) -> tuple[Homonym, ...]:
    """Those of all of these languages that there are words for; in English where there are none."""
    chosen = [language for language in languages if language in FILES] or ["eng"]
    return tuple(homonym for language in chosen for homonym in homonym_sentences(language))
