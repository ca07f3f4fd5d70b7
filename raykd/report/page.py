"""All tables and figures of the report, and the report as files: these, and one HTML page with everything inside it."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from raykd.report.figures.claims import claim_figure
from raykd.report.figures.corpora import corpus_figure
from raykd.report.figures.figure import Figure, style
from raykd.report.figures.homonyms import homonym_figure
from raykd.report.figures.learning_curves import learning_figure
from raykd.report.figures.loss_curves import PREFIX, loss_figures
from raykd.report.figures.quantity import quantity_figure
from raykd.report.figures.scores import ecdf_figure, profile_figure, strip_figure
from raykd.report.figures.size_and_f1 import frontier_figure
from raykd.report.figures.unseen_groups import unseen_figure
from raykd.report.inputs import ReportInputs
from raykd.report.paper.beside_ours import difference_table, paper_gain_table, paper_table
from raykd.report.paper.published import ODDITIES
from raykd.report.results import Results, analyse
from raykd.report.tables import formats
from raykd.report.tables.aggregates import aggregate_table, strata
from raykd.report.tables.claims import claim_table, gain_table, variance_table
from raykd.report.tables.corpora import (
    corpus_table,
    drop_table,
    line_table,
    masked_table,
    moved_table,
    text_table,
    token_table,
)
from raykd.report.tables.encoders import encoder_table, latency_table
from raykd.report.tables.homonyms import homonym_table, sense_table, shift_table
from raykd.report.tables.learning_curves import learning_table, reach_table
from raykd.report.tables.quantity import cost_table, curve_table, quantity_table
from raykd.report.tables.run import planned_test_table, stage_table
from raykd.report.tables.scores import score_table
from raykd.report.tables.significance import certainty_table, comparison_table
from raykd.report.tables.splits import binary_label_table, label_table, left_out_table, split_table
from raykd.report.tables.table import Table, TableCell
from raykd.report.tables.unseen_groups import unseen_table
from raykd.report.text.certainty import certainty
from raykd.report.text.conclusions import conclusions, label_sentences, missing, quantity_sentences
from raykd.report.text.first_screen import first_screen
from raykd.report.text.numbers import visible
from raykd.statistics.summary import AVERAGE_PRECISION

# Everything that comes from data is escaped; the template marks nothing as safe.
TEMPLATES = Environment(
    loader=PackageLoader("raykd.report"),
    autoescape=True,
    finalize=lambda value: visible(value) if type(value) is str else value,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

TEMPLATES.tests["loss_curve"] = lambda slug: slug.startswith(PREFIX)

DOWNLOADS = (
    ("CSV", "csv", "text/csv", formats.csv),
    ("Markdown", "md", "text/markdown", formats.markdown),
    ("LaTeX", "tex", "application/x-tex", formats.latex),
)
# Rows; nobody prints more, and the files lie in tables/ in every format.
LONG = 500

# What a data address may hold as it is; commas alone are a tenth of a large CSV.
PLAIN = "/,:;()*+=@!$"


def build_tables(inputs: ReportInputs, results: Results) -> dict[str, Table]:
    """Slug -> table: Tables 1 to 8 of the paper, and beside them text, tests, stages and the paper's values."""
    tables = (
        text_table(inputs),
        drop_table(inputs),
        moved_table(inputs),
        masked_table(inputs),
        line_table(inputs),
        token_table(inputs),
        corpus_table(inputs),
        split_table(inputs),
        binary_label_table(inputs),
        label_table(inputs),
        left_out_table(inputs),
        encoder_table(inputs),
        latency_table(inputs),
        quantity_table(inputs, results),
        curve_table(results),
        cost_table(inputs),
        homonym_table(inputs),
        sense_table(inputs),
        shift_table(inputs),
        score_table(inputs, results),
        certainty_table(results),
        claim_table(results),
        variance_table(results),
        gain_table(results),
        learning_table(results),
        reach_table(results),
        aggregate_table(strata(inputs, results), strata(inputs, results, AVERAGE_PRECISION)),
        unseen_table(results.unseen),
        comparison_table(results),
        stage_table(inputs),
        planned_test_table(inputs),
        difference_table(inputs),
        paper_gain_table(inputs, results),
        paper_table(inputs, results),
    )
    return {table.slug: table for table in tables}


def build_figures(inputs: ReportInputs, results: Results) -> dict[str, Figure]:
    """Slug -> figure, for those that this experiment has results for."""
    with style():
        figures = (
            claim_figure(results),
            corpus_figure(inputs),
            quantity_figure(inputs, results),
            learning_figure(inputs, results),
            *loss_figures(inputs),
            strip_figure(inputs, results),
            ecdf_figure(inputs, results),
            profile_figure(strata(inputs, results)),
            frontier_figure(inputs, results),
            homonym_figure(inputs),
            unseen_figure(results.unseen),
        )
    return {figure.slug: figure for figure in figures if figure is not None}


def page(inputs: ReportInputs, results: Results, tables: Mapping[str, Table], figures: Mapping[str, Figure]) -> str:
    """The page as text; the same inputs give the same text."""
    return render_page(
        TEMPLATES.get_template("page.html"),
        tables,
        figures,
        inputs=inputs,
        first=first_screen(inputs, results),
        conclusions=conclusions(results),
        quantity=quantity_sentences(inputs, results),
        labels=label_sentences(inputs, results),
        certainty=certainty(inputs, results),
        missing=missing(inputs, results),
        oddities=ODDITIES,
    )


def render_page(template: Template, tables: Mapping[str, Table], figures: Mapping[str, Figure], **values: Any) -> str:
    """A template that shows tables and figures with the macros of parts.html."""
    helpers = {"row_groups": row_groups, "downloads": downloads, "image": image, "policy": security_policy()}
    return template.render(tables=tables, figures=figures, **helpers, **values)


def security_policy() -> str:
    """What the page may do: run its own script, known by its hash, and show the pictures inside it; reach nothing."""
    script, styles = (
        f"'sha256-{base64.b64encode(hashlib.sha256(TEMPLATES.get_template(name).render().encode()).digest()).decode()}'"
        for name in ("page.js", "page.css")
    )
    return (
        f"default-src 'none'; script-src {script}; style-src {styles}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def row_groups(table: Table) -> list[tuple[str, list[tuple[TableCell, ...]]]]:
    """Consecutive rows under their group's name; the cells that made the name are left off the rows."""

    def name(row: tuple[TableCell, ...]) -> str:
        return " · ".join(cell.text for cell in row[: table.groups])

    return [(group, [row[table.groups :] for row in rows]) for group, rows in groupby(table.rows, key=name)]


def downloads(table: Table) -> list[tuple[str, str, str]]:
    """(label, file name, data address) of the table in each format; of a very long one as CSV alone."""
    kinds = DOWNLOADS if len(table.rows) <= LONG else DOWNLOADS[:1]
    return [
        (label, f"{table.slug}.{ending}", f"data:{kind};charset=utf-8,{quote(make(table), safe=PLAIN)}")
        for label, ending, kind, make in kinds
    ]


def image(figure: Figure) -> str:
    """As an image rather than inline, so that identifiers of two figures cannot meet."""
    return f"data:image/svg+xml;base64,{base64.b64encode(figure.svg).decode('ascii')}"


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
