"""Which language a document is written in, by its prose alone: code, addresses and names of things are no language.

lingua (an extra: `languages`) tells among LANGUAGES offline, from the first SAMPLE characters of prose. What has too
little prose, or is told with less confidence than asked for, keeps the language that its source declares.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from raykd.config import Detect
from raykd.corpus.clean import ADDRESS
from raykd.errors import InputError

# What is told apart: the domain's languages, their neighbours and the others that text on the web is mostly in. More
# would take more memory and find Latin in the names of classes.
LANGUAGES = (
    *("arabic", "bulgarian", "catalan", "chinese", "czech", "dutch", "english", "french", "german", "greek", "hebrew"),
    *("hindi", "hungarian", "indonesian", "italian", "japanese", "korean", "persian", "polish", "portuguese"),
    *("romanian", "russian", "spanish", "swedish", "thai", "turkish", "ukrainian", "vietnamese"),
)
SAMPLE = 300
OTHER = "other language"
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
# A line with one of these is code rather than a sentence.
_CODE = re.compile(r"[;{}]\s*$|[{}<>=|\\`$~^]|\w\(|\)\s*[.:]|::|->|//|^\s*[#*@$>-]|\w\.\w+\.\w|&&|\|\||\[\w*\]")
_WORD = re.compile(r"(?<![\w.$@#/\\-])[^\W\d_]+(?:['’-][^\W\d_]+)*(?![\w$@/\\]|[.-]\w)")
_INNER_CAPITAL = re.compile(r"[a-z][A-Z]")
_OTHER_SCRIPT = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f\u1e00-\u1eff\uff21-\uff5a]+")


def prose(text: str) -> str:
    """The words of a text's sentences, at most SAMPLE characters: without code, addresses and identifiers.

    In a text of another script than Latin, as a Russian one about English names, the words of that script alone.
    """
    others, size = list[str](), 0
    for found in _OTHER_SCRIPT.finditer(text):
        others.append(found.group())
        size += len(found.group())
        if size >= SAMPLE:
            break
    if size >= SAMPLE or 10 * size >= len(text):
        return " ".join(others)[:SAMPLE]
    words, size = list[str](), 0
    for line in ADDRESS.sub(" ", _FENCE.sub("\n", text)).split("\n"):
        if _CODE.search(line):
            continue
        for word in _WORD.findall(line):
            if not _INNER_CAPITAL.search(word):
                words.append(word)
                size += len(word) + 1
        if size >= SAMPLE:
            break
    return " ".join(words)[:SAMPLE]


def detected(texts: Sequence[str], detect: Detect) -> list[str]:
    """The language of each text (ISO 639-3), "" where its prose does not tell."""
    samples = [prose(text) for text in texts]
    # A word of a script without blanks, or of one that few languages write, tells more.
    enough = [len(one) >= (detect.minimum // 3 if _OTHER_SCRIPT.match(one) else detect.minimum) for one in samples]
    told = iter(_told([one for one, is_enough in zip(samples, enough, strict=True) if is_enough]))
    found = [next(told) if is_enough else ("", 0.0) for is_enough in enough]
    return [language if confidence >= detect.confidence else "" for language, confidence in found]


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
        import lingua  # noqa: F401
    except ImportError as error:
        raise InputError("languages are detected with lingua: pip install 'raykd[languages]'") from error


def _told(samples: Sequence[str]) -> list[tuple[str, float]]:
    found = []
    for sample in samples:
        likeliest = _detector().compute_language_confidence_values(sample)[0]
        found.append((likeliest.language.iso_code_639_3.name.lower(), likeliest.value))
    return found


@lru_cache(maxsize=1)
def _detector() -> Any:
    from lingua import Language, LanguageDetectorBuilder

    languages = [getattr(Language, name.upper()) for name in LANGUAGES]
    # Three letters at a time, as a sample has hundreds of them; with five the models take 1 GB.
    return LanguageDetectorBuilder.from_languages(*languages).with_low_accuracy_mode().build()
