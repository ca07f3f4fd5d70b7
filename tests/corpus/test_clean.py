"""Raw text to clean text."""

import random
import re
import unicodedata

import pytest

from raykd.config import Cleaning
from raykd.corpus.clean import CODE_TAG, LINK_TAG, clean_text
from raykd.corpus.html import html_to_text
from raykd.corpus.tokenizer import train_wordpiece


def cleaned(html: str, **cleaning: str) -> str:
    options = Cleaning(**cleaning)
    return clean_text(html_to_text(html, options), options)


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


@pytest.mark.parametrize(
    ("html", "dropped", "tagged"),
    [
        ("<p>so</p><pre><code>if a &lt; b:\n    run(a)\n</code></pre><p>ok</p>", "so\nok", "so\n[code]\nok"),
        ("<pre>x</pre>then <code>y</code>.", "then .", "[code]\nthen [code]."),
        ("use <code>a</code> and <CODE class='b'>c</CODE>", "use and", "use [code] and [code]"),
        ("a ```b = 1\nc``` d ```e```", "a d", "a [code] d [code]"),
        ("```python\nrun()\n```\nok", "ok", "[code]\nok"),
        ("three ``` ticks", "three ``` ticks", "three ``` ticks"),
        ("<pre><code>never closed", "", "[code]"),
    ],
)
def test_code_is_kept_dropped_or_tagged(html, dropped, tagged):
    assert cleaned(html, code="drop") == dropped
    assert cleaned(html, code="tag") == tagged
    assert "[code]" not in cleaned(html)


@pytest.mark.parametrize(
    ("html", "dropped", "tagged"),
    [
        ('see <a href="https://a.org/x">the page</a>.', "see the page.", "see the page [link]."),
        ('see <a href="https://a.org/x">https://a.org/x</a>.', "see .", "see [link]."),
        ('see <a href="https://a.org/x/y">https://a.org/…</a>', "see …", "see [link]…"),
        ('see <a href="#note">the note</a>', "see the note", "see the note"),
        ("at https://a.org/b_(c)?d=e&f=1#g, or www.b.net.", "at , or .", "at [link], or [link]."),
        ("日本語https://a.org/xを見て、FTP://c.de/。", "日本語を見て、。", "日本語[link]を見て、[link]。"),
        ("one (http://a.org/) two [t](https://b.org/x)", "one two [t]", "one ([link]) two [t]([link])"),
        ("not a link: http:// or awww.x, a.org", "not a link: http:// or awww.x, a.org", None),
    ],
)
def test_links_are_kept_dropped_or_tagged(html, dropped, tagged):
    assert cleaned(html, links="drop") == dropped
    assert cleaned(html, links="tag") == (tagged or dropped)
    assert "[link]" not in cleaned(html)


def test_tags_are_whole_words_between_brackets_to_a_wordpiece_tokenizer():
    tokenizer = train_wordpiece(lambda: iter(["my code has a link [x]"] * 3), 80)
    assert tokenizer.tokenize(f"a{CODE_TAG}の{LINK_TAG}") == ["a", "[", "code", "]", "[UNK]", "[", "link", "]"]


def test_cleaning_agrees_with_regular_expressions_on_random_text():
    def plain(text: str) -> str:
        text = re.sub("\r\n|[\r\x0b\x0c\x85\u2028\u2029]", "\n", text)
        text = re.sub("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufeff\u200b\ud800-\udfff]", "", text)
        text = re.sub(r"[^\S\n]+", " ", unicodedata.normalize("NFC", text))
        return re.sub(r" ?\n[ \n]*", "\n", text).strip()

    generator = random.Random(0)
    characters = "ab \n\t\r\x0b\x1c\x1f\x85\xa0\u3000\u2028\u200b\u200d\ud83de\u0301日👩"
    for _ in range(3000):
        text = "".join(generator.choices(characters, k=generator.randrange(30)))
        assert clean_text(text) == plain(text)
