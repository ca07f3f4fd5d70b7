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
                    "company": f"company {n // 2 % 3}",
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
    assert store.manifest(made)["task_seconds"] > 0
    for language in ("eng", "spa"):
        splits = {split: read(store, made, language, split) for split in ("train", "validation", "test")}
        assert {split: len(rows) for split, rows in splits.items()} == {"train": 30, "validation": 10, "test": 10}
        texts = [row["text"] for rows in splits.values() for row in rows]
        assert len(set(texts)) == 50
        assert all(text.endswith(language) for text in texts)
        assert {row["origin"] for row in splits["test"]} == {"natural"}
        assert {row["origin"] for row in splits["train"]} == {"natural", "translated"}
        assert list(splits["test"][0]) == ["doc_id", "text", "labels", "unknown", "group", "origin"]
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
        (
            binary([source], labels=("chat", "sell"), positive="sell"),
            r"tasks.intent: 40 of 80 rows have labels outside the task: buy 40 in .*eng.jsonl; it has chat, sell",
        ),
        (
            binary([source], labels=("chat", "sell"), positive="sell", unmatched_share=0.5),
            r"tasks.intent: eng: no row has the label 'sell'; there are: buy \(outside the task\) 40, chat 40",
        ),
        (binary([table_source(empty)]), r"tasks.intent: eng: no rows in .*empty.jsonl"),
        (binary([table_source(broken)]), r"tasks.intent: 1 of 81 rows cannot be used.*broken.jsonl"),
    ):
        with pytest.raises(InputError, match=message):
            prepare_task(store, result(), "intent", task, ["eng"], seed=56)
        assert store.manifest(result()) is None
    prepare_task(store, result(), "intent", binary([table_source(broken)], rejected_share=0.02), ["eng"], 56)


def test_a_language_with_too_little_gets_half(store, tmp_path):
    messages(tmp_path / "eng.jsonl", ["eng"])
    messages(tmp_path / "spa.jsonl", ["spa"], rows=44)
    sources = [table_source(tmp_path / "eng.jsonl"), table_source(tmp_path / "spa.jsonl", "spa")]
    sizes = Sizes(train=40, validation=10, test=10, minimum=4, smaller="half")
    task, made = binary(sources, sizes=sizes), result()
    prepare_task(store, made, "intent", task, ["eng", "spa"], seed=56)
    assert store.facts(made)["halved"] == ["spa"]
    lengths = {split: len(read(store, made, "spa", split)) for split in ("train", "validation", "test")}
    assert lengths == {"train": 20, "validation": 5, "test": 5}
    labels = [row for row in store.facts(made)["labels"] if row["language"] == "spa" and row["split"] == "test"]
    assert all(row["rows"] >= 2 for row in labels)

    rare = binary(sources, sizes=Sizes(train=400, validation=60, test=60, minimum=50, smaller="half"))
    message = r"spa: test needs 50 rows with the label 'chat' .* nor does half .* needs 25 rows with the label 'chat'"
    with pytest.raises(InputError, match=message):
        prepare_task(store, result("rare"), "intent", rare, ["spa"], seed=56)
    own = Sizes(train=40, validation=10, test=10, languages={"spa": {"train": 9, "validation": 8, "test": 7}})
    made = result("own sizes")
    prepare_task(store, made, "intent", binary(sources, sizes=own), ["eng", "spa"], seed=56)
    assert [len(read(store, made, language, "test")) for language in ("eng", "spa")] == [10, 7]


def test_ready_splits_and_partial_labels_of_a_table(store, tmp_path):
    rows = [
        {
            "text": f"text {n}",
            "tags": ["ab"[n % 2]],
            "maybe": ["b"] if n == 8 else [],
            "part": ("train", "heldout", "test")[n % 3],
        }
        for n in range(30)
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    columns = {
        "reader": "table",
        "language": "eng",
        "path": str(tmp_path / "own.jsonl"),
        "labels": "tags",
        "name": "own",
    }
    columns["unknown"] = "maybe"
    sources = (
        {**columns, "where": {"part": ["train"]}, "fixed_split": "train"},
        {**columns, "where": {"part": ["heldout"]}, "fixed_split": "validation", "labels_known": []},
        {**columns, "where": {"part": ["test"]}, "split": "part"},
    )
    task, made = Task(kind="multi-label", labels=("a", "b"), sources=sources), Result("tasks", "own", 1, {})
    prepare_task(store, made, "own", task, ["eng"], seed=56)
    for split, number in (("train", 0), ("validation", 1), ("test", 2)):
        found = read(store, made, "eng", split)
        assert sorted(row["text"] for row in found) == sorted(row["text"] for row in rows[number::3])
        other = {row["text"]: [label for label in "ab" if label not in row["labels"]] for row in found}
        if split == "validation":
            assert {row["text"]: row["unknown"] for row in found} == other
        else:
            assert {row["text"] for row in found if row["unknown"]} == ({"text 8"} if split == "test" else set())
    counts = {(row["split"], row["label"]): (row["rows"], row["unknown"]) for row in store.facts(made)["labels"]}
    assert counts["validation", "a"] == (5, 5) and counts["test", "b"] == (5, 1)
    wrong = ({**columns, "split": "part"},)
    with pytest.raises(
        InputError, match=r"column 'part' holds 'heldout' in place of .* splits: .validation: .'heldout'"
    ):
        prepare_task(store, result("w"), "own", Task(kind="multi-label", labels=("a", "b"), sources=wrong), ["eng"], 56)
    mapped = ({**columns, "split": "part", "splits": {"validation": ["heldout"]}},)
    prepare_task(store, result("m"), "own", Task(kind="multi-label", labels=("a", "b"), sources=mapped), ["eng"], 56)
    assert len(read(store, result("m"), "eng", "validation")) == 10


def test_companies_are_in_one_split_each(store, tmp_path):
    messages(tmp_path / "eng.jsonl", rows=240)
    sizes = Sizes(train=0.5, validation=0.25, test=0.25, whole_groups=True)
    source = table_source(tmp_path / "eng.jsonl", origin=None)
    made = result("companies")
    prepare_task(store, made, "intent", binary([source], sizes=sizes), ["eng"], seed=56)
    groups = [set(own) for own in store.facts(made)["groups"]["eng"].values()]
    assert sorted(map(len, groups)) == [1, 1, 1] and len(set.union(*groups)) == 3


def test_a_text_in_two_ready_splits_is_an_error_by_choice(store, tmp_path):
    rows = [(f"text {n}", ("chat", "buy")[n % 2], split) for n in range(6) for split in ("train", "validation", "test")]
    rows = [(f"{text} of {split}", label, split) for text, label, split in rows] + [("text 0 of test", "chat", "train")]
    source = write_table(tmp_path, rows)
    made = result()
    counted = binary([source], sizes=None, duplicates="keep")
    prepare_task(store, made, "intent", counted, ["eng"], 56)
    assert store.facts(made)["across_splits"] == {"eng": 1}
    with pytest.raises(InputError, match="texts that stand in two of its splits: 1"):
        prepare_task(store, made, "intent", counted.model_copy(update={"across_splits": "error"}), ["eng"], 56)


def write_table(folder, rows):
    path = folder / "ready.jsonl"
    lines = (json.dumps({"text": text, "intent": label, "part": split}) for text, label, split in rows)
    path.write_text("".join(line + "\n" for line in lines))
    return {"reader": "table", "language": "eng", "path": str(path), "labels": "intent", "split": "part"}
