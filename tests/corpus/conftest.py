"""Small sources, and texts and stores made on the spot."""

import json
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from raykd.artifacts import Result, ResultStore, Storage
from raykd.config import TableSource
from raykd.corpus import resume
from raykd.corpus.hashing import document_id, shuffle_key
from raykd.corpus.schema import TEXT


@pytest.fixture
def store(tmp_path) -> ResultStore:
    return ResultStore(Storage(str(tmp_path / "experiment")))


@pytest.fixture
def write_rows(tmp_path) -> Callable[..., TableSource]:
    """Writes rows as JSON lines, with LF or CRLF, and returns them as a source."""

    def write(name: str, rows: list[Any], end: str = "\n", **columns: Any) -> TableSource:
        path = tmp_path / f"{name}.jsonl"
        path.write_bytes("".join(json.dumps(row, ensure_ascii=False) + end for row in rows).encode())
        return TableSource(reader="table", path=str(path), name=name, **{"language": "eng", **columns})

    return write


@pytest.fixture
def without_ray(monkeypatch):
    """One task after the other, in this process."""
    monkeypatch.setattr(resume, "reports_of_each", lambda items, work: [work(item) for item in items])


@pytest.fixture
def write_texts(store) -> Callable[..., Result]:
    """Writes a complete texts/ result: {language: shards of texts}, each document's rank hashed, all in rank order."""

    def write(languages: dict[str, list[list[str]]], name: str = "corpus") -> Result:
        result = Result("texts", name, 1, {"made": "by hand"})
        facts: dict[str, Any] = {}
        for language, shards in languages.items():
            ids = [document_id(language, str(n)) for n in range(sum(map(len, shards)))]
            documents = sorted((shuffle_key(56, doc_id), doc_id) for doc_id in ids)
            reports = []
            for number, texts in enumerate(shards):
                rows = [
                    {"doc_id": doc_id, "rank": place, "bytes": len(text.encode()), "text": text, "group": ""}
                    for (place, doc_id), text in zip(documents, texts, strict=False)
                ]
                documents = documents[len(texts) :]
                file = f"language={language}/part-{number:05}.parquet"
                store.storage.write_table(f"{result.directory}/{file}", pa.Table.from_pylist(rows, schema=TEXT))
                reports.append(
                    {
                        "file": file,
                        "documents": len(rows),
                        "bytes": sum(row["bytes"] for row in rows),
                        "last_rank": rows[-1]["rank"],
                    }
                )
            facts[language] = {"bytes": sum(report["bytes"] for report in reports), "shards": reports}
        store.complete(result, {"languages": facts}, time.time())
        return result

    return write


@pytest.fixture
def read_shards(store) -> Callable[..., list[dict[str, Any]]]:
    """All rows of a result's parts of one language, in the order of the parts."""

    def read(result: Result, language: str = "eng") -> list[dict[str, Any]]:
        folder = f"{result.directory}/language={language}"
        parts = [name for name in store.storage.list(folder) if name.count(".") == 1]
        return [row for part in parts for row in store.storage.read_table(f"{folder}/{part}").to_pylist()]

    return read
