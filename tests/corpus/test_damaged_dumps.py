"""Damaged dumps: whatever is wrong with a line, it is rejected by its byte, and no other row is lost."""

import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

from raykd.config import StackExchangeSource
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import split_units
from raykd.corpus.readers.stackexchange import parse_rows
from raykd.sample.dump import HEAD, TAIL, row

FRAME = re.compile(rb"(\s*(<\?[^<>]*\?>|<!--(?:(?!-->).)*-->|</?posts>))*\s*", re.DOTALL)
DUMPS = 500


def dump(generator: random.Random) -> bytes:
    """Six posts in the dumps' own form, in one script each."""
    words = ("a <b>&amp; c</b>", "日本語", "mañana", "Спасибо", "👩 \n ok", '"&#39;')
    posts = [
        row(n, generator.choice((1, 2)), {"Body": f"<p>{generator.choice(words)} {n}</p>", "Title": "t", "Tags": "<x>"})
        for n in range(6)
    ]
    return (HEAD + "".join(posts) + TAIL).encode()


def damage(content: bytes, generator: random.Random) -> bytes:
    """One thing that goes wrong with files: bytes changed, lost, doubled or put in, a line's end lost, the rest cut."""
    if len(content) < 3:
        return content
    start = generator.randrange(len(content))
    stop = start + generator.choice((1, 1, 2, 5, 300))
    junk = generator.choice((b"\0", b"\xff\xfe", b"\r\n", b"<", b"&", b'"', b"/>", b"<!--", b"<row ", b"\xed\xa0\x80"))
    end = max(content.find(b"\r\n", generator.randrange(len(content))), 0)
    return generator.choice(
        (
            content[:start] + content[stop:],
            content[:start] + junk + content[start:],
            content[:start] + bytes([generator.randrange(256)]) + content[start + 1 :],
            content[:stop] + content[start:],
            content[:end] + content[end + 2 :],
            content[:start],
        )
    )


def plain_reading(content: bytes) -> tuple[dict[int, str], set[int]]:
    """By the byte at which its line starts: the ids of the posts, and what must be rejected. Lines are cut at "\\n"."""
    good, bad, offset = {}, set(), 0
    for line in content.splitlines(keepends=True):
        bare = line.removeprefix(b"\xef\xbb\xbf").strip()
        bare = bare[FRAME.match(bare).end() :]
        try:
            element = ElementTree.fromstring(bare)
            if element.tag == "row" and not len(element) and {"Id", "PostTypeId"} <= set(element.attrib):
                if element.attrib["PostTypeId"] in ("1", "2"):
                    good[offset] = element.attrib["Id"]
            elif bare:
                bad.add(offset)
        except (ElementTree.ParseError, ValueError, LookupError):
            if bare and not (bare.startswith(b"<?xml") and bare.count(b"<") == 1):
                bad.add(offset)
        offset += len(line)
    return good, bad


@pytest.mark.parametrize("unit_bytes", [301, 1 << 20])
def test_of_damaged_dumps_every_row_is_read_or_rejected_by_its_byte(tmp_path, unit_bytes):
    path = tmp_path / "Posts.xml"
    source = StackExchangeSource(reader="stackexchange", language="eng", path=str(path))
    rejected = 0
    for number in range(DUMPS // 2):
        generator = random.Random(f"{unit_bytes} {number}")
        content = dump(generator)
        for _ in range(generator.choice((1, 1, 3))):
            content = damage(content, generator)
        path.write_bytes(content)
        tables = [table for unit in split_units([source], unit_bytes) for table in unit_documents(unit, 56)]
        found = [document for table in tables for document in table.to_pylist()]
        good, bad = plain_reading(content)
        offsets = [int(document["place"].removeprefix(f"{path}: byte ")) for document in found]
        assert len(offsets) == len(set(offsets))
        assert {at for at, one in zip(offsets, found, strict=True) if not one["problem"]} == set(good), content
        assert {at for at, one in zip(offsets, found, strict=True) if one["problem"]} == bad, content
        rejected += len(bad)
    assert rejected > 100


def test_rows_parsed_together_are_those_parsed_one_by_one():
    rows = [
        b'<row Id="1" Body="a &lt;b&gt; &#xA; \xe6\x97\xa5" />',
        b'<row Id="2"/>',
        b'<row Id="3" Body="b > c"/>',
    ]
    expected = [{"Id": "1", "Body": "a <b> \n 日"}, {"Id": "2"}, {"Id": "3", "Body": "b > c"}]
    assert parse_rows(rows) == expected
    assert parse_rows([]) == []


@pytest.mark.parametrize(
    "bad",
    [
        [b'<row Id="1"', b"/>"],  # one row in two lines
        [b'<row Id="1"/> <row Id="2"/>'],
        [b'<row Id="1"/> text />'],
        [b'<row Id="1"><!-- />', b'<row --></row><row Id="2" />'],
        [b'<row Id="1"> />'],
        [b'<row Id="1" Id="2"/>'],
        [b'<row Id="&undefined;"/>'],
        [b'<row Id="\xff"/>'],
        [b'<row Id="&#xD800;"/>'],
        [b'<other Id="1"/>'],
        [b'<!DOCTYPE row [<!ENTITY a "b">]><row Id="&a;"/>'],
        [b'<?xml version="1.0" encoding="nonsense"?><row Id="1"/>'],
        [b'<row Id="1"><row/></row>', b'<row Id="2"/>'],
    ],
)
def test_a_damaged_row_is_no_row_in_whatever_company(bad):
    good = [b'<row Id="8" />', b'<row Id="9" />']
    for rows in (bad, good[:1] + bad + good[1:]):
        found = parse_rows(rows)
        assert len(found) == len(rows)
        for content, attributes in zip(rows, found, strict=True):
            if content in good:
                assert attributes == {"Id": content[9:10].decode()}
        damaged = [attributes for content, attributes in zip(rows, found, strict=True) if content in bad]
        assert any(isinstance(one, str) and one for one in damaged)
