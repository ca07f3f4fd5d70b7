"""The experiment's cleaning in every reader, and for corpora and tasks alike."""

import json

import pytest

from raykd.artifacts import Result
from raykd.config import Cleaning, Conversation, Corpus, Exclude, Length, Sizes, StackExchangeSource, TableSource, Task
from raykd.corpus.clean import clean_text
from raykd.corpus.documents import unit_documents
from raykd.corpus.readers import split_units
from raykd.corpus.readers.wikitext import plain_text
from raykd.corpus.text_shards import prepare_texts
from raykd.tasks.prepare import prepare_task

TAG, DROP = Cleaning(code="tag", links="tag"), Cleaning(code="drop", links="drop")
HTML = '<p>run <code>a</code></p><pre>b</pre><p><a href="http://c.de">see</a></p>'


def texts(source, cleaning: Cleaning) -> list[str]:
    units = split_units([source])
    return [
        text for unit in units for table in unit_documents(unit, 56, cleaning) for text in table["text"].to_pylist()
    ]


def test_posts_are_html_and_titles_are_not(tmp_path):
    body = HTML.replace("<", "&lt;").replace('"', "&quot;")
    row = f'<row Id="1" PostTypeId="1" Title="a &lt;b&gt; ```c``` http://d.e" Body="{body}" />'
    (tmp_path / "Posts.xml").write_text(f"<posts>\n{row}\n</posts>")
    source = StackExchangeSource(reader="stackexchange", language="eng", path=str(tmp_path / "Posts.xml"))
    assert texts(source, Cleaning()) == ["a <b> ```c``` http://d.e\nrun a\nb\nsee (http://c.de)"]
    assert texts(source, TAG) == ["a <b> [code] [link]\nrun [code]\n[code]\nsee [link]"]
    assert texts(source, DROP) == ["a <b>\nrun\nsee"]


def test_a_table_is_html_where_its_source_says_so(write_rows):
    rows = [{"text": HTML, "talk": 1}, {"text": "1 &lt; 2", "talk": 1}]
    assert texts(write_rows("plain", rows), Cleaning()) == [HTML, "1 &lt; 2"]
    assert texts(write_rows("html", rows, html=True), TAG) == ["run [code]\n[code]\nsee [link]", "1 < 2"]
    joined = write_rows("joined", rows, html=True, conversation=Conversation(id="talk", join=99))
    assert texts(joined, DROP) == ["run\nsee\n1 < 2"]


def test_code_in_wikitext():
    pytest.importorskip("mwparserfromhell")
    wikitext = (
        "Call <code>a()</code>:\n<syntaxhighlight lang=c>b</syntaxhighlight>\n<nowiki>[x]</nowiki> [http://d.e f]"
    )
    assert clean_text(plain_text(wikitext)) == "Call a():\nb\n[x] f"
    assert clean_text(plain_text(wikitext, cleaning=TAG)) == "Call [code]:\n[code]\n[x] f"
    assert clean_text(plain_text(wikitext, cleaning=DROP)) == "Call:\n[x] f"


def test_texts_and_tasks_are_cleaned_alike_and_lengths_are_limits_of_corpora(local_ray, store, tmp_path):
    labels = ("a", "b")
    rows = [{"text": f"{n} http://a.b/{n} ```x```", "label": labels[n % 2]} for n in range(60)]
    rows += [{"text": "x"}, {"text": "1234567890123456"}, {"text": " "}]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = TableSource(reader="table", language="eng", path=str(path), name="rows")
    corpus = Corpus(sources=(source,), length=Length(minimum=2, maximum=15))
    result = Result("texts", "chat", 1, {})
    prepare_texts(store, result, "chat", corpus, 56, [], TAG)
    expected = {f"{n} [link] [code]" for n in range(60)}
    table = store.storage.read_table(f"{result.directory}/language=eng/part-00000.parquet")
    assert set(table["text"].to_pylist()) == {text for text in expected if len(text) <= 15}
    facts = store.facts(result)["languages"]["eng"]
    long = sum(len(text) > 15 for text in expected) + 1
    assert facts["dropped"] == {"empty": 1, "short": 1, "long": long}

    task = Task(
        kind="binary",
        positive="a",
        labels=labels,
        sizes=Sizes(train=40, validation=10, test=10),
        sources=(source.model_copy(update={"labels": "label"}),),
    )
    made = Result("tasks", "ab", 1, {})
    prepare_task(store, made, "ab", task, ["eng"], 56, TAG)
    splits = [f"{made.directory}/language=eng/{split}.parquet" for split in ("train", "validation", "test")]
    assert {text for split in splits for text in store.storage.read_table(split)["text"].to_pylist()} == expected
    assert (store.facts(made)["read"], store.facts(made)["rejected"]) == (63, 0)

    elsewhere = TableSource(reader="table", language="eng", path=str(path), name="copies")  # the same texts, other ids
    for tasks, documents in (("all_rows", 62), ("all_texts", 2)):
        result = Result("texts", tasks.replace("_", "-"), 1, {})
        corpus = Corpus(sources=(elsewhere,), exclude=Exclude(tasks=tasks))
        prepare_texts(store, result, "copies", corpus, 56, [made], TAG)
        assert store.facts(result)["languages"]["eng"]["documents"] == documents
