"""A task prepared on Ray from small files: what is written, what it says of itself, and what it refuses."""

import json

import pytest

from raykd.artifacts import Result, ResultStore, Storage
from raykd.config import Sizes, Task
from raykd.errors import InputError
from raykd.tasks.prepare import prepare_task

pytestmark = pytest.mark.usefixtures("local_ray")


@pytest.fixture
def store(tmp_path):
    return ResultStore(Storage(str(tmp_path / "experiment")))


def write_posts(path, rows):
    lines = [
        f'  <row Id="{n}" PostTypeId="1" Title="Question {n}" Body="&lt;p&gt;How do I {n}?&lt;/p&gt;" '
        f'Tags="{"".join(f"&lt;{tag}&gt;" for tag in tags)}" />'
        for n, tags in enumerate(rows, 1)
    ]
    path.write_text('<?xml version="1.0" encoding="utf-8"?>\n<posts>\n' + "\n".join(lines) + "\n</posts>\n")


def messages(path, languages=("eng",), rows=80):
    with open(path, "w", encoding="utf-8") as file:
        for language in languages:
            for n in range(rows):
                row = {
                    "id": f"{language}{n}",
                    "text": f"message {n} in {language}",
                    "intent": ("buy", "chat")[n % 2],
                    "company": f"company {n % 3}",
                    "from": "translated" if n % 4 > 1 else "natural",
                }
                file.write(json.dumps(row) + "\n")


def table_source(path, language="eng", **values):
    columns = {"id": "id", "labels": "intent", "group": "company", "origin": "from"}
    return {"reader": "table", "language": language, "path": str(path), **columns, **values}


def binary(sources, **values):
    sizes = Sizes(train=30, validation=10, test=10, minimum=3)
    return Task(
        **{
            "kind": "binary",
            "labels": ("chat", "buy"),
            "positive": "buy",
            "sizes": sizes,
            "sources": tuple(sources),
            **values,
        }
    )


def result(name="intent"):
    return Result("tasks", name, 1, {"seed": 56})


def read(store, made, language, split):
    return store.storage.read_table(f"{made.directory}/language={language}/{split}.parquet").to_pylist()


def test_binary_task_of_two_languages(store, tmp_path):
    messages(tmp_path / "eng.jsonl", ["eng"])
    messages(tmp_path / "spa.jsonl", ["spa"])
    task = binary([table_source(tmp_path / "eng.jsonl"), table_source(tmp_path / "spa.jsonl", "spa")])
    made = result()
    store.storage.write_bytes(f"{made.directory}/language=por/train.parquet", b"of an earlier try")
    prepare_task(store, made, "intent", task, ["eng", "spa"], seed=56)
    assert store.storage.list(made.directory) == ["language=eng", "language=spa", "manifest.json"]
    for language in ("eng", "spa"):
        splits = {split: read(store, made, language, split) for split in ("train", "validation", "test")}
        assert {split: len(rows) for split, rows in splits.items()} == {"train": 30, "validation": 10, "test": 10}
        texts = [row["text"] for rows in splits.values() for row in rows]
        assert len(set(texts)) == 50
        assert all(text.endswith(language) for text in texts)
        assert {row["origin"] for row in splits["test"]} == {"natural"}
        assert {row["origin"] for row in splits["train"]} == {"natural", "translated"}
        assert list(splits["test"][0]) == ["doc_id", "text", "labels", "group", "origin"]
    facts = store.facts(made)
    assert sum(row["rows"] for row in facts["rows"]) == 100
    assert sum(row["rows"] for row in facts["labels"]) == 100
    assert sum(facts["groups"]["spa"]["test"].values()) == 10


def test_tags_of_a_dump_are_the_same_again(store, tmp_path):
    tags = [["python", "pandas"], ["java"], ["rust", "python"], ["css"]]
    write_posts(tmp_path / "Posts.xml", [tags[n % 4] for n in range(120)])
    task = Task(
        kind="multi-label",
        labels=("rust", "java", "python"),
        sizes=Sizes(train=40, validation=10, test=10, minimum=3),
        sources=({"reader": "stackexchange", "language": "eng", "path": str(tmp_path / "Posts.xml")},),
    )
    made, again, other = (Result("tasks", "tags", 1, {"try": number}) for number in range(3))
    for target, seed in ((made, 56), (again, 56), (other, 57)):
        prepare_task(store, target, "tags", task, ["eng"], seed)
    train = read(store, made, "eng", "train")
    assert {tuple(row["labels"]) for row in train} == {("python",), ("java",), ("rust", "python")}
    assert train == read(store, again, "eng", "train")
    assert train != read(store, other, "eng", "train")


def test_bad_data_is_named(store, tmp_path):
    path = tmp_path / "eng.jsonl"
    messages(path)
    source = table_source(path)
    sizes = Sizes(train=500, validation=10, test=10)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    broken = tmp_path / "broken.jsonl"
    broken.write_text(path.read_text() + '{"text": \n')
    for task, message in (
        (binary([source], sizes=sizes), r"tasks.intent: eng: sizes.train is 500 rows, but there are 60"),
        (binary([source], labels=("chat", "sell"), positive="sell"), r"none of 80 rows has the label 'sell'"),
        (binary([table_source(empty)]), r"tasks.intent: eng: no rows in .*empty.jsonl"),
        (binary([table_source(broken)]), r"tasks.intent: 1 of 81 rows cannot be used.*broken.jsonl"),
    ):
        with pytest.raises(InputError, match=message):
            prepare_task(store, result(), "intent", task, ["eng"], seed=56)
        assert store.manifest(result()) is None
    prepare_task(store, result(), "intent", binary([table_source(broken)], rejected_share=0.02), ["eng"], 56)
