"""Chunks of consecutive text as units of rank, whatever the format of a file and however it is cut."""

import json
import random
from itertools import chain, groupby

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from raykd.artifacts import Result
from raykd.config import Conversation, Corpus, StackExchangeSource, TableSource, WikipediaSource
from raykd.corpus.budget import cutoff_key
from raykd.corpus.documents import unit_documents
from raykd.corpus.hashing import chunk_shuffle_keys, document_id
from raykd.corpus.readers import split_units
from raykd.corpus.text_shards import prepare_texts

SEED, CHUNK = 56, 500
SHIFT = (CHUNK - 1).bit_length()
WORDS = ["one", "deux", "три", "四", "five", "sechs"]


def some_texts(count: int, seed: int = 0) -> list[str]:
    generator = random.Random(seed)
    return [f"text {n} " + " ".join(generator.choices(WORDS, k=generator.randrange(25))) for n in range(count)]


def documents(source, unit_bytes: int) -> list[tuple[int, str]]:
    """(rank, text) of a source's good documents, units in any order."""
    units = split_units([source], unit_bytes)
    random.Random(unit_bytes).shuffle(units)
    tables = [table for unit in units for table in unit_documents(unit, SEED, chunk=CHUNK)]
    return [(row["rank"], row["text"]) for table in tables for row in table.to_pylist() if not row["problem"]]


def write(folder, form: str) -> object:
    """A file of 300 documents in one form, as a source."""
    texts = some_texts(300)
    path = folder / f"rows.{form}"
    if form == "jsonl":
        path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    elif form == "txt":
        path.write_text("\n".join(texts))
    elif form == "csv":
        path.write_text("text\n" + "".join(f'"{text}"\n' for text in texts))
    elif form == "parquet":
        pq.write_table(pa.table({"text": texts}), path, row_group_size=70)
    elif form == "extracted":
        path.write_text("".join(f'<doc id="{n}">\n{text}\n</doc>\n' for n, text in enumerate(texts)))
        return WikipediaSource(reader="wikipedia", language="eng", path=str(path), form="extracted")
    else:
        rows = [f'<row Id="{n}" PostTypeId="2" Body="{text}" />\n' for n, text in enumerate(texts)]
        path.write_text("<posts>\n" + "".join(rows) + "</posts>\n")
        return StackExchangeSource(reader="stackexchange", language="eng", path=str(path))
    return TableSource(reader="table", language="eng", path=str(path))


def test_chunk_shuffle_keys_are_a_hash_and_a_place():
    offsets = np.array([0, 3, 499, 500, 1700, 10**12])
    ranks = chunk_shuffle_keys(SEED, "source", "", offsets, CHUNK)
    assert ranks.dtype == np.uint64
    assert (ranks & np.uint64(2**SHIFT - 1)).tolist() == [0, 3, 499, 0, 200, 0]
    upper = [rank >> SHIFT for rank in ranks.tolist()]
    assert upper[0] == upper[1] == upper[2]
    assert len(set(upper)) == 4
    for other in ((57, "source", ""), (SEED, "other", ""), (SEED, "source", "file")):
        assert not set(upper) & {rank >> SHIFT for rank in chunk_shuffle_keys(*other, offsets, CHUNK).tolist()}
    parts = [chunk_shuffle_keys(SEED, "source", "", part, CHUNK) for part in (offsets[:2], offsets[2:])]
    assert np.concatenate(parts).tolist() == ranks.tolist()


def test_chunks_are_a_uniform_shuffle():
    ranks = chunk_shuffle_keys(SEED, "source", "", np.arange(10_000) * CHUNK, CHUNK)
    tenths = np.histogram(ranks / 2**64, bins=10, range=(0, 1))[0]
    assert ((tenths - 1000) ** 2 / 1000).sum() < 27.9  # chi-squared, 9 degrees of freedom, p = .001
    assert abs(np.corrcoef(ranks.argsort().argsort(), np.arange(10_000))[0, 1]) < 0.04


@pytest.mark.parametrize("form", ["jsonl", "txt", "csv", "parquet", "xml", "extracted"])
def test_a_chunk_is_consecutive_text_in_every_form_and_any_units(tmp_path, form):
    source, texts = write(tmp_path, form), some_texts(300)
    whole = sorted(documents(source, 1 << 20))
    assert all(sorted(documents(source, size)) == whole for size in (40, 333, 5000))
    assert len({rank for rank, _ in whole}) == len(texts)

    places = {text.strip(): n for n, text in enumerate(texts)}
    chunks = [[places[text] for _, text in part] for _, part in groupby(whole, lambda one: one[0] >> SHIFT)]
    assert all(chunk == list(range(chunk[0], chunk[-1] + 1)) for chunk in chunks)
    assert sorted(chain.from_iterable(chunks)) == list(range(len(texts)))
    assert [chunk[0] for chunk in chunks] != sorted(chunk[0] for chunk in chunks)
    sizes = [sum(len(texts[n].encode()) for n in chunk) for chunk in sorted(chunks)]
    assert np.mean(sizes[:-1]) == pytest.approx(CHUNK, rel=0.4)  # of the file's bytes, markup and escapes among them


def test_the_number_of_a_chunk_is_the_offset_in_the_file(tmp_path):
    source = write(tmp_path, "jsonl")
    lines = (tmp_path / "rows.jsonl").read_bytes().splitlines(keepends=True)
    starts = np.cumsum([0, *map(len, lines)])[:-1]
    found = {text: rank for rank, text in documents(source, 333)}
    by_chunk = {
        number: {found[json.loads(line)["text"].strip()] >> SHIFT for _, line in part}
        for number, part in groupby(zip(starts, lines, strict=True), lambda one: int(one[0]) // CHUNK)
    }
    assert all(len(upper) == 1 for upper in by_chunk.values())
    assert len(set.union(*by_chunk.values())) == len(by_chunk) > 20


def test_rows_of_few_bytes_keep_ranks_of_their_own(tmp_path):
    pq.write_table(pa.table({"text": ["ok"] * 1000, "id": range(1000)}), tmp_path / "ok.parquet")
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "ok.parquet"), id="id")
    assert len({rank for rank, _ in documents(source, 100)}) == 1000


def test_joined_turns_stand_where_they_begin(write_rows):
    rows = [{"text": text, "talk": n // 4} for n, text in enumerate(some_texts(200))]
    source = write_rows("talks", rows, conversation=Conversation(id="talk", join=200))
    whole = sorted(documents(source, 1 << 20))
    assert sorted(documents(source, 300)) == whole
    numbers = [[int(text.split()[1]) for _, text in part] for _, part in groupby(whole, lambda one: one[0] >> SHIFT)]
    assert all(chunk == sorted(chunk) for chunk in numbers)
    assert len(numbers) > 20


def test_a_budget_takes_whole_chunks_to_within_one_document(local_ray, store, write_rows, read_shards, tmp_path):
    (tmp_path / "files").mkdir()
    places: dict[str, tuple[str, int]] = {}  # document -> file, chunk
    order: dict[str, int] = {}
    for file in range(3):
        content = b""
        for n, text in enumerate(some_texts(150, file)):
            doc_id = document_id("chat", f"{file}-{n}")
            places[doc_id], order[doc_id] = (f"{file}.jsonl", len(content) // CHUNK), n
            content += json.dumps({"id": f"{file}-{n}", "text": f"{file} {text}"}).encode() + b"\n"
        (tmp_path / "files" / f"{file}.jsonl").write_bytes(content)
    source = TableSource(reader="table", language="eng", path=str(tmp_path / "files"), id="id", name="chat")
    corpus = Corpus(sources=(source,), chunk=CHUNK, shard=5000)
    results = [Result("texts", f"chat{unit}", 1, {}) for unit in (700, 1 << 20)]
    for result, unit in zip(results, (700, 1 << 20), strict=True):
        prepare_texts(store, result, result.name, corpus, SEED, [], unit_bytes=unit)
    assert store.facts(results[0])["content"] == store.facts(results[1])["content"]

    rows = read_shards(results[0])
    assert [row["rank"] for row in rows] == sorted(row["rank"] for row in rows)
    chunks = [[row["doc_id"] for row in part] for _, part in groupby(rows, lambda row: places[row["doc_id"]])]
    assert len(chunks) == len(set(places.values()))  # each stands together, once
    assert all([order[one] for one in chunk] == sorted(order[one] for one in chunk) for chunk in chunks)

    largest, before = max(row["bytes"] for row in rows), set()
    for budget in range(1000, 20_000, 1700):
        cutoff = cutoff_key(store, results[0], "eng", budget)
        taken = {row["doc_id"] for row in rows if row["rank"] <= cutoff}
        size = sum(row["bytes"] for row in rows if row["rank"] <= cutoff)
        cut = [chunk for chunk in chunks if 0 < len(taken & set(chunk)) < len(chunk)]
        assert len(cut) <= 1
        assert size <= budget < size + largest
        assert before <= taken
        before = taken
