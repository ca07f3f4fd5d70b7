"""The report as one HTML page that needs no other file: styles, figures and downloads are inside it."""

import base64
from collections.abc import Mapping
from itertools import groupby
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from raykd.report import formats
from raykd.report.certainty import certainty
from raykd.report.conclusions import conclusions, key_figures, missing
from raykd.report.figure import Figure
from raykd.report.inputs import ReportInputs
from raykd.report.loss_curves import PREFIX
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

# What a data address may hold as it is; commas alone are a tenth of a large CSV.
PLAIN = "/,:;()*+=@!$"


def page(inputs: ReportInputs, results: Results, tables: Mapping[str, Table], figures: Mapping[str, Figure]) -> str:
    """The page as text; the same inputs give the same text."""
    return TEMPLATES.get_template("page.html").render(
        inputs=inputs,
        key_figures=key_figures(results),
        conclusions=conclusions(inputs, results),
        certainty=certainty(inputs, results),
        missing=missing(inputs, results),
        tables=tables,
        figures=figures,
        row_groups=row_groups,
        downloads=downloads,
        image=image,
    )


def row_groups(table: Table) -> list[tuple[str, list[tuple[Cell, ...]]]]:
    """Consecutive rows under their group's name; the cells that made the name are left off the rows."""

    def name(row: tuple[Cell, ...]) -> str:
        return " · ".join(cell.text for cell in row[: table.groups])

    return [(group, [row[table.groups :] for row in rows]) for group, rows in groupby(table.rows, key=name)]


def downloads(table: Table) -> list[tuple[str, str, str]]:
    """(label, file name, data address) of the table in each format."""
    texts = (
        ("CSV", "csv", "text/csv", formats.csv(table)),
        ("Markdown", "md", "text/markdown", formats.markdown(table)),
        ("LaTeX", "tex", "application/x-tex", formats.latex(table)),
    )
    return [
        (label, f"{table.slug}.{ending}", f"data:{kind};charset=utf-8,{quote(text, safe=PLAIN)}")
        for label, ending, kind, text in texts
    ]


def image(figure: Figure) -> str:
    """As an image rather than inline, so that identifiers of two figures cannot meet."""
    return f"data:image/svg+xml;base64,{base64.b64encode(figure.svg).decode('ascii')}"
