"""The report as one HTML page that needs no other file: styles, figures and downloads are inside it."""

import base64
from collections.abc import Mapping
from itertools import groupby
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from raykd.report import formats
from raykd.report.certainty import certainty
from raykd.report.conclusions import conclusions, key_figures, missing, verdict
from raykd.report.figure import Figure
from raykd.report.inputs import ReportInputs
from raykd.report.loss_curves import PREFIX
from raykd.report.paper import ODDITIES
from raykd.report.results import Results
from raykd.report.table import Cell, Table

# Everything that comes from data is escaped; the template marks nothing as safe.
TEMPLATES = Environment(
    loader=PackageLoader("raykd.report"),
    autoescape=True,
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


def page(inputs: ReportInputs, results: Results, tables: Mapping[str, Table], figures: Mapping[str, Figure]) -> str:
    """The page as text; the same inputs give the same text."""
    return render_page(
        TEMPLATES.get_template("page.html"),
        tables,
        figures,
        inputs=inputs,
        key_figures=key_figures(results),
        verdict=verdict(results),
        conclusions=conclusions(inputs, results),
        certainty=certainty(inputs, results),
        missing=missing(inputs, results),
        oddities=ODDITIES,
    )


def render_page(template: Template, tables: Mapping[str, Table], figures: Mapping[str, Figure], **values: Any) -> str:
    """A template that shows tables and figures with the macros of parts.html."""
    helpers = {"row_groups": row_groups, "downloads": downloads, "image": image}
    return template.render(tables=tables, figures=figures, **helpers, **values)


def row_groups(table: Table) -> list[tuple[str, list[tuple[Cell, ...]]]]:
    """Consecutive rows under their group's name; the cells that made the name are left off the rows."""

    def name(row: tuple[Cell, ...]) -> str:
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
