"""The whole report: its files, its bytes, hostile names, and partial experiments."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from raykd.report.inputs import empty
from raykd.report.page import build_tables, page
from raykd.report.results import analyse


class Text(HTMLParser):
    """Collects the visible text and the tags, attributes and nesting of a page."""

    def __init__(self, page: bytes):
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_every_table_and_figure_is_written(files):
    tables = (
        "corpus-text",
        "corpus-drops",
        "corpus-tokens",
        "table1-corpus",
        "table2-splits",
        "table3-binary-labels",
        "table4-labels",
        "table6-quantity",
        "table8-results",
    )
    for slug in (*tables, "table8-tests", "how-sure", "gains", "claims", "variance"):
        assert {f"tables/{slug}.{ending}" for ending in ("csv", "md", "tex")} <= set(files)
    assert {f"figures/{slug}.svg" for slug in ("corpus-composition", "figure2-quantity", "loss-td-1.0")} <= set(files)
    assert list(files)[-1] == "index.html"


def test_the_same_inputs_give_the_same_bytes(files, make_inputs, render):
    assert render(make_inputs()) == files


def test_the_page_is_small_whole_and_asks_for_nothing_else(files):
    page = files["index.html"]
    assert len(page) < 5_000_000
    parsed = Text(page)
    assert parsed.open == []
    for tag, attributes in parsed.tags:
        for name in ("src", "href"):
            assert attributes.get(name, "#").startswith(("#", "data:")), (tag, attributes[name])
    assert [attributes for tag, attributes in parsed.tags if tag == "script"] == [{}]  # inline


def test_the_page_may_run_its_own_script_and_reach_nothing(files):
    page = files["index.html"].decode()
    (policy,) = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
    rules = dict(rule.strip().split(" ", 1) for rule in html.unescape(policy).split(";"))
    assert (rules["default-src"], rules["img-src"], rules["base-uri"]) == ("'none'", "data:", "'none'")
    for name, tag in (("script-src", "script"), ("style-src", "style")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert rules[name] == f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"
    assert not any(name.startswith("on") or name == "style" for _, own in Text(page.encode()).tags for name in own)


def test_control_characters_are_shown_and_not_sent(small, make_inputs):
    inputs = make_inputs(**small, name="a\x00b\x1b[2Jc\u202edcba", settings="name: x\n\tkey: y\n")
    results = analyse(inputs)
    shown = page(inputs, results, build_tables(inputs, results), {})
    assert "a\\u0000b\\u001b[2Jc\\u202edcba" in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", shown)
    assert "\tkey: y" in shown


def test_the_first_screen_comes_first_and_the_rest_is_folded(files):
    page = files["index.html"].decode()
    first, rest = page[: page.index("<details")], page[page.index("<details") :]
    assert first.count("<dd>") == 3 and first.count('<p class="lead">') == 1  # three sentences, and the other baseline
    assert re.findall("<dt>(.*?)</dt>", first) == ["What to do", "How sure", "Cost"]
    for sentence in re.findall("<dd>(.*?)</dd>", first, re.DOTALL):
        assert re.fullmatch(r"[A-Z](?:[^.]|\.(?=\S))*\.", sentence), sentence
    assert first.index("Ship ") < first.index("points of F1 on average") < first.index("<img")
    assert first.count("<img") == 1
    assert "<table" not in first
    assert "<table" in rest


def test_the_page_can_be_read_without_seeing_it(files):
    tags = Text(files["index.html"]).tags
    names = [tag for tag, _ in tags]
    assert names.count("main") == names.count("header") == names.count("nav") == names.count("h1") == 1
    assert names.count("table") == names.count("caption") == len([path for path in files if path.endswith(".csv")])
    assert all(attributes.get("scope") for tag, attributes in tags if tag == "th")
    assert all(attributes.get("alt") for tag, attributes in tags if tag == "img")
    identifiers = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    references = [a[name] for _, a in tags for name in ("aria-labelledby",) if name in a]
    assert set(references) <= set(identifiers)


@pytest.mark.usefixtures("places_untouched")
def test_names_from_the_data_are_escaped_everywhere(small, make_inputs, render):
    hostile = '<img src=x onerror="alert(1)">&$\\_|'
    whole = make_inputs(**small)
    files = render(
        replace(
            whole,
            name=hostile,
            settings=f"name: {hostile}",
            versions={hostile: hostile},
            commit=hostile,
            scores=whole.scores.replace({"encoder": {"td-distilmbert": hostile}, "label": {"java": hostile}}),
            task_encoders={task: (hostile, "distilmbert", "mbert") for task in ("intent", "tags")},
            texts=whole.texts.replace({"source": {"stackoverflow": hostile}}),
            drops=whole.drops.replace({"source": {"stackoverflow": hostile}}),
            corpora=whole.corpora.replace({"encoder": {"td-distilmbert": hostile}}),
            labels=whole.labels.replace({"label": {"java": hostile}}),
            training=whole.training.replace({"encoder": {"td-distilmbert": hostile}}),
        )
    )
    page = Text(files["index.html"])
    assert not any("onerror" in attributes for _, attributes in page.tags)
    assert hostile in page.text
    assert all(b"<img" not in content for path, content in files.items() if path.endswith((".md", ".tex", ".svg")))


# Each case: what is replaced in it.
PARTIAL = {
    "nothing yet": lambda whole: {
        name: empty(name)
        for name in (
            *("texts", "drops", "tokens", "corpora", "splits", "labels"),
            *("scores", "training", "encoders", "stages"),
        )
    },
    "prepared": lambda whole: {name: empty(name) for name in ("corpora", "scores", "training", "encoders")},
    "texts alone": lambda whole: {
        name: empty(name) for name in ("drops", "tokens", "corpora", "scores", "training", "encoders", "stages")
    },
    "nothing planned": lambda whole: {
        **{name: empty(name) for name in ("scores", "expected_cells")},
        **{"task_encoders": {}, "baselines": (), "sweep": None, "versions": {}, "commit": ""},
    },
    "one seed": lambda whole: {
        name: frame[frame["seed"] < 1]
        for name, frame in (("scores", whole.scores), ("sized_scores", whole.sized_scores))
    },
    "three seeds": lambda whole: {"scores": whole.scores[whole.scores["seed"] < 3]},
    "no sweep": lambda whole: {"sweep": None},
    "models only": lambda whole: {"corpora": empty("corpora"), "training": empty("training"), "sweep": None},
    "one cell": lambda whole: {
        "scores": whole.scores.query("encoder == 'td-distilmbert' and weights == 'frozen'")[:30]
    },
    "no binary task": lambda whole: {
        "positive": {},
        "scores": whole.scores.query("task == 'tags'"),
        "labels": whole.labels.query("task == 'tags'"),
        "task_encoders": {"tags": ("td-distilmbert", "distilmbert", "mbert")},
    },
    "whole cells alone": lambda whole: {"sized_scores": empty("sized_scores")},
    "no baseline": lambda whole: {"baselines": ()},
}


@pytest.mark.usefixtures("places_untouched")
@pytest.mark.parametrize("case", PARTIAL)
def test_a_partial_experiment_gives_a_partial_report(case, small, make_inputs, render):
    files = render(make_inputs(**{**small, **PARTIAL[case](make_inputs(**small))}))
    page = Text(files["index.html"]).text
    assert "What is missing" in page
    for path, content in files.items():
        shown = page if path == "index.html" else content.decode()
        if not path.endswith((".csv", ".svg")):
            assert not re.search(r"\b(nan|NaN|None|NaT|inf)\b", shown), path
