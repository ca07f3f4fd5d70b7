"""Raw text to clean text."""

import pytest

from raykd.corpus.clean import clean_text, html_to_text


def cleaned(html: str) -> str:
    return clean_text(html_to_text(html))


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
    assert cleaned(html) == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("e\u0301te\u0301", "été"),
        ("\u30ab\u3099", "ガ"),
        ("a\0b\x1bc\x7fd\ufeffe\u200bf", "abcdef"),
        ("  a \t\u00a0\u3000 b  ", "a b"),
        ("a\r\nb\rc\n\n \n d", "a\nb\nc\nd"),
        ("a\u2028b\u2029c\x0bd\x0ce\x85f", "a\nb\nc\nd\ne\nf"),
        ("👩\u200d💻", "👩\u200d💻"),
        ("half \ud83d a pair", "half a pair"),
        (" \n\t ", ""),
    ],
)
def test_clean_text(raw, text):
    assert clean_text(raw) == text
    assert clean_text(text) == text
    text.encode()
