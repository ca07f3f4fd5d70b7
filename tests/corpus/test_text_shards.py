"""A corpus prepared on Ray, against what a few lines of Python say that it must hold."""

import hashlib
import io
import json
import os
import random
import subprocess
import sys
from collections import Counter

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raykd.artifacts import Result
from raykd.config import Corpus, Exclude, LanguageColumn
from raykd.corpus import documents, resume
from raykd.corpus import text_shards as texts
from raykd.corpus.dedup_and_exclusion import DUPLICATE_CHARACTERS
from raykd.corpus.hashing import document_id, shuffle_key
from raykd.corpus.schema import TEXT
from raykd.corpus.text_shards import prepare_texts
from raykd.errors import InputError

SEED = 56
RESULT = Result("texts", "td", 1, {"made": "for a test"})
# Of the corpus below.
WRITTEN = "c3848ddf118661b3d87795401b6fc7db65df023c67fd904b275832497fcdf66c"
CONTENT = "43722e20004d413f6f6f73dfa22dba54c67ed571e962d0de6bdf3994a6723498"


def long(text: str) -> str:
    return f"{text} " * (DUPLICATE_CHARACTERS // len(text)) + text


@pytest.fixture
def english() -> list[dict]:
    """400 rows: long and short ones, repeated ones of both kinds, empty ones, and five groups."""
    generator = random.Random(0)
    words = [f"word{n}" for n in range(500)]
    rows = []
    for n in range(400):
        text = " ".join(generator.choice(words) for _ in range(generator.randrange(1, 40)))
        if n % 10 == 3:
            text = long(f"copied text {n % 7}")
        if n % 10 == 7:
            text = "thank you"
        if n % 50 == 5:
            text = " \n "
        rows.append({"id": n, "text": text, "company": f"c{n % 5}"})
    return rows


@pytest.fixture
def task(store) -> Result:
    """A task that took three rows of the English source, and a text that stands in the Spanish one too."""
    result = Result("tasks", "intent", 1, {})
    columns = {"doc_id": [document_id("one", str(n)) for n in (10, 11, 17)], "text": ["a", "b", "thank you"]}
    store.storage.write_table(f"{result.directory}/language=eng/train.parquet", pa.table(columns))
    columns = {"doc_id": [document_id("elsewhere", "1")], "text": [long("texto de la prueba")]}
    store.storage.write_table(f"{result.directory}/language=spa/test.parquet", pa.table(columns))
    store.storage.write_bytes(f"{result.directory}/manifest.json", b"{}")
    return result


SPANISH = ["hola", long("texto de la prueba"), long("copied text 3"), "gracias", "gracias"]


@pytest.fixture
def corpus(write_rows, english) -> Corpus:
    """The English source, some of it a second time, and a Spanish one; one group is held out."""
    one = write_rows("one", english, id="id", group="company")
    again = one.model_copy(update={"where": {"company": ("c1",)}})
    two = write_rows("two", [{"id": n, "text": text} for n, text in enumerate(SPANISH)], id="id", language="spa")
    return Corpus(sources=(one, again, two), shard=12_000, exclude=Exclude(groups=("c4",)))


def plain_reading(english: list[dict]) -> dict[str, list[tuple[str, str, str]]]:
    """(document id, text, group) of what must stay, in rank order, for each language."""
    task_rows = {document_id("one", str(n)) for n in (10, 11, 17)}
    rows = [("eng", document_id("one", str(row["id"])), row["text"].strip(), row["company"]) for row in english]
    rows += [("spa", document_id("two", str(n)), text, "") for n, text in enumerate(SPANISH)]
    kept: dict[str, list[tuple[str, str, str]]] = {"eng": [], "spa": []}
    seen = {long("texto de la prueba")}
    for language, doc_id, text, group in sorted(rows, key=lambda row: shuffle_key(SEED, row[1])):
        if not text or group == "c4" or doc_id in task_rows:
            continue
        if len(text) <= DUPLICATE_CHARACTERS or text not in seen:
            kept[language].append((doc_id, text, group))
        seen.add(text)
    return kept


def test_texts_hold_what_a_plain_reading_says(local_ray, store, corpus, task, english, read_shards):
    store.storage.write_bytes(f"{RESULT.directory}/language=por/part-00000.parquet", b"of an earlier try")
    store.storage.write_bytes(f"scratch/{RESULT.directory}/eng/0/000000.parquet", b"of an earlier try")
    prepare_texts(store, RESULT, "td", corpus, SEED, [task])

    expected = plain_reading(english)
    facts = store.facts(RESULT)["languages"]
    for language, kept in expected.items():
        rows = read_shards(RESULT, language)
        assert [(row["doc_id"], row["text"], row["group"]) for row in rows] == kept
        assert [row["rank"] for row in rows] == [shuffle_key(SEED, doc_id) for doc_id, _, _ in kept]
        assert [row["bytes"] for row in rows] == [len(text.encode()) for _, text, _ in kept]
        assert facts[language]["documents"] == len(kept)
        assert facts[language]["bytes"] == sum(row["bytes"] for row in rows)
        dropped = sum(facts[language]["dropped"].values())
        assert facts[language]["read"] == len(kept) + dropped
    assert facts["eng"]["read"] == 480
    again = {"excluded group": 80, "empty": 8, "task row": 4}  # row 11 is among those read twice
    assert {reason: facts["eng"]["dropped"][reason] for reason in again} == again
    assert facts["spa"]["dropped"]["task row"] == 1

    assert store.storage.list(RESULT.directory) == ["language=eng", "language=spa", "manifest.json", "rejected.parquet"]
    assert store.storage.read_table(f"{RESULT.directory}/rejected.parquet").num_rows == 0
    assert not store.storage.exists(f"scratch/{RESULT.directory}")
    assert len(facts["eng"]["shards"]) > 5
    for shard in facts["eng"]["shards"]:
        part = store.storage.read_table(f"{RESULT.directory}/{shard['file']}")
        assert part.schema == TEXT
        assert shard["documents"] == part.num_rows
        assert shard["bytes"] == sum(part["bytes"].to_pylist())
        assert shard["last_rank"] == part["rank"][-1].as_py()


FOUR_CPUS = """
import sys, ray
from raykd.artifacts import Result, ResultStore, Storage
from raykd.config import Corpus
from raykd.corpus.text_shards import prepare_texts
root, corpus, task, made = sys.argv[1:]
ray.init(address="local", num_cpus=4, object_store_memory=200e6, log_to_driver=False, include_dashboard=False)
task, made = (Result(kind, name, 1, {}) for kind, name in (("tasks", task), ("texts", made)))
prepare_texts(ResultStore(Storage(root)), made, "td", Corpus.model_validate_json(corpus), 56, [task])
"""


def files(store, result: Result) -> dict[str, bytes]:
    """The content of every shard by its path in the result."""
    folders = [f"{result.directory}/language={language}" for language in ("eng", "spa")]
    paths = [f"{folder}/{name}" for folder in folders for name in store.storage.list(folder)]
    return {path.removeprefix(result.directory): store.storage.read_bytes(path) for path in paths}


def test_content_is_the_same_for_any_cpus_units_and_order_of_sources(local_ray, monkeypatch, store, corpus, task):
    """On two CPUs of a Ray, and one task after the other."""
    one, small, turned = (Result("texts", name, 1, {}) for name in ("one-cpu", "small", "turned"))
    prepare_texts(store, small, "td", corpus, SEED, [task], unit_bytes=20_000)
    turned_corpus = corpus.model_copy(update={"sources": corpus.sources[::-1]})
    prepare_texts(store, turned, "td", turned_corpus, SEED, [task])
    monkeypatch.setattr(resume, "reports_of_each", lambda items, work: [work(item) for item in items])
    prepare_texts(store, one, "td", corpus, SEED, [task])
    for other in (one, turned):
        assert store.facts(other) == store.facts(small)
        assert files(store, other) == files(store, small)


@pytest.mark.slow
def test_content_is_the_same_on_a_ray_of_four_cpus(without_ray, store, corpus, task):
    one, four = (Result("texts", name, 1, {}) for name in ("one-cpu", "four-cpus"))
    prepare_texts(store, one, "td", corpus, SEED, [task])
    subprocess.run(
        [sys.executable, "-c", FOUR_CPUS, store.storage.root, corpus.model_dump_json(), task.name, four.name],
        env={**os.environ, "RAY_AUTH_MODE": "disabled", "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=300,
        check=True,
    )
    assert store.facts(four) == store.facts(one)
    assert files(store, four) == files(store, one)


@pytest.mark.parametrize(("flush", "key_range", "tasks"), [(1, 1_000, 2), (10_000, 7_000, 4)])
def test_content_is_the_same_for_any_flush_range_of_keys_and_number_of_tasks(
    monkeypatch, without_ray, store, corpus, task, flush, key_range, tasks
):
    many, few = (Result("texts", name, 1, {}) for name in ("many", "few"))
    prepare_texts(store, few, "td", corpus, SEED, [task])
    monkeypatch.setattr(documents, "BLOCK_DOCUMENTS", 7)
    monkeypatch.setattr(texts, "FLUSH_BYTES", flush)
    monkeypatch.setattr(texts, "KEY_RANGE_BYTES", key_range)
    monkeypatch.setattr(texts, "TASKS", tasks)
    monkeypatch.setattr(texts, "KEY_TASKS", tasks)
    prepare_texts(store, many, "td", corpus, SEED, [task], unit_bytes=9_000)
    assert store.facts(many) == store.facts(few)
    assert files(store, many) == files(store, few)


def test_scratch_under_another_hash_stays_for_the_run_that_may_be_at_work_there(without_ray, store, write_rows):
    other, again = Result("texts", "td", 1, {"made": "before"}).directory, RESULT.directory
    for directory in (other, again):
        store.storage.write_bytes(f"scratch/{directory}/documents/eng/000000-0000.arrow", b"half")
    prepare_texts(store, RESULT, "td", Corpus(sources=(write_rows("rows", [{"text": "x"}]),)), SEED, [])
    assert [store.storage.exists(f"scratch/{directory}") for directory in (other, again)] == [True, False]


@pytest.mark.parametrize(
    ("folder", "message"), [("documents", ".*names.json is gone"), ("rejected", ".*000000.parquet is gone")]
)
def test_rows_that_another_run_takes_away_are_an_error(monkeypatch, store, write_rows, folder, message):
    corpus = Corpus(sources=(write_rows("rows", [{"text": f"text {n}"} for n in range(6)] + [[]]),), rejected_share=1)

    def one_by_one(items, work):
        reports = [work(item) for item in items]
        store.storage.remove(f"scratch/{RESULT.directory}/{folder}")
        return reports

    monkeypatch.setattr(resume, "reports_of_each", one_by_one)
    with pytest.raises(InputError, match=rf"corpora\.td: {message}.* another run has changed the scratch files"):
        prepare_texts(store, RESULT, "td", corpus, SEED, [])
    assert store.manifest(RESULT) is None


def test_the_first_unreadable_rows_are_listed_and_the_others_counted(monkeypatch, without_ray, store, write_rows):
    monkeypatch.setattr(texts, "REJECTED_LISTED", 3)
    monkeypatch.setattr(documents, "BLOCK_DOCUMENTS", 2)
    source = write_rows("rows", [[n] for n in range(30)] + [{"text": "good"}])
    corpus = Corpus(sources=(source,), rejected_share=1)
    first = sorted(
        f"{source.path}: byte {byte}" for byte in [4 * n for n in range(10)] + [40 + 5 * n for n in range(20)]
    )
    for unit_bytes in (1 << 20, 20):
        prepare_texts(store, RESULT, "td", corpus, SEED, [], unit_bytes=unit_bytes)
        rejected = store.storage.read_table(f"{RESULT.directory}/rejected.parquet")
        assert rejected["place"].to_pylist() == first[:3]
        assert store.facts(RESULT)["rejected_listed"] == 3
        assert store.facts(RESULT)["languages"]["eng"]["dropped"] == {"rejected": 30}
    refused = corpus.model_copy(update={"rejected_share": 0.5})
    with pytest.raises(InputError, match=r"byte 0: .* 30 of 31 rows .* \(the first 3 in "):
        prepare_texts(store, RESULT, "td", refused, SEED, [])


def test_a_group_of_empty_rows_alone_is_there(without_ray, store, write_rows):
    source = write_rows("rows", [{"text": "good"}, {"text": " ", "who": "c1"}], group="who")
    corpus = Corpus(sources=(source,), exclude=Exclude(groups=("c1",)))
    prepare_texts(store, RESULT, "td", corpus, SEED, [])
    assert store.facts(RESULT)["languages"]["eng"]["dropped"] == {"empty": 1}


def test_an_id_used_twice_is_told_from_a_document_read_twice(without_ray, store, write_rows):
    source = write_rows(
        "rows", [{"id": 1, "text": text} for text in ("a", "b", "b", "c")] + [{"id": 2, "text": "a"}], id="id"
    )
    prepare_texts(store, RESULT, "td", Corpus(sources=(source,), shard=1_000_000), SEED, [])
    facts = store.facts(RESULT)["languages"]["eng"]
    assert (facts["documents"], facts["dropped"]) == (2, {"id used twice": 2, "read twice": 1})


def test_every_source_has_its_counts(without_ray, store, corpus, task):
    prepare_texts(store, RESULT, "td", corpus, SEED, [task])
    for facts in store.facts(RESULT)["languages"].values():
        for count in ("documents", "bytes", "read"):
            assert sum(source[count] for source in facts["sources"].values()) == facts[count]
        dropped = sum((Counter(source["dropped"]) for source in facts["sources"].values()), Counter())
        assert dropped == facts["dropped"]
    assert set(store.facts(RESULT)["languages"]["eng"]["sources"]) == {"one"}
    assert store.manifest(RESULT)["task_seconds"] > 0


def test_where_ids_are_not_unique_the_row_that_stays_depends_on_no_order(local_ray, store, write_rows, read_shards):
    rows = [{"id": n % 3, "text": f"text {n}"} for n in range(30)]
    kept = []
    for name in ("forward", "backward"):
        source = write_rows("rows", rows, id="id")
        made = Result("texts", name, 1, {})
        prepare_texts(store, made, name, Corpus(sources=(source,)), SEED, [], unit_bytes=200)
        kept.append([row["text"] for row in read_shards(made)])
        rows.reverse()
    assert kept[0] == kept[1]
    assert len(kept[0]) == 3


def test_unreadable_rows_are_refused_with_the_first_of_them_or_allowed(local_ray, store, write_rows):
    source = write_rows("rows", [{"text": "good"}, {"text": 5}, ["bad"], {"text": "fine"}])
    corpus = Corpus(sources=(source,), rejected_share=0.49)
    with pytest.raises(
        InputError, match=r"rows\.jsonl: byte 17: .* holds no text; 2 of 4 rows of corpora\.td"
    ) as error:
        prepare_texts(store, RESULT, "td", corpus, SEED, [])
    assert "corpora.td.rejected_share" in str(error.value)
    assert store.manifest(RESULT) is None

    prepare_texts(store, RESULT, "td", corpus.model_copy(update={"rejected_share": 0.5}), SEED, [])
    facts = store.facts(RESULT)["languages"]["eng"]
    assert (facts["documents"], facts["read"], facts["dropped"]) == (2, 4, {"rejected": 2})
    rejected = store.storage.read_table(f"{RESULT.directory}/rejected.parquet").to_pylist()
    assert [row["place"] for row in rejected] == [f"{source.path}: byte {offset}" for offset in (17, 29)]
    assert [row["problem"] for row in rejected] == ["column 'text' holds no text", "not a JSON object"]


def test_an_empty_language_is_refused_with_its_counts(local_ray, store, write_rows):
    full = write_rows("full", [{"text": "good"}])
    empty = write_rows("empty", [{"text": " "}, {"text": "x", "who": "c1"}], group="who", language="spa")
    corpus = Corpus(sources=(full, empty), exclude=Exclude(groups=("c1",)))
    with pytest.raises(InputError, match=r"corpora\.td: no document of spa is left of 2 read") as error:
        prepare_texts(store, RESULT, "td", corpus, SEED, [])
    assert "empty 1" in str(error.value)
    assert "excluded group 1" in str(error.value)
    assert empty.path in str(error.value)
    assert store.manifest(RESULT) is None


def test_a_column_of_languages_gives_what_a_source_for_each_gives(store, write_rows, read_shards):
    languages = ["en", "ja", "xx", "en", ""]
    rows = [{"id": n, "text": long(f"text {n % 40}"), "lang": languages[n % 5]} for n in range(200)]
    column = write_rows("rows", [*rows, {"id": 200, "lang": "ja"}], id="id")
    column = column.model_copy(update={"language": LanguageColumn(column="lang", codes={"en": "eng", "ja": "jpn"})})
    each = [
        column.model_copy(update={"language": language, "where": {"lang": (code,)}})
        for code, language in (("en", "eng"), ("ja", "jpn"))
    ]
    stored = []
    for sources in ((column,), each):
        result = Result("texts", f"of-{len(sources)}", 1, {"sources": len(sources)})
        prepare_texts(store, result, "rows", Corpus(sources=tuple(sources), rejected_share=0.1), SEED, [])
        facts = store.facts(result)["languages"]
        kept = {name: {"read": found["read"], "documents": found["documents"]} for name, found in facts.items()}
        stored.append((kept, [read_shards(result, language) for language in ("eng", "jpn")]))
    assert stored[0][1] == stored[1][1]
    assert [stored[0][0][language]["documents"] for language in ("eng", "jpn")] == [16, 8]  # of 40 texts
    assert stored[0][0] == stored[1][0]
    assert [stored[0][0][language]["read"] for language in ("eng", "jpn")] == [80, 41]


def test_the_rows_of_tasks_stand_in_no_joined_turns(store, write_rows, read_shards):
    turns = [{"id": n, "text": f"turn {n}", "chat": n // 5} for n in range(40)] + [
        {"id": 40, "text": long("asked twice"), "chat": 8},
        {"id": 41, "text": "and answered", "chat": 8},
    ]
    task = Result("tasks", "intent", 1, {})
    columns = {"doc_id": [document_id("chat", str(n)) for n in (7, 20)], "text": ["turn 7", "turn 20"]}
    elsewhere = {"doc_id": [document_id("elsewhere", "1")], "text": [long("asked twice")]}
    for split, rows in (("train", columns), ("test", elsewhere)):
        store.storage.write_table(f"{task.directory}/language=eng/{split}.parquet", pa.table(rows))
    store.storage.write_bytes(f"{task.directory}/manifest.json", b"{}")
    source = write_rows("chat", turns, id="id", conversation={"id": "chat", "join": 1000})
    prepare_texts(store, RESULT, "chat", Corpus(sources=(source,)), SEED, [task])
    texts = {row["text"] for row in read_shards(RESULT, "eng")}
    assert "turn 5\nturn 6" in texts
    assert "turn 8\nturn 9" in texts
    assert "turn 21\nturn 22\nturn 23\nturn 24" in texts
    assert "and answered" in texts
    words = {line for text in texts for line in text.split("\n")}
    assert words == {f"turn {n}" for n in range(40) if n not in (7, 20)} | {"and answered"}
    assert store.facts(RESULT)["languages"]["eng"]["dropped"] == {"task row": 3}


def test_shards_are_those_that_every_version_of_the_shuffle_has_written(without_ray, store, corpus, task):
    """How the passes hand rows to each other decides no byte of a shard: else texts.VERSION must rise."""
    prepare_texts(store, RESULT, "td", corpus, SEED, [task])
    digest = hashlib.sha256()
    for path, content in sorted(files(store, RESULT).items()):
        parquet = pq.ParquetFile(io.BytesIO(content))
        groups = [parquet.metadata.row_group(group).num_rows for group in range(parquet.num_row_groups)]
        rows = [list(row.values()) for row in parquet.read().to_pylist()]
        digest.update(json.dumps([path, groups, parquet.schema_arrow.names, rows]).encode())
    assert digest.hexdigest() == WRITTEN
    facts = store.facts(RESULT)
    assert facts["content"] == CONTENT
