"""Documents read on Ray: every row of every source once, cleaned, named and ranked."""

import pytest

from raykd.corpus import documents
from raykd.corpus.documents import read_documents, reports_of_each
from raykd.corpus.hashing import document_id, shuffle_key
from raykd.corpus.schema import DOCUMENT

pytestmark = pytest.mark.usefixtures("local_ray")


def test_documents_of_several_sources_in_any_units(write_rows):
    english = write_rows(
        "one", [{"id": n, "text": f" text\t{n}\0", "who": f"c{n}"} for n in range(30)], id="id", group="who"
    )
    spanish = write_rows("two", [{"text": "hola"}, {"wrong": 1}], language="spa")
    by_unit = [
        sorted(read_documents([english, spanish], seed=56, unit_bytes=size).take_all(), key=lambda row: row["rank"])
        for size in (200, 1 << 20)
    ]
    assert by_unit[0] == by_unit[1]
    found = {row["doc_id"]: row for row in by_unit[0]}
    assert len(found) == len(by_unit[0]) == 32
    for n in range(30):
        row = found[document_id("one", str(n))]
        assert row["rank"] == shuffle_key(56, row["doc_id"])
        assert (row["language"], row["text"], row["group"], row["problem"]) == ("eng", f"text {n}", f"c{n}", "")
    assert sorted((row["text"], row["problem"]) for row in by_unit[0] if row["language"] == "spa") == [
        ("", "no column 'text'; there are: wrong"),
        ("hola", ""),
    ]
    assert set(by_unit[0][0]) == set(DOCUMENT.names)


def test_many_files_are_cut_into_units_by_tasks(write_rows, monkeypatch):
    """In the order that they have when this process looks into them."""
    sources = [write_rows(f"rows-{number}", [{"text": f"text {n}"} for n in range(number)]) for number in range(12)]
    here = documents.units_of(sources, 60)
    monkeypatch.setattr(documents, "FILES_HERE", 3)
    monkeypatch.setattr(documents, "FILES_A_TASK", 5)
    assert documents.units_of(sources, 60) == here and len(here) > 12


def test_an_empty_source_has_no_documents(write_rows):
    assert read_documents([write_rows("empty", [])], seed=56).take_all() == []


def test_reports_keep_their_shape_and_64_bits():
    reports = reports_of_each([3, 1, 2], lambda n: {"rank": 2**64 - n, "parts": ["é"] * n})
    assert sorted(reports, key=lambda report: report["rank"]) == [
        {"rank": 2**64 - n, "parts": ["é"] * n} for n in (3, 2, 1)
    ]
    assert list(reports_of_each([], lambda n: n)) == []
