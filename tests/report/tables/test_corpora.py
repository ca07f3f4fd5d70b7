"""The tables of corpus text, against sums made by hand."""

import pandas as pd
import pytest

from raykd.report.inputs import empty
from raykd.report.tables.corpora import drop_table, line_table, masked_table, moved_table, text_table, token_table


def texts(table):
    return [tuple(cell.text for cell in row) for row in table.rows]


def test_each_source_has_a_row_and_several_have_their_sum(inputs):
    table = text_table(inputs)
    assert "in GB" in table.title
    assert texts(table) == [
        ("td", "eng", "stackoverflow", "2,100,000", "2,000,000", "4.8", "3.10", "1,550"),
        ("td", "eng", "serverfault", "60,000", "50,000", "16.7", "0.06", "1,200"),
        ("td", "eng", "all sources", "2,160,000", "2,050,000", "5.1", "3.16", "1,541"),
        ("td", "jpn", "ja.stackoverflow", "40,500", "40,000", "1.2", "0.06", "1,375"),
        ("cc", "eng", "messages", "1,000", "1,000", "0.0", "<0.01", "45"),
    ]
    assert len(table.raw) == 4


def test_drops_have_a_column_a_reason_and_a_row_a_source(inputs):
    table = drop_table(inputs)
    assert table.header == ("corpus", "language", "source", "empty", "duplicate", "task row")
    assert texts(table) == [
        ("td", "eng", "stackoverflow", "1,000", "99,000", "0"),
        ("td", "eng", "serverfault", "0", "10,000", "0"),
        ("td", "eng", "all sources", "1,000", "109,000", "0"),
        ("td", "jpn", "ja.stackoverflow", "0", "0", "500"),
        ("cc", "eng", "messages", "0", "0", "0"),
    ]


def test_tokens_are_told_per_byte(inputs):
    table = token_table(inputs)
    assert texts(table) == [
        ("td", "mbert", "512", "eng", "1.60", "0.250", "900,000", "400,000,000", "123", "0"),
        ("td", "mbert", "512", "jpn", "0.06", "0.382", "45,000", "21,000,000", "4,567", "89"),
    ]
    assert list(table.raw["tokens_per_byte"]) == pytest.approx([0.25, 21 / 55])


def test_a_corpus_of_which_nothing_is_left_out_says_so(make_inputs):
    assert drop_table(make_inputs(drops=empty("drops"))).absent == "Every document that was read is there."


def test_a_source_of_which_nothing_is_left_shows_no_mean(make_inputs, frame):
    rows = [("td", "eng", "full", 5, 5, 50), ("td", "eng", "empty", 0, 0, 0)]
    table = text_table(make_inputs(texts=frame("texts", rows)))
    assert texts(table)[1] == ("td", "eng", "empty", "0", "0", "–", "0.00", "–")


def test_what_was_masked_has_a_column_a_kind(make_inputs):
    columns = ["of", "language", "source", "kind", "values"]
    values = [
        ("corpus chat", "eng", "messages", "phone", 3),
        ("corpus chat", "eng", "messages", "email", 1200),
        ("task intent", "spa", "messages", "email", 5),
    ]
    table = masked_table(make_inputs(masked=pd.DataFrame(values, columns=columns)))
    assert table.header == ("of", "language", "source", "email", "phone")
    assert texts(table) == [
        ("corpus chat", "eng", "messages", "1,200", "3"),
        ("task intent", "spa", "messages", "5", "0"),
    ]
    assert masked_table(make_inputs()).rows == ()


def test_moved_documents_are_listed(make_inputs):
    moved = pd.DataFrame([("td", "por", "spa", 1234)], columns=["corpus", "declared", "language", "documents"])
    assert texts(moved_table(make_inputs(moved=moved))) == [("td", "por", "spa", "1,234")]


def test_lines_are_shown_by_how_many_documents_hold_them(make_inputs, frame):
    rows = [("chat", 1, 1, 900, 6000), ("chat", 1, 2, 40, 3000), ("chat", 1, 100, 2, 1000), ("td", 4, 1, 8, 80)]
    table = line_table(make_inputs(lines=frame("lines", rows)))
    assert texts(table) == [
        ("chat", "1", "900", "60.0"),
        ("chat", "2 to 9", "40", "30.0"),
        ("chat", "100 to 999", "2", "10.0"),
        ("td", "1", "8", "100.0"),
    ]
    assert table.notes[1:] == ("td: estimated from one line in 4, by its hash.",)
    assert line_table(make_inputs()).rows == ()
