"""spaCy pipelines made on the spot: the trained ones are on no package index."""

from collections.abc import Callable
from pathlib import Path

import pytest

# What each language's rules know: people and places, by the labels of its trained pipelines.
PEOPLE = {
    "eng": ["Ann Lee", "Seamus O'Neil"],
    "spa": ["María José Núñez"],
    "por": ["João da Silva"],
    "jpn": ["山田太郎"],
    "rus": ["Анна Каренина"],
}
PLACES = {
    "eng": ["Baker Street", "London"],
    "spa": ["Calle Mayor", "Madrid"],
    "por": ["Rua Augusta", "São Paulo"],
    "jpn": ["東京都千代田区"],
    "rus": ["улица Ленина", "Москва"],
}
# spaCy's Japanese tokenizer needs a dictionary of 70 MB; Chinese is cut by characters without one.
TOKENIZERS = {"eng": "en", "spa": "es", "por": "pt", "jpn": "zh", "rus": "ru"}
PERSON = {"eng": "PERSON", "jpn": "PERSON"}  # elsewhere PER
PLACE = {"eng": "GPE", "jpn": "FAC"}  # elsewhere LOC


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory) -> dict[str, str]:
    """Language -> the directory of a pipeline of rules, saved by spaCy."""
    pytest.importorskip("spacy", reason="needs the extra presidio")
    pytest.importorskip("presidio_analyzer", reason="needs the extra presidio")
    folder = tmp_path_factory.mktemp("pipelines")
    return {language: str(save_pipeline(folder / language, language)) for language in TOKENIZERS}


def save_pipeline(folder: Path, language: str, more: Callable[..., None] | None = None) -> Path:
    import spacy

    nlp = spacy.blank(TOKENIZERS[language])
    rules = nlp.add_pipe("entity_ruler")
    rules.add_patterns([{"label": PERSON.get(language, "PER"), "pattern": one} for one in PEOPLE[language]])
    rules.add_patterns([{"label": PLACE.get(language, "LOC"), "pattern": one} for one in PLACES[language]])
    rules.add_patterns([{"label": "ORG", "pattern": "Acme"}])
    if more:
        more(nlp, rules)
    nlp.to_disk(folder)
    return folder
