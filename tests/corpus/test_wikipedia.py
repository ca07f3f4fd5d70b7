"""Articles of Wikipedia dumps and of extracted text: which pages are read, and what is left of their markup."""

import bz2
import json

import pytest

from raykd.config import WikipediaSource
from raykd.corpus.clean import clean_text
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import Row, files, read_unit, split_units
from raykd.corpus.readers.wikitext import plain_text
from raykd.errors import InputError

PAGE = "<page><title>{title}</title><ns>{ns}</ns><id>{id}</id>{more}<revision><id>9{id}</id>{text}</revision></page>\n"
HEAD = (
    '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" version="0.11" xml:lang="de"><siteinfo><namespaces>'
    '<namespace key="0" case="first-letter" /><namespace key="1">Diskussion</namespace>'
    '<namespace key="6">Datei</namespace><namespace key="14">Kategorie</namespace></namespaces></siteinfo>\n'
)


def page(id: int, title: str, text: str | None, ns: int = 0, more: str = "") -> str:
    text = "" if text is None else f'<text xml:space="preserve">{text}</text>'
    return PAGE.format(id=id, title=title, ns=ns, more=more, text=text)


DUMP = HEAD + "".join(
    [
        page(
            12, "Straße &amp; Weg", "Die '''Straße'''&lt;ref&gt;Buch&lt;/ref&gt; hat [[Datei:a.jpg|mini|ein Bild]]zwei."
        ),
        page(13, "Diskussion:Straße", "talk", ns=1),
        page(14, "Weg", "#WEITERLEITUNG [[Straße &amp; Weg]]", more='<redirect title="Straße" />'),
        page(15, "Vorlage:Box", "template", ns=10),
        page(16, "東京", "{{Infobox|a=b}}東京は首都。\n[[Kategorie:Stadt]]"),
        page(17, "Only a template", "{{Begriffsklärung}}"),
        page(18, "Stub", None),
        page(19, "Zuletzt", "Ende."),
    ]
)
ARTICLES = [
    ("12", "Straße & Weg\nDie Straße hat zwei."),
    ("16", "東京\n東京は首都。"),
    ("17", ""),
    ("19", "Zuletzt\nEnde."),
]


def wikipedia(path, **values) -> WikipediaSource:
    return WikipediaSource(reader="wikipedia", language="deu", path=str(path), **values)


def rows(path, **values) -> list[Row]:
    return [row for unit in split_units([wikipedia(path, **values)], 100) for row in read_unit(unit)]


@pytest.mark.parametrize("name", ["dump.xml", "dump.xml.bz2", "dewiki-pages-articles1.xml-p1p297012.bz2"])
def test_the_articles_of_a_dump_are_read(tmp_path, name):
    content = (DUMP + "</mediawiki>").encode()
    if name.endswith(".bz2"):  # multistream dumps are several bz2 streams one after the other
        content = bz2.compress(content[:700]) + bz2.compress(content[700:])
    (tmp_path / name).write_bytes(content)
    found = rows(tmp_path / name)
    assert [(row.native_id, row.text) for row in found if not row.problem] == ARTICLES
    assert [(row.native_id, row.place, row.problem) for row in found if row.problem] == [
        ("18", f"{tmp_path / name}: page 7", "a page without id, ns or text")
    ]


def test_the_newest_of_several_revisions_is_read(tmp_path):
    two = "<revision><text>old</text></revision><revision><text>new</text></revision>"
    (tmp_path / "a.xml").write_text(f"<mediawiki><page><title>t</title><ns>0</ns><id>1</id>{two}</page></mediawiki>")
    assert [row.text for row in rows(tmp_path / "a.xml")] == ["t\nnew"]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (DUMP.encode(), "not well-formed XML after page 8"),
        (DUMP.encode()[:900], "not well-formed XML after page"),
        (b"<posts></posts>", "not a MediaWiki dump: it begins with <posts>"),
        (b"", "not well-formed XML after page 0"),
    ],
)
def test_a_broken_dump_is_bad_input(tmp_path, content, what):
    (tmp_path / "dump.xml").write_bytes(content)
    with pytest.raises(InputError, match=what):
        rows(tmp_path / "dump.xml")


def test_a_dump_broken_off_in_its_compression_is_bad_input(tmp_path):
    (tmp_path / "dump.xml.bz2").write_bytes(bz2.compress(DUMP.encode())[:-20])
    with pytest.raises(InputError, match=r"dump\.xml\.bz2: cut off at byte"):
        rows(tmp_path / "dump.xml.bz2")


def test_without_the_parser_an_install_hint_is_given(tmp_path, monkeypatch):
    (tmp_path / "dump.xml").write_text(DUMP)
    monkeypatch.setattr("raykd.corpus.readers.wikipedia.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'raykd\[archives\]'"):
        split_units([wikipedia(tmp_path / "dump.xml")])


@pytest.mark.parametrize(
    ("wikitext", "text"),
    [
        ("'''Bold''' and ''italic'' and '''''both'''''", "Bold and italic and both"),
        (
            "a [[link]], a [[target|shown]], [[plural]]s, [[:Category:Named]]",
            "a link, a shown, plurals, Category:Named",
        ),
        ("[[File:x.jpg|thumb|a [[caption]] {{nested|[[x]]}}]]after [[IMAGE : y.png]]", "after"),
        ("[[fr:Rue]][[zh-min-nan:Ke]]text[[Category:Streets|*]]", "text"),
        ("see [https://a.org the page] and https://b.org [https://c.org]", "see the page and https://b.org"),
        ("one<ref name='a'>note [[x]]</ref> two<ref name=b/> three {{ref|{{deep|1}}}}four", "one two three four"),
        ("before\n{| class=w\n! h\n|-\n| a || {{t|b}}\n{|\n| inner\n|}\n|}\nafter", "before\nafter"),
        ("{|\n| never closed\n|-\n| b\n\nafter", "after"),
        ("Tokyo ({{lang|ja|東京}}; {{IPA|x}}) is（{{読み}}、）big.", "Tokyo isbig."),
        (
            "== A ==\ntext\n== Empty ==\n== B ==\n=== C ===\nmore\n== References ==\n<references/>",
            "A\ntext\nB\nC\nmore",
        ),
        ("* one\n** two\n# three\n; term : meaning", "one\ntwo\nthree\nterm meaning"),
        ("a<!-- remark -->b &amp; c&nbsp;d &lt;T&gt;", "ab & c d <T>"),
        ("x<math>\\frac{1}{2}</math>y<br/>z __NOTOC__", "xy\nz"),
        (
            "<syntaxhighlight lang='c'>if (a[[0]] == '' && b) { c(); }</syntaxhighlight>",
            "if (a[[0]] == '' && b) { c(); }",
        ),
        ("<nowiki>[[not a link]]</nowiki> {{{argument|default}}}", "[[not a link]]"),
        ("{{open template [[link]] ''x''", "{{open template link x"),
        ("", ""),
        (
            "The .NET kettle holds .5 l (the .com list), 3 :) f() { }",
            "The .NET kettle holds .5 l (the .com list), 3 :) f() { }",
        ),
        ("A {{t}}, b {{t}}{{t}} . c ({{t}} d)", "A, b. c ( d)"),
        (
            "See [[35&nbsp;mm]], [[A&ndash;B test]], [[''Pan'' (ship)]], [[x|''y'' &amp; z]]",
            "See 35 mm, A–B test, Pan (ship), y & z",
        ),
        ("Lids.\n:{| class=w\n! a\n|-\n| b\n|}\nAfter.", "Lids.\nAfter."),
        ("Lids.\n*{|\n! a\n| b\n\nAfter.", "Lids.\nAfter."),
        ("! not a table", "! not a table"),
        ("__FILE__ and __LINE__ __NOTOC__ __INHALTSVERZEICHNIS__ __目次__ x__TOC__y", "__FILE__ and __LINE__ xy"),
        ("[[de:Wort]] [[:de:Wort]] [[Datei Wort]]", "de:Wort Datei Wort"),
    ],
)
def test_wikitext_to_plain_text(wikitext, text):
    assert clean_text(plain_text(wikitext)) == text


def test_deep_nesting_is_no_failure_of_the_job(tmp_path):
    deep = "[[a|" * 200 + "{{b|" * 200 + "''" * 200
    (tmp_path / "a.xml").write_text(f"{HEAD}{page(1, 'deep', deep)}{page(2, 'next', 'text')}</mediawiki>")
    assert [row.text for row in rows(tmp_path / "a.xml")][1:] == ["next\ntext"]


EXTRACTED = (
    '<doc id="12" url="https://de.wikipedia.org/wiki?curid=12" title="Straße "B" &amp; Weg">\n'
    'Straße "B" &amp; Weg\n\nDie Straße &lt;a&gt;.\n\nZwei.\n\n</doc>\n'
    '<doc id="16" url="u" title="東京">\n東京は首都。\n</doc>\n\nstray\n'
    '<doc id="17" url="u" title="Nothing">\nNothing\n\n</doc>\n'
)


def test_extracted_blocks_are_read(tmp_path):
    (tmp_path / "wiki_00").write_text(EXTRACTED)
    found = rows(tmp_path / "wiki_00", form="extracted")
    assert [(row.native_id, row.text) for row in found if not row.problem] == [
        ("12", 'Straße "B" & Weg\nDie Straße <a>.\n\nZwei.'),
        ("16", "東京\n東京は首都。"),
        ("17", ""),
    ]
    assert [row.problem for row in found if row.problem] == ["neither <doc> nor a JSON object"]


def test_extracted_objects_are_read(tmp_path):
    pages = [{"id": "12", "url": "u", "title": "東京", "text": "首都 &amp; 都市"}, {"id": "13", "title": "no text"}, 5]
    content = "".join(json.dumps(one) + "\n" for one in pages)
    (tmp_path / "wiki_00.bz2").write_bytes(bz2.compress(content.encode()))
    found = rows(tmp_path / "wiki_00.bz2", form="extracted")
    assert [(row.native_id, row.text) for row in found if not row.problem] == [("12", "東京\n首都 & 都市")]
    assert len([row for row in found if row.problem]) == 2


def test_half_a_surrogate_pair_is_no_error_in_a_text_and_rejected_in_an_id(tmp_path):
    pages = [{"id": "1", "title": "T", "text": "good \ud800 x"}, {"id": "\udfff", "title": "T", "text": "y"}]
    (tmp_path / "wiki_00").write_text("".join(json.dumps(one) + "\n" for one in pages))
    units = split_units([wikipedia(tmp_path / "wiki_00", form="extracted")])
    first, second = [row for unit in units for t in unit_documents(unit, 56) for row in t.to_pylist()]
    assert (first["text"], first["problem"]) == ("T\ngood x", "")
    assert second["problem"].startswith("not an object with id")


def test_too_long_a_line_of_extracted_text_is_rejected(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LINE_BYTES", 50)
    pages = [{"id": str(n), "title": "T", "text": "x" * (n * 100)} for n in range(2)]
    (tmp_path / "wiki_00").write_text("".join(json.dumps(one) + "\n" for one in pages))
    first, second = rows(tmp_path / "wiki_00", form="extracted")
    assert first.problem == ""
    assert second.problem.startswith("a line of")


def test_an_extracted_file_that_ends_inside_a_page_is_bad_input(tmp_path):
    (tmp_path / "wiki_00").write_text(EXTRACTED[:-9])
    with pytest.raises(InputError, match="the file ends before </doc>"):
        rows(tmp_path / "wiki_00", form="extracted")
