"""Writes the sample data: every file streamed from its own random numbers, the manifest last."""

import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from raykd.errors import InputError
from raykd.sample import dump
from raykd.sample.general import Articles
from raykd.sample.load import LANGUAGES, Language, load_language
from raykd.sample.messages import Messages
from raykd.sample.technical import Posts
from raykd.sample.templates import Draw

SAMPLE_VERSION = 1  # raised whenever the same settings give other bytes
MANIFEST = "manifest.json"

_FLUSH = 1 << 20  # bytes gathered before they are hashed and written

Documents = Iterator[tuple[str, int]]  # (text of one or several documents, their number)


@dataclass(frozen=True)
class SampleFile:
    """One written file: `path` relative to the sample's directory, the sha256 of its bytes in hexadecimal."""

    path: str
    bytes: int
    sha256: str
    documents: int  # posts (questions and answers), messages or articles


@dataclass(frozen=True)
class SampleSummary:
    """What a sample consists of: the manifest's content."""

    version: int
    seed: int
    languages: tuple[str, ...]
    technical: int  # the sizes asked for, in bytes a file
    messages: int
    general: int
    files: tuple[SampleFile, ...]


@dataclass(frozen=True)
class _Kind:
    path: str
    head: str
    tail: str
    documents: Callable[[Language, Draw], Documents]


_KINDS = {
    "technical": _Kind(
        "technical/{}/Posts.xml",
        dump.HEAD,
        dump.TAIL,
        lambda language, draw: Posts(language).threads(draw),
    ),
    "messages": _Kind("messages/{}.jsonl", "", "", lambda language, draw: Messages(language).conversations(draw)),
    "general": _Kind("general/{}.jsonl", "", "", lambda language, draw: Articles(language).articles(draw)),
}


def write_sample(
    directory: str | Path, *, seed: int, languages: Sequence[str], technical: int, messages: int, general: int
) -> SampleSummary:
    """Write sample data of three kinds in each language, or nothing if the same sample is already there.

    The files are `technical/<language>/Posts.xml` (a Stack Exchange dump), `messages/<language>.jsonl` (chat messages:
    id, conversation, turn, company, language, label, origin, text), `general/<language>.jsonl` (id, text) and
    `manifest.json`, which is written last: a directory without it holds an unfinished sample and is written anew. The
    bytes depend on the settings and SAMPLE_VERSION alone; a file depends on the seed, its language and its own size.

    Args:
        directory: a local directory; made if it is missing.
        seed: any integer.
        languages: ISO 639-3 codes out of LANGUAGES.
        technical: bytes of each Posts.xml; a file ends at the document (in Posts.xml the question with its answers)
            that takes it to its size or beyond.
        messages: bytes of each file of messages.
        general: bytes of each file of general prose.

    Returns:
        The sample's settings and files, as in the manifest.

    Raises:
        InputError: no language is given, one is unknown or given twice, a size is negative, or the directory holds
            another sample.
    """
    sizes = {"technical": technical, "messages": messages, "general": general}
    _check(languages, sizes)
    directory = Path(directory)
    wanted = SampleSummary(SAMPLE_VERSION, seed, tuple(languages), technical, messages, general, ())
    found = _read_manifest(directory)
    if found is not None:
        if replace(found, files=()) != wanted:
            raise InputError(
                f"{directory} holds a sample with other settings ({_settings(found)}; asked for:"
                f" {_settings(wanted)}); choose another directory or delete this one"
            )
        if all(_size(directory / file.path) == file.bytes for file in found.files):
            return found
        (directory / MANIFEST).unlink()
    files = tuple(
        _write_file(directory, kind, load_language(language), seed, size)
        for kind, size in sizes.items()
        for language in languages
    )
    summary = replace(wanted, files=files)
    _write_manifest(directory, summary)
    return summary


def _check(languages: Sequence[str], sizes: dict[str, int]) -> None:
    known = ", ".join(LANGUAGES)
    if not languages:
        raise InputError(f"no language is given for the sample data; choose from: {known}")
    for language in languages:
        if language not in LANGUAGES:
            raise InputError(f"there is no sample data in language {language!r}; choose from: {known}")
    if len(set(languages)) < len(languages):
        raise InputError(f"languages {list(languages)} name one twice; name each once")
    for name, size in sizes.items():
        if size < 0:
            raise InputError(f"sample size {name}={size} is negative; give bytes, 0 for an empty file")


def _write_file(directory: Path, name: str, language: Language, seed: int, size: int) -> SampleFile:
    kind = _KINDS[name]
    path = kind.path.format(language.code)
    target = directory / path
    target.parent.mkdir(parents=True, exist_ok=True)
    draw = random.Random(f"{seed}:{name}:{language.code}").random
    digest = hashlib.sha256()
    written = documents = 0
    with target.open("wb") as stream:
        for piece, count in _pieces(kind, language, draw, size):
            digest.update(piece)
            stream.write(piece)
            written += len(piece)
            documents += count
    return SampleFile(path, written, digest.hexdigest(), documents)


def _pieces(kind: _Kind, language: Language, draw: Draw, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield (bytes, documents in them) of about _FLUSH bytes until the file has at least `size`."""
    buffer = bytearray(kind.head.encode())
    left = size - len(kind.tail)
    count = 0
    for text, documents in kind.documents(language, draw):
        if len(buffer) >= left:
            break
        buffer += text.encode()
        count += documents
        if len(buffer) >= _FLUSH:
            yield bytes(buffer), count
            left -= len(buffer)
            buffer.clear()
            count = 0
    buffer += kind.tail.encode()
    yield bytes(buffer), count


def _settings(summary: SampleSummary) -> str:
    return ", ".join(f"{name}={value}" for name, value in asdict(summary).items() if name != "files")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _read_manifest(directory: Path) -> SampleSummary | None:
    path = directory / MANIFEST
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        settings, files = content["settings"], tuple(SampleFile(**file) for file in content["files"])
        return SampleSummary(
            version=content["version"],
            seed=settings["seed"],
            languages=tuple(settings["languages"]),
            **settings["sizes"],
            files=files,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is no manifest of a sample ({error!r}); choose another directory") from error


def _write_manifest(directory: Path, summary: SampleSummary) -> None:
    content = {
        "version": summary.version,
        "settings": {
            "seed": summary.seed,
            "languages": list(summary.languages),
            "sizes": {name: getattr(summary, name) for name in _KINDS},
        },
        "files": [asdict(file) for file in summary.files],
    }
    temporary = directory / f"{MANIFEST}.{os.getpid()}.tmp"
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    os.replace(temporary, directory / MANIFEST)
