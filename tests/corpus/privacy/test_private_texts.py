"""Nothing that is masked reaches storage: a corpus, a task and their manifests, on Ray, by their bytes."""

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from raykd.artifacts import Result
from raykd.config import Cleaning, Conversation, Corpus, Privacy, Task
from raykd.corpus.text_shards import prepare_texts
from raykd.errors import InputError
from raykd.tasks.prepare import prepare_task

SECRETS = ["ann.lee@shop.example.com", "4111 1111 1111 1111", "ES9121000418450200051332", "93.184.216.34"]
CLEANING = Cleaning(privacy=Privacy(own={"order": {"pattern": r"ORD-\d{6}", "words": "order number"}}))
TEXTS = Result("texts", "chat", 1, {"made": "for a test"})


@pytest.fixture
def rows() -> list[dict]:
    rows = [
        {
            "id": f"{secret} {n}",
            "text": f"row {n} {secret}, ORD-12345{n}",
            "to": secret,
            "label": "ab"[n % 2],
            "turn": n,
        }
        for n, secret in enumerate(SECRETS * 4)
    ]
    return [*rows, {"id": "last", "text": None, "to": SECRETS[0], "label": SECRETS[0], "turn": 99}]


def everything(folder: Path) -> bytes:
    """All bytes of a folder, parquet files as what they hold."""
    found = b""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            found += repr(pq.read_table(path).to_pylist()).encode() + repr(pq.read_schema(path).metadata).encode()
        elif path.is_file():
            found += gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return found


def test_a_corpus_holds_no_secret_and_says_how_many_there_were(local_ray, store, tmp_path, write_rows, rows):
    source = write_rows("one", rows, id="id", group="to", where={"label": ("a", "b")})
    prepare_texts(store, TEXTS, "chat", Corpus(sources=(source,), rejected_share=0.5), 1, [], CLEANING)
    stored = everything(tmp_path / "experiment")
    assert b"[EMAIL]" in stored and b"[ORDER]" in stored
    assert len(store.facts(TEXTS)["filtered"]) == 1  # whose value is none of the secrets either
    assert [secret for secret in [*SECRETS, "ORD-12345"] if secret.encode() in stored] == []
    facts = store.facts(TEXTS)["languages"]["eng"]
    assert facts["masked"] == {"card": 4, "email": 4, "iban": 4, "ip": 4, "order": 16}
    assert facts["sources"]["one"]["masked"] == facts["masked"]


def test_a_corpus_holds_no_name_and_counts_them(without_ray, store, tmp_path, write_rows, pipelines):
    texts = ["I am Ann Lee", "221B Baker Street, London", "`Ann Lee`", "nobody"]
    source = write_rows("one", [{"id": n, "text": text} for n, text in enumerate(texts)], id="id")
    cleaning = Cleaning(privacy=Privacy(names=pipelines))
    prepare_texts(store, TEXTS, "chat", Corpus(sources=(source,)), 1, [], cleaning)
    facts = store.facts(TEXTS)["languages"]["eng"]
    assert facts["masked"] == facts["sources"]["one"]["masked"] == {"address": 1, "name": 1}
    stored = everything(tmp_path / "experiment")
    assert b"I am [NAME]" in stored and b"'[ADDRESS]'" in stored and b"`Ann Lee`" in stored
    assert b"am Ann" not in stored and b"Baker" not in stored


def test_joined_turns_share_their_pseudonyms(local_ray, store, write_rows, read_shards):
    rows = [
        {"id": n, "text": text, "talk": "t", "turn": n}
        for n, text in enumerate(["a@x.com here", "b@x.com there", "again a@x.com", "and b@x.com"])
    ]
    source = write_rows("one", rows, id="id", conversation=Conversation(id="talk", turn="turn", join=30))
    cleaning = Cleaning(privacy=Privacy(pseudonyms=True))
    prepare_texts(store, TEXTS, "chat", Corpus(sources=(source,)), 1, [], cleaning)
    texts = {row["text"] for row in read_shards(TEXTS)}
    assert texts == {"[EMAIL]1 here\n[EMAIL]2 there", "again [EMAIL]1\nand [EMAIL]2"}


def test_a_task_and_its_messages_hold_no_secret(local_ray, store, tmp_path, write_rows, rows):
    source = write_rows("one", rows, id="id", group="to", labels="label")
    settings = {"kind": "binary", "labels": ["a", "b"], "positive": "a", "sources": [source]}
    sizes = {"train": 4, "validation": 4, "test": 4}
    result = Result("tasks", "intent", 1, {})
    task = Task(**settings, sizes=sizes, rejected_share=0.5, unmatched_share=1)
    prepare_task(store, result, "intent", task, ["eng"], 1, CLEANING)
    stored = everything(tmp_path / "experiment")
    assert b"[EMAIL]" in stored
    assert [secret for secret in [*SECRETS, "ORD-12345"] if secret.encode() in stored] == []
    assert {"language": "eng", "source": "one", "kind": "order", "values": 16} in store.facts(result)["masked"]
    others = Task(**(settings | {"labels": ["a", "c"]}), sizes=sizes, rejected_share=0.5)
    with pytest.raises(InputError) as error:
        prepare_task(store, result, "intent", others, ["eng"], 1, CLEANING)
    assert not any(secret in str(error.value) for secret in SECRETS)
