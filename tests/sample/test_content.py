"""What a sample is good for: tasks that can be learned but not read off, a domain with its own senses and words."""

import html
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier

from raykd.sample import LANGUAGES, write_sample
from raykd.sample.load import load_language, load_programming

TAGS = tuple(load_programming().tags)
QUESTIONS = 1000  # for training; half as many for testing
MESSAGES = 800
# Words; in Japanese, which is written without spaces, characters and pairs of them.
FEATURES: dict[str, dict[str, object]] = {"jpn": {"analyzer": "char", "ngram_range": (1, 2)}}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("sample")
    write_sample(
        directory,
        seed=5,
        languages=[*LANGUAGES],
        technical=3_300_000,
        messages=1_500_000,
        general=3_000_000,
    )
    return directory


def _posts(sample: Path, language: str) -> list[dict[str, str]]:
    return [row.attrib for row in ElementTree.parse(sample / "technical" / language / "Posts.xml").getroot()]


def _texts(sample: Path, kind: str, language: str) -> list[str]:
    with (sample / kind / f"{language}.jsonl").open(encoding="utf-8") as stream:
        return [json.loads(line)["text"] for line in stream]


def _prose(row: dict[str, str]) -> str:
    body = re.sub(r"<pre>.*?</pre>", " ", row["Body"], flags=re.DOTALL)
    return row.get("Title", "") + " " + html.unescape(re.sub(r"<[^>]+>", "", body))


def _tags(row: dict[str, str]) -> set[str]:
    return set(re.findall(r"[^<>|]+", row["Tags"]))


def _names(word: str, text: str) -> bool:
    return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text.lower()) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_are_spread_and_seldom_named(sample: Path, language: str) -> None:
    questions = [row for row in _posts(sample, language) if row["PostTypeId"] == "1"]
    for tag in TAGS:
        tagged = [row for row in questions if tag in _tags(row)]
        assert len(tagged) >= 0.04 * len(questions), tag
        assert sum(_names(tag, _prose(row)) for row in tagged) < 0.45 * len(tagged), tag
    assert any(not _tags(row) & set(TAGS) for row in questions)
    named = [_names(tag, _prose(row)) for row in questions for tag in _tags(row) & set(TAGS)]
    assert 0.1 < np.mean(named) < 0.35


@pytest.mark.parametrize("language", LANGUAGES)
def test_tags_are_learnable_but_not_trivial(sample: Path, language: str) -> None:
    rows = [row for row in _posts(sample, language) if row["PostTypeId"] == "1"][: QUESTIONS * 3 // 2]
    assert len(rows) == QUESTIONS * 3 // 2
    texts = [_prose(row) for row in rows]
    labels = np.array([[tag in _tags(row) for tag in TAGS] for row in rows])
    features = TfidfVectorizer(min_df=2, sublinear_tf=True, **FEATURES.get(language, {}))
    classifier = OneVsRestClassifier(LogisticRegression(C=10, class_weight="balanced", solver="liblinear"))
    classifier.fit(features.fit_transform(texts[:QUESTIONS]), labels[:QUESTIONS])
    predicted = classifier.predict(features.transform(texts[QUESTIONS:]))
    assert 0.55 < f1_score(labels[QUESTIONS:], predicted, average="macro") < 0.88


@pytest.mark.parametrize("language", LANGUAGES)
def test_intent_is_learnable_but_not_trivial(sample: Path, language: str) -> None:
    with (sample / "messages" / f"{language}.jsonl").open(encoding="utf-8") as stream:
        messages = [message for message in map(json.loads, stream) if message["label"]]
    texts = [message["text"] for message in messages]
    labels = np.array([message["label"] == "intentional" for message in messages])
    features = TfidfVectorizer(analyzer="char", ngram_range=(1, 3))
    classifier = LogisticRegression(C=5).fit(features.fit_transform(texts[:MESSAGES]), labels[:MESSAGES])
    predicted = classifier.predict(features.transform(texts[MESSAGES:]))
    assert 0.7 < f1_score(labels[MESSAGES:], predicted) < 0.93


@pytest.mark.parametrize("language", LANGUAGES)
def test_homonyms_are_in_general_and_technical_text(sample: Path, language: str) -> None:
    technical = "\n".join(_prose(row) for row in _posts(sample, language))
    general = "\n".join(_texts(sample, "general", language))
    for word in load_language(language).homonyms:
        assert _names(word, technical), word
        assert _names(word, general), word


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_seldom_repeat(sample: Path, language: str) -> None:
    for texts in (
        [row["Body"] for row in _posts(sample, language)],
        _texts(sample, "messages", language),
        _texts(sample, "general", language),
    ):
        long = [text for text in texts if len(text) > 50]
        assert len(set(long)) > 0.97 * len(long)


def test_japanese_has_no_spaces_between_words(sample: Path) -> None:
    text = "".join(_texts(sample, "general", "jpn"))
    assert " " not in text
    japanese = sum("\u3040" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff" for character in text)
    assert japanese > 0.8 * len(text)


def test_russian_is_written_in_cyrillic(sample: Path) -> None:
    letters = [
        character for text in _texts(sample, "general", "rus") for character in text.lower() if character.isalpha()
    ]
    cyrillic = sum("а" <= character <= "я" or character == "ё" for character in letters)
    assert cyrillic > 0.98 * len(letters)  # the rest are the centuries' Roman numerals


@pytest.mark.parametrize(
    ("language", "wrong"),
    [
        ("spa", r"(?i)\b(de|a) el\b"),
        ("por", r"(?i)\b(de|em|por) (o|os|as)\b"),
        ("rus", r"(?i)\b(с|для|без|от) (класс|поток|цикл|объект|метод|массив|файл)\b"),
    ],
)
def test_slots_do_not_break_the_grammar(sample: Path, language: str, wrong: str) -> None:
    for texts in (
        [_prose(row) for row in _posts(sample, language)],
        _texts(sample, "messages", language),
        _texts(sample, "general", language),
    ):
        found = [match for text in texts if (match := re.search(wrong, text))]
        assert len(found) < 0.001 * len(texts), [match.string for match in found[:5]]  # typing errors make a few
