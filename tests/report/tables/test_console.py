"""Tables on a terminal."""

import io

from rich.console import Console

from raykd.report.inputs import empty
from raykd.report.tables.console import show_table
from raykd.report.tables.corpora import text_table


def shown(table) -> str:
    console = Console(file=io.StringIO())
    show_table(table, console)
    return console.file.getvalue()


def test_every_cell_is_printed_and_nothing_is_read_as_markup(make_inputs, inputs):
    whole = text_table(inputs)
    printed = shown(whole)
    assert all(cell.text in printed for row in whole.rows for cell in row)
    assert whole.title in printed
    renamed = make_inputs(texts=inputs.texts.replace({"source": {"stackoverflow": "[red]x[/red]"}}))
    assert "[red]x[/red]" in shown(text_table(renamed))


def test_a_table_without_rows_says_why(make_inputs):
    assert shown(text_table(make_inputs(texts=empty("texts")))) == "Text of each corpus: No corpus has been prepared.\n"
