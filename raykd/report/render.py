"""Writes the whole report through one function, so that it can go to any storage."""

from collections.abc import Callable, Mapping

from raykd.report import formats
from raykd.report.figure import Figure
from raykd.report.figures import build_figures
from raykd.report.inputs import ReportInputs
from raykd.report.page import page
from raykd.report.results import analyse
from raykd.report.table import Table
from raykd.report.tables import build_tables


def write_report(inputs: ReportInputs, write: Callable[[str, bytes], None]) -> None:
    """Calls write(relative path, content) for tables/*.{csv,md,tex}, figures/*.svg, and index.html last.

    The same inputs give the same bytes. A table or figure without results has no file; the page says why.
    """
    results = analyse(inputs)
    tables, figures = build_tables(inputs, results), build_figures(inputs, results)
    write_tables_and_figures(tables, figures, write)
    write("index.html", page(inputs, results, tables, figures).encode())


def write_tables_and_figures(
    tables: Mapping[str, Table], figures: Mapping[str, Figure], write: Callable[[str, bytes], None]
) -> None:
    """Calls write(relative path, content) for tables/*.{csv,md,tex}, of those that have rows, and figures/*.svg."""
    for table in tables.values():
        if table.rows:
            for ending, text in formats.every_format(table).items():
                write(f"tables/{table.slug}.{ending}", text.encode())
    for figure in figures.values():
        write(f"figures/{figure.slug}.svg", figure.svg)
