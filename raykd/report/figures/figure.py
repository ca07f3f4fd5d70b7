"""A figure as SVG with its text alternative: the house style, and bytes that depend on the data alone."""

import io
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import cycle
from typing import Literal

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from raykd.report.text.numbers import visible

# Okabe and Ito (2008): told apart with every common colour vision.
BLUE, ORANGE, GREEN, RED, SKY, PINK, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
)
# Lines differ in pattern as well, so that colour alone tells nothing apart.
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (RED, ":"), (SKY, "-"), (PINK, "--"))
DIGITS = rb"(\.\d\d)\d+"
WIDTH = 6.6  # inches, of a figure as wide as the page
INK, FAINT = "#333333", "#D9D9D9"

STYLE = {
    "svg.fonttype": "none",  # text stays text: small files, sharp at any size
    "svg.hashsalt": "raykd",
    "path.simplify": False,  # it would drop the dots of `dots`
    "text.parse_math": False,  # an encoder's name may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
}


@dataclass(frozen=True)
class Figure:
    """svg: the picture, on white; alt: what it shows, in words."""

    slug: str
    title: str
    alt: str
    svg: bytes
    note: str = ""


def new_canvas(rows: int, columns: int, width: float, row_height: float) -> tuple[Canvas, list[Axes]]:
    """A grid of axes, row by row; sizes in inches. Call inside `style()`."""
    canvas = Canvas(figsize=(width, rows * row_height), layout="constrained", facecolor="white")
    return canvas, [canvas.add_subplot(rows, columns, place + 1) for place in range(rows * columns)]


def panel_grid(panels: int, most_columns: int, row_height: float) -> tuple[Canvas, list[Axes]]:
    """One axes a panel, in at most so many columns, as wide as the page. Call inside `style()`."""
    columns = min(most_columns, panels)
    canvas, grid = new_canvas(-(-panels // columns), columns, WIDTH, row_height)
    for axes in grid[panels:]:
        axes.remove()
    return canvas, grid[:panels]


def line_styles(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    """name -> (colour, line pattern), the same in every panel of a figure."""
    return dict(zip(dict.fromkeys(names), cycle(LINES), strict=False))


def dots(axes: Axes, places: ArrayLike, heights: ArrayLike, colour: str, square: bool = False) -> Line2D:
    """Dots as one line of no length with wide ends: a tenth of the SVG that as many markers take."""
    broken = [np.repeat(np.asarray(values, dtype=float), 3) for values in (places, heights)]
    broken[0][2::3] = np.nan
    broken[0][1::3] += 1e-9  # a segment of no length at all may be left out
    cap: Literal["projecting", "round"] = "projecting" if square else "round"
    (line,) = axes.plot(*broken, color=colour, alpha=0.55, linewidth=4.5 - square, solid_capstyle=cap)
    return line


def style() -> AbstractContextManager[None]:
    """The context in which a figure is drawn and saved; leaves matplotlib's settings as they were."""
    return matplotlib.style.context(["default", STYLE])


def to_svg(canvas: Canvas) -> bytes:
    """SVG without date or program version, places to a hundredth of a point. Call inside `style()`."""
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    shown = visible(buffer.getvalue().decode()).encode()
    return re.sub(rb' (?:d|x|y)="[^"]*"', lambda found: re.sub(DIGITS, rb"\1", found[0]), shown)
