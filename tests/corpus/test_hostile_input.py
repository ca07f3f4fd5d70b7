"""Input made to take long or to fill the memory: a megabyte of each pattern, through each reader, within seconds."""

import gzip
import json
import resource
import signal
import time

import pytest

from raykd.config import StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.clean import clean_text
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import split_units
from raykd.errors import InputError

SIZE, ROWS = 1_000_000, 30_000
# Of the processor, of which a quiet machine needs at most a quarter, where super-linear work needs minutes; of the
# clock, where it is stopped.
SECONDS, LIMIT = 20, 120
MEGABYTES = 400


@pytest.fixture(autouse=True)
def in_time():
    """The limit is hard: what hangs is interrupted as soon as it comes back to Python."""

    def stop(*_):
        raise TimeoutError(f"still at work after {LIMIT} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT)
    started = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
    assert time.process_time() - started < SECONDS
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) / 1024 < MEGABYTES


def filled(pattern: str) -> str:
    """SIZE characters, or as many as make ROWS, each of which costs its 10 microseconds."""
    rows = pattern.count("\n") + pattern.count("\r")
    return (pattern * min(SIZE // len(pattern) + 1, ROWS // rows if rows else SIZE))[:SIZE]


def read(source) -> list[dict]:
    tables = [table for unit in split_units([source]) for table in unit_documents(unit, 56)]
    return [row for table in tables for row in table.to_pylist()]


def table(path, **values) -> TableSource:
    return TableSource(reader="table", language="eng", path=str(path), **values)


CSV = ['a""","\n', '"\n', '"""\n', 'x,"', '"a""\n', ",", "\n", '"a\nb",', "\r", '"\n\n\n\n\n\n\n\n']


@pytest.mark.parametrize("pattern", CSV)
def test_csv_whose_records_stay_open(tmp_path, pattern):
    (tmp_path / "a.csv").write_text("text,b\n" + filled(pattern) + '\n1,2\n"')
    for row in read(table(tmp_path / "a.csv")):
        assert row["problem"] or len(row["text"]) < SIZE


def test_every_line_of_records_that_stay_open_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("raykd.corpus.readers.table_csv.RECORD_CHARACTERS", 100)
    (tmp_path / "a.csv").write_text("text,b\n" + 'a""","\n' * 5000)
    assert len(read(table(tmp_path / "a.csv"))) == 5000


LINES = [
    "[",
    '{"a":',
    '{"text": "',
    "9",
    "a\n",
    "\n",
    "\r",
    "\0",
    "[0,",
    "{},",
    '"a",',
    "\u0301",
    "日",
    "\\u0301",
    "-",
    '{"a":0,',
]


@pytest.mark.parametrize("pattern", LINES)
@pytest.mark.parametrize(("name", "documents"), [("a.jsonl", "lines"), ("a.txt", "lines"), ("a.txt", "paragraphs")])
def test_lines(tmp_path, name, documents, pattern):
    (tmp_path / name).write_text(filled(pattern), newline="")
    try:
        read(table(tmp_path / name, documents=documents))
    except InputError as error:
        assert pattern == "\0" and "no text" in str(error)


MARKS = [
    "\u0301",
    "\u0327\u0301",
    "a\u0301",
    "\U0001d165\u0301",
    "http://",
    "(http://a",
    "http://a.",
    "www.",
    "`",
    "```",
]


@pytest.mark.parametrize("pattern", [*MARKS, " ", " (", "\r", "\u2028", "\ud800", "(http://a)b", "\u200b"])
def test_cleaning(pattern):
    from raykd.config import Cleaning

    for cleaning in (Cleaning(), Cleaning(code="drop", links="drop"), Cleaning(code="tag", links="tag")):
        clean_text(filled(pattern), cleaning)
    assert len(clean_text("a" + "\u0301" * 1000)) <= 31


HTML = [
    *(
        "<div>",
        "<p>",
        "<b>",
        "<font color=1>",
        "<p><b>x</b>",
        '<a href="http://x">a',
        "<table>",
        "<td>",
        "<!--",
        "<script>",
    ),
    *("<a ", "<a b='", '<a b="', "</a b", "<svg>", "<rt>", "<x>", "<nobr>", "<ul><li>", "&", "&amp;", "<![CDATA[", "<"),
    *("<div></div>", "<br>", "<select>", "<template>", "<button>", "<p ", "<code>x</code>", "<textarea>", "<b><p>"),
]


@pytest.mark.parametrize("pattern", HTML)
def test_html(tmp_path, pattern):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": filled(pattern)}) + "\n")
    read(table(tmp_path / "a.jsonl", html=True))


@pytest.mark.parametrize(
    "html",
    [
        "<a " + " ".join(f"b{n}" for n in range(100_000)) + ">x</a>",
        '<a c=">" ' + "".join(f"b{n}=''" for n in range(100_000)) + ">x</a>",
        "</a " + "/".join(f"b{n}" for n in range(100_000)) + ">",
        "".join(f"<font color={n}>" for n in range(250)) + "<p>" * 300_000,
        '<a href="' + "x" * SIZE + '">y</a>',
        '<a href="http://a.b">' + "<code>x</code>" * 70_000,
        "<div>" * 300_000,
    ],
)
def test_html_of_many_attributes_formats_and_levels(tmp_path, html):
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": html}) + "\n" + json.dumps({"text": "<p>next</p>"}) + "\n")
    first, second = read(table(tmp_path / "a.jsonl", html=True))
    assert second["text"] == "next"
    assert (
        first["problem"].startswith(("HTML of more", "a tag of HTML", "200", "300"))
        or "tags of HTML" in first["problem"]
        or first["text"]
    )


POSTS = [
    "<row ",
    '<row Id="1" />',
    "<!--",
    "<!-- \n",
    "<?xml",
    "<?a?>",
    "<!DOCTYPE a>",
    "<posts>",
    "&a;",
    '<row a="',
    "<\n",
    "-->",
]


@pytest.mark.parametrize("pattern", POSTS)
def test_posts(tmp_path, pattern):
    (tmp_path / "Posts.xml").write_text(filled(pattern) + '\n<row Id="1" PostTypeId="1" Body="good" />\n')
    source = StackExchangeSource(reader="stackexchange", language="eng", path=str(tmp_path / "Posts.xml"))
    assert read(source)[-1]["text"] == "good"


def test_posts_of_long_and_many_attributes(tmp_path):
    long = '<row Id="1" PostTypeId="1" Body="' + "&lt;" * 250_000 + '" />\n'
    many = '<row Id="1" PostTypeId="1" ' + " ".join(f'a{n}=""' for n in range(80_000)) + " />\n"
    (tmp_path / "Posts.xml").write_text(long + many)
    source = StackExchangeSource(reader="stackexchange", language="eng", path=str(tmp_path / "Posts.xml"))
    assert len(read(source)) == 2


ENTITIES = "".join(f'<!ENTITY a{n} "&a{n + 1};">' for n in range(50_000)) + '<!ENTITY a50000 "x">'
DECLARED = [
    f"<!DOCTYPE mediawiki [{ENTITIES}]>",
    '<!DOCTYPE mediawiki [<!ENTITY a "b">]>',
    '<!DOCTYPE mediawiki [<!ENTITY % a SYSTEM "file:///etc/passwd">]>',
    "<!DOCTYPE mediawiki [<!ELEMENT a ANY>]>",
]


@pytest.mark.parametrize("declared", DECLARED)
def test_declarations_are_refused_before_they_are_parsed(tmp_path, declared):
    page = "<page><title>t</title><ns>0</ns><id>1</id><revision><text>&a0;</text></revision></page>"
    (tmp_path / "dump.xml").write_text(f"{declared}<mediawiki>{page}</mediawiki>")
    with pytest.raises(InputError, match="a document type that declares entities"):
        read(WikipediaSource(reader="wikipedia", language="eng", path=str(tmp_path / "dump.xml")))
    (tmp_path / "Posts.xml").write_text(f'{declared}\n<posts>\n<row Id="1" PostTypeId="1" Body="&a0;" />\n</posts>')
    with pytest.raises(InputError, match="a document type that declares entities"):
        read(StackExchangeSource(reader="stackexchange", language="eng", path=str(tmp_path / "Posts.xml")))


WIKITEXT = [
    *(
        "{{",
        "{{a|",
        "{{{",
        "[[",
        "[[a|",
        "<b>",
        "<ref>",
        "<a ",
        '<a b="',
        "[http://a ",
        "http://a",
        "==",
        "\n==a",
        "\n{|",
    ),
    *("\n{| a\n|-\n|", "\n{|\n! a !! ", "&", "&amp;", "<!--", "<nowiki>", "}}", "]]", "</b>", "\n*", "\n;", ":", "''"),
    *("<br>", "<pre>", '<div style="', "{{a=b|", "\n----", "<ref name=", "<b a={{", "[[a|{{b|", "\n{|{{a|", "\n{| |}"),
    *("<nowiki></ref>/>", '\n==<a b="/>', " ", "\t ", "( ", "({{a}}", "{{a}} ", "[[a]]", "\n|", "__", "'", "\n: {|"),
]


@pytest.mark.parametrize("pattern", WIKITEXT)
def test_wikitext(tmp_path, pattern):
    text = filled(pattern).replace("&", "&amp;").replace("<", "&lt;")
    page = f"<page><title>t</title><ns>0</ns><id>1</id><revision><text>{text}</text></revision></page>"
    good = "<page><title>t</title><ns>0</ns><id>2</id><revision><text>good</text></revision></page>"
    (tmp_path / "dump.xml").write_text(f"<mediawiki>{page}{good}</mediawiki>")
    found = read(WikipediaSource(reader="wikipedia", language="eng", path=str(tmp_path / "dump.xml")))
    assert found[-1]["text"] == "t\ngood"


@pytest.mark.parametrize(
    ("inside", "what"),
    [
        ("<revision><text>" + "x" * 1000 + "</text></revision>", ""),
        ("<revision><text>" + "&amp;" * 200 + "</text></revision>", ""),
        ("<contributor><username>" + "y" * 1000 + "</username></contributor>", ""),
        ("<deep>" * 20, "more than 50 elements in each other"),
    ],
)
def test_pages_of_any_number_of_revisions_take_the_memory_of_one(tmp_path, inside, what):
    inside = inside * (30_000_000 // len(inside))
    page = f"<page><title>t</title><ns>0</ns><id>1</id>{inside}<revision><text>last</text></revision></page>"
    (tmp_path / "dump.xml.gz").write_bytes(gzip.compress(f"<mediawiki>{page}</mediawiki>".encode(), 1))
    del page, inside
    source = WikipediaSource(reader="wikipedia", language="eng", path=str(tmp_path / "dump.xml.gz"))
    if what:
        with pytest.raises(InputError, match=what):
            read(source)
    else:
        assert [row["text"] for row in read(source)] == ["t\nlast"]


def test_markup_without_an_end_is_refused(tmp_path):
    (tmp_path / "dump.xml").write_text('<mediawiki><page a="' + "x" * 20_000_000)
    with pytest.raises(InputError, match=r"markup of .* bytes without an end"):
        read(WikipediaSource(reader="wikipedia", language="eng", path=str(tmp_path / "dump.xml")))


EXTRACTED = [
    '<doc id="',
    '<doc id="1" title="',
    '<doc id="1" ',
    '<doc id="1" title="a">\n',
    "</doc>\n",
    "{\n",
    "x\n",
    ' title="',
    '"',
]


@pytest.mark.parametrize("pattern", EXTRACTED)
def test_extracted_text(tmp_path, pattern):
    (tmp_path / "wiki_00").write_text(
        '<doc id="1" url="u" title="t">\n' + filled(pattern) + "\n</doc>\n" + filled(pattern)
    )
    try:
        read(WikipediaSource(reader="wikipedia", form="extracted", language="eng", path=str(tmp_path / "wiki_00")))
    except InputError as error:
        assert "ends before </doc>" in str(error)


@pytest.mark.parametrize("pattern", ["a line\n", "ab " * 100 + "\n"])
def test_groups_of_rows_are_bounded(tmp_path, pattern):
    """Paragraphs, documents and conversations that never end."""
    content = pattern * (30 * SIZE // len(pattern))
    (tmp_path / "a.txt").write_text(content)
    assert all(row["problem"] for row in read(table(tmp_path / "a.txt", documents="paragraphs")))
    turn = json.dumps({"text": "x" * 1000, "chat": "one"}) + "\n"
    (tmp_path / "a.jsonl").write_text(turn * 20_000)
    source = table(tmp_path / "a.jsonl", conversation={"id": "chat", "join": 100_000})
    assert sum(len(row["text"]) for row in read(source)) > 19 * SIZE
