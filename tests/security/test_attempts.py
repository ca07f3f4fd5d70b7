"""What was tried against raykd, in small: each attempt within two seconds and 300 MB (`attempt`)."""

import bz2
import gzip
import io
import json
import lzma
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raykd.config import TableSource
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import split_units
from raykd.errors import InputError

CHAIN = "".join(f'<!ENTITY a{n} "&a{n + 1};">' for n in range(200_000)) + '<!ENTITY a200000 "x">'


POSTS = 'StackExchangeSource(reader="stackexchange", language="eng", path=path + "/Posts.xml")'
DUMP = 'WikipediaSource(reader="wikipedia", language="eng", path=path + "/dump.xml")'


def test_a_chain_of_entities_is_refused_before_it_is_parsed(attempt, tmp_path):
    for name in ("Posts.xml", "dump.xml"):
        (tmp_path / name).write_text(f'<!DOCTYPE a [{CHAIN}]>\n<a>\n<row Id="1" PostTypeId="1" Body="&a0;" />\n</a>')
    told = attempt(f"told(read, {POSTS})", f"told(read, {DUMP})")
    assert told.count("InputError: ") == told.count("declares entities") == 2


def test_a_listing_with_a_chain_of_entities_is_refused(attempt, tmp_path):
    (tmp_path / "files.xml").write_text(f"<!DOCTYPE files [{CHAIN}]><files>&a0;</files>")
    code = """
try:
    catalogue._parse_listing(open(path + "/files.xml", "rb").read())
except catalogue.DeclarationError as error:
    print(error)
"""
    assert "declares entities" in attempt(code)


# A megabyte and more of what took quadratic time, or longer.
SLOW = {
    "records that stay open": ("a.csv", "text,b\n" + 'a""","\n' * 20_000, ""),
    "combining marks": ("a.txt", "a" + "\u0301\u0327" * 250_000, ""),
    "half addresses": ("a.txt", "http://(http://" * 40_000, ""),
    "fences": ("a.txt", "```" * 300_000 + "`", ""),
    "nested HTML": ("a.jsonl", json.dumps({"text": "<div>" * 200_000}), ", html=True"),
    "formats that never close": ("a.jsonl", json.dumps({"text": "<font color=1><p>" * 60_000}), ", html=True"),
    "attributes": ("a.jsonl", json.dumps({"text": "<a " + "b " * 400_000}), ", html=True"),
    "nested JSON": ("a.jsonl", '{"text": ' + "[" * 1_000_000, ""),
    "a number of a million digits": ("a.jsonl", '{"text": "a", "n": ' + "9" * 1_000_000 + "}", ""),
}


def test_time_grows_with_size_alone(attempt, tmp_path):
    codes = []
    for number, (name, content, options) in enumerate(SLOW.values()):
        (tmp_path / f"{number}-{name}").write_text(content)
        codes.append(f'read(TableSource(reader="table", language="eng", path=path + "/{number}-{name}"{options}))')
    attempt(*codes)


WIKITEXT = ("{{a|", "[[a|", "&lt;ref&gt;", "\n{|\n! a !! ", "''", '&lt;b a="', "{{{", "[http://a ")


def test_wikitext_that_never_closes(attempt, tmp_path):
    for number, markup in enumerate(WIKITEXT):
        page = f"<page><title>t</title><ns>0</ns><id>1</id><revision><text>{markup * 50_000}</text></revision></page>"
        (tmp_path / f"{number}.xml").write_text(f"<mediawiki>{page}</mediawiki>")
    attempt(*(f"read({DUMP.replace('dump', str(number))})" for number in range(len(WIKITEXT))))


PACKED = {
    ".gz": lambda content: gzip.compress(content, 9, mtime=0),
    ".bz2": lambda content: bz2.compress(content, 9),
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".zst": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
}


def test_a_bomb_is_refused_at_its_ratio(attempt, tmp_path):
    for suffix, pack in PACKED.items():
        (tmp_path / f"a.jsonl{suffix}").write_bytes(pack(b'{"text": "') + 10 * pack(b" " * 12_000_000) + pack(b'"}\n'))
    table = 'told(read, TableSource(reader="table", language="eng", path=path + "/a.jsonl{}"))'
    assert attempt(*map(table.format, PACKED)).count("bytes of content or more in") == len(PACKED)


def test_a_dictionary_whose_value_stands_in_every_row_is_refused(attempt, tmp_path):
    values = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"text": values}), tmp_path / "a.parquet")
    told = attempt(
        'source = TableSource(reader="table", language="eng", path=path + "/a.parquet")\n'
        "told(lambda: sum(part.num_rows for unit in split_units([source]) for part in unit_documents(unit, 56)))"
    )
    assert "InputError" in told


def rows_of(path, **options) -> list[dict]:
    source = TableSource(reader="table", language="eng", path=str(path), **options)
    return [row for unit in split_units([source]) for part in unit_documents(unit, 56) for row in part.to_pylist()]


@pytest.mark.parametrize(
    "kind", [pa.timestamp("us"), pa.timestamp("ms"), pa.date32(), pa.time64("us"), pa.timestamp("us", "Europe/Lisbon")]
)
def test_dates_that_no_calendar_has_are_bad_rows(tmp_path, kind):
    stored = pa.int32() if kind.bit_width == 32 else pa.int64()
    out = (1 << 31) - 1 if kind.bit_width == 32 else 1 << 60
    when = pa.array([0, out, 86_400], stored)
    when = when.cast(kind) if kind.bit_width == 32 else when.view(kind)
    pq.write_table(pa.table({"text": ["first", "second", "third"], "when": when}), tmp_path / "a.parquet")
    first, second, third = rows_of(tmp_path / "a.parquet", group="when")
    assert (first["text"], third["text"]) == ("first", "third") and not first["problem"]
    assert second["problem"] == "a date or time that no calendar has" and second["place"].endswith("row 1")


def test_a_parquet_file_that_is_damaged_is_told_in_a_line(attempt, tmp_path):
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["a", "b"]}), file)
    content = file.getvalue()
    code = 'told(read, TableSource(reader="table", language="eng", path=path + "/a.parquet"))'
    (tmp_path / "a.parquet").write_bytes(content[:4] + b"\xff" * (len(content) - 12) + content[-8:])
    told = attempt(code)
    assert told.startswith("InputError: ") and "not a parquet file" in told and len(told.splitlines()) == 1


def test_a_footer_that_ends_the_process_is_refused(tmp_path):
    """pyarrow lets a C++ exception through where it is asked for a column of which the footer is damaged."""
    pq.write_table(pa.table({"text": ["a"], "labels": [["b"]]}), tmp_path / "whole.parquet")
    content = (tmp_path / "whole.parquet").read_bytes()
    assert rows_of(tmp_path / "whole.parquet")[0]["text"] == "a"
    for place in range(len(content) - 8 - int.from_bytes(content[-8:-4], "little"), len(content) - 8):
        (tmp_path / "a.parquet").write_bytes(content[:place] + b"\x15" + content[place + 1 :])
        try:
            rows_of(tmp_path / "a.parquet")
        except InputError as error:
            if "what it says of a column is damaged" in str(error):
                break
    else:
        pytest.fail("no byte of the footer ends the process")
    ask = f"import pyarrow.parquet as p; p.read_metadata({str(tmp_path / 'a.parquet')!r}).row_group(0).column(0)"
    assert subprocess.run([sys.executable, "-c", ask], capture_output=True).returncode < 0
