"""Simple HTML without a parser, against the parser."""

import random
import re
import xml.etree.ElementTree as ElementTree

import pytest

from raykd.config import Cleaning
from raykd.corpus.clean import _parsed_text, clean_text
from raykd.corpus.simple_html import simple_text
from raykd.sample import write_sample

PARTS = (
    *("<p>", "</p>", "<pre><code>", "</code></pre>", "<code>", "</code>", "<em>", "</em>", "<li>", "<ul>", "</ul>"),
    *("<br>", "<hr />", "<blockquote>", "</h1>", "<b>", "</b>", "&lt;", "&gt;", "&amp;", "&quot;", "&#39;", "&amp;lt;"),
    *('<a href="http://x.y/z">', '<a href="https://x.y" rel="no">', '<a href="/local">', "</a>", "</a>", "\n", " "),
    *("word", "http://x.y/z", "日本", "&", "&nbsp;", "<", ">", "<table>", "<img src='x'>", "<!-- -->", '"', "\0"),
)


def parsed(html: str) -> str:
    return clean_text(_parsed_text(html, Cleaning()))


def test_what_needs_no_parser_gives_what_the_parser_gives():
    generator = random.Random(0)
    simple = 0
    for _ in range(20_000):
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
