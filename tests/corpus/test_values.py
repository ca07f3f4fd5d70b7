"""One value has many forms, and what matches nothing is counted and said."""

import pytest

from raykd.config import TableSource
from raykd.corpus.readers.table_labels import cell_values, row_labels
from raykd.corpus.values import (
    DISTINCT,
    OTHERS,
    Expected,
    Found,
    Tally,
    check_filters,
    filter_lines,
    left_out,
    shown_by_file,
    value_text,
)
from raykd.errors import InputError

SOURCE = {"reader": "table", "language": "eng", "path": "a.csv"}


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (float("nan"), ""), (1.0, "1"), (1.5, "1.5"), (True, "true"), (0, "0"), (" e\u0301\n x ", "é x")],
)
def test_a_cell_is_compared_by_one_form(cell, text):
    assert value_text(cell) == text


def test_numbers_and_booleans_match_whatever_wrote_them():
    expected = Expected(["1", "True", "b c"])
    assert [expected.find(value) for value in ("1", "1.0", "1.5", "true", "True", "b c", "B c")] == [
        "1",
        "1",
        None,
        "True",
        "True",
        "b c",
        None,
    ]
    assert expected.near("B C") == "b c" and expected.near("d") is None
    versions = Expected(["2", "2.0"])
    assert [versions.find(value) for value in ("2", "2.0", "2.00")] == ["2", "2.0", None]


def test_several_labels_in_one_are_seen():
    expected = Expected(["python", "java", "c++", "tcp"])
    joined = ["python|java", "python;sql", "java, python", "['java' tcp]", "python/java", "java python", "java\npython"]
    apart = ["sql|css", "tcp/ip", "python 3", "c++", "java|", ""]
    assert [value for value in joined + apart if expected.joined(value)] == joined


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        (["a", "b"], {"a", "b"}),
        ('["a", "b c"]', {"a", "b c"}),
        ("['a', 1]", {"a", "1"}),
        ("('a',)", {"a"}),
        ("{'a', 'b'}", {"a", "b"}),
        ("['a' 'b c']", {"a", "b c"}),
        ("[]", set()),
        ("[tea]", {"[tea]"}),
        ("(a)", {"(a)"}),
        ("[[1]]", {"[[1]]"}),
        ("a | b", {"a | b"}),
        (None, set()),
    ],
)
def test_lists_of_labels_are_read_from_text(cell, values):
    assert cell_values(cell) == values


def test_a_separator_parts_a_cell_and_a_list_stays_one():
    assert cell_values(" a |b| ", "|") == {"a", "b"}
    assert cell_values('["a|b"]', "|") == {"a|b"}


def test_a_column_a_label_holds_one_or_nought():
    source = TableSource(**SOURCE, label_columns=["toxic", "rude", "odd"])
    assert row_labels({"toxic": 1.0, "rude": False, "odd": None}, source) == (("toxic",), ("odd",), "")
    assert row_labels({"toxic": "True", "rude": "0", "odd": "1"}, source) == (("odd", "toxic"), (), "")
    assert "column 'rude' holds '-1'" in row_labels({"toxic": 1, "rude": -1, "odd": 0}, source)[2]
    several = TableSource(**SOURCE, labels=["first", "second"])
    assert row_labels({"first": "b", "second": ""}, several)[0] == ("b",)
    assert "an object" in row_labels({"labels": {"a": 1}}, TableSource(**SOURCE, labels="labels"))[2]


def test_a_tally_counts_named_values_whatever_else_there_is():
    tally, expected = Tally(), Expected(["kept"])
    for number in range(DISTINCT + 50):
        tally.add("company", f"company {number}", expected)
    for value in ("kept", "Kept", "another"):
        tally.add("company", value, expected)
    assert tally.counts["company", "kept"] == tally.counts["company", "Kept"] == 1
    assert tally.counts["company", OTHERS] == 51


def test_what_a_filter_never_met_is_refused_with_what_there_is():
    source = TableSource(**SOURCE, where={"company": ["Acme", "Bolt"]})
    found = {Found(0, "a.csv", "company", "Acme"): 90, Found(0, "b.csv", "company", "Clay"): 9}
    with pytest.raises(
        InputError, match=r"no row has 'Bolt' in column 'company' .*: Acme 90 in a.csv; Clay 9 in b.csv"
    ):
        check_filters("corpora.c", [source], found, 0.01)
    found[Found(0, "a.csv", "company", "Bolt")] = 1
    check_filters("corpora.c", [source], found, 0.01)
    assert [(row["value"], row["rows"]) for row in left_out([source], found)] == [("Clay", 9)]
    found[Found(0, "b.csv", "company", "ACME")] = 5
    with pytest.raises(InputError, match=r"5 of 105 rows .* by case alone .* \(ACME 5 in b.csv\)"):
        check_filters("corpora.c", [source], found, 0.01)
    check_filters("corpora.c", [source], found, 0.05)


def test_language_codes_may_lack_rows_but_not_all_of_them():
    source = TableSource(**{**SOURCE, "language": {"column": "lang", "codes": {"en": "eng", "es": "spa"}}})
    check_filters("c", [source], {Found(0, "a.csv", "lang", "en"): 1}, 0.01)
    with pytest.raises(
        InputError, match=r"no row has 'en' in column 'lang' \(language.codes\); there are: EN 60 in a.csv"
    ):
        check_filters("c", [source], {Found(0, "a.csv", "lang", "EN"): 60}, 0.01)


def test_many_values_and_files_are_told_in_short():
    line = shown_by_file({(f"{file}.csv", f"value {value}"): 9 - value for file in "ab" for value in range(9)})
    assert line.startswith("value 0 9, value 1 8, ") and line.count("and 3 more in") == 2


def test_rows_that_a_filter_leaves_out_are_told_by_column_value_and_file():
    filtered = [
        {"column": "company", "file": "a.csv", "value": "Acme", "rows": 7},
        {"column": "company", "file": "b.csv", "value": "acme", "rows": 1},
        {"column": "lang", "file": "a.csv", "value": "xx", "rows": 1200},
    ]
    assert list(filter_lines(filtered)) == [
        "8 rows not read for what column 'company' holds: Acme 7 in a.csv; acme 1 in b.csv",
        "1,200 rows not read for what column 'lang' holds: xx 1,200 in a.csv",
    ]
