"""What a file is, by its first bytes: named, refused with a cure, or read where the source says what it is."""

import bz2
import gzip
import lzma
import random

import pytest

from raykd.config import StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.readers import Row, read_unit, split_units
from raykd.corpus.readers.content import text_encoding
from raykd.errors import InputError

TEXTS = {
    "rus": "Съешь же ещё этих мягких булок, да выпей чаю",
    "jpn": "これは日本語の文章です。東京は首都であり、カタカナもある",
    "por": "A informação não está disponível; você pode tentar amanhã",
    "kor": "안녕하세요 오늘 날씨가 좋습니다",
    "zho": "今天天气很好，我们去公园散步吧",
}
WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
ENCODED = [
    *((language, encoding) for language in ("rus", "por") for encoding in WIDE),
    *(("rus", encoding) for encoding in ("cp1251", "koi8_r")),
    *(("jpn", encoding) for encoding in ("utf-16", "utf-16-le", "cp932", "euc_jp", "iso2022_jp")),
    ("por", "cp1252"),
    ("kor", "euc_kr"),
    ("zho", "gb18030"),
]
FORMS = {
    "rows.txt": "{} {}\n",
    "rows.csv": '{1},"{0} {1}"\n',
    "rows.tsv": "{1}\t{0} {1}\n",
    "rows.jsonl": '{{"id": {1}, "text": "{0} {1}"}}\n',
}
HEADERS = {"rows.csv": "id,text\n", "rows.tsv": "id\ttext\n"}


def table(path, **values) -> TableSource:
    return TableSource(reader="table", path=str(path), **{"language": "eng", **values})


def rows(source, unit_bytes: int = 100) -> list[Row]:
    return [row for unit in split_units([source], unit_bytes) for row in read_unit(unit)]


def content(name: str, text: str, count: int = 12) -> str:
    return HEADERS.get(name, "") + "".join(FORMS[name].format(text, n) for n in range(count))


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize(("language", "encoding"), ENCODED)
def test_another_encoding_is_refused_by_its_name_and_read_where_it_is_given(tmp_path, language, encoding, name):
    (tmp_path / name).write_bytes(content(name, TEXTS[language]).encode(encoding))
    with pytest.raises(InputError, match=rf"{name}: this is not UTF-8 but .*write encoding: (\S+) in") as error:
        split_units([table(tmp_path / name)])
    named = str(error.value).split("encoding: ")[1].split(" in its source")[0]
    assert "\n" not in str(error.value)
    for given in (encoding, named):
        found = rows(table(tmp_path / name, encoding=given))
        assert [row.text for row in found] == [f"{TEXTS[language]} {n}" for n in range(12)]
        assert not any(row.problem for row in found)


@pytest.mark.parametrize("name", FORMS)
def test_rows_and_ids_of_a_file_do_not_depend_on_its_encoding(tmp_path, name):
    (tmp_path / name).write_text(content(name, TEXTS["rus"]), newline="")
    plain = rows(table(tmp_path / name))
    for encoding in ("utf-16", "cp1251", "utf-8", "UTF8"):
        (tmp_path / name).write_bytes(content(name, TEXTS["rus"]).encode(encoding))
        assert rows(table(tmp_path / name, encoding=encoding)) == plain
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(content(name, TEXTS["rus"]).encode(encoding)))
        packed = rows(table(tmp_path / f"{name}.gz", encoding=encoding))
        assert [row.native_id for row in packed] == [row.native_id for row in plain]


@pytest.mark.parametrize("name", ["rows.txt", "rows.csv", "rows.jsonl"])
def test_bytes_that_are_not_of_the_encoding_reject_their_row(tmp_path, name):
    encoded = content(name, TEXTS["jpn"]).encode("cp932").splitlines(keepends=True)
    encoded[5] = encoded[5].replace("東".encode("cp932"), b"\x81\x20")
    (tmp_path / name).write_bytes(b"".join(encoded))
    found = rows(table(tmp_path / name, encoding="cp932"))
    assert len(found) == 12
    assert [row.problem[:9] for row in found if row.problem] == ["not UTF-8"]


@pytest.mark.parametrize("given", ["utf-16", "utf-32-le", "cp1251", "shift_jis"])
@pytest.mark.parametrize("actual", ["utf-8", "utf-16"])
def test_an_encoding_that_the_file_is_not_in_is_refused(tmp_path, given, actual):
    (tmp_path / "rows.txt").write_bytes(content("rows.txt", TEXTS["rus"]).encode(actual))
    if given == actual:
        return
    with pytest.raises(InputError, match=rf"says encoding: {given[:6]}.*, but this is {actual}"):
        split_units([table(tmp_path / "rows.txt", encoding=given)])


def test_ascii_is_of_every_encoding_but_the_wide_ones(tmp_path):
    (tmp_path / "rows.txt").write_text("plain\nwords\n")
    for encoding in ("utf-8", "cp1252", "shift_jis"):
        assert [row.text for row in rows(table(tmp_path / "rows.txt", encoding=encoding))] == ["plain", "words"]
    with pytest.raises(InputError, match="but this is ascii"):
        rows(table(tmp_path / "rows.txt", encoding="utf-16"))


@pytest.mark.parametrize(
    "good",
    [
        b"plain\n" * 50,
        "é ü\n".encode() * 3 + b"a single \xff byte\n",
        b"words\n" * 200 + b"one caf\xe9\n",  # in one of 200 lines: damage to that row
        b"a \0 b\n" + b"words\n" * 50,
        "\ufeffwith a mark\n".encode(),
        "ends within a character é".encode()[:-1],
    ],
)
def test_damage_is_no_encoding(good):
    assert text_encoding(good) in ("ascii", "utf-8")


def test_nuls_without_an_order_are_no_text(tmp_path):
    (tmp_path / "rows.txt").write_bytes(bytes(random.Random(0).choices((0, 0, 65, 7, 200), k=400)))
    with pytest.raises(InputError, match="NUL bytes, but neither UTF-16 nor UTF-32"):
        rows(table(tmp_path / "rows.txt"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso2022_jp"])
def test_a_dump_in_another_encoding_is_refused(tmp_path, encoding):
    (tmp_path / "Posts.xml").write_bytes(('<row Id="1" PostTypeId="1" Body="日本" />\n' * 9).encode(encoding))
    source = StackExchangeSource(reader="stackexchange", language="jpn", path=str(tmp_path / "Posts.xml"))
    with pytest.raises(InputError, match=r"Posts\.xml: this is not UTF-8 .*; convert it: iconv -f"):
        split_units([source])


POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:"
    + b"0" * 64
    + b"\nsize 98079082\n"
)  # fmt: skip


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.parquet", "rows.csv.gz", "Posts.xml", "site.7z", "dump.xml.bz2"])
def test_a_pointer_in_place_of_the_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(POINTER)
    source = table(tmp_path / name)
    if name in ("Posts.xml", "site.7z"):
        source = StackExchangeSource(reader="stackexchange", language="eng", path=str(tmp_path / name))
    if name == "dump.xml.bz2":
        source = WikipediaSource(reader="wikipedia", language="eng", path=str(tmp_path / name))
    with pytest.raises(InputError, match=r"a Git LFS or annex pointer to the file, whose 98,079,082 bytes"):
        split_units([source])


@pytest.mark.parametrize(
    ("name", "beginning", "what"),
    [
        ("rows.jsonl", gzip.compress(b"{}", mtime=0), r"this is gzip, not what its name says; give it the suffix \.gz"),
        ("rows.csv", bz2.compress(b"a"), r"this is bzip2, .* suffix \.bz2"),
        ("rows.txt", lzma.compress(b"a"), r"this is xz, .* suffix \.xz"),
        ("rows.csv.gz", bz2.compress(b"a"), r"this is bzip2, not gzip; give it the suffix \.bz2"),
        ("rows.jsonl.zst", b'{"text": "x"}\n', "its first bytes are others, not Zstandard"),
        ("rows.csv", b"PK\x03\x04....", "this is a zip archive .an Excel file is one too., .*export it as CSV"),
        ("rows.csv", b"PAR1....", r"this is parquet, .* suffix \.parquet"),
        ("rows.parquet", b"id,text\n1,a\n", "its first bytes are others, not parquet"),
        ("rows.parquet", b"<!DOCTYPE html><html>", "its first bytes are others, not parquet"),
        ("rows.txt", b"%PDF-1.7", "this is a PDF file"),
    ],
)
def test_a_file_of_another_kind_than_its_name_is_named(tmp_path, name, beginning, what):
    (tmp_path / name).write_bytes(beginning)
    with pytest.raises(InputError, match=rf"{name}: {what}") as error:
        split_units([table(tmp_path / name)])
    assert "\n" not in str(error.value)
