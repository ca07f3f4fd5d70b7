"""Compressed files and archives: the rows and ids of the plain file, and one line for what is damaged."""

import bz2
import gzip
import lzma
import os
import sys
import threading

import py7zr
import pyarrow as pa
import pytest

from raykd.config import StackExchangeSource, TableSource
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import Row, read_unit, split_units
from raykd.corpus.readers.archive import open_member
from raykd.errors import InputError

JSONL = (
    "\ufeff" + "".join(f'{{"text": "text {n} 日本語", "who": {n % 3}}}\r\n' for n in range(300)) + '\n{"bad\n["no"]\n'
)
CONTENTS = {
    "rows.jsonl": JSONL.encode(),
    "rows.csv": ("text,who\n" + "".join(f'"a, {n}\n日",{n % 3}\n' for n in range(300)) + "one,2,3\n").encode(),
    "rows.txt": b"\xef\xbb\xbf" + "".join(f"line {n} 👩\n\n" for n in range(300)).encode() + b"\xff\nlast",
}
POSTS = (
    '\ufeff<?xml version="1.0" encoding="utf-8"?>\r\n<posts>\r\n'
    + "".join(
        f'  <row Id="{n}" PostTypeId="{1 + n % 2}" Body="&lt;p&gt;日本 {n}&lt;/p&gt;" />\r\n' for n in range(1000)
    )
    + '  <row Id="broken />\r\n</posts>'
).encode()


def compress(content: bytes, suffix: str) -> bytes:
    """Two streams one after the other, as pigz, pbzip2 and pzstd write them."""
    parts = content[: len(content) // 2], content[len(content) // 2 :]
    pack = {
        ".gz": gzip.compress,
        ".bz2": bz2.compress,
        ".zst": lambda part: pa.Codec("zstd").compress(part, True),
        ".xz": lzma.compress,
    }
    return b"".join(pack[suffix](part) for part in parts)


def rows(source, unit_bytes: int = 100) -> list[Row]:
    return [row for unit in split_units([source], unit_bytes) for row in read_unit(unit)]


def documents(source) -> list[tuple]:
    """What of every document must not depend on compression."""
    tables = [table for unit in split_units([source], 1000) for table in unit_documents(unit, 56)]
    keys = ("doc_id", "rank", "text", "group", "problem")
    return [tuple(row[key] for key in keys) for table in tables for row in table.to_pylist()]


def table(path, **values) -> TableSource:
    return TableSource(reader="table", path=str(path), **{"language": "eng", **values})


def posts(path, **values) -> StackExchangeSource:
    return StackExchangeSource(reader="stackexchange", language="eng", path=str(path), **values)


def pack(path, members: dict[str, bytes], **options) -> StackExchangeSource:
    with py7zr.SevenZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(content, name)
    return posts(path, name="site")


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst", ".xz"])
@pytest.mark.parametrize("name", CONTENTS)
def test_a_compressed_table_gives_the_documents_of_the_plain_one(tmp_path, name, suffix):
    (tmp_path / name).write_bytes(CONTENTS[name])
    (tmp_path / f"{name}{suffix}").write_bytes(compress(CONTENTS[name], suffix))
    columns = {} if name == "rows.txt" else {"group": "who"}
    plain, packed = (table(tmp_path / file, **columns) for file in (name, f"{name}{suffix}"))
    assert len(split_units([packed], 100)) == 1
    assert documents(packed) == documents(plain)
    assert len(documents(plain)) > 300
    assert any(row[-1] for row in documents(plain))


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst", ".xz"])
def test_compressed_posts_give_the_documents_of_the_plain_file(tmp_path, suffix):
    (tmp_path / "Posts.xml").write_bytes(POSTS)
    (tmp_path / f"Posts.xml{suffix}").write_bytes(compress(POSTS, suffix))
    assert documents(posts(tmp_path / f"Posts.xml{suffix}")) == documents(posts(tmp_path / "Posts.xml"))


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".zst", ".xz"])
@pytest.mark.parametrize("name", CONTENTS)
def test_a_damaged_compressed_table_is_bad_input(tmp_path, name, suffix):
    content = compress(CONTENTS[name], suffix)
    for damaged, what in (
        (content[:-3], f"cut off at byte {len(content) - 3:,}"),
        (content[: len(content) // 3], f"cut off at byte {len(content) // 3:,}"),
        (b"no archive at all", "its first bytes are others, not (gzip|bzip2|Zstandard|xz); give it the suffix of what"),
        (content + b"more", "damaged |cut off"),
        (content[:-20] + bytes([content[-20] ^ 255]) + content[-19:], "damaged |cut off"),
    ):
        (tmp_path / f"{name}{suffix}").write_bytes(damaged)
        with pytest.raises(InputError, match=rf"{name}{suffix}: ({what})") as error:
            rows(table(tmp_path / f"{name}{suffix}"))
        assert "\n" not in str(error.value)


def test_a_file_beside_its_compressed_form_would_be_read_twice(tmp_path):
    for name in ("rows.jsonl", "rows.jsonl.gz"):
        (tmp_path / name).write_bytes(b"")
    with pytest.raises(InputError, match="have one name"):
        split_units([table(tmp_path)])


def test_a_compressed_parquet_file_is_refused(tmp_path):
    (tmp_path / "rows.parquet.gz").write_bytes(b"")
    with pytest.raises(InputError, match="but for parquet also with"):
        split_units([table(tmp_path / "rows.parquet.gz")])


@pytest.mark.parametrize("folder", ["", "site/"])
def test_an_archive_gives_the_documents_of_its_posts(tmp_path, folder):
    (tmp_path / "Posts.xml").write_bytes(POSTS)
    others = {f"{folder}Badges.xml": os.urandom(5000), f"{folder}PostHistory.xml": POSTS}
    source = pack(tmp_path / "site.7z", {**others, f"{folder}Posts.xml": POSTS, f"{folder}Votes.xml": b"<votes/>"})
    assert len(split_units([source], 100)) == 1
    assert documents(source) == documents(posts(tmp_path / "Posts.xml", name="site"))


@pytest.mark.parametrize(
    ("members", "what"),
    [
        ({"Users.xml": b"x", "Votes.xml": b"x"}, r"this one has 0: Users\.xml, Votes\.xml"),
        ({"a/Posts.xml": b"x", "b/Posts.xml": b"x"}, r"this one has 2: a/Posts\.xml, b/Posts\.xml"),
        ({"NoPosts.xml": b"x"}, "this one has 0"),
    ],
)
def test_an_archive_without_one_posts_file_is_bad_input(tmp_path, members, what):
    with pytest.raises(InputError, match=rf"site\.7z: an archive with one Posts\.xml is needed; {what}"):
        split_units([pack(tmp_path / "site.7z", members)])


def test_an_encrypted_archive_is_bad_input(tmp_path):
    with pytest.raises(InputError, match="the archive is encrypted"):
        split_units([pack(tmp_path / "site.7z", {"Posts.xml": POSTS}, password="secret")])


def test_a_damaged_archive_is_one_line_of_bad_input(tmp_path):
    source = pack(tmp_path / "site.7z", {"Posts.xml": POSTS})
    whole = (tmp_path / "site.7z").read_bytes()
    damaged = [b"", b"7z", b"no archive", whole[: len(whole) // 2], whole[:-1], whole[32:]]
    damaged += [whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :] for at in range(40, len(whole) - 100, 301)]
    for content in damaged:
        (tmp_path / "site.7z").write_bytes(content)
        with pytest.raises(InputError, match=r"site\.7z: ") as error:
            rows(source)
        assert "\n" not in str(error.value)


def test_without_py7zr_an_install_hint_is_given(tmp_path, monkeypatch):
    source = pack(tmp_path / "site.7z", {"Posts.xml": POSTS})
    monkeypatch.setitem(sys.modules, "py7zr", None)
    with pytest.raises(InputError, match=r"pip install 'raykd\[archives\]'"):
        split_units([source])


def test_a_reader_that_stops_early_leaves_no_thread(tmp_path):
    source = pack(tmp_path / "site.7z", {"Posts.xml": POSTS * 300}, filters=[{"id": py7zr.FILTER_COPY}])
    # 20 MB, more than the queue holds.
    found = read_unit(split_units([source])[0])
    assert next(found).native_id == "0"
    assert any(thread.name.startswith("7z ") for thread in threading.enumerate())
    found.close()
    assert not any(thread.name.startswith("7z ") for thread in threading.enumerate())


def test_a_member_is_streamed_and_ends_once(tmp_path):
    pack(tmp_path / "site.7z", {"Posts.xml": POSTS})
    with open_member(str(tmp_path / "site.7z"), "Posts.xml") as file:
        assert file.read() == POSTS
        assert file.read() == b""


def test_posts_of_several_sites_keep_apart(tmp_path):
    for site in ("a", "b"):
        (tmp_path / f"{site}.xml").write_bytes(b'<row Id="1" PostTypeId="1" Body="x" />\n')
    assert [row.native_id for row in rows(posts(tmp_path))] == ["a.xml:1", "b.xml:1"]
    assert [row.native_id for row in rows(posts(tmp_path / "a.xml"))] == ["1"]
