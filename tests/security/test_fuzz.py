"""Random files of every kind: no reader raises anything but InputError, and none takes a second.

A file is made of pieces that its format gives a meaning to, since random bytes alone are refused at once. Each is read
as a job reads it: split into units, rows to clean documents.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raykd.config import Cleaning, Source, StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import split_units
from raykd.errors import InputError

SECONDS = 1.0  # of the processor, for one input


class Format(NamedTuple):
    """name: of the file; pieces: what its content is made of; source: of a path, with what a draw adds; around: what
    most files of the kind begin and end with."""

    name: str
    pieces: tuple[str, ...]
    source: Callable[..., Source]
    options: tuple[dict[str, Any], ...] = ({},)
    around: tuple[str, str] = ("", "")


def _table(path: str, **options: Any) -> Source:
    return TableSource(reader="table", path=path, **{"language": "eng", **options})


def _posts(path: str, **options: Any) -> Source:
    return StackExchangeSource(reader="stackexchange", language="eng", path=path, **options)


def _wiki(path: str, **options: Any) -> Source:
    return WikipediaSource(reader="wikipedia", language="eng", path=path, **options)


TEXTS = (
    *(
        "a",
        "word ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "\0",
        "\x85",
        "\u2028",
        "\ufeff",
        "\u0301",
        "é",
        "日本",
        "\U0001f600",
    ),
    *(
        "http://a.b/c?d=1",
        "(www.x.y)",
        "```",
        "`",
        "[code]",
        "&amp;",
        "&#0;",
        "&#x110000;",
        "<",
        ">",
        '"',
        "'",
        "\\",
        "1",
    ),
)
HTML = (
    *(
        "<p>",
        "</p>",
        "<pre>",
        "<code>",
        "</code>",
        '<a href="http://x">',
        "</a>",
        "<a href='",
        "<!--",
        "-->",
        "<script>",
    ),
    *(
        "</script>",
        "<table><td>",
        "<svg>",
        "<![CDATA[",
        "]]>",
        "<br/>",
        "<x y=z>",
        "<b",
        "</",
        "<ul><li>",
        "<template>",
    ),
)
COLUMNS = {"labels": "l", "group": "g", "id": "i", "origin": "o", "unknown": "u"}
TABLES: tuple[dict[str, Any], ...] = (
    {},
    {"html": True},
    COLUMNS,
    {"labels": "l", "separator": "|"},
    {"label_columns": ("l", "g")},
    {"where": {"l": ("a",), "g": ("1", "true")}},
    {"language": {"column": "l", "codes": {"a": "eng", "1": "por"}}},
    {"split": "l", "splits": {"test": ("a",)}},
    {"conversation": {"id": "g"}},
    {"conversation": {"id": "g", "turn": "i", "join": 20}},
    {"encoding": "utf-16"},
    {"encoding": "cp1252"},
    {"encoding": "shift_jis"},
)
VALUES = (
    '"a"',
    "1",
    "1.0",
    "true",
    "null",
    "[]",
    '["a", "b"]',
    "{}",
    '"\\ud800"',
    "1e999",
    "-",
    "NaN",
    "[[[",
    "9" * 5000,
)
WIKITEXT = (
    *("{{", "}}", "{{{", "[[", "]]", "|", "''", "'''", "==", "\n==", "\n{|", "\n|-", "\n|", "\n|}", "&lt;ref&gt;"),
    *(
        "&lt;nowiki&gt;",
        "&lt;/ref&gt;",
        "&lt;b a=",
        "[http://a ",
        "]",
        "\n*",
        "\n:",
        "&amp;nbsp;",
        "__TOC__",
        "&lt;!--",
    ),
)
FORMATS = (
    Format(
        "a.jsonl",
        (
            *TEXTS,
            *HTML,
            *VALUES,
            *(
                "{",
                "}",
                ":",
                ",",
                '{"text": "',
                '"}\n',
                '{"text": "a", "l": ',
                ', "g": ',
                ', "i": ',
                '", "text": "',
                "}\n",
            ),
        ),
        _table,
        TABLES,
    ),
    Format(
        "a.csv",
        (*TEXTS, *HTML, ",", ";", '""', '","', '"\n', 'a,b,"c\n', "1,true,[]\n", "['a', 'b']", "['a' 'b']", "{'a'}"),
        _table,
        (*TABLES, {"delimiter": ";"}, {"delimiter": "\t"}),
        ("text,l,g,i,o,u\n", ""),
    ),
    Format(
        "a.txt",
        (*TEXTS, *HTML, "\n\n", " \n\t\n"),
        _table,
        ({}, {"documents": "paragraphs"}, {"html": True}, {"delimiter": ","}, *TABLES[-3:]),
    ),
    Format(
        "Posts.xml",
        (
            *TEXTS,
            *(one.replace("<", "&lt;").replace('"', "&quot;") for one in HTML),
            *(
                '<row Id="1" PostTypeId="1" Body="',
                '" />\n',
                '" Title="',
                '" Tags="&lt;a&gt;',
                "<row ",
                "/>",
                "<posts>",
            ),
            *(
                "<?xml version='1.0'?>",
                "<!DOCTYPE a>",
                "<!DOCTYPE a [",
                "<!ENTITY b 'c'>",
                "&b;",
                "<!--",
                "-->",
                "<?a?>",
            ),
        ),
        _posts,
        ({}, {"posts": "questions"}, {"where": {"Tags": ("a",), "Title": ("word",)}}),
        ('<posts>\n<row Id="1" PostTypeId="1" Body="', '" />\n</posts>'),
    ),
    Format(
        "dump.xml",
        (
            *TEXTS,
            *WIKITEXT,
            *("<page>", "</page>", "<title>", "</title>", "<ns>0</ns>", "<id>1</id>", "<revision>", "</revision>"),
            *("<text>", "</text>", "<redirect/>", "<namespace>x</namespace>", "<mediawiki>", "<!DOCTYPE a>", "&b;"),
        ),
        _wiki,
        ({},),
        (
            "<mediawiki><page><title>t</title><ns>0</ns><id>1</id><revision><text>",
            "</text></revision></page></mediawiki>",
        ),
    ),
    Format(
        "wiki_00",
        (
            *TEXTS,
            *('<doc id="1" url="u" title="', '">\n', "\n</doc>\n", '{"id": "1", "title": "', '", "text": "', '"}\n'),
            *('{"id": ', *VALUES, "}\n", "</doc>", "<doc "),
        ),
        _wiki,
        ({"form": "extracted"},),
        ('<doc id="1" url="u" title="t">\n', "\n</doc>\n"),
    ),
)
COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": lambda content: gzip.compress(content, 1, mtime=0),
    ".bz2": lambda content: bz2.compress(content, 1),
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".zst": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
}
CLEANINGS = (Cleaning(), Cleaning(code="drop", links="drop"), Cleaning(code="tag", links="tag"))


class Input(NamedTuple):
    """A file and how it is read."""

    name: str
    content: bytes
    source: Callable[..., Source]
    options: dict[str, Any]
    cleaning: Cleaning
    unit_bytes: int


@st.composite
def inputs(draw: st.DrawFn) -> Input:
    """A file of any reader."""
    kind = draw(st.sampled_from(FORMATS))
    options = draw(st.sampled_from(kind.options))
    pieces = draw(st.lists(st.sampled_from(kind.pieces), max_size=60))
    text = "".join(pieces) * draw(st.sampled_from((1, 1, 1, 1, 40)))
    if draw(st.integers(0, 3)):
        text = kind.around[0] + text + kind.around[1]
    content = text.encode(options.get("encoding", "utf-8"), "replace" if "encoding" in options else "surrogatepass")
    name, cuts = kind.name, draw(st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=4)), max_size=2))
    packed = draw(st.sampled_from(("", "", "", "", *COMPRESSIONS)))
    if packed and name.endswith((".jsonl", ".csv", ".txt", ".xml")) and name != "Posts.xml":
        name, content = name + packed, COMPRESSIONS[packed](content)
    for place, over in cuts:
        at = place % (len(content) + 1)
        content = content[:at] + over + content[at + len(over) :]
    units = draw(st.sampled_from((1 << 20, 7, 64)))
    return Input(name, content, kind.source, options, draw(st.sampled_from(CLEANINGS)), max(units, len(content) // 20))


_CELLS: tuple[tuple[pa.DataType, st.SearchStrategy[Any]], ...] = (
    (pa.string(), st.text(max_size=5)),
    (pa.list_(pa.string()), st.lists(st.text(max_size=3), max_size=2)),
    (pa.binary(), st.binary(max_size=5)),
    (pa.float64(), st.floats()),
    (pa.bool_(), st.booleans()),
    (pa.int64(), st.integers(-(1 << 63), (1 << 63) - 1)),
    (pa.date32(), st.integers(-(1 << 31), (1 << 31) - 1)),
    (pa.date64(), st.integers(-(1 << 62), 1 << 62).map(lambda days: days // 86_400_000 * 86_400_000)),
    *((pa.timestamp(unit), st.integers(-(1 << 52), 1 << 52)) for unit in ("s", "ms", "us", "ns")),
    (pa.timestamp("us", "Europe/Lisbon"), st.integers(-(1 << 62), 1 << 62)),
    (pa.timestamp("us", "+99:99"), st.integers(-(1 << 40), 1 << 40)),
    (pa.time64("us"), st.integers(-(1 << 62), 1 << 62)),
    (pa.duration("us"), st.integers(-(1 << 62), 1 << 62)),
    (pa.dictionary(pa.int8(), pa.string()), st.text(max_size=3)),
    (pa.struct([("a", pa.string())]), st.fixed_dictionaries({"a": st.text(max_size=3)})),
)


@st.composite
def parquet_inputs(draw: st.DrawFn) -> Input:
    """A parquet file of columns of any type, some of them overwritten somewhere."""
    rows, columns = draw(st.integers(0, 5)), {}
    for name in ("text", "l", "g", "i", "o", "u"):
        kind, cells = _CELLS[0] if name == "text" and draw(st.booleans()) else draw(st.sampled_from(_CELLS))
        values = draw(st.lists(st.none() | cells, min_size=rows, max_size=rows))
        columns[name] = _column(values, kind)
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, row_group_size=draw(st.sampled_from((1, 3, 1000))))
    content = file.getvalue()
    for place, over in draw(
        st.lists(st.tuples(st.integers(0, 100_000), st.binary(min_size=1, max_size=3)), max_size=1)
    ):
        at = place % len(content)
        content = content[:at] + over + content[at + len(over) :]
    options = draw(st.sampled_from(TABLES[:-3]))
    return Input("a.parquet", content, _table, options, draw(st.sampled_from(CLEANINGS)), 1 << 20)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_temporal(kind):  # as what is stored, which may stand for no time at all
        stored = pa.int32() if kind.bit_width == 32 else pa.int64()
        return pa.array(values, stored).cast(kind) if kind.bit_width == 32 else pa.array(values, stored).view(kind)
    return pa.array(values, kind)


def read(one: Input, folder: Path) -> float:
    """Read a file as a job does; seconds of the processor. Whatever is raised but InputError goes through."""
    path = folder / one.name
    path.write_bytes(one.content)
    started = time.process_time()
    try:
        for unit in split_units([one.source(str(path), **one.options)], one.unit_bytes):
            for table in unit_documents(unit, 56, one.cleaning):
                table.validate(full=True)
    except InputError as error:
        told = str(error)
        assert "\n" not in told
    finally:
        path.unlink()
    return time.process_time() - started


CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
FEW = settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=CHECKS)
FEW_TABLES = settings(FEW, max_examples=60)  # each asks a process of its own
MANY = settings(FEW, max_examples=19_000)  # the same each time: a new one that fails belongs to whoever looks for it
MANY_TABLES = settings(MANY, max_examples=1_000)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="raykd-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    yield path
    shutil.rmtree(path)


def check(one: Input, folder: Path) -> None:
    """What takes long takes long again; the first of a kind also imports what reads it, and others have the caches."""
    assert read(one, folder) < SECONDS or read(one, folder) < SECONDS


@FEW
@given(inputs())
def test_a_few_files(folder, one):
    check(one, folder)


@FEW_TABLES
@given(parquet_inputs())
def test_a_few_parquet_files(folder, one):
    check(one, folder)


@pytest.mark.slow
@MANY
@given(inputs())
def test_nineteen_thousand_files(folder, one):
    check(one, folder)


@pytest.mark.slow
@MANY_TABLES
@given(parquet_inputs())
def test_a_thousand_parquet_files(folder, one):
    check(one, folder)
