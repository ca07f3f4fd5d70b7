"""CSV, Markdown and LaTeX come from one table: they agree, and nothing in a name acts as markup."""

import io
import re
from csv import reader as csv_reader
from itertools import pairwise

import pandas as pd
import pytest

from raykd.report.page import build_tables
from raykd.report.tables.formats import csv, latex, latex_text, markdown, markdown_text
from raykd.report.tables.table import Table, TableCell
from raykd.report.text.numbers import p_value


@pytest.fixture(scope="module")
def tables(inputs, results):
    return build_tables(inputs, results)


def markdown_rows(text):
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    return [[re.sub(r"[*\\†‡↓]", "", cell).strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def latex_rows(text):
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].replace(r"\addlinespace", "")
    rows = [line.removesuffix(r" \\").split(" & ") for line in body.strip().splitlines() if line]
    plain = [[re.sub(r"\\textsuperscript\{.*?\}$|\\textbf\{|\}", "", cell) for cell in row] for row in rows]
    for above, row in pairwise(plain):
        row[:] = [cell or last for last, cell in zip(above, row, strict=True)]
    return plain


def test_markdown_and_latex_show_the_same_cells(tables):
    table = tables["table8-results"]
    shown = [[cell.text for cell in row] for row in table.rows]
    assert markdown_rows(markdown(table)) == shown
    assert latex_rows(latex(table)) == shown


def test_csv_holds_the_numbers_behind_the_cells_at_full_precision(tables):
    table = tables["table8-results"]
    read = pd.read_csv(io.StringIO(csv(table)), keep_default_na=False)
    assert (read["mean"].to_numpy() == table.raw["mean"].to_numpy()).all()
    cell = read.set_index(["task", "metric", "weights", "encoder", "language"])
    names = {"F1": "f1"}
    for row in table.rows:
        task, metric, weights, encoder = (c.text for c in row[:4])
        for language, shown in zip(table.header[4:], row[4:], strict=True):
            raw = cell.loc[(task, names.get(metric, metric), weights, encoder, language)]
            assert (f"{100 * raw['mean']:.1f}", raw["marks"]) == (shown.text, shown.marks)


def test_csv_holds_no_formulas():
    raw = pd.DataFrame(
        {"=1+1": ["=cmd|' /C calc'!A0", "+1", "-1", "@sum", "\tx", "fine"], "mean": [-1.5, 2, 3, 4, 5, 6]}
    )
    text = csv(Table("s", "t", (), (), 0, raw))
    rows = list(csv_reader(io.StringIO(text)))
    assert [row[0] for row in rows] == ["'=1+1", "'=cmd|' /C calc'!A0", "'+1", "'-1", "'@sum", "'\tx", "fine"]
    assert rows[1][1] == "-1.5"


HOSTILE = r"a|b_c*&<script>$x^2\end{table}#%~"


def test_hostile_names_stay_text():
    table = Table(
        "s",
        HOSTILE,
        ("name", "value"),
        ((TableCell(HOSTILE), TableCell("1", bold=True, marks="*")),),
        1,
        pd.DataFrame(),
    )
    shown = markdown(table)
    assert "<" not in shown
    assert len(re.findall(r"(?<!\\)\|", shown.splitlines()[-1])) == 3
    assert r"**1**\*" in shown
    assert latex_text(HOSTILE) == (
        r"a|b\_c*\&\textless{}script\textgreater{}\$x\textasciicircum{}2\textbackslash{}end\{table\}\#\%\textasciitilde{}"
    )
    assert latex(table).count(r"\end{table}") == 1


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0123406, "0.012"), (1.0, "1"), (0.00002, "<0.0001"), (float("nan"), "–"), (None, "–")]
)
def test_p_values_are_short_and_never_zero(value, shown):
    assert p_value(value) == shown


def test_line_breaks_in_names_do_not_break_rows():
    assert markdown_text("a\nb") == latex_text("a\nb") == "a b"
