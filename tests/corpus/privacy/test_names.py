"""Names and addresses in five languages, by pipelines of rules; what is joined and what is kept needs none."""

import importlib
import json
import logging
import re
from importlib import metadata
from pathlib import Path

import pytest

from raykd.config import Cleaning, Privacy
from raykd.corpus.clean_rows import RowCleaner
from raykd.corpus.privacy import Masker, Span, names
from raykd.corpus.readers import Row
from raykd.errors import InputError


def whole(text: str, *places: str) -> str:
    spans = [
        Span(found.start(), found.end(), "address") for one in places for found in re.finditer(re.escape(one), text)
    ]
    found = list(names.whole_addresses(text, sorted(spans)))
    for span in reversed(found):
        text = text[: span.start] + "[ADDRESS]" + text[span.stop :]
    return text


@pytest.mark.parametrize(
    ("text", "places", "masked"),
    [
        ("at 221B Baker Street, London NW1 6XE.", ["Baker Street", "London"], "at [ADDRESS]."),
        ("to 12 Main St, Springfield, IL 62704-1234 today", ["Main St", "Springfield"], "to [ADDRESS] today"),
        ("en Calle Mayor, 5, 28013 Madrid, y", ["Calle Mayor", "Madrid"], "en [ADDRESS], y"),
        ("Rua Augusta, 100 - São Paulo, 01310-100", ["Rua Augusta", "São Paulo"], "[ADDRESS]"),
        ("〒100-0001 東京都千代田区です", ["東京都千代田区"], "[ADDRESS]です"),
        ("улица Ленина, д. 5, Москва, 101000", ["улица Ленина", "Москва"], "[ADDRESS]"),
        ("in 2019 London was", ["London"], "in 2019 [ADDRESS] was"),
        ("London and Paris", ["London", "Paris"], "[ADDRESS] and [ADDRESS]"),
        ("London 3.5 or London: 3", ["London"], "[ADDRESS] 3.5 or [ADDRESS]: 3"),
    ],
)
def test_the_parts_of_an_address_are_one(text: str, places: list[str], masked: str):
    assert whole(text, *places) == masked


def test_a_missing_extra_is_named(monkeypatch, tmp_path):
    def missing(library: str) -> str:
        raise metadata.PackageNotFoundError(library)

    monkeypatch.setattr(names.metadata, "version", missing)
    with pytest.raises(InputError, match=r"cleaning.privacy.names: .*pip install 'raykd\[presidio\]'"):
        names.check_names({"eng": f"{tmp_path}/nothing"})


@pytest.fixture
def libraries(monkeypatch):
    """As if the extra was installed."""
    there = {"presidio-analyzer": "2.2.1", "spacy": "3.8.1", "raykd_pipeline": "3.8.0"}

    def version(name: str) -> str:
        if name not in there:
            raise metadata.PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(names.metadata, "version", version)
    names.pipeline_identity.cache_clear()
    yield
    names.pipeline_identity.cache_clear()


def write_pipeline(folder: Path, labels: list[str], version: str = "0.0.0") -> str:
    folder.mkdir()
    about = {"lang": "en", "name": "rules", "version": version, "labels": {"ner": labels}}
    (folder / "meta.json").write_text(json.dumps(about))
    return str(folder)


@pytest.mark.parametrize("pipeline", ["en_core_web_lg", "/no/such/folder", "en-core-web-lg", "raykd"])
def test_a_missing_pipeline_is_named(libraries, pipeline: str):
    with pytest.raises(InputError, match=f"names: {pipeline} is no installed spaCy pipeline and no directory of one"):
        names.check_names({"eng": pipeline})


def test_a_pipeline_without_people_is_refused(libraries, tmp_path):
    with pytest.raises(InputError, match="finds neither people nor places"):
        names.check_names({"eng": write_pipeline(tmp_path / "one", ["NOUN"]), "jpn": None})


def test_a_directory_is_what_it_holds_wherever_it_lies(libraries, tmp_path):
    one, other = (write_pipeline(tmp_path / name, ["PERSON"]) for name in ("one", "other"))
    first = names.pipeline_identity(one)
    assert first == names.pipeline_identity(other)
    assert (first["pipeline"], first["version"], first["spacy"]) == ("en_rules", "0.0.0", "3.8.1")
    (tmp_path / "other" / "model").write_bytes(b"trained anew")
    names.pipeline_identity.cache_clear()
    assert names.pipeline_identity(one) != names.pipeline_identity(other)


def test_an_installed_package_is_its_name_and_version(libraries, tmp_path, monkeypatch):
    write_pipeline(tmp_path / "raykd_pipeline", ["PER"], "3.8.0")
    (tmp_path / "raykd_pipeline" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    found = names.pipeline_identity("raykd_pipeline")
    assert found["version"] == "3.8.0" and "content" not in found


# --- with spaCy and Presidio -----------------------------------------------------------------------------------------


@pytest.fixture
def masker(pipelines) -> Masker:
    return Masker(Privacy(names=pipelines))


@pytest.mark.parametrize(
    ("text", "language", "masked"),
    [
        ("Hi, I am Ann Lee of Acme.", "eng", "Hi, I am [NAME] of Acme."),
        ("Ann Lee\nSeamus O'Neil", "eng", "[NAME]\n[NAME]"),
        ("Ship to 221B Baker Street, London, please", "eng", "Ship to [ADDRESS], please"),
        ("Soy María José Núñez, Calle Mayor, 5, Madrid", "spa", "Soy [NAME], [ADDRESS]"),
        ("Sou João da Silva, de São Paulo", "por", "Sou [NAME], de [ADDRESS]"),
        ("山田太郎です。〒100-0001 東京都千代田区", "jpn", "[NAME]です。[ADDRESS]"),
        ("Это Анна Каренина, улица Ленина, д. 5, Москва", "rus", "Это [NAME], [ADDRESS]"),
        ("Ann Lee ann@shop.example.com (212) 555-0123", "eng", "[NAME] [EMAIL] [PHONE]"),
    ],
)
def test_names_and_addresses_in_five_languages(masker, text: str, language: str, masked: str):
    assert masker.mask(text, language) == masked


def test_kinds_are_counted(masker):
    masker.mask("Ann Lee of London, and Ann Lee", "eng")
    assert masker.counts == {("eng", "name"): 2, ("eng", "address"): 1}


@pytest.mark.parametrize(
    "text",
    [
        "```\nAnn Lee\n```",
        "call `Ann Lee`",
        "https://example.com/London",
        'String name = "Ann Lee";',
        "class London {",
        "print() # London",
    ],
)
def test_code_survives(masker, text: str):
    assert masker.mask(text, "eng") == text


def test_a_language_without_a_pipeline_keeps_its_names(pipelines):
    masker = Masker(Privacy(names={"eng": pipelines["eng"], "spa": None}))
    assert masker.mask("Ann Lee", "spa") == "Ann Lee"


def test_texts_beyond_the_pipelines_length_are_read_in_pieces(pipelines, monkeypatch):
    import spacy

    load = spacy.load

    def short(name: str):
        nlp = load(name)
        nlp.max_length = 100
        return nlp

    monkeypatch.setattr(spacy, "load", short)
    names._analyser.cache_clear()
    assert Masker(Privacy(names=pipelines)).mask("Ask Ann Lee. " * 50, "eng") == "Ask [NAME]. " * 50
    names._analyser.cache_clear()


def test_a_pipeline_is_loaded_once_and_says_nothing_of_what_it_finds(pipelines, monkeypatch, caplog):
    import spacy

    names._analyser.cache_clear()
    load, loaded = spacy.load, []
    monkeypatch.setattr(spacy, "load", lambda name: loaded.append(name) or load(name))
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            Masker(Privacy(names=pipelines)).mask("Ann Lee of Acme", "eng")
    assert loaded == [pipelines["eng"]]
    assert "Ann" not in caplog.text and "Acme" not in caplog.text


def test_pseudonyms_and_values_that_are_no_prose(pipelines):
    cleaner = RowCleaner(Cleaning(privacy=Privacy(names=pipelines, pseudonyms=True)), "eng")
    row = cleaner.row(
        Row("1", "x", text="Ann Lee met Seamus O'Neil. ann lee? Ann Lee!", labels=("London",), group="Ann Lee")
    )
    assert row.text == "[NAME]1 met [NAME]2. ann lee? [NAME]1!"
    assert (row.labels, row.group) == (("London",), "Ann Lee")


def test_a_damaged_pipeline_is_one_line(pipelines, tmp_path):
    (tmp_path / "meta.json").write_text(
        json.dumps({"lang": "en", "name": "x", "version": "1", "labels": {"ner": ["PER"]}})
    )
    with pytest.raises(InputError, match=r"names: .* cannot be loaded: [^\n]*$"):
        Masker(Privacy(names={"eng": str(tmp_path)})).mask("Ann Lee", "eng")
