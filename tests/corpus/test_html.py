"""HTML to text; and what needs no parser, against the parser."""

import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

from raykd.config import Cleaning
from raykd.corpus.clean import clean_text
from raykd.corpus.html import BLOCKS, _parsed_text, html_to_text, simple_text
from raykd.sample import write_sample

PARTS = (
    *("<p>", "</p>", "<pre><code>", "</code></pre>", "<code>", "</code>", "<em>", "</em>", "<li>", "<ul>", "</ul>"),
    *("<pre>", "</pre>", "<ol>", "</ol>", "</li>", "<h1>", "</h2>", "<s>", "</s>", "<strong>", "<kbd>", "</kbd>"),
    *("<br>", "<hr />", "<blockquote>", "</blockquote>", "</h1>", "<b>", "</b>", "<sub>", "</sub>"),
    *("&lt;", "&gt;", "&amp;", "&quot;", "&#39;", "&amp;lt;", "&", "&nbsp;"),
    *('<a href="http://x.y/z">', '<a href="https://x.y" rel="no">', '<a href="/local">', "</a>", "</a>", "<a name=x>"),
    *('<a href="http://x.y" title="t" class="c">', '<a href="http://x.y" title="a > b">', "\n", " ", "\t", ";", "#"),
    *("word", "http://x.y/z", "日本", "a", "<", ">", "<table>", "<td>", "<img src='x'>", "<!-- -->", '"', "\0"),
    *("<script>", "</script>", "<style>x</style>", "<section>", "</section>", "<div class=x>", "</div>", "<?php ?>"),
)


def parsed(html: str) -> str:
    return clean_text(_parsed_text(html, Cleaning()))


def test_what_needs_no_parser_gives_what_the_parser_gives():
    generator = random.Random(0)
    simple = 0
    for _ in range(30_000):
        html = "".join(generator.choice(PARTS) for _ in range(generator.randrange(1, 12)))
        if (text := simple_text(html)) is not None:
            simple += 1
            assert clean_text(text) == parsed(html), html
    assert simple > 4_000


def test_posts_are_simple(tmp_path):
    write_sample(tmp_path, seed=1, languages=("eng", "jpn"), technical=300_000, messages=0, general=0)
    lines = [line for path in tmp_path.glob("technical/*/Posts.xml") for line in path.read_bytes().splitlines()]
    bodies = [ElementTree.fromstring(line).attrib["Body"] for line in lines if line.strip().startswith(b"<row ")]
    texts = [simple_text(body) for body in bodies]
    assert sum(text is not None for text in texts) > 0.95 * len(texts)
    assert all(text is None or clean_text(text) == parsed(body) for text, body in zip(texts, bodies, strict=True))
    assert any(re.search(r" \(http", text or "") for text in texts)


@pytest.mark.parametrize(
    "html",
    [
        '<p><a href="http://x.y">w</p><p>more</a></p>',  # a link mended into two
        '<a href="http://x.y">one <a href="http://z">two</a>',
        '<code><a href="http://x.y">w</code></a>',
        "<table><tr>text<td>cell</table>",  # text is moved before the table
        "<script>if (a < b)</script>",
        "<p title='a>b'>text</p>",
        "a &copy; b",
        "a & b",
        "<P>capitals</P>",
    ],
)
def test_other_html_is_left_to_the_parser(html):
    assert simple_text(html) is None


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("no markup, 1 < 2 and a > b", "no markup, 1 < 2 and a > b"),
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("before<ul><li>a</li><li>b</li></ul>after", "before\na\nb\nafter"),
        ("before<p>inside</p>after", "before\ninside\nafter"),
        ("one<br>two<br/>three<hr />four", "one\ntwo\nthree\nfour"),
        ("<h1>Title</h1><blockquote>said</blockquote>", "Title\nsaid"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\nb"),
        ("a <b>bold</b>er <i>word</i>", "a bolder word"),
        ("<pre><code>if a &lt; b:\n    run(a)\n</code></pre><p>ok</p>", "if a < b:\nrun(a)\nok"),
        ("use <code>&lt;p&gt;</code> here", "use <p> here"),
        ("AT&amp;T &eacute;t&eacute; &#26085;&#x672C;", "AT&T été 日本"),
        ('see <a href="https://a.org/x">the page</a>.', "see the page (https://a.org/x)."),
        ('see <a href="https://a.org/x">https://a.org/x</a>', "see https://a.org/x"),
        ('see <a href="#note">the note</a>', "see the note"),
        ("a<!-- remark -->b", "ab"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_html_to_text(html, text):
    assert clean_text(html_to_text(html)) == text


@pytest.mark.parametrize("block", [name for name in BLOCKS.split(", ") if name not in ("br", "hr", "textarea")])
def test_blocks_of_every_name_stand_on_lines_of_their_own(block):
    around = {"td": "table", "th": "table", "tr": "table", "tbody": "table", "thead": "table", "tfoot": "table"}
    around |= {"caption": "table", "option": "select", "optgroup": "select"}
    html = f"<{block} class='a'>one</{block}><{block.upper()}>two</{block}>"
    if block in ("table", "tr", "tbody", "thead", "tfoot"):  # a browser moves other text out of tables
        html = html.replace("one", "<td>one</td>").replace("two", "<td>two</td>")
    html = f"<{around[block]}>{html}</{around[block]}>" if block in around else html
    assert clean_text(html_to_text(f"before{html}after")) == "before\none\ntwo\nafter"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<section>one</section><article>two</article>", "one\ntwo"),
        ("<p>a</p><script>if (a < b) { x('<p>') }</script><style>p {}</style><p>b</p>", "a\nb"),
        ("a<SCRIPT type='x'>1</SCRIPT>b<template><p>t</p></template>c<iframe>f</iframe>", "abc"),
        ('<a href="http://x.y/a" title="more > less">kettle</a> on', "kettle (http://x.y/a) on"),
        ("<a title='<p>one</p>' href='http://x.y/a'>kettle</a>", "kettle (http://x.y/a)"),
        ('<p title="a>b">text</p>', "text"),
        ("a<!-- <p>b</p> -->c<? d ?>e", "ace"),
        ("one<svg><title>t</title><text>x</text></svg> two", "one two"),
        ("<div>a<div>b</div>c</div>", "a\nb\nc"),
        ("<table><tr><th>a<td>b<tr><td>c</table>", "a\nb\nc"),
        ("<dl><dt>a<dd>b</dl><ul><li>c<li>d</ul>", "a\nb\nc\nd"),
        ("<script>never closed", ""),
    ],
)
def test_html_of_any_tool(html, text):
    assert clean_text(html_to_text(html)) == text
