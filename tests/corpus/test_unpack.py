"""Large compressed sources read by many tasks: the same bytes as read by one, and nothing lost with a killed run."""

import bz2
import gzip
import json
import lzma

import py7zr
import pyarrow as pa
import pytest

from raykd.artifacts import Result, Storage
from raykd.config import (
    Cleaning,
    Corpus,
    Privacy,
    Sizes,
    Source,
    StackExchangeSource,
    TableSource,
    Task,
    WikipediaSource,
)
from raykd.corpus import unpack
from raykd.corpus.readers import Unit, split_units
from raykd.corpus.text_shards import prepare_texts
from raykd.errors import InputError
from raykd.tasks.prepare import prepare_task

ROWS = "\ufeff" + "".join(f'{{"text": "text {n} 日本語", "chat": {n // 7}, "turn": {n % 7}}}\r\n' for n in range(300))
PARAGRAPHS = "".join(f"line {n} 👩\nand {n}\n\n" for n in range(300))
POSTS = (
    '<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n'
    + "".join(
        f'  <row Id="{n}" PostTypeId="{1 + n % 2}" Body="&lt;p&gt;日本 {n}&lt;/p&gt;" />\r\n'
        + "  <!-- a comment\r\n of two lines -->\r\n" * (n % 9 == 0)
        for n in range(300)
    )
    + '  <row Id="broken />\r\n</posts>'
)
DUMP = (
    '<mediawiki><siteinfo><namespaces><namespace key="6">Datei</namespace></namespaces></siteinfo>\n'
    + "".join(
        f"  <page>\n<title>t {n}</title><ns>{n % 3 // 2}</ns>{f'<id>{n}</id>' * (n % 50 != 7)}<revision><text>"
        f"[[Datei:a.jpg|mini|ein Bild]]Text {n} &lt;page&gt; 東京</text></revision></page>\n"
        for n in range(400)
    )
    + "</mediawiki>\n"
)


def streams(content: bytes, size: int = 900) -> bytes:
    """bzip2 of many streams, cut anywhere."""
    return b"".join(bz2.compress(content[start : start + size]) for start in range(0, len(content), size))


COMPRESS = {
    ".gz": gzip.compress,
    ".zst": lambda content: pa.Codec("zstd").compress(content, True),
    ".xz": lzma.compress,
    ".bz2": streams,
    ".one.bz2": bz2.compress,
}


@pytest.fixture
def here(of_test_size, without_ray):
    """In this process, one task after the other."""


@pytest.fixture
def of_test_size(monkeypatch):
    monkeypatch.setattr(unpack, "UNPACK_BYTES", 1)
    monkeypatch.setattr(unpack, "PART_BYTES", 1000)
    monkeypatch.setattr(unpack, "STRETCH_BYTES", 2000)


def table(path, **values) -> TableSource:
    return TableSource(reader="table", language="eng", path=str(path), name="rows", **values)


def write_source(tmp_path, kind: str, suffix: str) -> Source:
    match kind:
        case "posts":
            path, content = tmp_path / "Posts.xml", POSTS
        case "dump":
            path, content = tmp_path / "dump.xml", DUMP
        case "paragraphs":
            path, content = tmp_path / "rows.txt", PARAGRAPHS
        case _:
            path, content = tmp_path / "rows.jsonl", ROWS
    path = path.with_name(path.name + suffix.removeprefix(".one"))
    if suffix == ".7z":
        with py7zr.SevenZipFile(path, "w") as archive:
            archive.writestr(content.encode(), "Posts.xml")
    else:
        path.write_bytes(COMPRESS[suffix](content.encode()))
    if kind == "posts":
        return StackExchangeSource(reader="stackexchange", language="eng", path=str(path), name="site")
    if kind == "dump":
        return WikipediaSource(reader="wikipedia", language="deu", path=str(path))
    joined = {"conversation": {"id": "chat", "turn": "turn", "join": 60}}
    more = joined if kind == "turns" else {"documents": "paragraphs"} if kind == "paragraphs" else {}
    return table(path, **more)


def prepared(store, name: str, source: Source, **values) -> tuple[dict, dict[str, bytes]]:
    """Facts, and the bytes of all files."""
    result = Result("texts", name, 1, {})
    corpus = Corpus(sources=(source,), shard=4_000, rejected_share=1, **values)
    prepare_texts(store, result, "td", corpus, 56, [], say=lambda line: None)
    files = [file for file in store.storage.sizes(result.directory) if file != "manifest.json"]
    return store.facts(result), {file: store.storage.read_bytes(f"{result.directory}/{file}") for file in files}


@pytest.mark.parametrize("chunk", [None, 3_000])
@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        *(("posts", suffix) for suffix in (".7z", ".bz2", ".one.bz2")),
        *(("lines", suffix) for suffix in COMPRESS),
        *(("turns", suffix) for suffix in (".bz2", ".gz")),
        ("paragraphs", ".xz"),
        *(("dump", suffix) for suffix in (".bz2", ".one.bz2")),
    ],
)
def test_a_corpus_has_the_bytes_that_it_has_of_a_file_read_whole(
    monkeypatch, here, store, tmp_path, kind, suffix, chunk
):
    source = write_source(tmp_path, kind, suffix)
    found = prepared(store, "parts", source, chunk=chunk)
    parts = [file for file in store.storage.sizes(unpack.FOLDER) if not file.endswith(".json")]
    assert len(parts) > 5 or (kind == "dump" and chunk)
    monkeypatch.setattr(unpack, "UNPACK_BYTES", 1 << 40)
    facts, files = prepared(store, "whole", source, chunk=chunk)
    assert found == (facts, files)
    assert sum(one["documents"] for one in facts["languages"].values()) > 50


def test_what_an_interrupted_run_has_written_is_not_written_again(monkeypatch, here, store, tmp_path):
    source, written, write_bytes = write_source(tmp_path, "posts", ".7z"), [], Storage.write_bytes

    def until_the_tenth(self, path: str, content: bytes) -> None:
        if path.startswith(unpack.FOLDER) and not path.endswith(".json"):
            if len(written) == 10:
                raise KeyboardInterrupt
            written.append(path)
        write_bytes(self, path, content)

    monkeypatch.setattr(Storage, "write_bytes", until_the_tenth)
    with pytest.raises(KeyboardInterrupt):
        prepared(store, "parts", source)
    before = set(written)
    monkeypatch.setattr(Storage, "write_bytes", lambda *given: written.append(given[1]) or write_bytes(*given))
    found = prepared(store, "parts", source)
    assert len(before) == 10 and not before & set(written[10:])
    # The next result that reads the file takes its parts as they are.
    monkeypatch.setattr(unpack, "open_posts", lambda path: pytest.fail("the compressed file is read again"))
    assert prepared(store, "other", source) == found


def test_what_another_run_takes_away_is_one_line_and_is_written_again(monkeypatch, here, store, tmp_path):
    source, real = write_source(tmp_path, "lines", ".gz"), unpack.work_through

    def taken_away(storage, *given):
        work = real(storage, *given)
        first = next(file for file in storage.sizes(unpack.FOLDER) if file.endswith("-00003"))
        storage.remove(f"{unpack.FOLDER}/{first}")
        return work

    monkeypatch.setattr(unpack, "work_through", taken_away)
    with pytest.raises(InputError, match=r"-00003.* is gone; another run has changed the scratch files"):
        prepared(store, "parts", source)
    monkeypatch.setattr(unpack, "work_through", real)
    assert prepared(store, "parts", source)[0]["languages"]["eng"]["documents"] == 300


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-5], "cut off at byte"),
        (lambda content: content[:2500] + b"BZh91AY&SY" + content[2500:], "damaged"),
        (lambda content: content + b"and more", "damaged"),
        (lambda content: content[:2000] + bytes(200) + content[2200:], "damaged"),
    ],
)
def test_a_damaged_file_of_many_streams_is_one_line(here, store, tmp_path, damage, message):
    source = write_source(tmp_path, "lines", ".bz2")
    path = tmp_path / "rows.jsonl.bz2"
    path.write_bytes(damage(path.read_bytes()))
    units = [Unit(source, str(path), 0, path.stat().st_size, whole=True)]
    with pytest.raises(InputError, match=f"rows.jsonl.bz2: {message}"):
        unpack.unpack(store.storage, units, "corpus td", print, Cleaning())


def test_small_files_and_those_that_cannot_be_cut_are_read_as_they_are(monkeypatch, here, store, tmp_path):
    (tmp_path / "rows.csv.gz").write_bytes(gzip.compress(b"text,who\n" + b'"a\nb",c\n' * 900))
    cut = write_source(tmp_path, "lines", ".gz")
    wide = table(tmp_path / "wide.jsonl.gz", encoding="utf-16")
    csv = table(tmp_path / "rows.csv.gz")
    units = [Unit(source, source.path, 0, 900, whole=True) for source in (csv, wide)]
    assert unpack.unpack(store.storage, units, "corpus td", print, Cleaning()).units == units
    monkeypatch.setattr(unpack, "UNPACK_BYTES", 901)
    units = [Unit(cut, cut.path, 0, 900, whole=True)]
    assert unpack.unpack(store.storage, units, "corpus td", print, Cleaning()).units == units
    assert not store.storage.exists(unpack.FOLDER)


def test_where_personal_data_is_masked_no_content_is_stored_as_it_comes(here, store, tmp_path):
    units = split_units([write_source(tmp_path, "lines", ".gz")])
    cleaning = Cleaning(privacy=Privacy())
    assert unpack.unpack(store.storage, units, "corpus td", print, cleaning).units == units
    assert not store.storage.exists(unpack.FOLDER)


def test_a_file_of_two_sources_is_written_once_and_read_for_each(here, store, tmp_path):
    questions = write_source(tmp_path, "posts", ".bz2").model_copy(update={"posts": "questions"})
    answers = questions.model_copy(update={"posts": "answers", "language": "spa"})
    units = [Unit(source, source.path, 0, 6000, whole=True) for source in (questions, answers)]
    size = (tmp_path / "Posts.xml.bz2").stat().st_size
    units = [Unit(unit.source, unit.path, 0, size, whole=True) for unit in units]
    said: list[str] = []
    found = unpack.unpack(store.storage, units, "corpus td", said.append, Cleaning()).units
    half = len(found) // 2
    assert [unit.source for unit in found] == [questions] * half + [answers] * half
    assert sum(unit.bytes for unit in found[:half]) == len(POSTS.encode())
    assert said == ["corpus td: Posts.xml.bz2: about 0 GB of content are written out once, to be read by many tasks"]
    folder = json.loads(
        store.storage.read_bytes(
            next(
                f"{unpack.FOLDER}/{file}" for file in store.storage.sizes(unpack.FOLDER) if file.endswith("parts.json")
            )
        )
    )
    assert sum(size for _, size, _ in folder) == len(POSTS.encode())


def test_on_ray_a_corpus_and_a_task_have_the_bytes_that_they_have_of_a_file_read_whole(
    local_ray, monkeypatch, of_test_size, store, tmp_path
):
    lines, dump = write_source(tmp_path, "lines", ".bz2"), write_source(tmp_path, "dump", ".bz2")
    labelled = lines.model_copy(update={"labels": "turn"})
    sizes = Sizes(train=30, validation=10, test=10)
    task = Task(kind="multi-class", labels=("0", "1", "2"), sources=(labelled,), sizes=sizes, unmatched_share=1)

    def splits(name: str) -> dict[str, bytes]:
        result = Result("tasks", name, 1, {})
        prepare_task(store, result, "turns", task, ["eng"], 56)
        files = [file for file in store.storage.sizes(result.directory) if file.endswith(".parquet")]
        return {file: store.storage.read_bytes(f"{result.directory}/{file}") for file in files}

    found = splits("parts"), prepared(store, "parts", dump)
    assert len(store.storage.list(unpack.FOLDER)) == 2
    monkeypatch.setattr(unpack, "UNPACK_BYTES", 1 << 40)
    assert found == (splits("whole"), prepared(store, "whole", dump))
